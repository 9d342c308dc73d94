/** How often the values of a channel occur. */

import type { Values } from "./pixel-tiles";

export interface Histogram {
  readonly bins: Float64Array;
  /** Smallest and largest value that occurs. */
  readonly low: number;
  readonly high: number;
  /** The value that this share of the pixels does not exceed. */
  quantile(share: number): number;
}

const BINS = 128;

/** Of the top left part of a square tile `side` pixels wide. */
export function histogramOf(
  values: Values,
  part: { readonly width: number; readonly height: number },
  side: number,
): Histogram {
  const sorted = inOrder(values, part, side);
  const low = sorted[0] ?? 0;
  const high = sorted.at(-1) ?? low;
  const whole = !(values instanceof Float32Array);
  // Whole values in each bin, or some bins would get more values than others and the chart gaps.
  const width = whole ? Math.max(1, Math.ceil((high - low + 1) / BINS)) : (high - low) / BINS || 1;
  const bins = new Float64Array(whole ? Math.ceil((high - low + 1) / width) : BINS);
  for (const value of sorted) {
    const bin = Math.min(bins.length - 1, Math.floor((value - low) / width));
    bins[bin] = (bins[bin] as number) + 1;
  }
  const quantile = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(share * sorted.length)))] ?? 0;
  return { bins, low, high, quantile };
}

function inOrder(values: Values, { width, height }: { width: number; height: number }, side: number): Values {
  const part = values.slice(0, width * height);
  for (let row = 0; row < height; row++)
    part.set(values.subarray(row * side, row * side + width), row * width);
  return part.sort();
}
