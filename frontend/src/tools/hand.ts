import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { State, Tool } from "./state-node";

/** Moves the image; in every tool while Space or the middle button is held. */
export class HandTool extends Tool {
  readonly id = "hand";
  last: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Dragging(editor, this));
  }
}

class Idle extends State<HandTool> {
  readonly id = "idle";
  readonly hint = "Drag to move the image · the wheel zooms";
  override readonly cursor = "grab";

  override onPointerDown(event: Pointer): void {
    this.tool.last = event;
    this.tool.to("dragging");
  }
}

class Dragging extends State<HandTool> {
  readonly id = "dragging";
  readonly hint = "Let go where the image should stay";
  override readonly cursor = "grabbing";

  override onPointerMove(event: Pointer): void {
    const { last } = this.tool;
    if (last) this.editor.view.panBy(event.screen.x - last.screen.x, event.screen.y - last.screen.y);
    this.tool.last = event;
  }

  override onPointerUp(): void {
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }
}
