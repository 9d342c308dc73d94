/** The pixels of one image plane and what is counted from them. */

import type { Box } from "../geometry/box";
import type { Pixels } from "../geometry/intensity";
import type { Grey } from "../geometry/livewire";

export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Grey, or red-green-blue interleaved. */
  readonly channels: 1 | 3;
  /** C order: row, column[, channel]. */
  readonly data: Uint8Array | Uint16Array;
}

export interface Contrast {
  readonly min: number;
  readonly max: number;
  /** What is shown is ((value − min) / (max − min)) ** gamma. */
  readonly gamma: number;
}

export interface Histogram {
  readonly bins: Float64Array;
  /** Smallest and largest value that occurs. */
  readonly low: number;
  readonly high: number;
  readonly counts: Uint32Array;
}

/** The pixels of ``bytes`` (little-endian, as the server sends them). Throws where their number is wrong. */
export function planeOf(
  bytes: ArrayBuffer,
  about: { width: number; height: number; channels: number; dtype: string },
): Plane {
  const { width, height, dtype } = about;
  const channels = about.channels === 3 ? 3 : 1;
  if (dtype !== "uint8" && dtype !== "uint16") {
    throw new Error(`Images with pixels of type ${dtype} can't be shown. Upload it as 8 or 16 bit.`);
  }
  const expected = width * height * channels * (dtype === "uint16" ? 2 : 1);
  if (bytes.byteLength !== expected) {
    throw new Error(`The image arrived with ${bytes.byteLength} of ${expected} bytes. Reload the page.`);
  }
  return {
    width,
    height,
    channels,
    data: dtype === "uint16" ? new Uint16Array(bytes) : new Uint8Array(bytes),
  };
}

/** The plane's channels as measurements read them. */
export function pixelsOf({ width, channels, data }: Plane): Pixels {
  const values = ({ top, left, bottom, right }: Box, channel: number): Float32Array => {
    const found = new Float32Array((bottom - top) * (right - left));
    let to = 0;
    for (let row = top; row < bottom; row++)
      for (let col = left; col < right; col++)
        found[to++] = data[(row * width + col) * channels + channel] as number;
    return found;
  };
  return { channels, values };
}

/** The grey values of a part; of a colour image the mean of the three. */
export function greyIn(plane: Plane, box: Box): Grey {
  const { channels, values } = pixelsOf(plane);
  const { top, left, bottom, right } = box;
  const mean = new Float32Array((bottom - top) * (right - left));
  for (let channel = 0; channel < channels; channel++) {
    const part = values(box, channel);
    if (part)
      for (let at = 0; at < mean.length; at++) mean[at] = (mean[at] ?? 0) + (part[at] ?? 0) / channels;
  }
  return { top, left, width: right - left, height: bottom - top, values: mean };
}

export function valueAt(plane: Plane, x: number, y: number): number[] | null {
  const col = Math.floor(x);
  const row = Math.floor(y);
  if (col < 0 || row < 0 || col >= plane.width || row >= plane.height) return null;
  const start = (row * plane.width + col) * plane.channels;
  return Array.from(plane.data.subarray(start, start + plane.channels));
}

/** How often each value occurs; of a large plane, of every n-th pixel, so that it takes milliseconds. */
export function histogramOf(plane: Plane, bins = 128): Histogram {
  const range = plane.data instanceof Uint16Array ? 65536 : 256;
  const counts = new Uint32Array(range);
  const step = Math.max(1, Math.floor(plane.data.length / 2_000_000));
  for (let at = 0; at < plane.data.length; at += step) {
    const value = plane.data[at] as number;
    counts[value] = (counts[value] as number) + 1;
  }
  const low = Math.max(
    0,
    counts.findIndex((count) => count > 0),
  );
  const high = Math.max(
    low,
    counts.findLastIndex((count) => count > 0),
  );
  // Whole values in each bin, or some bins would get more values than others and the chart gaps.
  const width = Math.max(1, Math.ceil((high - low + 1) / bins));
  const shown = new Float64Array(Math.ceil((high - low + 1) / width));
  for (let value = low; value <= high; value++) {
    const bin = Math.floor((value - low) / width);
    shown[bin] = (shown[bin] as number) + (counts[value] as number);
  }
  return { bins: shown, low, high, counts };
}

/** The contrast that leaves out the darkest 0.1 % and the brightest 0.1 % of the pixels. */
export function autoContrast(histogram: Histogram, share = 0.001): Contrast {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  const min = quantile(histogram.counts, total * share);
  const max = quantile(histogram.counts, total * (1 - share));
  return { min, max: Math.max(max, min + 1), gamma: 1 };
}

function quantile(counts: Uint32Array, rank: number): number {
  let seen = 0;
  for (let value = 0; value < counts.length; value++) {
    seen += counts[value] as number;
    if (seen > rank) return value;
  }
  return Math.max(
    0,
    counts.findLastIndex((count) => count > 0),
  );
}
