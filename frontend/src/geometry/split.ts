/** A mask cut along a line, without the loss of a pixel. */

import type { Mask } from "./mask";
import { area, decode, isEmpty } from "./mask";
import { maskOf } from "./parts";
import type { Point } from "./raster";

/** Moves the line off the pixels' centres, where it would be on no side; too little to be seen. */
const ASIDE = { row: 0.000_076_543, col: 0.000_123_457 };
/** Pieces smaller than this come from a shaky hand and stay with the piece they hang on. */
const SLIVER = 4;

/** Which of the steps from a pixel to the right and down go across the line. Crossing twice is not crossing. */
interface Walls {
  readonly right: Uint8Array;
  readonly down: Uint8Array;
}

function wallsOf(line: readonly Point[], mask: Mask): Walls {
  const { width, height } = mask;
  const right = new Uint8Array(width * height);
  const down = new Uint8Array(width * height);
  const moved = line.map(({ row, col }) => ({
    row: row + ASIDE.row - mask.top - 0.5,
    col: col + ASIDE.col - mask.left - 0.5,
  }));
  // From here on a pixel's centre lies at whole numbers.
  for (const [index, to] of moved.entries()) {
    const from = moved[index - 1];
    if (!from) continue;
    forEachWhole(from.row, to.row, height, (row, along) => {
      const col = Math.floor(from.col + along * (to.col - from.col));
      if (col >= 0 && col < width - 1) toggle(right, row * width + col);
    });
    forEachWhole(from.col, to.col, width, (col, along) => {
      const row = Math.floor(from.row + along * (to.row - from.row));
      if (row >= 0 && row < height - 1) toggle(down, row * width + col);
    });
  }
  return { right, down };
}

function toggle(walls: Uint8Array, at: number): void {
  walls[at] = walls[at] ? 0 : 1;
}

/** The whole numbers 0 ≤ n < `end` between two others, and how far along the way each lies, 0 to 1. */
function forEachWhole(
  from: number,
  to: number,
  end: number,
  visit: (n: number, along: number) => void,
): void {
  const first = Math.max(0, Math.ceil(Math.min(from, to)));
  const last = Math.min(end - 1, Math.ceil(Math.max(from, to)) - 1);
  for (let n = first; n <= last; n++) visit(n, (n - from) / (to - from));
}

/** The number of its piece for each pixel, 0 for background; steps between pixels' sides that have a wall are not taken. */
function pieces(
  data: Uint8Array,
  width: number,
  walls: Walls | null,
): { labels: Uint32Array; sizes: number[] } {
  const labels = new Uint32Array(data.length);
  const sizes = [0];
  for (let start = data.indexOf(1); start >= 0; start = data.indexOf(1, start + 1)) {
    if (labels[start]) continue;
    const label = sizes.length;
    const found = [start];
    labels[start] = label;
    const step = (next: number, wall: number | undefined): void => {
      if (wall || data[next] !== 1 || labels[next]) return;
      labels[next] = label;
      found.push(next);
    };
    for (let at = 0; at < found.length; at++) {
      const index = found[at] ?? 0;
      const col = index % width;
      if (col > 0) step(index - 1, walls?.right[index - 1]);
      if (col + 1 < width) step(index + 1, walls?.right[index]);
      if (index >= width) step(index - width, walls?.down[index - width]);
      if (index + width < data.length) step(index + width, walls?.down[index]);
    }
    sizes.push(found.length);
  }
  return { labels, sizes };
}

/** The piece that each piece becomes a part of: itself, or for a sliver its largest neighbour. */
function absorbing(labels: Uint32Array, sizes: readonly number[], width: number): number[] {
  const into = sizes.map((_, label) => label);
  const offer = (label: number, other: number): void => {
    if (label === 0 || other === 0 || label === other || (sizes[label] ?? 0) >= SLIVER) return;
    const now = into[label] ?? label;
    const best = now === label ? 0 : (sizes[now] ?? 0);
    if ((sizes[other] ?? 0) > Math.max(best, SLIVER - 1)) into[label] = other;
  };
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at] ?? 0;
    const right = at % width === width - 1 ? 0 : (labels[at + 1] ?? 0);
    const below = labels[at + width] ?? 0;
    for (const other of [right, below]) {
      offer(label, other);
      offer(other, label);
    }
  }
  return into;
}

/**
 * The pieces of a mask on both sides of a line, the largest first; the mask alone where the line does not go all the way
 * through. A pixel is on the side that its centre is on. What the line does not touch stays with the largest piece.
 */
export function split(mask: Mask, line: readonly Point[]): Mask[] {
  if (isEmpty(mask) || line.length < 2) return [mask];
  const bitmap = decode(mask);
  const before = pieces(bitmap.data, bitmap.width, null);
  const { labels, sizes } = pieces(bitmap.data, bitmap.width, wallsOf(line, mask));
  if (sizes.length === before.sizes.length) return [mask];
  const into = absorbing(labels, sizes, bitmap.width);
  const indices = new Map<number, number[]>();
  const whole: number[] = [];
  labels.forEach((label, at) => {
    if (label === 0) return;
    const untouched = sizes[label] === before.sizes[before.labels[at] ?? 0];
    if (untouched) whole.push(at);
    else {
      const piece = into[label] ?? label;
      const own = indices.get(piece);
      if (own) own.push(at);
      else indices.set(piece, [at]);
    }
  });
  const [largest, ...others] = [...indices.values()].sort((a, b) => b.length - a.length);
  if (!largest || others.length === 0) return [mask];
  return [[...largest, ...whole], ...others]
    .map((pixels) => maskOf(bitmap, pixels))
    .sort((a, b) => area(b) - area(a));
}
