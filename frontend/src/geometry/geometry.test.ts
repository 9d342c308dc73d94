import { describe, expect, test } from "vitest";
import { Random } from "../testing/random";
import type { Box } from "./box";
import { boxAround, boxesMeet, boxWithin, isEmptyBox } from "./box";
import type { Bitmap, Mask } from "./mask";
import * as masks from "./mask";
import { boxToMask, polygonToMask, strokeToMask } from "./raster";

const BOUNDS: Box = { top: 0, left: 0, bottom: 40, right: 60 };

function randomBitmap(random: Random): Bitmap {
  const top = random.int(0, 20);
  const left = random.int(0, 20);
  const bitmap = masks.blank({ top, left, bottom: top + random.int(1, 15), right: left + random.int(1, 15) });
  const density = random.next();
  for (let at = 0; at < bitmap.data.length; at++) bitmap.data[at] = random.chance(density) ? 1 : 0;
  return bitmap;
}

function pixelsOf(mask: Mask): Set<string> {
  const found = new Set<string>();
  masks.forEachSpan(mask, (row, from, to) => {
    for (let col = from; col < to; col++) found.add(`${row},${col}`);
  });
  return found;
}

function checkValid(mask: Mask): void {
  expect(mask.counts.reduce((sum, count) => sum + count, 0)).toBe(mask.height * mask.width);
  expect(mask.counts.slice(1)).not.toContain(0);
}

/** Every pixel of BOUNDS whose centre passes. */
function brute(inside: (row: number, col: number) => boolean): Set<string> {
  const found = new Set<string>();
  for (let row = BOUNDS.top; row < BOUNDS.bottom; row++)
    for (let col = BOUNDS.left; col < BOUNDS.right; col++)
      if (inside(row + 0.5, col + 0.5)) found.add(`${row},${col}`);
  return found;
}

describe("masks", () => {
  test("come back the same from a bitmap, 500 times", () => {
    const random = new Random(1);
    for (let round = 0; round < 500; round++) {
      const bitmap = randomBitmap(random);
      const mask = masks.encode(bitmap);
      checkValid(mask);
      const again = masks.blank(masks.boxOf(bitmap));
      masks.paint(again, mask, 1);
      expect(again.data).toEqual(bitmap.data);
      expect(masks.area(mask)).toBe(bitmap.data.reduce((sum, value) => sum + value, 0));
      if (!masks.isEmpty(mask)) expect(masks.encode(masks.decode(mask))).toEqual(mask);
    }
  });

  test("are encoded as the server encodes them", () => {
    const data = Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0]);
    expect(masks.encode({ top: 5, left: 7, height: 3, width: 4, data })).toEqual({
      top: 6,
      left: 8,
      height: 2,
      width: 3,
      counts: [1, 4, 1],
    });
    expect(masks.encode({ top: 0, left: 0, height: 1, width: 2, data: Uint8Array.from([1, 0]) })).toEqual({
      top: 0,
      left: 0,
      height: 1,
      width: 1,
      counts: [0, 1],
    });
    expect(masks.encode(masks.blank(BOUNDS))).toEqual(masks.EMPTY);
  });

  test("unite, subtract, clip and contain as sets of pixels do", () => {
    const random = new Random(2);
    for (let round = 0; round < 300; round++) {
      const a = masks.encode(randomBitmap(random));
      const b = masks.encode(randomBitmap(random));
      const inA = pixelsOf(a);
      const inB = pixelsOf(b);
      for (const mask of [masks.union(a, b), masks.difference(a, b)]) checkValid(mask);
      expect(pixelsOf(masks.union(a, b))).toEqual(new Set([...inA, ...inB]));
      expect(pixelsOf(masks.difference(a, b))).toEqual(new Set([...inA].filter((pixel) => !inB.has(pixel))));
      const row = random.int(0, 40);
      const col = random.int(0, 40);
      expect(masks.contains(a, row, col)).toBe(inA.has(`${row},${col}`));
      const clipped = masks.clip(a, { top: 10, left: 10, bottom: 20, right: 25 });
      const kept = [...inA].filter((pixel) => {
        const [y = 0, x = 0] = pixel.split(",").map(Number);
        return y >= 10 && y < 20 && x >= 10 && x < 25;
      });
      expect(pixelsOf(clipped)).toEqual(new Set(kept));
    }
  });

  test("move by whole pixels", () => {
    const mask = masks.encode(randomBitmap(new Random(3)));
    expect(masks.sameMask(masks.translate(masks.translate(mask, 3, -2), -3, 2), mask)).toBe(true);
    expect(masks.translate(masks.EMPTY, 1, 1)).toBe(masks.EMPTY);
  });
});

