import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { splitAlong } from "../editor/shapes";
import { Line } from "./line";
import { State, Tool } from "./state-node";

/** A line across a cell makes two of it. */
export class SplitTool extends Tool {
  readonly id = "split";
  start: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Drawing(editor, this));
  }
}

class Idle extends State<SplitTool> {
  readonly id = "idle";
  readonly hint = "Draw a line across a cell, from outside to outside, to make two of it";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left" || !this.editor.mayEdit()) return;
    this.tool.start = event;
    this.tool.to("drawing");
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Drawing extends State<SplitTool> {
  readonly id = "drawing";
  readonly hint = "Let go on the other side of the cell · Esc throws the line away";
  private line: Line | null = null;

  override onEnter(): void {
    this.line = this.tool.start ? new Line(this.tool.start) : null;
  }

  override onPointerMove(event: Pointer): void {
    this.line?.add(event);
    const points = [...(this.line?.points ?? [])];
    this.editor.sketch.value = { points, purpose: "split", corners: false };
  }

  override onPointerUp(event: Pointer): void {
    this.line?.end(event);
    const points = this.line?.points ?? [];
    this.tool.to("idle");
    splitAlong(
      this.editor,
      points.map(({ x, y }) => ({ row: y, col: x })),
    );
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.sketch.value = null;
  }
}
