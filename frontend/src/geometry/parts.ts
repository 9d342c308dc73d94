/** What hangs together in a mask. Pixels of a part meet at sides or corners; background meets at sides alone, so that a
 * hole closed by corners is a hole. Holes are those of scipy.ndimage.binary_fill_holes, parts those of
 * skimage.measure.label. */

import type { Bitmap, Mask } from "./mask";
import { decode, EMPTY, encode, isEmpty } from "./mask";

type Offset = readonly [rows: number, cols: number];

const SIDES: readonly Offset[] = [
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, 0],
];
const SIDES_AND_CORNERS: readonly Offset[] = [...SIDES, [-1, -1], [-1, 1], [1, -1], [1, 1]];

/** The indices into `data` that can be reached from `start` over pixels of its value; `done` marks them. */
export function flood(
  { width, height, data }: Bitmap,
  start: number,
  neighbours: readonly Offset[],
  done: Uint8Array,
): number[] {
  const value = data[start];
  const found = [start];
  done[start] = 1;
  for (let at = 0; at < found.length; at++) {
    const index = found[at] ?? 0;
    const row = Math.floor(index / width);
    const col = index - row * width;
    for (const [rows, cols] of neighbours) {
      const nextRow = row + rows;
      const nextCol = col + cols;
      if (nextRow < 0 || nextCol < 0 || nextRow >= height || nextCol >= width) continue;
      const next = nextRow * width + nextCol;
      if (done[next] || data[next] !== value) continue;
      done[next] = 1;
      found.push(next);
    }
  }
  return found;
}

/** The parts of a mask, the largest first; of equal ones, the one that begins higher or more to the left. */
export function parts(mask: Mask): Mask[] {
  if (isEmpty(mask)) return [];
  const bitmap = decode(mask);
  const done = new Uint8Array(bitmap.data.length);
  const found: number[][] = [];
  for (let start = bitmap.data.indexOf(1); start >= 0; start = bitmap.data.indexOf(1, start + 1)) {
    if (!done[start]) found.push(flood(bitmap, start, SIDES_AND_CORNERS, done));
  }
  if (found.length === 1) return [mask];
  return found.sort((a, b) => b.length - a.length).map((pixels) => maskOf(bitmap, pixels));
}

/** The mask of some of a bitmap's indices. */
export function maskOf(bitmap: Bitmap, pixels: readonly number[]): Mask {
  const data = new Uint8Array(bitmap.data.length);
  for (const index of pixels) data[index] = 1;
  return encode({ ...bitmap, data });
}

export function largestPart(mask: Mask): Mask {
  return parts(mask)[0] ?? EMPTY;
}

/** The mask with every hole in it. */
export function fillHoles(mask: Mask): Mask {
  if (isEmpty(mask)) return mask;
  const bitmap = decode(mask);
  const { width, height, data } = bitmap;
  const outside = new Uint8Array(data.length);
  const from = (index: number): void => {
    if (data[index] === 0 && !outside[index]) flood(bitmap, index, SIDES, outside);
  };
  for (let row = 0; row < height; row++) {
    from(row * width);
    from(row * width + width - 1);
  }
  for (let col = 0; col < width; col++) {
    from(col);
    from((height - 1) * width + col);
  }
  return encode({ ...bitmap, data: outside.map((seen) => (seen ? 0 : 1)) });
}
