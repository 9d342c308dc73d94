import { parseColour, shade, unclassified } from "../editor/palette";
import type { LabelClass } from "../editor/ports";
import type { CellView } from "../store/types";
import { ROW } from "./mask-layer";

const SELECTED = 1;

/**
 * Colour and state of every slot, four bytes each, for the mask shader. Colours are computed once per cell and class:
 * a change of the selection costs as much as the selection is large.
 */
export class CellStates {
  bytes = new Uint8Array(ROW * 4);
  private selected: ReadonlySet<string> = new Set();

  constructor(private readonly store: CellView) {}

  private grow(): void {
    const needed = Math.ceil(this.store.slots / ROW) * ROW * 4;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  /** New colours for these cells, or for all. */
  colour(ids: Iterable<string>, classes: readonly LabelClass[]): void {
    this.grow();
    const bases = new Map(classes.map((one) => [one.id, parseColour(one.colour)]));
    for (const id of ids) {
      const cell = this.store.get(id);
      if (!cell) continue;
      const base = cell.classId === null ? null : bases.get(cell.classId);
      const at = this.store.slotOf(id) * 4;
      const kin = this.store.kin(cell);
      this.bytes.set(base ? shade(base, kin) : unclassified(kin), at);
      this.bytes[at + 3] = this.selected.has(id) ? SELECTED : 0;
    }
  }

  select(selected: ReadonlySet<string>): void {
    for (const id of this.selected) this.mark(id, 0);
    for (const id of selected) this.mark(id, SELECTED);
    this.selected = selected;
  }

  private mark(id: string, state: number): void {
    const slot = this.store.slotOf(id);
    if (slot > 0 && slot * 4 + 3 < this.bytes.length) this.bytes[slot * 4 + 3] = state;
  }
}
