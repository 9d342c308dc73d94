import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import { EMPTY, type Mask, union } from "../geometry/mask";
import { strokeToMask } from "../geometry/raster";

/** The pixels under a brush since it touched down. */
export class Stroke {
  mask: Mask = EMPTY;
  private last: Point | null = null;

  constructor(private readonly editor: Editor) {}

  to(point: Point): void {
    const { width, height } = this.editor.session.store;
    const line = (this.last ? [this.last, point] : [point]).map(({ x, y }) => ({ row: y, col: x }));
    const piece = strokeToMask(line, this.editor.tipRadius.peek(), {
      top: 0,
      left: 0,
      bottom: height,
      right: width,
    });
    this.mask = union(this.mask, piece);
    this.last = point;
  }
}
