/** Shapes between two planes of one object: signed distances to the two outlines, blended (Raya and Udupa 1990), after
 * both shapes were moved to where the object's middle would be. */

import { type Box, boxAround } from "./box";
import {
  type Bitmap,
  blank,
  boxOf,
  clip,
  EMPTY,
  encode,
  forEachSpan,
  type Mask,
  paint,
  translate,
} from "./mask";

/** At `share` (0 to 1) of the way from `a` to `b`. */
export function between(a: Mask, b: Mask, share: number, bounds: Box): Mask {
  const from = middle(a);
  const to = middle(b);
  const row = from.row + share * (to.row - from.row);
  const col = from.col + share * (to.col - from.col);
  const first = translate(a, Math.round(row - from.row), Math.round(col - from.col));
  const last = translate(b, Math.round(row - to.row), Math.round(col - to.col));
  const box = boxAround(boxOf(first), boxOf(last));
  const mixed = blank(box);
  const near = signedDistances(first, box);
  const far = signedDistances(last, box);
  for (let at = 0; at < mixed.data.length; at++)
    mixed.data[at] = (1 - share) * (near[at] ?? 0) + share * (far[at] ?? 0) > 0 ? 1 : 0;
  const mask = encode(mixed);
  return mask === EMPTY ? EMPTY : clip(mask, bounds);
}

function middle(mask: Mask): { row: number; col: number } {
  let [count, rows, cols] = [0, 0, 0];
  forEachSpan(mask, (row, from, to) => {
    count += to - from;
    rows += row * (to - from);
    cols += ((to - from) * (from + to - 1)) / 2;
  });
  return { row: rows / count, col: cols / count };
}

/** For each pixel of the box how far it is inside of the mask (above 0) or outside (below 0), to the nearest pixel's
 * edge. */
function signedDistances(mask: Mask, { top, left, bottom, right }: Box): Float64Array {
  // A rim of background, so that a mask that fills the box has an outside.
  const bitmap = blank({ top: top - 1, left: left - 1, bottom: bottom + 1, right: right + 1 });
  paint(bitmap, mask, 1);
  const inside = distancesTo(bitmap, 0);
  const outside = distancesTo(bitmap, 1);
  const found = new Float64Array((bottom - top) * (right - left));
  for (let row = 0, at = 0; row < bottom - top; row++)
    for (let col = 0; col < right - left; col++, at++) {
      const pixel = (row + 1) * bitmap.width + col + 1;
      found[at] = bitmap.data[pixel] ? (inside[pixel] ?? 0) - 0.5 : 0.5 - (outside[pixel] ?? 0);
    }
  return found;
}

/** Distance of each pixel to the nearest one of a value; exact, in time linear in the pixels (Felzenszwalb and
 * Huttenlocher 2012): squared distances along the columns, then along the rows. */
function distancesTo({ width, height, data }: Bitmap, value: 0 | 1): Float64Array {
  const far = (width + height) ** 2;
  const squared = Float64Array.from(data, (one) => (one === value ? 0 : far));
  const sweep = new Sweep(Math.max(width, height));
  for (let col = 0; col < width; col++) sweep.line(squared, { start: col, step: width, count: height });
  for (let row = 0; row < height; row++) sweep.line(squared, { start: row * width, step: 1, count: width });
  return squared.map(Math.sqrt);
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The lower envelope of the parabolas that stand on a line's values. */
class Sweep {
  private readonly values: Float64Array;
  private readonly feet: Int32Array;
  private readonly starts: Float64Array;

  constructor(longest: number) {
    this.values = new Float64Array(longest);
    this.feet = new Int32Array(longest);
    this.starts = new Float64Array(longest + 1);
  }

  line(squared: Float64Array, { start, step, count }: Line): void {
    const { values } = this;
    for (let at = 0; at < count; at++) values[at] = squared[start + at * step] ?? 0;
    this.envelope(count);
    for (let at = 0, parabola = 0; at < count; at++) {
      while ((this.starts[parabola + 1] ?? 0) < at) parabola++;
      const foot = this.feet[parabola] ?? 0;
      squared[start + at * step] = (at - foot) ** 2 + (values[foot] ?? 0);
    }
  }

  private envelope(count: number): void {
    const { feet, starts } = this;
    let last = 0;
    feet[0] = 0;
    starts[0] = Number.NEGATIVE_INFINITY;
    for (let at = 1; at < count; at++) {
      let meets = this.meeting(feet[last] ?? 0, at);
      while (meets <= (starts[last] ?? 0)) {
        last--;
        meets = this.meeting(feet[last] ?? 0, at);
      }
      last++;
      feet[last] = at;
      starts[last] = meets;
    }
    starts[last + 1] = Number.POSITIVE_INFINITY;
  }

  /** Where the parabola on `right` becomes the lower one. */
  private meeting(left: number, right: number): number {
    const { values } = this;
    const rise = (values[right] ?? 0) + right * right - (values[left] ?? 0) - left * left;
    return rise / (2 * (right - left));
  }
}
