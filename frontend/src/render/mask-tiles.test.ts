import { expect, it } from "vitest";
import { boxToMask } from "../geometry/raster";
import { Labels } from "../store/labels";
import { Random } from "../testing/random";
import { type Held, overviewHeld, sizeOf, tilesHeld, uploadOf } from "./mask-tiles";

/** What a texture holds after everything was copied into it. */
function copied(labels: Labels, tile: Held): { width: number; height: number; texels: Uint32Array } {
  const { width, height } = sizeOf(tile);
  const texels = new Uint32Array(width * height);
  for (const square of labels.squaresIn(tile.held)) {
    const part = uploadOf(tile, square);
    if (!part) continue;
    for (let row = 0; row < part.height; row++)
      for (let col = 0; col < part.width; col++)
        texels[(part.y + row) * width + part.x + col] =
          part.labels[part.first + row * part.stride + col] ?? 0;
  }
  return { width, height, texels };
}

function filled(width: number, height: number): Labels {
  const labels = new Labels(width, height);
  const random = new Random(5);
  for (let slot = 1; slot <= 200; slot++) {
    const [top, left] = [random.int(0, height), random.int(0, width)];
    labels.paint(boxToMask({ top, left, bottom: top + 300, right: left + 200 }, labels.bounds), slot);
  }
  return labels;
}

it("holds a plane of usual size in one texture, without an overview", () => {
  const size = { width: 4000, height: 4096 };
  expect(tilesHeld(size, 16384)).toHaveLength(1);
  expect(overviewHeld(size)).toBeNull();
});

it("cuts a large plane so that every pixel is drawn once and no texture is too large", () => {
  const size = { width: 9000, height: 5000 };
  for (const most of [2048, 16384]) {
    const tiles = tilesHeld(size, most);
    const pixels = tiles.reduce((sum, { box }) => sum + (box.bottom - box.top) * (box.right - box.left), 0);
    expect(pixels).toBe(9000 * 5000);
    for (const tile of tiles)
      expect(Math.max(...Object.values(sizeOf(tile)))).toBeLessThanOrEqual(Math.max(2112, most));
  }
});

it("copies what is there, a tile's surroundings too", () => {
  const labels = filled(5000, 4500);
  for (const tile of tilesHeld(labels, 2048)) {
    const { width, texels } = copied(labels, tile);
    const { top, left } = tile.held;
    const wrong = texels.findIndex(
      (slot, at) => labels.at(top + Math.floor(at / width), left + (at % width)) !== slot,
    );
    expect(wrong).toBe(-1);
  }
});

it("shows a huge plane from afar by every so many-th pixel", () => {
  const labels = filled(14_000, 13_000);
  const whole = overviewHeld(labels);
  if (!whole) throw new Error("there is no overview");
  expect(whole.stride).toBe(4);
  const { width, texels } = copied(labels, whole);
  const wrong = texels.findIndex(
    (slot, at) => labels.at(4 * Math.floor(at / width), 4 * (at % width)) !== slot,
  );
  expect(wrong).toBe(-1);
  expect(texels.some((slot) => slot > 0)).toBe(true);
});
