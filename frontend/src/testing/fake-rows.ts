/** What the fake server keeps of a cell and of an operation, and what it says when it refuses. */

import { type Mask, sameMask } from "../geometry/mask";
import type {
  CellState,
  CreateCell,
  ErrorCode,
  Patch,
  Provenance,
  Refusal,
  UpdateCell,
} from "../protocol/messages.gen";

export interface Person {
  readonly userId: number;
  readonly name: string;
  readonly role: string;
}

export interface Row {
  state: CellState;
  deleted: boolean;
  maskVersion: number;
  classVersion: number;
  maskClient: string;
  classClient: string;
}

/** What an operation writes into a row. */
export interface Written {
  readonly mask?: Mask | undefined;
  readonly classId?: number | null;
  readonly deleted?: boolean;
  readonly locked?: boolean;
  readonly provenance?: Provenance;
  readonly label?: number;
  readonly parent?: number | null;
}

export interface Logged {
  readonly patch: Patch;
  readonly undoes: string | null;
  readonly partOf: string | null;
  undone: boolean;
  readonly changes: readonly {
    readonly id: string;
    readonly before: CellState | null;
    readonly after: CellState | null;
  }[];
}

export class Refused extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly cells: readonly string[] = [],
  ) {
    super(message);
  }
}

type Property = "existence" | "mask" | "class" | "lock" | "label" | "parent";

export function differences(one: CellState | null, other: CellState | null): Set<Property> {
  if (!one || !other) return new Set(one === other ? [] : ["existence"]);
  const found = new Set<Property>();
  if (!sameMask(one.mask, other.mask)) found.add("mask");
  if (one.class_id !== other.class_id) found.add("class");
  if (one.locked !== other.locked) found.add("lock");
  if (one.label !== other.label) found.add("label");
  if (one.parent !== other.parent) found.add("parent");
  return found;
}

/** The cell that a change names beside its own. */
function other(rows: ReadonlyMap<string, Row>, id: string, own: string): CellState {
  const row = rows.get(id);
  if (!row || row.deleted) throw new Refused("gone", "The other cell was deleted.", [own]);
  return row.state;
}

/** What a change makes of a cell's label and parent; `fresh` is the next free label. */
export function kinOf(
  rows: ReadonlyMap<string, Row>,
  change: CreateCell | UpdateCell,
  { label, t, fresh }: { label: number | null; t: number; fresh: () => number },
): { label?: number; parent?: number | null } {
  const joined =
    change.joins === change.id
      ? fresh()
      : change.joins
        ? other(rows, change.joins, change.id).label
        : undefined;
  const setsParent = change.change === "create" ? Boolean(change.parent) : change.set_parent === true;
  const mother = setsParent && change.parent ? other(rows, change.parent, change.id) : null;
  if (mother && (mother.t >= t || mother.label === (joined ?? label)))
    throw new Refused("bad_request", "It has to lie in an earlier frame.", [change.id]);
  return {
    ...(joined === undefined ? {} : { label: joined }),
    ...(setsParent ? { parent: mother?.label ?? null } : {}),
  };
}

/** Throws where an object has two cells on one plane. */
export function checkObjects(cells: readonly CellState[]): void {
  const taken = new Set<string>();
  for (const { id, label, t, z } of cells) {
    if (taken.has(`${label} ${t} ${z}`))
      throw new Refused("conflict", "The object has a cell on this slice already.", [id]);
    taken.add(`${label} ${t} ${z}`);
  }
}

export function refusal(code: ErrorCode, push: string): Refusal {
  return { type: "error", code, message: code, number: null, push };
}

/** An operation's change of a row. */
export function writeRow(row: Row, person: Person, client: string, what: Written): void {
  const version = row.state.version + 1;
  row.state = { ...row.state, version, updated_by: person.name };
  if (what.deleted !== undefined) row.deleted = what.deleted;
  if (what.locked !== undefined) row.state = { ...row.state, locked: what.locked };
  if (what.label !== undefined) row.state = { ...row.state, label: what.label };
  if (what.parent !== undefined) row.state = { ...row.state, parent: what.parent };
  if (what.provenance) row.state = { ...row.state, provenance: what.provenance };
  if (what.mask) {
    row.state = { ...row.state, mask: what.mask };
    row.maskVersion = version;
    row.maskClient = client;
  }
  if (what.classId !== undefined) {
    row.state = { ...row.state, class_id: what.classId };
    row.classVersion = version;
    row.classClient = client;
  }
}
