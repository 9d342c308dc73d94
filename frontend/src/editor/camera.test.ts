import { describe, expect, it } from "vitest";
import {
  type Camera,
  fitBox,
  fitImage,
  keepInSight,
  MAX_SCALE,
  pan,
  toImage,
  toScreen,
  zoomAt,
} from "./camera";

const camera: Camera = { x: 100, y: 50, scale: 2 };
const viewport = { width: 800, height: 600 };

describe("camera", () => {
  it("turns screen into image coordinates and back", () => {
    expect(toImage(camera, { x: 40, y: 20 })).toEqual({ x: 120, y: 60 });
    expect(toScreen(camera, toImage(camera, { x: 13, y: 77 }))).toEqual({ x: 13, y: 77 });
  });

  it("fits the whole image in the middle, whatever its shape", () => {
    for (const image of [
      { width: 512, height: 512 },
      { width: 40, height: 9000 },
      { width: 1, height: 1 },
    ]) {
      const fitted = fitImage(image, viewport);
      const top = toScreen(fitted, { x: 0, y: 0 });
      const bottom = toScreen(fitted, { x: image.width, y: image.height });
      expect(top.x).toBeGreaterThanOrEqual(0);
      expect(top.y).toBeGreaterThanOrEqual(0);
      expect(bottom.x).toBeLessThanOrEqual(800);
      expect(bottom.y).toBeLessThanOrEqual(600);
      expect(top.x + bottom.x).toBeCloseTo(800);
      expect(top.y + bottom.y).toBeCloseTo(600);
    }
  });

  it("keeps what is under the cursor under it while zooming", () => {
    const at = { x: 333, y: 222 };
    const before = toImage(camera, at);
    const after = toImage(zoomAt(camera, at, 1.7), at);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it("zooms no further than its limits, in and out", () => {
    expect(zoomAt(camera, { x: 0, y: 0 }, 1e9).scale).toBe(MAX_SCALE);
    expect(zoomAt(camera, { x: 0, y: 0 }, 1e-9, 0.1).scale).toBe(0.1);
  });

  it("moves the image with the hand", () => {
    expect(pan(camera, 20, -10)).toEqual({ x: 90, y: 55, scale: 2 });
  });

  it("never lets the image leave the canvas", () => {
    const image = { width: 100, height: 100 };
    const lost = keepInSight({ x: 1e6, y: -1e6, scale: 1 }, image, viewport);
    const corner = toScreen(lost, { x: 100, y: 0 });
    expect(corner.x).toBeGreaterThan(0);
    expect(corner.y).toBeLessThan(600);
    expect(keepInSight(fitImage(image, viewport), image, viewport)).toEqual(fitImage(image, viewport));
  });

  it("goes to a cell without blowing it up beyond measure", () => {
    const near = fitBox({ x: 10, y: 10, width: 4, height: 4 }, viewport, 16);
    expect(near.scale).toBe(16);
    expect(toScreen(near, { x: 12, y: 12 })).toEqual({ x: 400, y: 300 });
  });
});
