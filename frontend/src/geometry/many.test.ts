import { expect, it } from "vitest";
import { paintMany } from "./many";
import type { Bitmap, Mask } from "./mask";

const FREE = { width: 8, height: 4, slotAt: () => 0 };

function block(top: number, left: number, height: number, width: number): Mask {
  return { top, left, height, width, counts: [0, height * width] };
}

function rows({ data, height, width }: Bitmap): string[] {
  return Array.from({ length: height }, (_, row) => data.subarray(row * width, (row + 1) * width).join(""));
}

it("gives masks that touch different values", () => {
  const { bitmap, added } = paintMany([block(0, 0, 2, 2), block(0, 2, 2, 2)], FREE);
  expect(added).toBe(2);
  expect(rows(bitmap)).toEqual(["1122", "1122"]);
});

it("leaves out what cells have already, and masks of which less than half is left", () => {
  const taken = { ...FREE, slotAt: (row: number, col: number) => (row === 0 && col < 3 ? 9 : 0) };
  const { bitmap, added } = paintMany([block(0, 0, 1, 4), block(0, 2, 2, 4)], taken);
  expect(added).toBe(1);
  expect(rows(bitmap)).toEqual(["000222", "002222"]);
});

it("keeps a mask whole that lies at the edge and cuts one that reaches over it", () => {
  const { bitmap, added } = paintMany([block(3, 6, 1, 2), block(2, 0, 4, 1)], FREE);
  expect(added).toBe(2);
  expect(bitmap.top).toBe(2);
  expect(rows(bitmap)).toEqual(["20000000", "20000011"]);
});

it("never takes the value of no mask, however many there are", () => {
  const many = Array.from({ length: 32 }, (_, at) => block(Math.floor(at / 8), at % 8, 1, 1));
  const masks = [...Array.from({ length: 250 }, () => block(0, 0, 1, 1)), ...many];
  expect(paintMany(masks, FREE).bitmap.data.every((value) => value > 0)).toBe(true);
});
