import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { type Purpose, purposeOf, writeOutline } from "./outline";
import { Pointing, PressTool } from "./press";
import { Sketching } from "./sketching";
import { State } from "./state-node";

/** An outline drawn by hand; letting go closes it. */
export class LassoTool extends PressTool {
  readonly id = "lasso";
  purpose: Purpose = "create";

  constructor(editor: Editor) {
    super(editor);
    this.with(
      new Idle(editor, this),
      new Pointing(editor, this, "Draw on around the cell"),
      new Drawing(editor, this),
    );
  }
}

class Idle extends State<LassoTool> {
  readonly id = "idle";
  readonly hint = "Draw around a new cell · Shift adds to the selected cell, Alt cuts from it";

  override onPointerDown(event: Pointer): void {
    const purpose = purposeOf(this.editor, event);
    if (!purpose) return;
    this.tool.purpose = purpose;
    this.tool.begin(event);
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Drawing extends Sketching<LassoTool> {
  readonly id = "drawing";
  readonly hint = "Let go to close the outline · {cancel} throws it away";

  protected purpose(): Purpose {
    return this.tool.purpose;
  }

  protected finish(points: readonly Point[]): void {
    writeOutline(this.editor, points, this.tool.purpose);
  }
}
