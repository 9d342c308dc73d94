/** Masks as run lengths, the same as the server's: a box and the lengths of alternating runs of background and foreground
 * inside it, row by row, background first (0 long where the first pixel is foreground). Cropped to the foreground. */

import type { Box } from "./box";
import { boxAround, boxWithin, isEmptyBox } from "./box";

export interface Mask {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Pixels of a box, row by row, 1 for foreground. */
export interface Bitmap {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

export const EMPTY: Mask = { top: 0, left: 0, height: 0, width: 0, counts: [] };

export function isEmpty(mask: Mask): boolean {
  return mask.counts.length < 2;
}

export function area(mask: Mask): number {
  let pixels = 0;
  for (let index = 1; index < mask.counts.length; index += 2) pixels += mask.counts[index] ?? 0;
  return pixels;
}

export function boxOf(mask: Mask | Bitmap): Box {
  return {
    top: mask.top,
    left: mask.left,
    bottom: mask.top + mask.height,
    right: mask.left + mask.width,
  };
}

/** Calls `visit(row, from, to)` for each horizontal piece of foreground, columns `from` ≤ col < `to`, in image pixels. */
export function forEachSpan(mask: Mask, visit: (row: number, from: number, to: number) => void): void {
  const { top, left, width, counts } = mask;
  let position = 0;
  for (let index = 0; index < counts.length; index++) {
    const end = position + (counts[index] ?? 0);
    if (index % 2 === 1) {
      while (position < end) {
        const row = Math.floor(position / width);
        const stop = Math.min(end, (row + 1) * width);
        visit(top + row, left + position - row * width, left + stop - row * width);
        position = stop;
      }
    }
    position = end;
  }
}

/** An all-background bitmap of a box. */
export function blank(box: Box): Bitmap {
  const height = Math.max(0, box.bottom - box.top);
  const width = Math.max(0, box.right - box.left);
  return { top: box.top, left: box.left, height, width, data: new Uint8Array(height * width) };
}

/** Writes `value` wherever the mask is; what lies outside of the bitmap is left out. */
export function paint(bitmap: Bitmap, mask: Mask, value: 0 | 1): void {
  forEachSpan(mask, (row, from, to) => {
    if (row < bitmap.top || row >= bitmap.top + bitmap.height) return;
    const start = (row - bitmap.top) * bitmap.width - bitmap.left;
    const first = Math.max(from, bitmap.left);
    const last = Math.min(to, bitmap.left + bitmap.width);
    if (first < last) bitmap.data.fill(value, start + first, start + last);
  });
}

export function decode(mask: Mask): Bitmap {
  const bitmap = blank(boxOf(mask));
  paint(bitmap, mask, 1);
  return bitmap;
}

function filledBox(bitmap: Bitmap): Box {
  const { width, height, data } = bitmap;
  let top = height;
  let left = width;
  let bottom = 0;
  let right = 0;
  for (let first = data.indexOf(1); first >= 0; ) {
    const row = Math.floor(first / width);
    const last = data.lastIndexOf(1, (row + 1) * width - 1);
    top = Math.min(top, row);
    bottom = row + 1;
    left = Math.min(left, first - row * width);
    right = Math.max(right, last - row * width + 1);
    first = data.indexOf(1, (row + 1) * width);
  }
  return { top, left, bottom, right };
}

/** Run lengths of a bitmap, cropped to its foreground. `bitmap.data` holds nothing but 0 and 1. */
export function encode(bitmap: Bitmap): Mask {
  const box = filledBox(bitmap);
  if (isEmptyBox(box)) return EMPTY;
  const counts: number[] = [];
  let value = 0;
  let run = 0;
  for (let row = box.top; row < box.bottom; row++) {
    for (let at = row * bitmap.width + box.left; at < row * bitmap.width + box.right; at++) {
      if (bitmap.data[at] === value) {
        run++;
      } else {
        counts.push(run);
        value = 1 - value;
        run = 1;
      }
    }
  }
  counts.push(run);
  return {
    top: bitmap.top + box.top,
    left: bitmap.left + box.left,
    height: box.bottom - box.top,
    width: box.right - box.left,
    counts,
  };
}

export function contains(mask: Mask, row: number, col: number): boolean {
  const { top, left, width, height, counts } = mask;
  if (row < top || col < left || row >= top + height || col >= left + width) return false;
  const wanted = (row - top) * width + (col - left);
  let position = 0;
  for (let index = 0; index < counts.length; index++) {
    position += counts[index] ?? 0;
    if (wanted < position) return index % 2 === 1;
  }
  return false;
}

export function union(a: Mask, b: Mask): Mask {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const bitmap = blank(boxAround(boxOf(a), boxOf(b)));
  paint(bitmap, a, 1);
  paint(bitmap, b, 1);
  return encode(bitmap);
}

/** The pixels of `a` that are not in `b`. */
export function difference(a: Mask, b: Mask): Mask {
  if (isEmpty(a) || isEmptyBox(boxWithin(boxOf(a), boxOf(b)))) return a;
  const bitmap = decode(a);
  paint(bitmap, b, 0);
  return encode(bitmap);
}

/** The pixels of `a` inside `box`. */
export function clip(a: Mask, box: Box): Mask {
  const inside = boxWithin(boxOf(a), box);
  if (isEmptyBox(inside)) return EMPTY;
  if (inside.bottom - inside.top === a.height && inside.right - inside.left === a.width) return a;
  const bitmap = blank(inside);
  paint(bitmap, a, 1);
  return encode(bitmap);
}

/** Moved by whole pixels; parts above or left of the image's first pixel are the caller's to `clip`. */
export function translate(mask: Mask, rows: number, cols: number): Mask {
  return isEmpty(mask) ? EMPTY : { ...mask, top: mask.top + rows, left: mask.left + cols };
}

export function sameMask(a: Mask, b: Mask): boolean {
  return (
    a.top === b.top &&
    a.left === b.left &&
    a.height === b.height &&
    a.width === b.width &&
    a.counts.length === b.counts.length &&
    a.counts.every((count, index) => count === b.counts[index])
  );
}