describe("boxes", () => {
  test("meet where they share a pixel", () => {
    const a = { top: 0, left: 0, bottom: 2, right: 2 };
    const b = { top: 2, left: 0, bottom: 3, right: 2 };
    expect(boxesMeet(a, b)).toBe(false);
    expect(boxesMeet(a, { ...b, top: 1 })).toBe(true);
    expect(isEmptyBox(boxWithin(a, b))).toBe(true);
    expect(boxAround(a, b)).toEqual({ top: 0, left: 0, bottom: 3, right: 2 });
  });
});

describe("shapes", () => {
  test("a stroke is every pixel whose centre is within the radius of the line", () => {
    const random = new Random(4);
    for (let round = 0; round < 200; round++) {
      const points = Array.from({ length: random.int(1, 6) }, () => ({
        row: random.next() * 44 - 2,
        col: random.next() * 64 - 2,
      }));
      const radius = 0.3 + random.next() * 8;
      const distance = (y: number, x: number): number => {
        let best = Number.POSITIVE_INFINITY;
        points.forEach((b, index) => {
          const a = points[index - 1] ?? b;
          const length = (b.row - a.row) ** 2 + (b.col - a.col) ** 2;
          const dot = (y - a.row) * (b.row - a.row) + (x - a.col) * (b.col - a.col);
          const along = length === 0 ? 0 : Math.min(1, Math.max(0, dot / length));
          const row = a.row + along * (b.row - a.row);
          const col = a.col + along * (b.col - a.col);
          best = Math.min(best, Math.hypot(y - row, x - col));
        });
        return best;
      };
      const under = new Set(points.map(({ row, col }) => `${Math.floor(row)},${Math.floor(col)}`));
      const wanted = brute(
        (y, x) => distance(y, x) <= radius || under.has(`${Math.floor(y)},${Math.floor(x)}`),
      );
      expect(pixelsOf(strokeToMask(points, radius, BOUNDS))).toEqual(wanted);
    }
  });

  test("the smallest brush still paints the pixel under the pointer", () => {
    expect(strokeToMask([{ row: 3.01, col: 4.99 }], 0.1, BOUNDS)).toEqual({
      top: 3,
      left: 4,
      height: 1,
      width: 1,
      counts: [0, 1],
    });
  });

  test("a polygon is every pixel whose centre is inside", () => {
    const random = new Random(5);
    for (let round = 0; round < 200; round++) {
      const points = Array.from({ length: random.int(3, 9) }, () => ({
        row: random.next() * 44 - 2,
        col: random.next() * 64 - 2,
      }));
      const inside = (y: number, x: number): boolean => {
        let odd = false;
        points.forEach((b, index) => {
          const a = points.at(index - 1) ?? b;
          if (a.row > y === b.row > y) return;
          if (x < a.col + ((y - a.row) / (b.row - a.row)) * (b.col - a.col)) odd = !odd;
        });
        return odd;
      };
      expect(pixelsOf(polygonToMask(points, BOUNDS))).toEqual(brute(inside));
    }
  });

  test("a polygon of less than three points and a shape outside of the image are empty", () => {
    const far = { row: 500, col: 500 };
    expect(polygonToMask([far, far], BOUNDS)).toEqual(masks.EMPTY);
    expect(strokeToMask([far], 5, BOUNDS)).toEqual(masks.EMPTY);
    expect(boxToMask({ top: 50, left: 0, bottom: 60, right: 10 }, BOUNDS)).toEqual(masks.EMPTY);
  });

  test("a box takes the pixels whose centres it holds", () => {
    const mask = boxToMask({ top: 0.6, left: 1.5, bottom: 3.4, right: 4.6 }, BOUNDS);
    expect(masks.boxOf(mask)).toEqual({ top: 1, left: 1, bottom: 3, right: 5 });
    expect(masks.area(mask)).toBe(8);
  });
});
