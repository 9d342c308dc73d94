/** What is measured of a mask, by the definitions of skimage.measure.regionprops (0.26): pixels of a cell meet at sides or
 * corners, lengths count from pixel centre to pixel centre. measures.fixture.json beside this holds what skimage itself says (tests/measures.py). */

import type { Box } from "./box";
import type { Bitmap, Mask } from "./mask";
import { blank, boxOf, forEachSpan, paint } from "./mask";
import { hullColumns } from "./morphology";

export interface Shape {
  readonly area: number;
  /** Of the border pixels' centres, with diagonal steps of √2 (neighbourhood 4). */
  readonly perimeter: number;
  readonly box: Box;
  /** The mean of the pixels' indices. */
  readonly centroid: { readonly row: number; readonly col: number };
  /** Of the circle of the same area. */
  readonly equivalentDiameter: number;
  /** Of the ellipse with the same second moments. */
  readonly majorAxis: number;
  readonly minorAxis: number;
  readonly eccentricity: number;
  /** Radians between the rows' direction and the major axis, counter-clockwise, −π/2 to π/2. */
  readonly orientation: number;
  /** Pixels of the convex hull of the pixels' side middles. */
  readonly convexArea: number;
  readonly solidity: number;
  /** The area's share of its box. */
  readonly extent: number;
  readonly pieces: number;
  readonly holes: number;
  /** Pieces less holes. */
  readonly euler: number;
}

const known = new WeakMap<Mask, Shape>();

/** Of a mask that is not empty. A mask never changes, so it is measured once. */
export function shapeOf(mask: Mask): Shape {
  const found = known.get(mask);
  if (found) return found;
  const shape = measure(mask);
  known.set(mask, shape);
  return shape;
}

function measure(mask: Mask): Shape {
  const box = boxOf(mask);
  const padded = blank({
    top: box.top - 1,
    left: box.left - 1,
    bottom: box.bottom + 1,
    right: box.right + 1,
  });
  paint(padded, mask, 1);
  const moments = momentsOf(mask);
  const { area } = moments;
  const pieces = piecesOf(mask);
  const euler = eulerOf(padded);
  const convexArea = convexAreaOf(mask);
  return {
    area,
    perimeter: perimeterOf(padded),
    box,
    centroid: { row: moments.row, col: moments.col },
    equivalentDiameter: Math.sqrt((4 * area) / Math.PI),
    ...axesOf(moments),
    convexArea,
    solidity: area / convexArea,
    extent: area / (mask.height * mask.width),
    pieces,
    euler,
    holes: pieces - euler,
  };
}

interface Moments {
  readonly area: number;
  readonly row: number;
  readonly col: number;
  /** Central, per pixel. */
  readonly rows: number;
  readonly cols: number;
  readonly both: number;
}

/** From whole spans, about the box's corner so that the sums stay small. */
function momentsOf(mask: Mask): Moments {
  let [area, row, col, rows, cols, both] = [0, 0, 0, 0, 0, 0];
  forEachSpan(mask, (top, start, end) => {
    const y = top - mask.top;
    const from = start - mask.left;
    const to = end - mask.left;
    const length = to - from;
    const sum = ((from + to - 1) * length) / 2;
    area += length;
    row += y * length;
    col += sum;
    rows += y * y * length;
    both += y * sum;
    cols += squaresBelow(to) - squaresBelow(from);
  });
  const y = row / area;
  const x = col / area;
  return {
    area,
    row: mask.top + y,
    col: mask.left + x,
    rows: rows / area - y * y,
    cols: cols / area - x * x,
    both: both / area - y * x,
  };
}

/** 0² + 1² + … + (n − 1)². */
function squaresBelow(n: number): number {
  return ((n - 1) * n * (2 * n - 1)) / 6;
}

type Axes = Pick<Shape, "majorAxis" | "minorAxis" | "eccentricity" | "orientation">;

