/**
 * Halved copies of a plane. Integer textures have no filtering in WebGL, so an image that is shown smaller than it is
 * takes the level whose pixels are nearest to the screen's: no shimmering, and the same cost at every zoom.
 */

export interface Level {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/** Levels 1, 2, … of a plane, each the mean of 2 × 2 pixels of the one before, down to 64 pixels. */
export function pyramidOf(base: Level, channels: number): Level[] {
  const levels: Level[] = [];
  let last = base;
  while (Math.min(last.width, last.height) > 1 && Math.max(last.width, last.height) > 64) {
    last = half(last, channels);
    levels.push(last);
  }
  return levels;
}

/** How many levels a texture of this size has, the base included, when it is halved as by pyramidOf. */
export function levelsOf(width: number, height: number): number {
  let count = 1;
  for (let w = width, h = height; Math.min(w, h) > 1 && Math.max(w, h) > 64; w >>= 1, h >>= 1) count++;
  return count;
}

function half(from: Level, channels: number): Level {
  const width = from.width >> 1;
  const height = from.height >> 1;
  const source = from.data;
  const data =
    source instanceof Uint16Array
      ? new Uint16Array(width * height * channels)
      : new Uint8Array(width * height * channels);
  const row = from.width * channels;
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const at = 2 * y * row + 2 * x * channels + c;
        const sum =
          (source[at] as number) +
          (source[at + channels] as number) +
          (source[at + row] as number) +
          (source[at + row + channels] as number);
        data[out++] = (sum + 2) >> 2;
      }
    }
  }
  return { width, height, data };
}

/** The level for a scale (screen pixels for one image pixel): 0 from life-size upwards. */
export function levelFor(scale: number, levels: number): number {
  if (scale >= 1) return 0;
  return Math.min(levels - 1, Math.max(0, Math.floor(Math.log2(1 / scale) + 0.25)));
}
