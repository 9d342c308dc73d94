/** What a person does to a cell, as a change that the server understands. */

import { clip, isEmpty, sameMask } from "../geometry/mask";
import type { Change } from "../protocol/messages.gen";
import type { CellStore } from "../store/document";
import { type Cell, samePlane } from "../store/types";
import { newId } from "./ids";
import type { QueuedOperation } from "./queue";
import type { CellUpdate, Edit } from "./types";

export type Draft = { readonly change: Change; readonly created: string | null };

/** What a draft is made from. `entries` are my unanswered operations, oldest first. `alone`: fitted to what is free now;
 * within one operation pixels may change hands, so there the store fits it. */
interface Ground {
  readonly store: CellStore;
  readonly entries: readonly Pick<QueuedOperation, "changes">[];
  readonly alone: boolean;
}

type Update = Extract<Edit, { edit: "update" }>;
type Create = Extract<Edit, { edit: "create" }>;

/** Null where nothing would change. */
export function draft(edit: Edit, ground: Ground): Draft | null {
  if (edit.edit === "create") return draftCreate(edit, ground);
  const cell = ground.store.anywhere(edit.id);
  if (!cell) return null;
  const isAway = edit.edit === "delete" || (edit.mask && isEmpty(edit.mask));
  const base_version = baseVersion(edit.id, ground);
  if (isAway) return { change: { change: "delete", id: edit.id, base_version }, created: null };
  const change = draftUpdate(edit, cell, ground);
  return change && { change: { change: "update", id: edit.id, base_version, ...change }, created: null };
}

function boundsOf({ width, height }: CellStore) {
  return { top: 0, left: 0, bottom: height, right: width };
}

function draftCreate(edit: Create, { store }: Ground): Draft | null {
  const mask = clip(edit.mask, boundsOf(store));
  if (isEmpty(mask)) return null;
  const id = newId();
  const { classId, provenance, joins, parent } = edit;
  const { t, z } = edit.plane ?? store.plane;
  const kin = { ...(joins ? { joins } : {}), ...(parent ? { parent } : {}) };
  return {
    change: { change: "create", id, mask, class_id: classId, provenance, t, z, ...kin },
    created: id,
  };
}

function draftUpdate(edit: Update, cell: Cell, { store, alone }: Ground) {
  const here = samePlane(cell.plane, store.plane);
  const mask =
    edit.mask && (alone && here ? store.free(edit.mask, edit.id) : clip(edit.mask, boundsOf(store)));
  if (mask && isEmpty(mask)) return null;
  const change = {
    ...(mask !== undefined && !sameMask(mask, cell.mask)
      ? { mask, ...(edit.provenance ? { provenance: edit.provenance } : {}) }
      : {}),
    ...(edit.locked !== undefined && edit.locked !== cell.locked ? { locked: edit.locked } : {}),
    ...(edit.classId !== undefined && edit.classId !== cell.classId
      ? { class_id: edit.classId, set_class: true }
      : {}),
    ...draftKin(edit, cell, store),
  };
  return Object.keys(change).length > 0 ? change : null;
}

function draftKin({ joins, parent }: CellUpdate, cell: Cell, store: CellStore) {
  const isPart = store.objectOf(cell).some(({ id }) => id === joins && id !== cell.id);
  const isAlone = joins === cell.id && store.objectOf(cell).length === 1;
  const changesParent = parent === null ? cell.parent !== null : parent !== undefined;
  return {
    ...(joins && !isPart && !isAlone ? { joins } : {}),
    ...(changesParent ? { parent, set_parent: true } : {}),
  };
}

/** The version that this edit builds on: that of the server's state under my oldest unanswered change. What others did
 * since is not in the shape that I changed. */
function baseVersion(id: string, { store, entries }: Ground): number {
  for (const entry of entries)
    for (const change of entry.changes)
      if (change.id === id) return change.change === "create" ? 1 : change.base_version;
  return store.known(id)?.version ?? 1;
}
