/** The flags of all cells of an image, kept up to date: after a change only that cell and its neighbours are looked at
 * again. What is usual in the image is computed anew each time, which is cheap. */

import type { Box } from "../geometry/box";
import type { Pixels } from "../geometry/intensity";
import type { SlotRaster } from "../geometry/many";
import type { Mask } from "../geometry/mask";
import { boxOf } from "../geometry/mask";
import { type Shape, shapeOf } from "../geometry/measure";
import { type Contact, cleaned, closestNeighbour, duplicateFlag, type Flag, ownFlags } from "./flags";
import { ENOUGH, outlierFlags, type Reference, referenceOf } from "./outliers";

export interface Inspected {
  readonly id: string;
  readonly mask: Mask;
  readonly classId: number | null;
}

/** The cells to look at: a CellView. */
export interface Cells extends SlotRaster {
  get(id: string): Inspected | undefined;
  cells(): IterableIterator<Inspected>;
  slotOf(id: string): number;
  cellOfSlot(slot: number): Inspected | undefined;
  idsIn(box: Box): string[];
}

interface Look {
  readonly mask: Mask;
  readonly own: readonly Flag[];
  readonly contact: Contact | null;
  /** Of what the mask probably means. */
  readonly shape: Shape;
}

/** Flags that say why a cell is of an unusual size or shape. */
const EXPLAINS: ReadonlySet<Flag["kind"]> = new Set(["two-nuclei", "touching", "duplicate", "pieces"]);

export class Inspection {
  private readonly looks = new Map<string, Look>();
  private readonly waiting = new Set<string>();
  private pixels: Pixels | null = null;

  constructor(private readonly cells: Cells) {}

  get count(): number {
    return this.waiting.size;
  }

  private get bounds(): Box {
    return { top: 0, left: 0, bottom: this.cells.height, right: this.cells.width };
  }

  /** Other pixels than before: all cells are to be looked at again. */
  usePixels(pixels: Pixels | null): void {
    this.pixels = pixels;
    this.looks.clear();
    for (const { id } of this.cells.cells()) this.waiting.add(id);
  }

  /** These cells came, changed or went. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) {
      const before = this.looks.get(id)?.mask;
      const now = this.cells.get(id)?.mask;
      if (now && before === now) continue;
      for (const mask of [before, now]) if (mask) this.touchAround(mask);
      if (now) this.waiting.add(id);
      else {
        this.looks.delete(id);
        this.waiting.delete(id);
      }
    }
  }

  private touchAround(mask: Mask): void {
    const { top, left, bottom, right } = boxOf(mask);
    for (const id of this.cells.idsIn({ top: top - 1, left: left - 1, bottom: bottom + 1, right: right + 1 }))
      this.waiting.add(id);
  }

  /** Looks at one cell. False where none waits. */
  next(): boolean {
    const [id] = this.waiting;
    if (id === undefined) return false;
    this.waiting.delete(id);
    const cell = this.cells.get(id);
    if (cell) this.looks.set(id, this.look(cell));
    return true;
  }

  private look({ id, mask }: Inspected): Look {
    const before = this.looks.get(id);
    const own = before?.mask === mask ? before.own : ownFlags(mask, this.bounds, this.pixels);
    const contact = closestNeighbour(mask, this.cells.slotOf(id), this.cells);
    return { mask, own, contact, shape: shapeOf(cleaned(mask)) };
  }

  /** The flags of all cells that have been looked at and have some, the worst first. */
  flags(): Map<string, readonly Flag[]> {
    const usual = this.references();
    const found = new Map<string, readonly Flag[]>();
    for (const [id, { mask, own, contact, shape }] of this.looks) {
      const cell = this.cells.get(id);
      if (!cell) continue;
      const other = contact ? this.cells.cellOfSlot(contact.slot) : undefined;
      const duplicate = contact && other ? duplicateFlag(mask, contact.share, other) : null;
      // A rest has any form: what else its form says is about the other cell.
      const all = duplicate ? [...own.filter(({ line }) => !line), duplicate] : [...own];
      const reference = usual(cell.classId);
      const judged = !isCut(own) && !all.some(({ kind }) => EXPLAINS.has(kind));
      if (reference && judged) all.push(...outlierFlags(shape, reference));
      if (all.length > 0)
        found.set(
          id,
          all.sort((a, b) => b.severity - a.severity),
        );
    }
    return found;
  }

  /** Cells are compared with those of their class where these are enough, otherwise with all. Cells that the border cuts
   * say nothing of what is usual. */
  private references(): (classId: number | null) => Reference | null {
    const groups = new Map<number | null, Shape[]>();
    for (const [id, { shape, own }] of this.looks) {
      if (isCut(own)) continue;
      const classId = this.cells.get(id)?.classId ?? null;
      const group = groups.get(classId) ?? [];
      group.push(shape);
      groups.set(classId, group);
    }
    const all = referenceOf([...groups.values()].flat());
    if (groups.size < 2) return () => all;
    const byClass = new Map(
      [...groups].map(([classId, shapes]) => [
        classId,
        shapes.length >= 2 * ENOUGH ? referenceOf(shapes) : all,
      ]),
    );
    return (classId) => byClass.get(classId) ?? all;
  }
}

function isCut(flags: readonly Flag[]): boolean {
  return flags.some(({ kind }) => kind === "border");
}
