import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { State, Tool } from "./state-node";

/** How far, in CSS pixels, the pointer moves before a click becomes a drag. */
export const DRAG_DISTANCE = 4;

export function isDrag(from: Pointer, to: Pointer): boolean {
  return Math.hypot(to.screen.x - from.screen.x, to.screen.y - from.screen.y) > DRAG_DISTANCE;
}

/** A tool that acts from where the pointer went down to where it is. */
export abstract class PressTool extends Tool {
  start: Pointer | null = null;

  /** The state in which a drag is answered. */
  get dragging(): string {
    return "drawing";
  }

  /** The pointer went down: until it has moved far enough, this may become a click. */
  begin(event: Pointer): void {
    this.start = event;
    this.to("pointing");
  }
}

/** Neither click nor drag yet. A click does nothing unless a tool says what. */
export class Pointing<T extends PressTool = PressTool> extends State<T> {
  readonly id = "pointing";

  constructor(
    editor: Editor,
    tool: T,
    readonly hint: string,
    override readonly cursor: string = "crosshair",
  ) {
    super(editor, tool);
  }

  override onPointerMove(event: Pointer): void {
    if (!this.tool.start || !isDrag(this.tool.start, event)) return;
    this.tool.to(this.tool.dragging);
    this.tool.handle(event);
  }

  override onPointerUp(_event: Pointer): void {
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }
}
