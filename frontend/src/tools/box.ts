import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { addPoint } from "./points";
import { Pointing, PressTool } from "./press";
import { Prompted, Unprompted } from "./prompted";
import { State } from "./state-node";

/** A rectangle around a cell asks for its mask; clicks then add and take away. */
export class BoxTool extends PressTool {
  readonly id = "box";

  constructor(editor: Editor) {
    super(editor);
    this.with(
      new Idle(editor, this),
      new Clicking(editor, this, "Drag to the opposite corner"),
      new Drawing(editor, this),
      new Asked(editor, this),
    );
  }
}

class Idle extends Unprompted<BoxTool> {
  readonly hint = "Drag a rectangle around a cell to get its mask";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left" || !this.editor.mayEdit()) return;
    if (!this.editor.promptEngine.peek()) {
      this.editor.say("No engine for boxes is ready. “Find cells” on the right says what is missing.");
      return;
    }
    this.tool.begin(event);
  }
}

class Clicking extends Pointing<BoxTool> {
  override onPointerUp(event: Pointer): void {
    if (this.editor.prompting.active.peek()) addPoint(this.editor, event);
    this.tool.to("idle");
  }
}

class Drawing extends State<BoxTool> {
  readonly id = "drawing";
  readonly hint = "Let go when the cell lies inside · {cancel} stops";

  override onPointerMove(event: Pointer): void {
    const from = this.tool.start?.image ?? event.image;
    this.editor.dragBox.value = { from, to: event.image, purpose: "prompt" };
  }

  override onPointerUp(event: Pointer): void {
    const { width, height } = this.editor.session.store;
    const from = this.tool.start?.image ?? event.image;
    const box = {
      top: Math.max(0, Math.min(from.y, event.image.y)),
      left: Math.max(0, Math.min(from.x, event.image.x)),
      bottom: Math.min(height, Math.max(from.y, event.image.y)),
      right: Math.min(width, Math.max(from.x, event.image.x)),
    };
    if (box.bottom - box.top >= 1 && box.right - box.left >= 1) this.editor.prompting.setBox(box);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.dragBox.value = null;
  }
}

class Asked extends Prompted<BoxTool> {
  readonly hint =
    "{accept} accepts · drag another rectangle · click adds, Alt-click or right-click takes away · {next-candidate} shows the next candidate · {cancel} cancels";

  override onPointerDown(event: Pointer): void {
    if (!this.editor.prompting.active.peek()) this.tool.to("idle");
    if (event.button === "left" && !event.alt) this.tool.begin(event);
    else addPoint(this.editor, event);
  }
}
