import { expect, test } from "vitest";
import { between } from "./between";
import { area, contains, type Mask, sameMask, translate } from "./mask";
import { strokeToMask } from "./raster";

const BOUNDS = { top: 0, left: 0, bottom: 100, right: 100 };

function disc(row: number, col: number, radius: number): Mask {
  return strokeToMask([{ row, col }], radius, BOUNDS);
}

test("a shape between two equal ones is the same", () => {
  const one = disc(50, 50, 12);
  expect(sameMask(between(one, one, 0.5, BOUNDS), one)).toBe(true);
});

test("a disc that grows has the radius of the way that it has come", () => {
  for (const share of [0.25, 0.5, 0.75]) {
    const mask = between(disc(50, 50, 10), disc(50, 50, 20), share, BOUNDS);
    expect(Math.sqrt(area(mask) / Math.PI)).toBeCloseTo(10 + 10 * share, 0);
  }
});

test("a shape that moves farther than it is wide is in the middle of its way", () => {
  const one = disc(20, 20, 5);
  const mask = between(one, translate(one, 40, 60), 0.5, BOUNDS);
  expect(sameMask(mask, translate(one, 20, 30))).toBe(true);
});

test("the ends of the way are the shapes themselves", () => {
  const [one, other] = [disc(30, 30, 9), disc(60, 50, 14)];
  expect(sameMask(between(one, other, 0, BOUNDS), one)).toBe(true);
  expect(sameMask(between(one, other, 1, BOUNDS), other)).toBe(true);
});

test("a hole that stays is kept, and nothing lies outside of the image", () => {
  const ring: Mask = { top: 0, left: 0, height: 3, width: 3, counts: [0, 4, 1, 4] };
  expect(contains(between(ring, ring, 0.5, BOUNDS), 1, 1)).toBe(false);
  const mask = between(disc(2, 2, 3), disc(2, 2, 8), 0.5, BOUNDS);
  expect(Math.min(mask.top, mask.left)).toBe(0);
});
