import type { Box } from "../geometry/box";
import type { Pixels } from "../geometry/intensity";
import { boxOf, decode, difference, forEachSpan, isEmpty, type Mask, union } from "../geometry/mask";
import { fillHoles, largestPart } from "../geometry/parts";
import { type Point, polygonToMask, strokeToMask } from "../geometry/raster";
import type { CellState } from "../protocol/messages.gen";
import { FLAG_KINDS, type FlagKind } from "../quality/flags";
import { CellStore } from "../store/document";
import { Random } from "./random";

/** An image with cells, some of which have a known fault, as people and models make them. */
export interface FaultyImage {
  readonly store: CellStore;
  readonly pixels: Pixels;
  /** The faults by cell. */
  readonly truth: ReadonlyMap<string, ReadonlySet<FlagKind>>;
}

const SIDE = 640;
const STEP = 64;
const BOUNDS: Box = { top: 0, left: 0, bottom: SIDE, right: SIDE };
/** The share of places with a fault. */
const FAULTY = 0.3;

interface Ellipse {
  readonly row: number;
  readonly col: number;
  readonly long: number;
  readonly short: number;
  readonly turn: number;
}

function outlineOf({ row, col, long, short, turn }: Ellipse, random: Random, rough = 0.05): Point[] {
  const waves = [2, 3, 5].map((n) => ({ n, at: random.next() * 7, by: rough * random.next() }));
  return Array.from({ length: 60 }, (_, index) => {
    const angle = (index / 60) * 2 * Math.PI;
    const swell = 1 + waves.reduce((sum, { n, at, by }) => sum + by * Math.sin(n * angle + at), 0);
    const x = long * swell * Math.cos(angle);
    const y = short * swell * Math.sin(angle);
    return {
      row: row + x * Math.sin(turn) + y * Math.cos(turn),
      col: col + x * Math.cos(turn) - y * Math.sin(turn),
    };
  });
}

function cellAt(row: number, col: number, random: Random, size = 1): Ellipse {
  const short = (10 + 3 * random.next()) * size;
  return { row, col, short, long: short * (1 + 0.35 * random.next()), turn: random.next() * Math.PI };
}

/** A point of an ellipse's inside: `out` 0 is the middle, 1 the outline. */
function pointOf({ row, col, long, short, turn }: Ellipse, angle: number, out: number): Point {
  const x = out * long * Math.cos(angle);
  const y = out * short * Math.sin(angle);
  return {
    row: row + x * Math.sin(turn) + y * Math.cos(turn),
    col: col + x * Math.cos(turn) - y * Math.sin(turn),
  };
}

class Painter {
  readonly values = new Float32Array(SIDE * SIDE);
  readonly cells: { id: string; mask: Mask }[] = [];
  readonly truth = new Map<string, Set<FlagKind>>();
  private taken: Mask[] = [];

  constructor(readonly random: Random) {
    for (let at = 0; at < this.values.length; at++) this.values[at] = 100 + 12 * this.noise();
  }

  noise(): number {
    return (this.random.next() + this.random.next() + this.random.next() - 1.5) * 1.155;
  }

  mask(ellipse: Ellipse, rough?: number): Mask {
    return polygonToMask(outlineOf(ellipse, this.random, rough), BOUNDS);
  }

  /** Brightness inside of an ellipse, fading to its outline. */
  glow(ellipse: Ellipse, brightness: number): void {
    const bitmap = decode(this.mask(ellipse, 0));
    const { row, col, long, short, turn } = ellipse;
    bitmap.data.forEach((inside, at) => {
      if (!inside) return;
      const y = bitmap.top + Math.floor(at / bitmap.width) + 0.5 - row;
      const x = bitmap.left + (at % bitmap.width) + 0.5 - col;
      const along = (x * Math.cos(turn) + y * Math.sin(turn)) / long;
      const across = (y * Math.cos(turn) - x * Math.sin(turn)) / short;
      const place = (bitmap.top + Math.floor(at / bitmap.width)) * SIDE + bitmap.left + (at % bitmap.width);
      const more = brightness * Math.max(0, 1 - 0.6 * (along * along + across * across));
      this.values[place] = (this.values[place] ?? 0) + more;
    });
  }

  light(mask: Mask, brightness: number): void {
    forEachSpan(mask, (row, from, to) => {
      for (let at = row * SIDE + from; at < row * SIDE + to; at++)
        this.values[at] = (this.values[at] ?? 0) + brightness;
    });
  }

  add(mask: Mask, ...faults: FlagKind[]): void {
    const free = this.taken.reduce(difference, mask);
    if (isEmpty(free)) return;
    const id = `cell ${this.cells.length}`;
    this.taken = [...this.taken.slice(-6), free];
    this.cells.push({ id, mask: free });
    const { top, left, bottom, right } = boxOf(free);
    const cut = top === 0 || left === 0 || bottom === SIDE || right === SIDE;
    this.truth.set(id, new Set(cut ? [...faults, "border"] : faults));
  }
}

type Fault = (painter: Painter, cell: Ellipse) => void;

