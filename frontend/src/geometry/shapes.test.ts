import { describe, expect, test } from "vitest";
import { Random } from "../testing/random";
import type { Box } from "./box";
import { area, blank, contains, encode, type Mask, sameMask } from "./mask";
import { convexHull, grow, shrink, smooth } from "./morphology";
import { fillHoles, largestPart, parts } from "./parts";
import { split } from "./split";

const SIDE = 12;
const BOUNDS: Box = { top: 0, left: 0, bottom: SIDE, right: SIDE };

/** A picture: # for foreground. */
function drawn(...rows: string[]): Mask {
  const bitmap = blank({ top: 0, left: 0, bottom: rows.length, right: rows[0]?.length ?? 0 });
  for (const [row, line] of rows.entries())
    for (const [col, sign] of [...line].entries())
      if (sign === "#") bitmap.data[row * bitmap.width + col] = 1;
  return encode(bitmap);
}

function random(seed: number, share: number): Mask {
  const numbers = new Random(seed);
  const bitmap = blank(BOUNDS);
  for (let at = 0; at < bitmap.data.length; at++) bitmap.data[at] = numbers.chance(share) ? 1 : 0;
  return encode(bitmap);
}

/** The mask of the pixels for which `rule` says yes, asked one by one. */
function brute(rule: (row: number, col: number) => boolean): Mask {
  const bitmap = blank(BOUNDS);
  for (let row = 0; row < SIDE; row++)
    for (let col = 0; col < SIDE; col++) bitmap.data[row * SIDE + col] = rule(row, col) ? 1 : 0;
  return encode(bitmap);
}

const inImage = (row: number, col: number): boolean => row >= 0 && col >= 0 && row < SIDE && col < SIDE;
const SEEDS = Array.from({ length: 30 }, (_, seed) => seed);

describe("parts", () => {
  test("fills holes, also those that only corners close, and leaves bays open", () => {
    const mask = drawn("#####.", "#...#.", "#.#.#.", "#...#.", "#####.", "....##");
    expect(fillHoles(mask)).toEqual(drawn("#####.", "#####.", "#####.", "#####.", "#####.", "....##"));
    expect(fillHoles(drawn(".#.", "#.#", ".#."))).toEqual(drawn(".#.", "###", ".#."));
    expect(fillHoles(drawn("###", "#..", "###"))).toEqual(drawn("###", "#..", "###"));
  });

  test("finds holes as reaching the border one pixel at a time does", () => {
    for (const seed of SEEDS) {
      const mask = random(seed, 0.6);
      const reached = new Set<string>();
      for (let round = 0; round < SIDE * SIDE; round++)
        for (let row = 0; row < SIDE; row++)
          for (let col = 0; col < SIDE; col++) {
            if (contains(mask, row, col)) continue;
            const open = [
              [row - 1, col],
              [row + 1, col],
              [row, col - 1],
              [row, col + 1],
            ].some(([r = 0, c = 0]) => !inImage(r, c) || reached.has(`${r} ${c}`));
            if (open) reached.add(`${row} ${col}`);
          }
      expect(fillHoles(mask)).toEqual(brute((row, col) => !reached.has(`${row} ${col}`)));
    }
  });

  test("keeps the largest part; corners hold a part together", () => {
    expect(largestPart(drawn("#....", "..##.", "....#", "#...."))).toEqual(drawn(".....", "..##.", "....#"));
  });

  test("parts have each pixel once, the largest first", () => {
    for (const seed of SEEDS) {
      const mask = random(seed, 0.3);
      const found = parts(mask);
      expect(found.map(area)).toEqual([...found.map(area)].sort((a, b) => b - a));
      expect(found.reduce((sum, part) => sum + area(part), 0)).toBe(area(mask));
      for (const one of found) expect(parts(one)).toHaveLength(1);
    }
  });
});

describe("grow, shrink, smooth", () => {
  test("grow takes the pixels beside it, shrink gives those at its edge, and the image's border is no edge", () => {
    for (const seed of SEEDS) {
      const mask = random(seed, 0.5);
      const near = (row: number, col: number) => [
        [row, col],
        [row - 1, col],
        [row + 1, col],
        [row, col - 1],
        [row, col + 1],
      ];
      expect(grow(mask, BOUNDS)).toEqual(
        brute((row, col) => near(row, col).some(([r = 0, c = 0]) => contains(mask, r, c))),
      );
      expect(shrink(mask, BOUNDS)).toEqual(
        brute((row, col) => near(row, col).every(([r = 0, c = 0]) => !inImage(r, c) || contains(mask, r, c))),
      );
    }
  });

  test("smooth asks the disc around each pixel", () => {
    for (const seed of SEEDS) {
      const mask = random(seed, 0.5);
      const votes = (row: number, col: number): boolean => {
        let yes = 0;
        let all = 0;
        for (let r = row - 2; r <= row + 2; r++)
          for (let c = col - 2; c <= col + 2; c++) {
            if (!inImage(r, c) || (Math.abs(r - row) === 2 && Math.abs(c - col) === 2)) continue;
            all++;
            if (contains(mask, r, c)) yes++;
          }
        return 2 * yes > all;
      };
      expect(smooth(mask, BOUNDS)).toEqual(brute(votes));
    }
  });
});

