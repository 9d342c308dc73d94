import type { Point } from "../editor/camera";
import type { Pointer } from "../editor/input";

/** CSS pixels between two points of a line: closer ones say nothing new. */
const STEP = 2;

/** The points of a line drawn by hand, in image pixels. */
export class Line {
  readonly points: Point[] = [];
  private last: Point | null = null;

  constructor(first: Pointer) {
    this.add(first);
  }

  add({ image, screen }: Pointer): void {
    if (this.last && Math.hypot(screen.x - this.last.x, screen.y - this.last.y) < STEP) return;
    this.points.push(image);
    this.last = screen;
  }

  /** The last point, however near it is. */
  end({ image }: Pointer): void {
    const last = this.points.at(-1);
    if (last && (last.x !== image.x || last.y !== image.y)) this.points.push(image);
  }
}
