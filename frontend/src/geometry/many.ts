/** Many masks as one picture. */

import { boxAround, boxWithin } from "./box";
import { type Bitmap, blank, boxOf, EMPTY, forEachSpan, type Mask } from "./mask";

export interface ManyMasks {
  /** 0 for none; masks that touch have different values, so that a line between them can be drawn. */
  readonly bitmap: Bitmap;
  /** How many of them would be added: those that lose less than half of their pixels. */
  readonly added: number;
}

/** Values that masks take in turn. Neighbours are found near each other, so they hardly ever share one. */
const VALUES = 255;

/** Which cell has a pixel, by its number; 0 where there is none. */
export interface SlotRaster {
  readonly width: number;
  readonly height: number;
  slotAt(row: number, col: number): number;
}

/**
 * The masks' pixels in the image that no cell has: what would be left of each beside the cells that are there. As the
 * server decides: of a mask less than half of which is free, nothing. The first has a pixel first.
 */
export function paintMany(masks: readonly Mask[], taken: SlotRaster): ManyMasks {
  const bounds = { top: 0, left: 0, bottom: taken.height, right: taken.width };
  const bitmap = blank(boxWithin(masks.map(boxOf).reduce(boxAround, boxOf(EMPTY)), bounds));
  const { data } = bitmap;
  let added = 0;
  masks.forEach((mask, index) => {
    let area = 0;
    const pixels: number[] = [];
    forEachSpan(mask, (row, from, to) => {
      area += to - from;
      if (row >= taken.height) return;
      const start = (row - bitmap.top) * bitmap.width - bitmap.left;
      for (let col = from; col < Math.min(to, taken.width); col++)
        if (data[start + col] === 0 && taken.slotAt(row, col) === 0) pixels.push(start + col);
    });
    if (pixels.length === 0 || 2 * pixels.length < area) return;
    added++;
    const value = 1 + (index % VALUES);
    for (const at of pixels) data[at] = value;
  });
  return { bitmap, added };
}