function axesOf({ rows, cols, both }: Moments): Axes {
  const middle = (rows + cols) / 2;
  const apart = Math.hypot((rows - cols) / 2, both);
  const large = Math.max(0, middle + apart);
  const small = Math.max(0, middle - apart);
  const diagonal = both > 0 ? Math.PI / 4 : -Math.PI / 4;
  return {
    majorAxis: 4 * Math.sqrt(large),
    minorAxis: 4 * Math.sqrt(small),
    eccentricity: large === 0 ? 0 : Math.sqrt(1 - small / large),
    orientation: rows === cols ? diagonal : 0.5 * Math.atan2(2 * both, rows - cols),
  };
}

const STEP = new Float64Array(50);
for (const code of [5, 7, 15, 17, 25, 27]) STEP[code] = 1;
for (const code of [21, 33]) STEP[code] = Math.SQRT2;
for (const code of [13, 23]) STEP[code] = (1 + Math.SQRT2) / 2;

/** `padded`: with a pixel of background all around. */
function perimeterOf({ width, height, data }: Bitmap): number {
  const border = new Uint8Array(data.length);
  for (let at = width; at < data.length - width; at++)
    if (data[at] && !(data[at - 1] && data[at + 1] && data[at - width] && data[at + width])) border[at] = 1;
  const on = (at: number): number => border[at] ?? 0;
  let total = 0;
  for (let row = 1; row < height - 1; row++)
    for (let at = row * width + 1; at < (row + 1) * width - 1; at++) {
      if (!border[at]) continue;
      const sides = on(at - 1) + on(at + 1) + on(at - width) + on(at + width);
      const corners = on(at - width - 1) + on(at - width + 1) + on(at + width - 1) + on(at + width + 1);
      total += STEP[1 + 2 * sides + 10 * corners] ?? 0;
    }
  return total;
}

/** From the 2 × 2 neighbourhoods (Gray 1971), corners connecting. */
function eulerOf({ width, data }: Bitmap): number {
  let [one, three, diagonal] = [0, 0, 0];
  for (let at = 0; at < data.length - width - 1; at++) {
    const a = data[at] ?? 0;
    const d = data[at + width + 1] ?? 0;
    const count = a + d + (data[at + 1] ?? 0) + (data[at + width] ?? 0);
    if (count === 1) one++;
    else if (count === 3) three++;
    else if (count === 2 && a === d) diagonal++;
  }
  return (one - three - 2 * diagonal) / 4;
}

/** Spans of neighbouring rows that meet at a side or a corner are one piece. */
function piecesOf(mask: Mask): number {
  let pieces = 0;
  const parent: number[] = [];
  const root = (of: number): number => {
    let at = of;
    while ((parent[at] ?? at) !== at) at = parent[at] ?? at;
    return at;
  };
  let above: { row: number; from: number; to: number; id: number }[] = [];
  let here: typeof above = [];
  forEachSpan(mask, (row, from, to) => {
    if (here[0] && here[0].row !== row) {
      above = here[0].row === row - 1 ? here : [];
      here = [];
    }
    const id = parent.push(parent.length) - 1;
    pieces++;
    for (const one of above) {
      if (one.from > to || one.to < from) continue;
      const [mine, other] = [root(id), root(one.id)];
      if (mine === other) continue;
      parent[mine] = other;
      pieces--;
    }
    here.push({ row, from, to, id });
  });
  return pieces;
}

function convexAreaOf(mask: Mask): number {
  let area = 0;
  for (const { from, to } of hullColumns(mask)) area += to - from + 1;
  return area;
}

/** Micrometres along a row and along a column; null where the file does not say. */
export interface PixelSize {
  readonly x: number | null;
  readonly y: number | null;
}

/** What a pixel's area and a pixel's length are in µm² and µm. Lengths are null where pixels are not square: they would
 * depend on the direction. */
export function micrometres(size: PixelSize | undefined): { area: number; length: number | null } | null {
  const { x = null, y = null } = size ?? {};
  if (x === null || y === null) return null;
  return { area: x * y, length: Math.abs(x - y) <= 1e-6 * Math.max(x, y) ? x : null };
}