describe("convex hull", () => {
  test("fills a bay", () => {
    expect(convexHull(drawn("##.##", "#...#", "#...#"))).toEqual(drawn("#####", "#####", "#####"));
    expect(convexHull(drawn("#....", ".....", "....#"))).toEqual(drawn("#....", "..#..", "....#"));
  });

  test("has the pixels that no line leaves on the other side", () => {
    for (const seed of SEEDS) {
      const mask = random(seed, 0.04);
      const corners: [number, number][] = [];
      for (let row = 0; row < SIDE; row++)
        for (let col = 0; col < SIDE; col++) if (contains(mask, row, col)) corners.push([row, col]);
      expect(convexHull(mask)).toEqual(brute((row, col) => inHull(corners, row, col)));
    }
  });
});

/** Carathéodory: a point of a hull lies in a triangle of its points. */
function inHull(corners: readonly [number, number][], row: number, col: number): boolean {
  const side = (a: [number, number], b: [number, number]) =>
    Math.sign((b[1] - a[1]) * (row - a[0]) - (b[0] - a[0]) * (col - a[1]));
  const between = (a: [number, number], b: [number, number]) =>
    side(a, b) === 0 &&
    row >= Math.min(a[0], b[0]) &&
    row <= Math.max(a[0], b[0]) &&
    col >= Math.min(a[1], b[1]) &&
    col <= Math.max(a[1], b[1]);
  for (const a of corners)
    for (const b of corners) {
      if (between(a, b)) return true;
      for (const c of corners) {
        const sides = [side(a, b), side(b, c), side(c, a)];
        if (sides.every((one) => one === 1) || sides.every((one) => one === -1)) return true;
      }
    }
  return false;
}

describe("split", () => {
  test("gives each pixel to the side that its centre is on, the larger part first", () => {
    const block = drawn("########", "########", "########", "########");
    const [larger, smaller] = split(block, [
      { row: -1, col: 3 },
      { row: 9, col: 3 },
    ]);
    expect(larger).toMatchObject({ left: 3, width: 5, counts: [0, 20] });
    expect(smaller).toMatchObject({ left: 0, width: 3, counts: [0, 12] });
  });

  test("cuts along any straight line as the sides of its centres say", () => {
    const all = brute(() => true);
    const numbers = new Random(3);
    for (let round = 0; round < 60; round++) {
      const a = { row: -1, col: numbers.next() * SIDE };
      const b = { row: SIDE + 1, col: numbers.next() * SIDE };
      const right = brute(
        (row, col) => (b.col - a.col) * (row + 0.5 - a.row) - (b.row - a.row) * (col + 0.5 - a.col) < 0,
      );
      const found = split(all, [a, b]);
      if (Math.min(area(right), SIDE * SIDE - area(right)) < 4) continue;
      expect(found).toHaveLength(2);
      expect(found.some((part) => sameMask(part, right))).toBe(true);
      expect(found.reduce((sum, part) => sum + area(part), 0)).toBe(SIDE * SIDE);
    }
  });

  test("cuts a diagonal through the centres without a leak", () => {
    const found = split(
      brute(() => true),
      [
        { row: 0, col: 0 },
        { row: SIDE, col: SIDE },
      ],
    );
    expect(found.map(area)).toEqual([78, 66]);
  });

  test("leaves a mask whole when the line ends inside of it, turns back or only touches it", () => {
    const all = brute(() => true);
    const into = { row: -1, col: 6 };
    expect(split(all, [into, { row: 6, col: 6 }])).toEqual([all]);
    expect(split(all, [into, { row: 6, col: 6 }, { row: -1, col: 6.01 }])).toEqual([all]);
    expect(split(all, [{ row: -1, col: -1 }])).toEqual([all]);
  });

  test("makes three of a shape that the line crosses twice, and keeps what it does not touch with the largest", () => {
    const bow = drawn(
      "##########",
      "##########",
      "###....###",
      "###....###",
      "###....###",
      "..........",
      "#.........",
    );
    const found = split(bow, [
      { row: 2, col: -1 },
      { row: 2, col: 11 },
    ]);
    expect(found.map(area)).toEqual([21, 9, 9]);
    expect(contains(found[0] ?? bow, 6, 0)).toBe(true);
  });

  test("leaves slivers with the piece that they hang on", () => {
    const block = drawn("########", "########", "########", "########");
    const line = [
      { row: -1, col: 0.9 },
      { row: 2, col: 0.9 },
      { row: 2, col: -1 },
    ];
    expect(split(block, line)).toEqual([block]);
  });
});
