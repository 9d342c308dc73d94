/** What the fake server keeps of a cell and of an operation, and what it says when it refuses. */

import { type Mask, sameMask } from "../geometry/mask";
import type { CellState, ErrorCode, Patch, Provenance, Refusal } from "../protocol/messages.gen";

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

export function differences(
  one: CellState | null,
  other: CellState | null,
): Set<"existence" | "mask" | "class" | "lock"> {
  if (!one || !other) return new Set(one === other ? [] : ["existence"]);
  const found = new Set<"existence" | "mask" | "class" | "lock">();
  if (!sameMask(one.mask, other.mask)) found.add("mask");
  if (one.class_id !== other.class_id) found.add("class");
  if (one.locked !== other.locked) found.add("lock");
  return found;
}

export function refusal(code: ErrorCode, push: string): Refusal {
  return { type: "error", code, message: code, number: null, push };
}
