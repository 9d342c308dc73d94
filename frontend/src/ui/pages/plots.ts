/** Arithmetic of the plots: round numbers for axes, places on them, and who lies far from the others. */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** About `wanted` round numbers inside of the range. */
export function ticks({ low, high }: Range, wanted: number): readonly number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, n) => (first + n) * step);
}

/** Where a value lies between the ends of a range: 0 to 1, what is beyond them at the ends. */
export function share(value: number, { low, high }: Range): number {
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
}

/** The range of the values, a little wider, so that no point lies on an edge. */
export function rangeOf(values: readonly number[]): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  const room = (high - low) * 0.03 || Math.abs(low) * 0.1 || 1;
  return { low: low - room, high: high + room };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** How many median absolute deviations each value is from the median. */
function deviations(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const spread = median(values.map((value) => Math.abs(value - middle)));
  return values.map((value) => (spread > 0 ? Math.abs(value - middle) / spread : 0));
}

/** Indices of the points that lie furthest out in x or in y, the furthest first. */
export function outliers(x: readonly number[], y: readonly number[], most: number): readonly number[] {
  const [far, high] = [deviations(x), deviations(y)];
  const distance = x.map((_, index) => Math.max(far[index] ?? 0, high[index] ?? 0));
  const order = x.map((_, index) => index).filter((index) => (distance[index] ?? 0) > 3);
  return order.sort((one, other) => (distance[other] ?? 0) - (distance[one] ?? 0)).slice(0, most);
}

const SHORT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

/** 1234.5678 → “1,235”, 0.012345 → “0.01235”. */
export function short(value: number): string {
  return SHORT.format(value);
}
