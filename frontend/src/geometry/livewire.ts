/** The outline that edges of an image draw by themselves: cheapest paths over the gradient ("intelligent scissors",
 * Mortensen and Barrett 1995). Pixels are row by row; a path goes from pixel to pixel, also diagonally. */

import type { Point } from "./raster";

/** Grey values of a part of an image. */
export interface Grey {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** What a step onto a pixel costs: little on the steepest edge, this much on flat ground. */
const FLAT = 200;
/** Rows and columns of the eight neighbours, and how far they are in fifths of a pixel. */
const ROWS = Int8Array.of(-1, 1, 0, 0, -1, -1, 1, 1);
const COLS = Int8Array.of(0, 0, -1, 1, -1, 1, -1, 1);
const LENGTHS = Int8Array.of(5, 5, 5, 5, 7, 7, 7, 7);
/** More than any step costs, and a power of two. */
const BUCKETS = 2048;

/** Of each pixel, where the cheapest path from the anchor comes from; -1 at the anchor and where none leads. */
export class Wire {
  private readonly before: Int32Array;

  constructor(
    private readonly grey: Grey,
    anchor: Point,
  ) {
    const { width, height } = grey;
    this.before = new Int32Array(width * height).fill(-1);
    const start = this.indexOf(anchor);
    if (start >= 0) spread(costs(grey), { width, height }, start, this.before);
  }

  /** The pixels' middles on the way to a place, without the anchor; empty where the place is outside of the part. */
  to(place: Point): Point[] {
    const path: Point[] = [];
    const { top, left, width } = this.grey;
    let at = this.indexOf(place);
    while (at >= 0 && (this.before[at] ?? -1) >= 0) {
      path.push({ row: top + Math.floor(at / width) + 0.5, col: left + (at % width) + 0.5 });
      at = this.before[at] ?? -1;
    }
    return path.reverse();
  }

  private indexOf({ row, col }: Point): number {
    const { top, left, width, height } = this.grey;
    const y = Math.floor(row) - top;
    const x = Math.floor(col) - left;
    return x < 0 || y < 0 || x >= width || y >= height ? -1 : y * width + x;
  }
}

/** 1 on the steepest edge of the part, `FLAT` where nothing changes. */
function costs({ width, height, values }: Grey): Uint8Array {
  const gradient = new Float32Array(width * height);
  const value = (row: number, col: number): number =>
    values[Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, col))] ?? 0;
  let steepest = 0;
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const falling = value(row + 1, col + 1) - value(row - 1, col - 1);
      const rising = value(row - 1, col + 1) - value(row + 1, col - 1);
      const dx = falling + rising + 2 * (value(row, col + 1) - value(row, col - 1));
      const dy = falling - rising + 2 * (value(row + 1, col) - value(row - 1, col));
      const steep = Math.sqrt(dx * dx + dy * dy);
      gradient[row * width + col] = steep;
      if (steep > steepest) steepest = steep;
    }
  const found = new Uint8Array(width * height).fill(FLAT);
  if (steepest === 0) return found;
  for (let at = 0; at < found.length; at++) {
    const flat = 1 - (gradient[at] ?? 0) / steepest;
    found[at] = 1 + Math.round((FLAT - 1) * flat * flat);
  }
  return found;
}

/** Dijkstra with a bucket per cost, which whole numbers allow (Dial 1969). */
function spread(
  cost: Uint8Array,
  { width, height }: { width: number; height: number },
  start: number,
  before: Int32Array,
): void {
  const distance = new Int32Array(width * height).fill(0x7fffffff);
  const buckets: number[][] = Array.from({ length: BUCKETS }, () => []);
  distance[start] = 0;
  buckets[0]?.push(start);
  let waiting = 1;
  for (let now = 0; waiting > 0; now++) {
    const bucket = buckets[now % BUCKETS] ?? [];
    // Steps cost something, so that nothing is added to the bucket while it is emptied.
    for (const at of bucket) {
      if (distance[at] !== now) continue;
      const row = Math.floor(at / width);
      const col = at % width;
      for (let step = 0; step < 8; step++) {
        const r = row + (ROWS[step] as number);
        const c = col + (COLS[step] as number);
        if (r < 0 || c < 0 || r >= height || c >= width) continue;
        const next = r * width + c;
        const far = now + (LENGTHS[step] as number) * (cost[next] as number);
        if (far >= (distance[next] as number)) continue;
        distance[next] = far;
        before[next] = at;
        buckets[far % BUCKETS]?.push(next);
        waiting++;
      }
    }
    waiting -= bucket.length;
    bucket.length = 0;
  }
}
