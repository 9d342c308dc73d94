import { expect, it } from "vitest";
import { SMALL } from "../testing/fake-tiles";
import { levelFor, parentOf, rectOf, tilesInSight } from "./tile-plan";

it("takes the level whose pixels are nearest to the screen's", () => {
  expect(levelFor(4, 6)).toBe(0);
  expect(levelFor(0.5, 6)).toBe(1);
  expect(levelFor(0.25, 6)).toBe(2);
  expect(levelFor(1e-6, 6)).toBe(5);
});

it("covers what the camera sees, each pixel once, the middle first", () => {
  const viewport = { width: 40, height: 20 };
  const all = tilesInSight(SMALL, { x: 0, y: 0, scale: 1 }, viewport, 1);
  expect(all).toHaveLength(15);
  expect(all[0]).toEqual({ level: 0, row: 1, col: 2 });
  const pixels = all
    .map((place) => rectOf(SMALL, place))
    .reduce((sum, one) => sum + one.width * one.height, 0);
  expect(pixels).toBe(800);
  expect(tilesInSight(SMALL, { x: 9, y: 9, scale: 8 }, { width: 40, height: 20 }, 1)).toEqual([
    { level: 0, row: 1, col: 1 },
  ]);
  expect(tilesInSight(SMALL, { x: -50, y: 0, scale: 1 }, viewport, 1)).toEqual([]);
});

it("takes finer tiles on a denser screen", () => {
  const viewport = { width: 20, height: 10 };
  const camera = { x: 0, y: 0, scale: 0.5 };
  expect(new Set(tilesInSight(SMALL, camera, viewport, 1).map((one) => one.level))).toEqual(new Set([1]));
  expect(new Set(tilesInSight(SMALL, camera, viewport, 2).map((one) => one.level))).toEqual(new Set([0]));
});

it("knows the coarser tile over each", () => {
  expect(parentOf({ level: 0, row: 2, col: 3 })).toEqual({ level: 1, row: 1, col: 1 });
  expect(rectOf(SMALL, { level: 1, row: 1, col: 1 })).toEqual({ x: 16, y: 16, width: 16, height: 4 });
});
