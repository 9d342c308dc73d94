import { expect, it } from "vitest";
import { paintMany } from "./many";
import type { Mask } from "./mask";

const SIZE = { width: 8, height: 4 };

function block(top: number, left: number, height: number, width: number): Mask {
  return { top, left, height, width, counts: [0, height * width] };
}

function rows(data: Uint8Array): string[] {
  return [0, 1, 2, 3].map((row) => [...data.subarray(row * 8, row * 8 + 8)].join(""));
}

it("gives masks that touch different values", () => {
  const { bitmap, added } = paintMany([block(0, 0, 2, 2), block(0, 2, 2, 2)], new Uint32Array(32), SIZE);
  expect(added).toBe(2);
  expect(rows(bitmap.data).slice(0, 2)).toEqual(["11220000", "11220000"]);
});

it("leaves out what cells have already, and masks of which less than half is left", () => {
  const taken = new Uint32Array(32);
  taken.fill(9, 0, 3);
  const { bitmap, added } = paintMany([block(0, 0, 1, 4), block(0, 2, 2, 4)], taken, SIZE);
  expect(added).toBe(1);
  expect(rows(bitmap.data).slice(0, 2)).toEqual(["00022200", "00222200"]);
});

it("keeps a mask whole that lies at the edge and cuts one that reaches over it", () => {
  const { bitmap, added } = paintMany([block(3, 6, 1, 2), block(2, 0, 4, 1)], new Uint32Array(32), SIZE);
  expect(added).toBe(2);
  expect(rows(bitmap.data)).toEqual(["00000000", "00000000", "20000000", "20000011"]);
});

it("never takes the value of no mask, however many there are", () => {
  const many = Array.from({ length: 32 }, (_, at) => block(Math.floor(at / 8), at % 8, 1, 1));
  const masks = [...Array.from({ length: 250 }, () => block(0, 0, 1, 1)), ...many];
  expect(paintMany(masks, new Uint32Array(32), SIZE).bitmap.data.every((value) => value > 0)).toBe(true);
});
