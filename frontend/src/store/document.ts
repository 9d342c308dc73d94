/** The cells of one image: what the server has said, and on top of it what I did and it has not answered yet. The second
 * layer is taken off and put back on whenever the first changes, so that what is shown is always the server's state
 * followed by my operations in their order. The rules for pixels are the server's: cells never overlap, and a new shape
 * takes no other cell's pixels. */

import type { Box } from "../geometry/box";
import type { Mask } from "../geometry/mask";
import { clip, isEmpty, sameMask } from "../geometry/mask";
import type { CellState, Change, CreateCell, Patch, UpdateCell } from "../protocol/messages.gen";
import { Labels } from "./labels";
import { aloneAs, Objects, objectOfLabel } from "./objects";
import {
  type Cell,
  type CellsChanged,
  type CellView,
  FIRST_PLANE,
  type LabelSquare,
  type PendingOperation,
  type PlaneAt,
  planeKey,
  samePlane,
} from "./types";

function cellOf(state: CellState): Cell {
  return {
    id: state.id,
    label: state.label,
    version: state.version,
    plane: { t: state.t, z: state.z },
    object: objectOfLabel(state.label),
    parent: state.parent,
    mask: state.mask,
    classId: state.class_id,
    provenance: state.provenance,
    locked: state.locked,
    createdBy: state.created_by,
    updatedBy: state.updated_by,
    pending: false,
  };
}

/** The version alone would do, were it not for databases that are restored from a backup. */
function sameState(one: CellState | undefined, other: CellState): boolean {
  if (one?.version !== other.version || one.class_id !== other.class_id) return false;
  if (one.label !== other.label || one.parent !== other.parent) return false;
  return one.locked === other.locked && sameMask(one.mask, other.mask);
}

