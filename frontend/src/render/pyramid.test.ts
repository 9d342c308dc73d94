import { expect, it } from "vitest";
import { levelFor, levelsOf, pyramidOf } from "./pyramid";
import { overlap, tilesOf } from "./tiles";

it("halves a plane by the mean of four pixels", () => {
  const data = new Uint16Array(128 * 4).map((_, at) => (at % 2 ? 65535 : 65533));
  const levels = pyramidOf({ width: 128, height: 4, data }, 1);
  expect(levels[0]).toMatchObject({ width: 64, height: 2 });
  expect(new Set(levels[0]?.data)).toEqual(new Set([65534]));
});

it("keeps the channels of a colour image apart", () => {
  const data = new Uint8Array(128 * 128 * 3).map((_, at) => [10, 20, 30][at % 3] as number);
  const level = pyramidOf({ width: 128, height: 128, data }, 3)[0];
  expect(Array.from(level?.data.slice(0, 6) ?? [])).toEqual([10, 20, 30, 10, 20, 30]);
});

it("makes as many levels as the texture has", () => {
  for (const [width, height] of [
    [1, 1],
    [64, 64],
    [65, 3],
    [1000, 1],
    [4096, 4096],
    [513, 2047],
  ] as const) {
    const levels = pyramidOf({ width, height, data: new Uint8Array(width * height) }, 1);
    expect(levels.length + 1).toBe(levelsOf(width, height));
  }
});

it("takes the level whose pixels are nearest to the screen's", () => {
  expect(levelFor(4, 6)).toBe(0);
  expect(levelFor(0.5, 6)).toBe(1);
  expect(levelFor(0.25, 6)).toBe(2);
  expect(levelFor(1e-6, 6)).toBe(5);
});

it("covers a plane with tiles, each pixel once", () => {
  const tiles = tilesOf(1000, 700, 512);
  expect(tiles).toHaveLength(4);
  expect(tiles.reduce((sum, tile) => sum + tile.width * tile.height, 0)).toBe(700_000);
});

it("finds what a changed rectangle and a tile share", () => {
  const tile = { x: 512, y: 0, width: 488, height: 512 };
  expect(overlap(tile, { x: 500, y: 10, width: 20, height: 5 })).toEqual({
    x: 512,
    y: 10,
    width: 8,
    height: 5,
  });
  expect(overlap(tile, { x: 0, y: 0, width: 512, height: 9 })).toBeNull();
});
