/** What the fake server keeps of a cell and of an operation, and what it says when it refuses. */

import { sameMask } from "../geometry/mask";
import type { CellState, ErrorCode, Patch, Refusal } from "../protocol/messages.gen";

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
): Set<"existence" | "mask" | "class"> {
  if (!one || !other) return new Set(one === other ? [] : ["existence"]);
  const found = new Set<"existence" | "mask" | "class">();
  if (!sameMask(one.mask, other.mask)) found.add("mask");
  if (one.class_id !== other.class_id) found.add("class");
  return found;
}

export function refusal(code: ErrorCode, push: string): Refusal {
  return { type: "error", code, message: code, number: null, push };
}
