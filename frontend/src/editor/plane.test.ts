import { expect, it } from "vitest";
import { autoContrast, histogramOf, planeOf, valueAt } from "./plane";

const ramp = {
  width: 256,
  height: 4,
  channels: 1 as const,
  data: new Uint16Array(1024).map((_, at) => (at % 256) * 16),
};

it("reads 16-bit pixels as they are", () => {
  const plane = planeOf(new Uint16Array([1, 4095, 65535, 7]).buffer, {
    width: 2,
    height: 2,
    channels: 1,
    dtype: "uint16",
  });
  expect(valueAt(plane, 1.9, 0.2)).toEqual([4095]);
  expect(valueAt(plane, 0, 1)).toEqual([65535]);
  expect(valueAt(plane, 2, 0)).toBeNull();
});

it("says so when the image arrives cut off or with pixels that it can't show", () => {
  expect(() => planeOf(new ArrayBuffer(3), { width: 2, height: 2, channels: 1, dtype: "uint8" })).toThrow(
    "3 of 4",
  );
  expect(() => planeOf(new ArrayBuffer(16), { width: 2, height: 2, channels: 1, dtype: "float32" })).toThrow(
    "float32",
  );
});

it("counts every value once", () => {
  const histogram = histogramOf(ramp, 16);
  expect([histogram.low, histogram.high]).toEqual([0, 4080]);
  expect(histogram.bins.reduce((sum, count) => sum + count, 0)).toBe(1024);
});

it("finds a contrast that leaves out the extremes", () => {
  const { min, max, gamma } = autoContrast(histogramOf(ramp), 0.1);
  expect(gamma).toBe(1);
  expect(min).toBeGreaterThan(0);
  expect(max).toBeLessThan(4080);
});

it("gives a constant image a contrast that can be divided by", () => {
  const flat = { width: 2, height: 1, channels: 1 as const, data: new Uint8Array([9, 9]) };
  expect(autoContrast(histogramOf(flat))).toEqual({ min: 9, max: 10, gamma: 1 });
});
