/** Undo and redo of my own operations. The server inverts; this knows which one is next. */

import { signal } from "@preact/signals-core";
import type { Patch } from "../protocol/messages.gen";
import type { ServerHistory } from "../store/history";
import { invertible } from "../store/history";
import type { PendingOperation } from "../store/types";

type Direction = "undo" | "redo";

export interface UndoParts {
  /** My operations that the server's last word does not include. */
  readonly undecided: () => readonly PendingOperation[];
  readonly invert: (direction: Direction, target: string) => void;
}

export class Undo {
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);
  private server: ServerHistory = { undoable: null, redoable: null };
  private asOf = -1;
  /** Asked for while only the server knew what comes next. */
  private wanted: Direction[] = [];
  private readonly parts: UndoParts;

  constructor(parts: UndoParts) {
    this.parts = parts;
  }

  /** The server's word, as of an image clock. */
  hear(server: ServerHistory, clock: number): void {
    this.server = { undoable: server.undoable, redoable: server.redoable };
    this.asOf = clock;
    this.refresh();
  }

  /** Something of mine that did not come from this tab. True where only the server can say what is next now. */
  hearPatch(patch: Patch): boolean {
    if (patch.clock <= this.asOf) return false;
    // A run is one step, in the place of its first operation.
    if (patch.kind === "part") return false;
    if (patch.kind === "undo" || patch.kind === "redo") return true;
    this.hear({ undoable: patch.operation, redoable: null }, patch.clock);
    return false;
  }

  request(direction: Direction): void {
    this.wanted.push(direction);
    this.refresh();
  }

  /** What I do now is younger than what I asked to undo. */
  forgetWanted(): void {
    this.wanted = [];
  }

  refresh(): void {
    for (let direction = this.wanted[0]; direction; direction = this.wanted[0]) {
      const target = invertible(this.server, this.parts.undecided())[direction];
      if (target === undefined) break;
      this.wanted.shift();
      if (target !== null) this.parts.invert(direction, target);
    }
    const { undo, redo } = invertible(this.server, this.parts.undecided());
    // What only the server can know may be asked for: it is done once the server has said what comes next.
    this.canUndo.value = undo !== null;
    this.canRedo.value = redo !== null;
  }
}
