/** Masks a little larger, smaller or rounder. `bounds` is the image: nothing grows out of it, and its border is no edge
 * of a cell, because the cell goes on there unseen. */

import type { Box } from "./box";
import { boxWithin } from "./box";
import type { Bitmap, Mask } from "./mask";
import { blank, boxOf, clip, EMPTY, encode, forEachSpan, isEmpty, paint } from "./mask";

function around(mask: Mask, margin: number, bounds: Box): Bitmap {
  const { top, left, bottom, right } = boxOf(mask);
  const box = { top: top - margin, left: left - margin, bottom: bottom + margin, right: right + margin };
  const bitmap = blank(boxWithin(box, bounds));
  paint(bitmap, mask, 1);
  return bitmap;
}

/** With the pixels that share a side with it. */
export function grow(mask: Mask, bounds: Box): Mask {
  if (isEmpty(mask)) return mask;
  const bitmap = around(mask, 1, bounds);
  const { width, height, data } = bitmap;
  const grown = data.slice();
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const at = row * width + col;
      if (data[at] === 0) continue;
      if (row > 0) grown[at - width] = 1;
      if (row + 1 < height) grown[at + width] = 1;
      if (col > 0) grown[at - 1] = 1;
      if (col + 1 < width) grown[at + 1] = 1;
    }
  return encode({ ...bitmap, data: grown });
}

/** Without the pixels that share a side with the background. */
export function shrink(mask: Mask, bounds: Box): Mask {
  const inside = clip(mask, bounds);
  if (isEmpty(inside)) return EMPTY;
  // One pixel of background all around, except beyond the image.
  const bitmap = around(inside, 1, bounds);
  const { width, height, data } = bitmap;
  const left = data.slice();
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const at = row * width + col;
      const edge =
        (row > 0 && data[at - width] === 0) ||
        (row + 1 < height && data[at + width] === 0) ||
        (col > 0 && data[at - 1] === 0) ||
        (col + 1 < width && data[at + 1] === 0);
      if (edge) left[at] = 0;
    }
  return encode({ ...bitmap, data: left });
}

/** The columns that a window of radius 2 reaches in each of its five rows: a disc. */
const REACH = [1, 2, 2, 2, 1];
const RADIUS = 2;

/** A pixel belongs to it when more than half of the disc of radius 2 around it, as far as it lies in the image, did. */
export function smooth(mask: Mask, bounds: Box): Mask {
  if (isEmpty(mask)) return mask;
  const bitmap = around(mask, RADIUS, bounds);
  const smoothed = new Uint8Array(bitmap.data.length);
  for (let row = 0; row < bitmap.height; row++)
    for (let col = 0; col < bitmap.width; col++)
      smoothed[row * bitmap.width + col] = isMajority(bitmap, row, col, bounds) ? 1 : 0;
  return encode({ ...bitmap, data: smoothed });
}

function isMajority(bitmap: Bitmap, row: number, col: number, bounds: Box): boolean {
  const { top, left, width, height, data } = bitmap;
  let inImage = 0;
  let inMask = 0;
  for (let rows = -RADIUS; rows <= RADIUS; rows++) {
    const y = row + rows;
    if (top + y < bounds.top || top + y >= bounds.bottom) continue;
    const reach = REACH[rows + RADIUS] ?? 0;
    const first = Math.max(col - reach, bounds.left - left);
    const last = Math.min(col + reach, bounds.right - left - 1);
    inImage += last - first + 1;
    if (y < 0 || y >= height) continue;
    for (let x = Math.max(first, 0); x <= Math.min(last, width - 1); x++) inMask += data[y * width + x] ?? 0;
  }
  return 2 * inMask > inImage;
}

interface Corner {
  readonly row: number;
  readonly col: number;
}

/** Positive where `c` lies to one side of the line from `a` to `b`, negative on the other. */
function turn(a: Corner, b: Corner, c: Corner): number {
  return (b.col - a.col) * (c.row - a.row) - (b.row - a.row) * (c.col - a.col);
}

/** One side of the hull of points that are sorted by row (Andrew's monotone chain). */
function chain(points: readonly Corner[], side: 1 | -1): Corner[] {
  const hull: Corner[] = [];
  for (const point of points) {
    while (hull.length > 1) {
      const [a, b] = hull.slice(-2);
      if (!a || !b || turn(a, b, point) * side > 0) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull;
}

/** The column at which a chain passes each row from its first to its last; quotients of whole numbers are exact where
 * they are whole. */
function columns(hull: readonly Corner[]): number[] {
  const found: number[] = [];
  for (const [index, to] of hull.entries()) {
    const from = hull[index - 1] ?? to;
    for (let row = from.row + (found.length > 0 ? 1 : 0); row <= to.row; row++) {
      const along = to.row === from.row ? 0 : ((row - from.row) * (to.col - from.col)) / (to.row - from.row);
      found.push(from.col + along);
    }
  }
  return found;
}

/** All pixels whose centres lie in the convex hull of the mask's pixel centres, its border included. */
export function convexHull(mask: Mask): Mask {
  if (isEmpty(mask)) return mask;
  const firsts = new Map<number, number>();
  const lasts = new Map<number, number>();
  forEachSpan(mask, (row, from, to) => {
    firsts.set(row, Math.min(firsts.get(row) ?? from, from));
    lasts.set(row, Math.max(lasts.get(row) ?? 0, to - 1));
  });
  const lefts = columns(chain(byRow(firsts), -1));
  const rights = columns(chain(byRow(lasts), 1));
  const bitmap = blank(boxOf(mask));
  for (let row = 0; row < bitmap.height; row++) {
    const from = Math.ceil(lefts[row] ?? 0) - bitmap.left;
    const to = Math.floor(rights[row] ?? 0) - bitmap.left;
    bitmap.data.fill(1, row * bitmap.width + from, row * bitmap.width + to + 1);
  }
  return encode(bitmap);
}

/** For each row of the mask the first and the last pixel of its hull, where a pixel counts with the middles of its four
 * sides, as in skimage.morphology.convex_hull_image. Computed in half pixels, so that it is exact. */
export function hullColumns(mask: Mask): { from: number; to: number }[] {
  const firsts = new Map<number, number>();
  const lasts = new Map<number, number>();
  const reach = (row: number, first: number, last: number): void => {
    firsts.set(row, Math.min(firsts.get(row) ?? first, first));
    lasts.set(row, Math.max(lasts.get(row) ?? last, last));
  };
  forEachSpan(mask, (row, from, to) => {
    reach(2 * row - 1, 2 * from, 2 * to - 2);
    reach(2 * row, 2 * from - 1, 2 * to - 1);
    reach(2 * row + 1, 2 * from, 2 * to - 2);
  });
  const lefts = columns(chain(byRow(firsts), -1));
  const rights = columns(chain(byRow(lasts), 1));
  return Array.from({ length: mask.height }, (_, row) => ({
    from: Math.ceil((lefts[2 * row + 1] ?? 0) / 2),
    to: Math.floor((rights[2 * row + 1] ?? 0) / 2),
  }));
}

function byRow(columnOf: ReadonlyMap<number, number>): Corner[] {
  return [...columnOf].map(([row, col]) => ({ row, col })).sort((a, b) => a.row - b.row);
}
