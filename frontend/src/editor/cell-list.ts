import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { PixelSize } from "../geometry/measure";
import type { Cell } from "../store/types";
import {
  type CellFilter,
  type Column,
  columnsOf,
  FIRST_COLUMNS,
  isListed,
  NO_FILTER,
  type Sort,
  sorted,
  type TableContext,
} from "./cell-table";
import type { Editor } from "./editor";

/** The list of cells as a person has set it up: its columns, filter and order, and what is selected in it. */
export class CellList {
  readonly shown: Signal<readonly string[]> = signal(FIRST_COLUMNS);
  readonly sort: Signal<Sort> = signal({ column: "label", down: false });
  readonly filter: Signal<CellFilter> = signal(NO_FILTER);
  readonly pixelUm: Signal<PixelSize | undefined> = signal(undefined);
  readonly context: ReadonlySignal<TableContext>;
  readonly columns: ReadonlySignal<readonly Column[]>;
  /** The listed cells in their order. */
  readonly rows: ReadonlySignal<readonly Cell[]>;
  /** Where a range that is selected with Shift begins. */
  private anchor: string | null = null;

  constructor(private readonly editor: Editor) {
    const { classes, inspector, revision, session } = editor;
    this.context = computed(() => ({
      classes: classes.value,
      flags: inspector.flags.value,
      pixels: inspector.pixels.value,
      pixelUm: this.pixelUm.value,
      regions: editor.regions.list.value,
    }));
    this.columns = computed(() => columnsOf(this.context.value));
    this.rows = computed(() => {
      const filter = this.filter.value;
      const context = this.context.value;
      const cells = revision.value >= 0 ? [...session.store.cells()] : [];
      const listed = cells.filter((cell) => isListed(cell, filter, context));
      const { column, down } = this.sort.value;
      return sorted(
        listed,
        this.columns.value.find(({ id }) => id === column),
        down,
      );
    });
  }

  /** By this column; once more turns the order round. */
  sortBy(column: string): void {
    const now = this.sort.peek();
    this.sort.value = { column, down: now.column === column && !now.down };
  }

  toggleColumn(id: string): void {
    const shown = this.shown.peek();
    this.shown.value = shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id];
  }

  setFilter(change: Partial<CellFilter>): void {
    this.filter.value = { ...this.filter.peek(), ...change };
  }

  /** A row was chosen: alone, added or taken away, or all from the last one to it. */
  choose(id: string, how: "only" | "toggle" | "range"): void {
    const rows = this.rows.peek();
    const from = rows.findIndex((cell) => cell.id === this.anchor);
    const to = rows.findIndex((cell) => cell.id === id);
    if (how === "range" && from >= 0 && to >= 0) {
      const range = rows.slice(Math.min(from, to), Math.max(from, to) + 1);
      this.editor.select(range.map((cell) => cell.id));
      return;
    }
    this.anchor = id;
    if (how === "toggle") this.editor.toggle(id);
    else this.editor.select([id]);
  }

  /** The row so many places after the one that was chosen last. */
  move(by: number, how: "only" | "range", from: string | null): string | null {
    const rows = this.rows.peek();
    const at = rows.findIndex((cell) => cell.id === from);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))];
    if (next) this.choose(next.id, how);
    return next?.id ?? null;
  }

  selectListed(): void {
    this.editor.select(this.rows.peek().map(({ id }) => id));
  }

  /** Of the selected cells those that are listed: what a lasso caught, of one class. */
  keepListed(): void {
    const selected = this.editor.selection.peek();
    this.editor.select(
      this.rows
        .peek()
        .filter(({ id }) => selected.has(id))
        .map(({ id }) => id),
    );
  }
}
