import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { State, Tool } from "./state-node";

/** How far, in CSS pixels, the pointer moves before a click becomes a drag. */
export const DRAG_DISTANCE = 4;

export function isDrag(from: Pointer, to: Pointer): boolean {
  return Math.hypot(to.screen.x - from.screen.x, to.screen.y - from.screen.y) > DRAG_DISTANCE;
}

/** Click to select, Shift to add, drag for all cells in a rectangle, double-click to go near. */
export class SelectTool extends Tool {
  readonly id = "select";
  start: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Pointing(editor, this), new Boxing(editor, this));
  }
}

const HINT = "Click a cell to select it · Shift adds · drag selects all in a rectangle · Delete removes";

class Idle extends State<SelectTool> {
  readonly id = "idle";
  readonly hint = HINT;
  override readonly cursor = "default";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left") return;
    this.tool.start = event;
    this.tool.to("pointing");
  }

  override onDoubleClick(event: Pointer): void {
    const cell = this.editor.cellUnder(event.image);
    if (cell) this.editor.showCell(cell.id);
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Pointing extends State<SelectTool> {
  readonly id = "pointing";
  readonly hint = HINT;
  override readonly cursor = "default";

  override onPointerMove(event: Pointer): void {
    if (!this.tool.start || !isDrag(this.tool.start, event)) return;
    this.tool.to("boxing");
    this.tool.handle(event);
  }

  override onPointerUp(event: Pointer): void {
    const cell = this.editor.cellUnder(event.image);
    if (event.shift) {
      if (cell) this.editor.toggle(cell.id);
    } else {
      this.editor.select(cell ? [cell.id] : []);
    }
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }
}

class Boxing extends State<SelectTool> {
  readonly id = "boxing";
  readonly hint = "Let go to select all cells in the rectangle · Shift adds · Esc stops";

  override onPointerMove(event: Pointer): void {
    const from = this.tool.start?.image ?? event.image;
    this.editor.dragBox.value = { from, to: event.image, purpose: "select" };
  }

  override onPointerUp(event: Pointer): void {
    const from = this.tool.start?.image ?? event.image;
    const found = this.editor.session.store.idsIn({
      top: Math.floor(Math.min(from.y, event.image.y)),
      left: Math.floor(Math.min(from.x, event.image.x)),
      bottom: Math.ceil(Math.max(from.y, event.image.y)),
      right: Math.ceil(Math.max(from.x, event.image.x)),
    });
    this.editor.select(event.shift ? [...this.editor.selection.peek(), ...found] : found);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.dragBox.value = null;
  }
}
