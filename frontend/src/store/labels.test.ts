import { describe, expect, test } from "vitest";
import { boxToMask } from "../geometry/raster";
import { Random } from "../testing/random";
import { Labels } from "./labels";

const HUGE = { width: 30_000, height: 30_000 };

describe("the label raster", () => {
  test("keeps a plane of 900 million pixels in what its cells take", () => {
    const labels = new Labels(HUGE.width, HUGE.height);
    const box = { top: 29_990, left: 29_980, bottom: 30_000, right: 30_000 };
    labels.paint(boxToMask(box, labels.bounds), 7);
    expect(labels.at(29_999, 29_999)).toBe(7);
    expect(labels.at(29_989, 29_999)).toBe(0);
    expect([...labels.squaresIn(labels.bounds)]).toHaveLength(1);
  });

  test("gives what a plain array gives, over the borders of squares too", () => {
    const size = { width: 1100, height: 700 };
    const [labels, plain] = [new Labels(size.width, size.height), new Uint32Array(1100 * 700)];
    const random = new Random(3);
    for (let slot = 1; slot <= 60; slot++) {
      const [top, left] = [random.int(0, 700), random.int(0, 1100)];
      const box = { top, left, bottom: top + random.int(0, 300), right: left + random.int(0, 600) };
      const mask = boxToMask(box, labels.bounds);
      const erased = slot % 3 === 0;
      if (erased) labels.erase(mask, slot - 1);
      else labels.paint(mask, slot);
      for (let row = top; row < Math.min(box.bottom, 700); row++)
        for (let col = left; col < Math.min(box.right, 1100); col++) {
          const at = row * 1100 + col;
          if (!erased) plain[at] = slot;
          else if (plain[at] === slot - 1) plain[at] = 0;
        }
    }
    const wrong = plain.findIndex((slot, at) => labels.at(Math.floor(at / 1100), at % 1100) !== slot);
    expect(wrong).toBe(-1);
    const [top, left, bottom, right] = [200, 400, 690, 1090];
    const expected = new Set<number>();
    for (let row = top; row < bottom; row++)
      for (let col = left; col < right; col++) expected.add(plain[row * 1100 + col] ?? 0);
    expected.delete(0);
    expect(labels.slotsIn({ top, left, bottom, right })).toEqual(expected);
  });

  test("says nothing of places outside, and takes places within a pixel", () => {
    const labels = new Labels(600, 600);
    labels.paint(boxToMask(labels.bounds, labels.bounds), 1);
    for (const [row, col] of [
      [-0.5, 3],
      [3, -1],
      [600, 3],
      [3, 600.2],
    ] as const)
      expect(labels.at(row, col)).toBe(0);
    expect(labels.at(511.7, 599.9)).toBe(1);
  });
});