const MAKE: Readonly<Record<FlagKind, Fault>> = {
  holes: (painter, cell) => {
    painter.glow(cell, 300);
    const { random } = painter;
    const hole = strokeToMask([pointOf(cell, random.next() * 7, 0.4)], 1 + 2 * random.next(), BOUNDS);
    painter.add(difference(painter.mask(cell), hole), "holes");
  },
  specks: (painter, cell) => {
    painter.glow(cell, 300);
    const { random } = painter;
    const far = pointOf(cell, random.next() * 7, 1.7);
    painter.add(union(painter.mask(cell), strokeToMask([far], 0.6 + 0.9 * random.next(), BOUNDS)), "specks");
  },
  pieces: (painter, cell) => {
    painter.glow(cell, 300);
    const { random } = painter;
    const gap = [-1.6, 1.6].map((out) => pointOf({ ...cell, turn: cell.turn + 0.3 }, Math.PI / 2, out));
    painter.add(difference(painter.mask(cell), strokeToMask(gap, 1.2 + random.next(), BOUNDS)), "pieces");
  },
  size: (painter, cell) => {
    const size = painter.random.chance(0.5) ? 0.45 : 1.9;
    const other = cellAt(cell.row, cell.col, painter.random, size);
    painter.glow(other, 300);
    painter.add(painter.mask(other), "size");
  },
  shape: (painter, cell) => {
    painter.glow(cell, 300);
    const { random } = painter;
    const angle = random.next() * 7;
    const far = random.chance(0.5);
    if (far) {
      const tail = strokeToMask([pointOf(cell, angle, 0.5), pointOf(cell, angle, 2.1)], 1.5, BOUNDS);
      painter.add(union(painter.mask(cell), tail), "shape");
    } else {
      const bite = strokeToMask([pointOf(cell, angle, 0.95)], 0.62 * cell.short, BOUNDS);
      painter.add(difference(painter.mask(cell), bite), "shape");
    }
  },
  "two-nuclei": (painter, cell) => {
    const long = { ...cell, long: cell.short * 1.75 };
    for (const side of [0, Math.PI]) {
      const { row, col } = pointOf(long, side, 0.48);
      painter.glow({ ...long, row, col, long: cell.short * 0.7, short: cell.short * 0.7 }, 300);
    }
    painter.add(painter.mask(long, 0.02), "two-nuclei");
  },
  touching: (painter, cell) => {
    const { random } = painter;
    const away = 0.88 + 0.1 * random.next();
    const halves = [0, Math.PI].map((side) => {
      const { row, col } = pointOf({ ...cell, long: cell.short }, side, away);
      return { ...cell, row, col, long: cell.short * (1 + 0.1 * random.next()) };
    });
    const [one, other] = halves.map((half) => painter.mask(half, 0.03));
    if (!one || !other) return;
    // As bright all over: only the outline says that there are two.
    const both = fillHoles(union(one, other));
    painter.light(both, 200);
    painter.add(both, "touching");
  },
  border: (painter, cell) => {
    const row = painter.random.chance(0.5) ? 3 : SIDE - 4;
    const moved = { ...cell, row };
    painter.glow(moved, 300);
    painter.add(painter.mask(moved), "border");
  },
  duplicate: (painter, cell) => {
    painter.glow(cell, 300);
    const { random } = painter;
    painter.add(painter.mask(cell));
    const shift = 1.5 + 2 * random.next();
    const angle = random.next() * 7;
    const again = {
      ...cell,
      row: cell.row + shift * Math.sin(angle),
      col: cell.col + shift * Math.cos(angle),
    };
    const first = painter.cells.at(-1)?.mask;
    // What the rule that cells never overlap leaves of a second mask, in one piece, as engines give it.
    if (first) painter.add(largestPart(difference(painter.mask(again), first)), "duplicate");
  },
};

function storeOf(cells: Painter["cells"]): CellStore {
  const store = new CellStore(SIDE, SIDE);
  const states = cells.map(
    ({ id, mask }, index): CellState => ({
      id,
      label: index + 1,
      version: 1,
      mask,
      class_id: null,
      provenance: { source: "auto" },
      locked: false,
      parent: null,
      t: 0,
      z: 0,
      created_by: "Ada",
      updated_by: "Ada",
    }),
  );
  store.applySnapshot(states, new Set());
  return store;
}

function pixelsOf(plane: Float32Array): Pixels {
  const values = ({ top, left, bottom, right }: Box): Float32Array => {
    const found = new Float32Array((bottom - top) * (right - left));
    for (let row = top; row < bottom; row++)
      found.set(plane.subarray(row * SIDE + left, row * SIDE + right), (row - top) * (right - left));
    return found;
  };
  return { channels: 1, values };
}

export function faultyImage(seed: number): FaultyImage {
  const painter = new Painter(new Random(seed));
  const { random } = painter;
  for (let row = STEP / 2; row < SIDE; row += STEP)
    for (let col = STEP / 2; col < SIDE; col += STEP) {
      const cell = cellAt(row + random.int(-4, 5), col + random.int(-4, 5), random);
      const fault = random.chance(FAULTY) ? random.pick(FLAG_KINDS) : undefined;
      const atEdge = row < STEP || row > SIDE - STEP;
      if (fault && (fault !== "border" || atEdge)) MAKE[fault](painter, cell);
      else {
        painter.glow(cell, 300);
        painter.add(painter.mask(cell));
      }
    }
  return { store: storeOf(painter.cells), pixels: pixelsOf(painter.values), truth: painter.truth };
}
