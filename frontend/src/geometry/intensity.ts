/** The pixels' values inside masks. */

import type { Box } from "./box";
import type { Mask } from "./mask";
import { boxOf, forEachSpan } from "./mask";

/** Where values come from: the page's pixels. */
export interface Pixels {
  readonly channels: number;
  /** The values of a box inside the image, row by row; null while they are not here yet. */
  values(box: Box, channel: number): ArrayLike<number> | null;
}

/** The mean of a channel over a mask. */
export function meanOf(mask: Mask, pixels: Pixels, channel: number): number | null {
  const values = pixels.values(boxOf(mask), channel);
  if (!values) return null;
  let sum = 0;
  let count = 0;
  forEachSpan(mask, (row, from, to) => {
    const start = (row - mask.top) * mask.width - mask.left;
    for (let at = start + from; at < start + to; at++) sum += values[at] ?? 0;
    count += to - from;
  });
  return sum / count;
}
