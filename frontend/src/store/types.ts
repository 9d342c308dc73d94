/** What the rest of the frontend sees of the cells of one image. */

import type { Box } from "../geometry/box";
import type { Mask } from "../geometry/mask";
import type { Change, Provenance } from "../protocol/messages.gen";

/** A slice (z) of a frame (t), from 0. */
export interface PlaneAt {
  readonly t: number;
  readonly z: number;
}

export const FIRST_PLANE: PlaneAt = { t: 0, z: 0 };

export function samePlane(one: PlaneAt, other: PlaneAt): boolean {
  return one.t === other.t && one.z === other.z;
}

/** A plane as a key of maps. */
export function planeKey({ t, z }: PlaneAt): string {
  return `${t} ${z}`;
}

/** One cell as it is shown: the server's state with my unanswered changes on top. */
export interface Cell {
  readonly id: string;
  /** The server's number for it in this image; null until the server has seen it. */
  readonly label: number | null;
  /** The server's version; 0 until the server has seen it. */
  readonly version: number;
  /** The plane that it lies on. */
  readonly plane: PlaneAt;
  /** Cells of several planes with the same are one object. */
  readonly object: string;
  /** The label of the object that divided into this one. */
  readonly parent: number | null;
  readonly mask: Mask;
  readonly classId: number | null;
  readonly provenance: Provenance;
  /** No tool changes it. */
  readonly locked: boolean;
  readonly createdBy: string;
  readonly updatedBy: string;
  /** Some change of mine to it is not yet answered. */
  readonly pending: boolean;
}

/** Which cells came, changed or went. Each may be looked up with `get`, which says undefined for those gone. */
export interface CellsChanged {
  readonly ids: ReadonlySet<string>;
}

/** A piece of the label raster: its box in the plane, and slots row by row, `stride` to a row, the box's own from
 * `first` on. Not to be kept: the next change is made in it. */
export interface LabelSquare extends Box {
  readonly labels: Uint32Array;
  readonly stride: number;
  readonly first: number;
}

/** The cells of the plane that is looked at, by id and as a raster; those of other planes are as if they were not there.
 * Reading only: changes go through the session. */
export interface CellView {
  readonly width: number;
  readonly height: number;
  /** Grows with every change: cheap to compare. */
  readonly revision: number;
  readonly size: number;
  readonly plane: PlaneAt;
  /** How many cells each plane has that has any, by `planeKey`. */
  planes(): ReadonlyMap<string, number>;
  get(id: string): Cell | undefined;
  /** The same for a cell of whatever plane. */
  anywhere(id: string): Cell | undefined;
  /** All cells that are one object with this one, itself too: frame by frame, slice by slice. */
  objectOf(cell: Cell): Cell[];
  /** The cells of all planes. */
  everywhere(): IterableIterator<Cell>;
  /** A name that stays the same for a cell, and is the same for all cells of an object: what its colour is made of. */
  kin(cell: Cell): string;
  cells(): IterableIterator<Cell>;

  /** 0 for none, otherwise the slot of the cell that has this pixel. Masks never overlap. */
  slotAt(row: number, col: number): number;
  /** The same of all pixels in a box; what is in no square has no cell. */
  squaresIn(box: Box): IterableIterator<LabelSquare>;
  /** Slots run from 1 without holes and are never given to another cell. 0 for an id that was never shown. */
  slotOf(id: string): number;
  /** The cell of a slot, if it is still there. */
  cellOfSlot(slot: number): Cell | undefined;
  /** One more than the largest slot: the length that a palette by slot needs. */
  readonly slots: number;
  cellAt(row: number, col: number): Cell | undefined;
  /** The ids of cells with a pixel in the box. */
  idsIn(box: Box): string[];
  /** `mask` without the pixels of cells other than `own`, and without what lies outside of the image: what a create or
   * an update would really take. */
  free(mask: Mask, own?: string): Mask;

  /** Where slots of pixels changed since the last call; the caller owes the texture an update of just these. */
  takeDirty(): Box[];
  /** Called once after each change. Returns what ends it. */
  subscribe(listener: (changed: CellsChanged) => void): () => void;
}

/** An operation of mine that the server's state does not yet have. `undo` is the id of the operation to invert. */
export interface PendingOperation {
  readonly id: string;
  readonly kind: "edit" | "undo" | "redo";
  readonly changes: readonly Change[];
  readonly undo: string | null;
  /** The operation of mine that this is a further part of. All parts are one step of undo. */
  readonly continues?: string | null;
}
