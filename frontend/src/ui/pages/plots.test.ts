import { expect, test } from "vitest";
import { outliers, rangeOf, share, short, ticks } from "./plots";

test("ticks are round numbers inside of the range", () => {
  expect(ticks({ low: 0, high: 100 }, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticks({ low: 3.2, high: 9.1 }, 4)).toEqual([4, 6, 8]);
  expect(ticks({ low: -0.5, high: 0.5 }, 2)).toEqual([-0.5, 0, 0.5]);
  expect(ticks({ low: 7, high: 7 }, 4)).toEqual([7]);
});

test("what lies beyond the ends is shown at the ends", () => {
  const range = { low: 10, high: 20 };
  expect([5, 10, 15, 20, 99].map((value) => share(value, range))).toEqual([0, 0, 0.5, 1, 1]);
  expect(share(3, { low: 3, high: 3 })).toBe(0.5);
});

test("a range has room around its values, also where all are the same or none is there", () => {
  expect(rangeOf([0, 100])).toEqual({ low: -3, high: 103 });
  const { low, high } = rangeOf([5, 5]);
  expect(low < 5 && high > 5).toBe(true);
  expect(rangeOf([])).toEqual({ low: 0, high: 1 });
});

test("outliers are those that lie far out in x or in y, the furthest first", () => {
  const x = [1, 2, 3, 2, 1, 2, 90, 3];
  const y = [5, 6, 5, 6, 7, 500, 6, 5];
  expect(outliers(x, y, 5)).toEqual([5, 6]);
  expect(outliers(x, y, 1)).toEqual([5]);
  expect(outliers([1, 1, 1], [2, 2, 2], 5)).toEqual([]);
});

test("numbers are short", () => {
  expect([1234.5678, 0.012345, 0].map(short)).toEqual(["1,235", "0.01235", "0"]);
});
