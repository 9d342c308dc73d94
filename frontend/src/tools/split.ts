import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { splitAlong } from "../editor/shapes";
import { PressTool } from "./press";
import { Sketching } from "./sketching";
import { State } from "./state-node";

/** A line across a cell makes two of it. */
export class SplitTool extends PressTool {
  readonly id = "split";

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

class Drawing extends Sketching<SplitTool> {
  readonly id = "drawing";
  readonly hint = "Let go on the other side of the cell · {cancel} throws the line away";

  protected purpose(): "split" {
    return "split";
  }

  protected finish(points: readonly Point[]): void {
    splitAlong(
      this.editor,
      points.map(({ x, y }) => ({ row: y, col: x })),
    );
  }
}
