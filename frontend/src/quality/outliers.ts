/** Cells that differ from the others in this image, by robust z: distance from the median in units of the median absolute
 * deviation (Iglewicz and Hoaglin 1993). */

import type { Shape } from "../geometry/measure";
import type { Flag } from "./flags";

/** Fewer cells than this say nothing of what is usual. */
export const ENOUGH = 8;
const UNUSUAL = 3.5;
/** z from which on the severity is 1. */
const CERTAIN = 12;
/** Makes the median absolute deviation that of a normal distribution. */
const NORMAL = 1.4826;

interface Usual {
  readonly median: number;
  readonly spread: number;
}

export interface Reference {
  readonly size: Usual;
  readonly solidity: Usual;
  readonly length: Usual;
}

const size = (shape: Shape): number => Math.log(shape.area);
const length = (shape: Shape): number => Math.log((shape.majorAxis + 1) / (shape.minorAxis + 1));

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half) - 1] ?? 0)) / 2;
}

/** `least`: cells that hardly differ make no outlier of one that differs a little. */
function usual(values: readonly number[], least: number): Usual {
  const all = Float64Array.from(values);
  const median = medianOf(all);
  const spread = NORMAL * medianOf(all.map((value) => Math.abs(value - median)));
  return { median, spread: Math.max(least, spread) };
}

/** What is usual among these cells; null where they are too few. */
export function referenceOf(shapes: readonly Shape[]): Reference | null {
  if (shapes.length < ENOUGH) return null;
  return {
    size: usual(shapes.map(size), 0.12),
    solidity: usual(
      shapes.map(({ solidity }) => solidity),
      0.02,
    ),
    length: usual(shapes.map(length), 0.12),
  };
}

function zOf(value: number, { median, spread }: Usual): number {
  return (value - median) / spread;
}

export function outlierFlags(shape: Shape, reference: Reference): Flag[] {
  const found: Flag[] = [];
  const bySize = zOf(size(shape), reference.size);
  if (Math.abs(bySize) > UNUSUAL) {
    const times = Math.exp(Math.abs(size(shape) - reference.size.median)).toFixed(1);
    const smaller = bySize < 0;
    const detail = `${times} times ${smaller ? "smaller" : "larger"} than the median`;
    found.push({ kind: "size", severity: Math.min(1, Math.abs(bySize) / CERTAIN), detail, smaller });
  }
  const bySolidity = -zOf(shape.solidity, reference.solidity);
  const byLength = zOf(length(shape), reference.length);
  const byShape = Math.max(bySolidity, byLength);
  if (byShape > UNUSUAL) {
    const detail =
      byLength > bySolidity
        ? "Longer and thinner than the others"
        : "More dents or tails than the others have";
    found.push({ kind: "shape", severity: Math.min(1, byShape / CERTAIN), detail });
  }
  return found;
}
