/** Shapes to masks. A pixel belongs to a shape when its centre (row + 0.5, col + 0.5) does. Shapes may reach out of the
 * image; masks are cut to `bounds`. */

import type { Box } from "./box";
import { boxWithin, isEmptyBox } from "./box";
import type { Bitmap, Mask } from "./mask";
import { blank, EMPTY, encode } from "./mask";

export interface Point {
  readonly row: number;
  readonly col: number;
}

/** The first pixel whose centre is at or after `from`, and the first whose centre is at or after `to`. */
function pixels(from: number, to: number): { first: number; end: number } {
  return { first: Math.ceil(from - 0.5), end: Math.ceil(to - 0.5) };
}

function blankAround(points: readonly Point[], margin: number, bounds: Box): Bitmap | null {
  let top = Number.POSITIVE_INFINITY;
  let left = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const { row, col } of points) {
    top = Math.min(top, row);
    left = Math.min(left, col);
    bottom = Math.max(bottom, row);
    right = Math.max(right, col);
  }
  const box = boxWithin(bounds, {
    top: Math.floor(top - margin),
    left: Math.floor(left - margin),
    bottom: Math.ceil(bottom + margin) + 1,
    right: Math.ceil(right + margin) + 1,
  });
  return isEmptyBox(box) ? null : blank(box);
}

/** Sets the pixels of one row whose centres lie in `from` ≤ col ≤ `to`. */
function fillRow(bitmap: Bitmap, row: number, from: number, to: number): void {
  const first = Math.max(Math.ceil(from - 0.5), bitmap.left);
  const end = Math.min(Math.floor(to - 0.5) + 1, bitmap.left + bitmap.width);
  const start = (row - bitmap.top) * bitmap.width - bitmap.left;
  if (first < end) bitmap.data.fill(1, start + first, start + end);
}

/** The columns of the row at `y` (a pixel centre) that lie within `radius` of the segment from `a` to `b`. The set is
 * convex: the two discs' chords and the chord of the slab between them. */
function capsuleRow(a: Point, b: Point, radius: number, y: number): { from: number; to: number } | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const end of [a, b]) {
    const half = Math.sqrt(radius * radius - (y - end.row) ** 2);
    if (Number.isNaN(half)) continue;
    from = Math.min(from, end.col - half);
    to = Math.max(to, end.col + half);
  }
  const dy = b.row - a.row;
  const dx = b.col - a.col;
  const length = Math.hypot(dx, dy);
  if (length > 0) {
    // The slab's sides are the segment moved by ± radius along its normal; where they cross this row, it begins or ends.
    for (const side of [-radius, radius]) {
      const row = a.row + (side * dx) / length;
      const col = a.col - (side * dy) / length;
      const along = dy === 0 ? Number.NaN : (y - row) / dy;
      if (along < 0 || along > 1 || Number.isNaN(along)) continue;
      from = Math.min(from, col + along * dx);
      to = Math.max(to, col + along * dx);
    }
  }
  return from <= to ? { from, to } : null;
}

/** A brush of `radius` pixels drawn along a line; one point makes a disc. Never empty where a pixel of the image lies
 * under the pointer: the pixels under the points belong to the stroke, however small the brush. */
export function strokeToMask(points: readonly Point[], radius: number, bounds: Box): Mask {
  const bitmap = blankAround(points, radius, bounds);
  if (!bitmap) return EMPTY;
  for (const [index, end] of points.entries()) {
    const start = points[index - 1] ?? end;
    const top = Math.max(bitmap.top, Math.floor(Math.min(start.row, end.row) - radius));
    const bottom = Math.min(bitmap.top + bitmap.height, Math.ceil(Math.max(start.row, end.row) + radius) + 1);
    for (let row = top; row < bottom; row++) {
      const chord = capsuleRow(start, end, radius, row + 0.5);
      if (chord) fillRow(bitmap, row, chord.from, chord.to);
    }
    const under = Math.floor(end.row);
    if (under >= top && under < bottom)
      fillRow(bitmap, under, Math.floor(end.col) + 0.5, Math.floor(end.col) + 0.5);
  }
  return encode(bitmap);
}

/** The inside of a closed polygon by the even-odd rule. */
export function polygonToMask(points: readonly Point[], bounds: Box): Mask {
  const bitmap = points.length < 3 ? null : blankAround(points, 0, bounds);
  if (!bitmap) return EMPTY;
  for (let row = bitmap.top; row < bitmap.top + bitmap.height; row++) {
    const crossings: number[] = [];
    for (const [index, end] of points.entries()) {
      const start = points.at(index - 1) ?? end;
      // Half-open in y, so that a corner counts once.
      if (start.row <= row + 0.5 === end.row <= row + 0.5) continue;
      const along = (row + 0.5 - start.row) / (end.row - start.row);
      crossings.push(start.col + along * (end.col - start.col));
    }
    crossings.sort((a, b) => a - b);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const { first, end } = pixels(crossings[pair] ?? 0, crossings[pair + 1] ?? 0);
      fillRow(bitmap, row, first + 0.5, end - 0.5);
    }
  }
  return encode(bitmap);
}

/** The pixels whose centres lie in a rectangle with any real sides. */
export function boxToMask(box: Box, bounds: Box): Mask {
  const rows = pixels(box.top, box.bottom);
  const cols = pixels(box.left, box.right);
  const inside = boxWithin(bounds, { top: rows.first, left: cols.first, bottom: rows.end, right: cols.end });
  if (isEmptyBox(inside)) return EMPTY;
  const bitmap = blank(inside);
  bitmap.data.fill(1);
  return encode(bitmap);
}
