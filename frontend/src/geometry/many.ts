/** Many masks as one picture. */

import { type Bitmap, forEachSpan, type Mask } from "./mask";

export interface ManyMasks {
  /** 0 for none; masks that touch have different values, so that a line between them can be drawn. */
  readonly bitmap: Bitmap;
  /** How many of them would be added: those that lose less than half of their pixels. */
  readonly added: number;
}

/** Values that masks take in turn. Neighbours are found near each other, so they hardly ever share one. */
const VALUES = 255;

/**
 * The masks' pixels where `taken` (row by row, `width` × `height`) is 0: what would be left of each beside the cells that
 * are there. As the server decides: of a mask less than half of which is free, nothing. The first has a pixel first.
 */
export function paintMany(
  masks: readonly Mask[],
  taken: Uint32Array,
  size: { width: number; height: number },
): ManyMasks {
  const { width, height } = size;
  const data = new Uint8Array(width * height);
  let added = 0;
  masks.forEach((mask, index) => {
    let free = 0;
    let area = 0;
    forEachSpan(mask, (row, from, to) => {
      area += to - from;
      if (row >= height) return;
      const last = row * width + Math.min(to, width);
      for (let at = row * width + from; at < last; at++) if (taken[at] === 0 && data[at] === 0) free++;
    });
    if (free === 0 || 2 * free < area) return;
    added++;
    const value = 1 + (index % VALUES);
    forEachSpan(mask, (row, from, to) => {
      if (row >= height) return;
      const last = row * width + Math.min(to, width);
      for (let at = row * width + from; at < last; at++)
        if (taken[at] === 0 && data[at] === 0) data[at] = value;
    });
  });
  return { bitmap: { top: 0, left: 0, width, height, data }, added };
}
