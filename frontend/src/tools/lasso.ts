import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { Line } from "./line";
import { type Purpose, purposeOf, writeOutline } from "./outline";
import { isDrag } from "./select";
import { State, Tool } from "./state-node";

/** An outline drawn by hand; letting go closes it. */
export class LassoTool extends Tool {
  readonly id = "lasso";
  purpose: Purpose = "create";
  start: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Pointing(editor, this), new Drawing(editor, this));
  }
}

class Idle extends State<LassoTool> {
  readonly id = "idle";
  readonly hint = "Draw around a new cell · Shift adds to the selected cell, Alt cuts from it";

  override onPointerDown(event: Pointer): void {
    const purpose = purposeOf(this.editor, event);
    if (!purpose) return;
    this.tool.purpose = purpose;
    this.tool.start = event;
    this.tool.to("pointing");
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Pointing extends State<LassoTool> {
  readonly id = "pointing";
  readonly hint = "Draw on around the cell";

  override onPointerMove(event: Pointer): void {
    if (!this.tool.start || !isDrag(this.tool.start, event)) return;
    this.tool.to("drawing");
    this.tool.handle(event);
  }

  override onPointerUp(): void {
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }
}

class Drawing extends State<LassoTool> {
  readonly id = "drawing";
  readonly hint = "Let go to close the outline · Esc throws it away";
  private line: Line | null = null;

  override onEnter(): void {
    this.line = this.tool.start ? new Line(this.tool.start) : null;
  }

  override onPointerMove(event: Pointer): void {
    this.line?.add(event);
    const points = [...(this.line?.points ?? [])];
    this.editor.sketch.value = { points, purpose: this.tool.purpose, corners: false };
  }

  override onPointerUp(event: Pointer): void {
    this.line?.end(event);
    const points = this.line?.points ?? [];
    this.tool.to("idle");
    writeOutline(this.editor, points, this.tool.purpose);
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.sketch.value = null;
  }
}
