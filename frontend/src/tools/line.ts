import type { Point } from "../editor/camera";
import type { Pointer } from "../editor/input";

/** CSS pixels between two points of a line: closer ones say nothing new. */
const STEP = 2;

/** The points of a line drawn by hand, in image pixels. */
export class Line {
  readonly points: Point[] = [];
  private last: Point | null = null;

  constructor(
    first: Pointer,
    private readonly step = STEP,
  ) {
    this.add(first);
  }

  /** False where the point is too close to the last one to say anything new. */
  add({ image, screen }: Pointer): boolean {
    if (this.last && Math.hypot(screen.x - this.last.x, screen.y - this.last.y) < this.step) return false;
    this.points.push(image);
    this.last = screen;
    return true;
  }

  /** The last point, however near it is. */
  end({ image }: Pointer): void {
    const last = this.points.at(-1);
    if (last && (last.x !== image.x || last.y !== image.y)) this.points.push(image);
  }
}
