/** The label raster: which pixel belongs to which slot, and which parts have changed since somebody looked. */

import type { Box } from "../geometry/box";
import { boxAround, boxWithin, isEmptyBox } from "../geometry/box";
import type { Mask } from "../geometry/mask";
import { boxOf, clip, decode, EMPTY, encode, forEachSpan } from "../geometry/mask";

/** More separate rectangles than this are worth less than one large texture update. */
const MAX_DIRTY = 64;

export class Labels {
  readonly width: number;
  readonly height: number;
  /** Row by row; 0 for none. */
  readonly data: Uint32Array;
  private dirty: Box[] = [];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint32Array(width * height);
  }

  get bounds(): Box {
    return { top: 0, left: 0, bottom: this.height, right: this.width };
  }

  at(row: number, col: number): number {
    if (row < 0 || col < 0 || row >= this.height || col >= this.width) return 0;
    return this.data[Math.floor(row) * this.width + Math.floor(col)] ?? 0;
  }

  paint(mask: Mask, slot: number): void {
    this.forEachRun(mask, (start, end) => this.data.fill(slot, start, end));
    this.touch(mask);
  }

  /** Clears the mask's pixels where they have this slot. */
  erase(mask: Mask, slot: number): void {
    this.forEachRun(mask, (start, end) => {
      for (let at = start; at < end; at++) if (this.data[at] === slot) this.data[at] = 0;
    });
    this.touch(mask);
  }

  /** The mask inside the image without the pixels of other slots than `own`; the same object where that is all of it. */
  free(mask: Mask, own: number): Mask {
    const inside = clip(mask, this.bounds);
    let taken = false;
    this.forEachRun(inside, (start, end) => {
      for (let at = start; at < end && !taken; at++) {
        const slot = this.data[at];
        taken = slot !== 0 && slot !== own;
      }
    });
    return taken ? this.without(inside, own) : inside;
  }

  private without(mask: Mask, own: number): Mask {
    const bitmap = decode(mask);
    for (let row = 0; row < bitmap.height; row++) {
      const start = (bitmap.top + row) * this.width + bitmap.left;
      for (let col = 0; col < bitmap.width; col++) {
        const slot = this.data[start + col];
        if (slot !== 0 && slot !== own) bitmap.data[row * bitmap.width + col] = 0;
      }
    }
    return encode(bitmap);
  }

  slotsIn(box: Box): Set<number> {
    const found = new Set<number>();
    const inside = boxWithin(box, this.bounds);
    for (let row = inside.top; row < inside.bottom; row++)
      for (let at = row * this.width + inside.left; at < row * this.width + inside.right; at++)
        found.add(this.data[at] ?? 0);
    found.delete(0);
    return found;
  }

  takeDirty(): Box[] {
    const taken = this.dirty;
    this.dirty = [];
    return taken;
  }

  private forEachRun(mask: Mask, visit: (start: number, end: number) => void): void {
    forEachSpan(clip(mask, this.bounds), (row, from, to) =>
      visit(row * this.width + from, row * this.width + to),
    );
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
