/** Masks that cover two cells: a neck in the outline, or two bright middles with a darker valley. */

import type { Pixels } from "../geometry/intensity";
import type { Mask } from "../geometry/mask";
import { area, boxOf, forEachSpan } from "../geometry/mask";
import { type Shape, shapeOf } from "../geometry/measure";
import type { Point } from "../geometry/raster";
import { split } from "../geometry/split";

export interface Halves {
  /** 0 to 1: how deep the valley is. */
  readonly depth: number;
  /** Across the mask, at the valley. */
  readonly line: readonly Point[];
}

/** Fewer pixels than this have no shape worth a word. */
const LEAST = 40;
/** Each half has at least this share of the mask. */
const HALF = 0.2;
const NECK = 0.2;
const VALLEY = 0.35;
/** A convex outline has no neck. */
const ROUND = 0.95;
/** The pixels this near to the major axis, in minor axes, make the profile of intensities. */
const CORE = 0.25;

/** Along a line through the centroid, a pixel's length for each entry. */
interface Profile {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly start: number;
}

interface Axis {
  readonly centroid: { readonly row: number; readonly col: number };
  readonly row: number;
  readonly col: number;
}

function majorAxis({ centroid, orientation }: Shape): Axis {
  return { centroid, row: Math.cos(orientation), col: Math.sin(orientation) };
}

function profileOf(
  mask: Mask,
  { axis, reach, values }: { axis: Axis; reach: number; values: ArrayLike<number> | null },
): Profile {
  const half = Math.ceil(Math.hypot(mask.height, mask.width)) + 1;
  const counts = new Float64Array(2 * half + 1);
  const sums = new Float64Array(2 * half + 1);
  forEachSpan(mask, (row, from, to) => {
    const y = row - axis.centroid.row;
    for (let col = from; col < to; col++) {
      const x = col - axis.centroid.col;
      if (Math.abs(x * axis.row - y * axis.col) > reach) continue;
      const at = half + Math.round(y * axis.row + x * axis.col);
      counts[at] = (counts[at] ?? 0) + 1;
      if (values) sums[at] = (sums[at] ?? 0) + (values[(row - mask.top) * mask.width + col - mask.left] ?? 0);
    }
  });
  return { counts, sums, start: -half };
}

/** Rounds of [1, 2, 1] / 4. */
function smoothed(profile: Float64Array, rounds: number): Float64Array {
  let now = profile;
  for (let round = 0; round < rounds; round++) {
    const before = now;
    const at = (index: number): number => before[Math.max(0, Math.min(before.length - 1, index))] ?? 0;
    now = before.map((value, index) => (at(index - 1) + 2 * value + at(index + 1)) / 4);
  }
  return now;
}

/** The entry that lies lowest below the lower of the highest on both sides of it, with enough of `weight` on each. */
function lowest(
  profile: Float64Array,
  weight: Float64Array,
): { at: number; peak: number; depth: number } | null {
  const total = weight.reduce((sum, value) => sum + value, 0);
  const right = new Float64Array(profile.length + 1);
  for (let at = profile.length - 1; at >= 0; at--) right[at] = Math.max(right[at + 1] ?? 0, profile[at] ?? 0);
  let best: { at: number; peak: number; depth: number } | null = null;
  let left = 0;
  let before = 0;
  for (let at = 0; at < profile.length; at++) {
    const value = profile[at] ?? 0;
    const peak = Math.min(left, right[at + 1] ?? 0);
    const depth = peak - value;
    const enough = before >= HALF * total && total - before >= HALF * total;
    if (enough && depth > (best?.depth ?? 0)) best = { at, peak, depth };
    left = Math.max(left, value);
    before += weight[at] ?? 0;
  }
  return best;
}

function lineAcross({ centroid, row, col }: Axis, along: number, reach: number): Point[] {
  // A pixel's centre lies half a pixel after its index.
  const middle = { row: centroid.row + 0.5 + along * row, col: centroid.col + 0.5 + along * col };
  return [-reach, reach].map((by) => ({ row: middle.row - by * col, col: middle.col + by * row }));
}

/** Where a mask is much narrower than on both sides of it, and both sides are rounder than the whole. */
export function neckOf(mask: Mask): Halves | null {
  const shape = shapeOf(mask);
  if (shape.area < LEAST || shape.solidity > ROUND) return null;
  const axis = majorAxis(shape);
  const { counts, start } = profileOf(mask, { axis, reach: Number.POSITIVE_INFINITY, values: null });
  const found = lowest(smoothed(counts, 1), counts);
  if (!found || found.depth < NECK * found.peak) return null;
  const line = lineAcross(axis, start + found.at, mask.height + mask.width);
  const [one, other] = split(mask, line);
  if (!one || !other || area(other) < 0.5 * HALF * shape.area) return null;
  const rounder = Math.min(shapeOf(one).solidity, shapeOf(other).solidity) > shape.solidity;
  return rounder ? { depth: Math.min(1, found.depth / found.peak), line } : null;
}

/** Where a mask is darker than on both sides of it, in the channel where that is clearest. The depth is a share of the
 * range of values in the mask, so that a flat cell's noise is no valley. */
export function valleyOf(mask: Mask, pixels: Pixels): Halves | null {
  const shape = shapeOf(mask);
  if (shape.area < LEAST) return null;
  const axis = majorAxis(shape);
  let best: Halves | null = null;
  for (let channel = 0; channel < pixels.channels; channel++) {
    const values = pixels.values(boxOf(mask), channel);
    const range = values ? rangeOf(mask, values) : 0;
    if (!values || range <= 0) continue;
    const profile = profileOf(mask, { axis, reach: Math.max(1.5, CORE * shape.minorAxis), values });
    const { counts, start } = profile;
    const sums = smoothed(profile.sums, 2);
    const weights = smoothed(counts, 2);
    const found = lowest(
      sums.map((sum, at) => ((weights[at] ?? 0) >= 1 ? sum / (weights[at] ?? 1) : 0)),
      counts,
    );
    const depth = found ? found.depth / range : 0;
    if (!found || depth < VALLEY || depth <= (best?.depth ?? 0)) continue;
    best = {
      depth: Math.min(1, depth),
      line: lineAcross(axis, start + found.at, mask.height + mask.width),
    };
  }
  return best;
}

/** From the twentieth to the nineteenth twentieth of the mask's values. */
function rangeOf(mask: Mask, values: ArrayLike<number>): number {
  const inside: number[] = [];
  forEachSpan(mask, (row, from, to) => {
    const start = (row - mask.top) * mask.width - mask.left;
    for (let at = start + from; at < start + to; at++) inside.push(values[at] ?? 0);
  });
  const sorted = Float64Array.from(inside).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return at(0.95) - at(0.05);
}
