import type { Point } from "../editor/camera";
import { boxWithin } from "../geometry/box";
import { Wire } from "../geometry/livewire";
import { CornersTool } from "./polygon";

/** How far from a corner edges are followed, in image pixels: so far they are found between two frames. */
const REACH = 80;

/** As a polygon, but between corners the outline follows the image's edges. */
export class MagneticTool extends CornersTool {
  readonly id = "magnetic";
  private anchor: Point | null = null;
  private wire: Wire | null = null;

  override lead(from: Point, to: Point): Point[] {
    // All paths from one corner are found at once, so that following the pointer costs nothing.
    if (this.anchor !== from) {
      this.anchor = from;
      this.wire = this.wireFrom(from);
    }
    const path = this.wire?.to({ row: to.y, col: to.x }) ?? [];
    return [...path.slice(0, -1).map(({ row, col }) => ({ x: col, y: row })), to];
  }

  private wireFrom({ x, y }: Point): Wire | null {
    const { width, height } = this.editor.session.store;
    const around = {
      top: Math.floor(y) - REACH,
      left: Math.floor(x) - REACH,
      bottom: Math.floor(y) + REACH + 1,
      right: Math.floor(x) + REACH + 1,
    };
    const grey = this.editor.grey(boxWithin(around, { top: 0, left: 0, bottom: height, right: width }));
    return grey && new Wire(grey, { row: y, col: x });
  }
}
