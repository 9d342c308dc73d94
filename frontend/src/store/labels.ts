/** The label raster: which pixel belongs to which slot, and which parts have changed since somebody looked. It is kept in
 * squares, and a square in which nothing was ever painted takes no memory: planes may be far larger than what a browser
 * gives a page. */

import type { Box } from "../geometry/box";
import { boxAround, boxWithin, isEmptyBox } from "../geometry/box";
import type { Mask } from "../geometry/mask";
import { boxOf, clip, decode, EMPTY, encode, forEachSpan } from "../geometry/mask";
import type { LabelSquare } from "./types";

/** More separate rectangles than this are worth less than one large texture update. */
const MAX_DIRTY = 64;
const SHIFT = 9;
const SIDE = 1 << SHIFT;
const WITHIN = SIDE - 1;

export class Labels {
  readonly width: number;
  readonly height: number;
  private readonly across: number;
  /** Row by row. A square's pixels lie row by row too, SIDE to a row, also where it reaches out of the plane; 0 for none. */
  private readonly squares: (Uint32Array | undefined)[];
  private dirty: Box[] = [];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.across = Math.ceil(width / SIDE);
    this.squares = new Array<Uint32Array | undefined>(this.across * Math.ceil(height / SIDE));
  }

  get bounds(): Box {
    return { top: 0, left: 0, bottom: this.height, right: this.width };
  }

  /** The slot at a place of the plane, which may lie within a pixel or outside of all. */
  at(row: number, col: number): number {
    if (row < 0 || col < 0 || row >= this.height || col >= this.width) return 0;
    const square = this.squares[(row >> SHIFT) * this.across + (col >> SHIFT)];
    return square ? (square[((row & WITHIN) << SHIFT) | (col & WITHIN)] ?? 0) : 0;
  }

  paint(mask: Mask, slot: number): void {
    forEachSpan(clip(mask, this.bounds), (row, from, to) => {
      for (let left = from; left < to; left = nextSquare(left)) {
        const square = this.squareFor(row, left);
        const start = ((row & WITHIN) << SHIFT) | (left & WITHIN);
        square.fill(slot, start, start + Math.min(to, nextSquare(left)) - left);
      }
    });
    this.touch(mask);
  }

  /** Clears the mask's pixels where they have this slot. */
  erase(mask: Mask, slot: number): void {
    this.forEachPiece(mask, (square, start, end) => {
      for (let at = start; at < end; at++) if (square[at] === slot) square[at] = 0;
    });
    this.touch(mask);
  }

  /** The mask inside the image without the pixels of other slots than `own`; the same object where that is all of it. */
  free(mask: Mask, own: number): Mask {
    const inside = clip(mask, this.bounds);
    let taken = false;
    this.forEachPiece(inside, (square, start, end) => {
      for (let at = start; at < end && !taken; at++) {
        const slot = square[at];
        taken = slot !== 0 && slot !== own;
      }
    });
    return taken ? this.without(inside, own) : inside;
  }

  private without(mask: Mask, own: number): Mask {
    const bitmap = decode(mask);
    for (let row = 0; row < bitmap.height; row++) {
      for (let col = 0; col < bitmap.width; col++) {
        const slot = this.at(bitmap.top + row, bitmap.left + col);
        if (slot !== 0 && slot !== own) bitmap.data[row * bitmap.width + col] = 0;
      }
    }
    return encode(bitmap);
  }

  slotsIn(box: Box): Set<number> {
    const found = new Set<number>();
    for (const { top, left, bottom, right, labels, stride, first } of this.squaresIn(box))
      for (let row = 0; row < bottom - top; row++)
        for (let at = first + row * stride; at < first + row * stride + right - left; at++)
          found.add(labels[at] ?? 0);
    found.delete(0);
    return found;
  }

  /** What there may be in the box, square by square. */
  *squaresIn(box: Box): IterableIterator<LabelSquare> {
    const inside = boxWithin(box, this.bounds);
    for (let top = inside.top; top < inside.bottom; top = nextSquare(top))
      for (let left = inside.left; left < inside.right; left = nextSquare(left)) {
        const labels = this.squares[(top >> SHIFT) * this.across + (left >> SHIFT)];
        if (!labels) continue;
        const bottom = Math.min(inside.bottom, nextSquare(top));
        const right = Math.min(inside.right, nextSquare(left));
        const first = ((top & WITHIN) << SHIFT) | (left & WITHIN);
        yield { top, left, bottom, right, labels, stride: SIDE, first };
      }
  }

  takeDirty(): Box[] {
    const taken = this.dirty;
    this.dirty = [];
    return taken;
  }

  private squareFor(row: number, col: number): Uint32Array {
    const number = (row >> SHIFT) * this.across + (col >> SHIFT);
    const there = this.squares[number];
    if (there) return there;
    const made = new Uint32Array(SIDE * SIDE);
    this.squares[number] = made;
    return made;
  }

  /** The mask's runs inside of the plane, cut where squares end; those in squares without cells are passed over. */
  private forEachPiece(mask: Mask, visit: (square: Uint32Array, start: number, end: number) => void): void {
    forEachSpan(clip(mask, this.bounds), (row, from, to) => {
      for (let left = from; left < to; left = nextSquare(left)) {
        const square = this.squares[(row >> SHIFT) * this.across + (left >> SHIFT)];
        if (!square) continue;
        const start = ((row & WITHIN) << SHIFT) | (left & WITHIN);
        visit(square, start, start + Math.min(to, nextSquare(left)) - left);
      }
    });
  }

  private touch(mask: Mask): void {
    const box = boxWithin(boxOf(mask), this.bounds);
    if (isEmptyBox(box)) return;
    const covered = this.dirty.some(
      (has) =>
        has.top <= box.top && has.left <= box.left && has.bottom >= box.bottom && has.right >= box.right,
    );
    if (covered) return;
    this.dirty.push(box);
    if (this.dirty.length > MAX_DIRTY) this.dirty = [this.dirty.reduce(boxAround, boxOf(EMPTY))];
  }
}

/** The first row or column of the square after the one that has this row or column. */
function nextSquare(at: number): number {
  return (at | WITHIN) + 1;
}