export class CellStore implements CellView {
  readonly width: number;
  readonly height: number;
  revision = 0;
  /** The name that my unanswered changes carry. */
  author = "";
  plane: PlaneAt = FIRST_PLANE;
  private readonly raster: Labels;
  private readonly truth = new Map<string, CellState>();
  /** All cells, and those of the plane that is looked at. */
  private readonly all = new Map<string, Cell>();
  private readonly objects = new Objects();
  private readonly shown = new Map<string, Cell>();
  private pending: PendingOperation[] = [];
  private readonly slotById = new Map<string, number>();
  private readonly idBySlot: string[] = [""];
  private readonly listeners = new Set<(changed: CellsChanged) => void>();
  private changed = new Set<string>();

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.raster = new Labels(width, height);
  }

  // --- reading ------------------------------------------------------------------------------------------------

  get size(): number {
    return this.shown.size;
  }

  slotAt(row: number, col: number): number {
    return this.raster.at(row, col);
  }

  squaresIn(box: Box): IterableIterator<LabelSquare> {
    return this.raster.squaresIn(box);
  }

  get slots(): number {
    return this.idBySlot.length;
  }

  get(id: string): Cell | undefined {
    return this.shown.get(id);
  }

  cells(): IterableIterator<Cell> {
    return this.shown.values();
  }

  anywhere(id: string): Cell | undefined {
    return this.all.get(id);
  }

  everywhere(): IterableIterator<Cell> {
    return this.all.values();
  }

  objectOf(cell: Cell): Cell[] {
    return this.objects.of(cell.object);
  }

  kin(cell: Cell): string {
    return this.objects.count(cell.object) > 1 ? cell.object : cell.id;
  }

  slotOf(id: string): number {
    return this.slotById.get(id) ?? 0;
  }

  cellOfSlot(slot: number): Cell | undefined {
    return this.shown.get(this.idBySlot[slot] ?? "");
  }

  cellAt(row: number, col: number): Cell | undefined {
    return this.cellOfSlot(this.raster.at(row, col));
  }

  idsIn(box: Box): string[] {
    return [...this.raster.slotsIn(box)].map((slot) => this.idBySlot[slot] ?? "");
  }

  free(mask: Mask, own = ""): Mask {
    return this.raster.free(mask, this.slotOf(own));
  }

  takeDirty(): Box[] {
    return this.raster.takeDirty();
  }

  planes(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const { plane } of this.all.values())
      found.set(planeKey(plane), (found.get(planeKey(plane)) ?? 0) + 1);
    return found;
  }

  /** The plane of a cell, wherever it lies; the one that is looked at where the cell is gone. */
  planeOf(id: string): PlaneAt {
    return this.all.get(id)?.plane ?? this.plane;
  }

  /** Whether a new cell would get no pixel, as far as this is known. */
  isFull({ mask, t = 0, z = 0 }: CreateCell): boolean {
    return isEmpty(this.freeOn({ t, z }, mask));
  }

  /** The cells of another plane come in sight. */
  look(plane: PlaneAt): void {
    if (samePlane(plane, this.plane)) return;
    for (const id of [...this.shown.keys()]) this.hide(id);
    this.plane = plane;
    this.all.clear();
    this.objects.clear();
    for (const state of this.truth.values()) this.show(cellOf(state));
    for (const operation of this.pending) this.applyPending(operation);
    this.emit();
  }

  subscribe(listener: (changed: CellsChanged) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The server's state of a cell, without my unanswered changes. */
  known(id: string): CellState | undefined {
    return this.truth.get(id);
  }

  /** All of the server's state. */
  knownCells(): IterableIterator<CellState> {
    return this.truth.values();
  }

  /** My operations that the server's state does not have, oldest first. */
  get unanswered(): readonly PendingOperation[] {
    return this.pending;
  }

  // --- what the server says -----------------------------------------------------------------------------------

  /** These are all cells. Operations in `done` are part of it. */
  applySnapshot(cells: readonly CellState[], done: ReadonlySet<string>): void {
    const next = new Map(cells.map((state) => [state.id, state]));
    const differ = new Set<string>();
    for (const [id, state] of next) if (!sameState(this.truth.get(id), state)) differ.add(id);
    for (const id of this.truth.keys()) if (!next.has(id)) differ.add(id);
    this.rebase(differ, done, () => {
      for (const id of differ) {
        const state = next.get(id);
        if (state) this.truth.set(id, state);
        else this.truth.delete(id);
      }
    });
  }

  /** One operation, mine or another's. */
  applyPatch(patch: Pick<Patch, "operation" | "cells" | "removed">): void {
    const ids = new Set([...patch.cells.map((state) => state.id), ...patch.removed]);
    this.rebase(ids, new Set([patch.operation]), () => {
      for (const state of patch.cells) this.truth.set(state.id, state);
      for (const id of patch.removed) this.truth.delete(id);
    });
  }

  // --- what I do ----------------------------------------------------------------------------------------------

  /** Shows an operation of mine before the server has answered it. Returns the ids of the cells for which there is no
   * room, or which are not there: with one of these the server would refuse the operation. */
  push(operation: PendingOperation): string[] {
    this.pending.push(operation);
    const refused = this.applyPending(operation);
    this.emit();
    return refused;
  }

  /** These operations are answered: the server's state has them, or they were refused. */
  settle(ids: ReadonlySet<string>): void {
    if (this.pending.some((operation) => ids.has(operation.id))) this.rebase(new Set(), ids, () => {});
  }

  private rebase(ids: ReadonlySet<string>, done: ReadonlySet<string>, write: () => void): void {
    const affected = new Set(ids);
    for (const operation of this.pending) for (const change of operation.changes) affected.add(change.id);
    for (const id of affected) this.hide(id);
    write();
    this.pending = this.pending.filter((operation) => !done.has(operation.id));
    for (const id of affected) {
      const state = this.truth.get(id);
      if (state) this.show(cellOf(state));
    }
    for (const operation of this.pending) this.applyPending(operation);
    this.emit();
  }

  /** In the server's order: deletes, then new shapes, then new cells, so that pixels can change hands. */
  private applyPending(operation: PendingOperation): string[] {
    const { changes } = operation;
    const refused: string[] = [];
    const lifted = new Map<string, Cell>();
    for (const change of changes) {
      const cell = this.all.get(change.id);
      if (!cell || change.change === "create") continue;
      lifted.set(change.id, cell);
      this.hide(change.id);
    }
    // A cell that keeps its shape keeps its pixels against those that move.
    const order = (change: Change) =>
      change.change === "create" ? 2 : change.change === "update" && change.mask ? 1 : 0;
    for (const change of [...changes].sort((a, b) => order(a) - order(b))) {
      const before = lifted.get(change.id);
      const done =
        change.change === "create"
          ? this.applyCreate(change)
          : change.change === "update"
            ? this.applyUpdate(change, before)
            : before !== undefined;
      if (!done) refused.push(change.id);
    }
    return refused;
  }

  private applyUpdate(change: UpdateCell, before: Cell | undefined): boolean {
    if (!before) return false;
    const { plane } = before;
    const wanted = this.freeOn(plane, change.mask ?? before.mask, change.id);
    const fits = !isEmpty(wanted);
    const mask = fits ? wanted : this.freeOn(plane, before.mask, change.id);
    if (isEmpty(mask)) return false;
    const classId = change.set_class ? (change.class_id ?? null) : before.classId;
    const provenance = (change.mask && change.provenance) ?? before.provenance;
    const locked = change.locked ?? before.locked;
    const kin = this.objects.after(change, before, this.all);
    const more = { mask, classId, provenance, locked, updatedBy: this.author, pending: true };
    this.show({ ...before, ...more, ...kin });
    return fits && kin !== null;
  }

  private applyCreate(change: CreateCell): boolean {
    if (this.all.has(change.id)) return false;
    const { id } = change;
    const plane = { t: change.t ?? 0, z: change.z ?? 0 };
    const mask = this.freeOn(plane, change.mask);
    const kin = this.objects.after(change, aloneAs(id, plane), this.all);
    if (isEmpty(mask) || kin === null) return false;
    this.show({
      id,
      version: 0,
      plane,
      ...kin,
      mask,
      classId: change.class_id ?? null,
      provenance: change.provenance,
      locked: false,
      createdBy: this.author,
      updatedBy: this.author,
      pending: true,
    });
    return true;
  }

  // --- pixels -------------------------------------------------------------------------------------------------

  /** Of another plane than the one that is looked at only the server knows what is free. */
  private freeOn(plane: PlaneAt, mask: Mask, own = ""): Mask {
    return samePlane(plane, this.plane) ? this.free(mask, own) : clip(mask, this.raster.bounds);
  }

  private show(cell: Cell): void {
    this.all.set(cell.id, cell);
    this.objects.add(cell);
    if (!samePlane(cell.plane, this.plane)) return;
    let slot = this.slotById.get(cell.id);
    if (slot === undefined) {
      slot = this.idBySlot.push(cell.id) - 1;
      this.slotById.set(cell.id, slot);
    }
    this.shown.set(cell.id, cell);
    this.raster.paint(cell.mask, slot);
    this.changed.add(cell.id);
  }

  private hide(id: string): void {
    const known = this.all.get(id);
    if (known) this.objects.remove(known);
    this.all.delete(id);
    const cell = this.shown.get(id);
    if (!cell) return;
    this.shown.delete(id);
    this.raster.erase(cell.mask, this.slotOf(id));
    this.changed.add(id);
  }

  private emit(): void {
    if (this.changed.size === 0) return;
    const ids = this.changed;
    this.changed = new Set();
    this.revision++;
    for (const listener of this.listeners) listener({ ids });
  }
}
