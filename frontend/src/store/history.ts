/** What undo and redo would invert, from what the server last said and my operations that it has not answered yet. */

import type { PendingOperation } from "./types";

/** The id of the operation to invert; null for none; undefined where only the server can know, and has not said yet. */
export interface Invertible {
  readonly undo: string | null | undefined;
  readonly redo: string | null | undefined;
}

export interface ServerHistory {
  readonly undoable: string | null;
  readonly redoable: string | null;
}

/** `unanswered` are mine, oldest first, all younger than what `server` says. Undoing an undo is redo. */
export function invertible(server: ServerHistory, unanswered: readonly PendingOperation[]): Invertible {
  const undo: (string | null)[] = [server.undoable];
  let redo: (string | null)[] = [server.redoable];
  for (const operation of unanswered) {
    if (operation.continues) continue;
    if (operation.kind === "undo") {
      undo.pop();
      redo.push(operation.id);
    } else {
      undo.push(operation.id);
      if (operation.kind === "edit") redo = [null];
      else redo.pop();
    }
  }
  return { undo: undo.at(-1), redo: redo.at(-1) };
}
