/** Which cells are one object: those with one label, on as many planes. */

import type { CreateCell, UpdateCell } from "../protocol/messages.gen";
import { type Cell, type PlaneAt, samePlane } from "./types";

/** What makes cells kin. */
export type Kin = Pick<Cell, "object" | "label" | "parent">;

/** The object of a cell that the server has given no label yet. */
function ownObject(id: string): string {
  return `new ${id}`;
}

/** A new cell, which is kin to none. */
export function aloneAs(id: string, plane: PlaneAt): Kin & Pick<Cell, "id" | "plane"> {
  return { id, plane, object: ownObject(id), label: null, parent: null };
}

export function objectOfLabel(label: number): string {
  return `object ${label}`;
}

export class Objects {
  private readonly members = new Map<string, Map<string, Cell>>();

  add(cell: Cell): void {
    const members = this.members.get(cell.object);
    if (members) members.set(cell.id, cell);
    else this.members.set(cell.object, new Map([[cell.id, cell]]));
  }

  remove(cell: Cell): void {
    const members = this.members.get(cell.object);
    members?.delete(cell.id);
    if (members?.size === 0) this.members.delete(cell.object);
  }

  /** All its cells, frame by frame and slice by slice. */
  of(object: string): Cell[] {
    const members = [...(this.members.get(object)?.values() ?? [])];
    return members.sort((a, b) => a.plane.t - b.plane.t || a.plane.z - b.plane.z);
  }

  count(object: string): number {
    return this.members.get(object)?.size ?? 0;
  }

  /** Whether it has a cell on the plane, other than the one with this id. */
  has(object: string, plane: Cell["plane"], own: string): boolean {
    for (const cell of this.members.get(object)?.values() ?? [])
      if (cell.id !== own && samePlane(cell.plane, plane)) return true;
    return false;
  }

  /** A cell's kin once a change to it is done; null where it cannot be a part of the object that it joins. */
  after(
    change: CreateCell | UpdateCell,
    now: Kin & Pick<Cell, "id" | "plane">,
    all: ReadonlyMap<string, Cell>,
  ): Kin | null {
    const changesParent = change.change === "create" ? Boolean(change.parent) : change.set_parent === true;
    const parent = changesParent ? (all.get(change.parent ?? "")?.label ?? null) : now.parent;
    if (!change.joins) return { object: now.object, label: now.label, parent };
    if (change.joins === now.id) return { object: ownObject(now.id), label: null, parent };
    const other = all.get(change.joins);
    if (!other || this.has(other.object, now.plane, now.id)) return null;
    return { object: other.object, label: other.label, parent };
  }

  clear(): void {
    this.members.clear();
  }
}
