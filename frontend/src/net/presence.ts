/** Who else is here and where they point; and where I do, at most ten times a second. */

import { batch, signal } from "@preact/signals-core";
import type { Cursor, Presence as PresenceMessage } from "../protocol/messages.gen";
import type { Timers } from "./timers";
import type { PresentMember } from "./types";

const CURSOR_EVERY_MS = 100;

export class Presence {
  readonly members = signal<readonly PresentMember[]>([]);
  private readonly clientId: string;
  private readonly send: (cursor: Cursor) => boolean;
  private readonly timers: Timers;
  private next: Cursor | null = null;
  private cancelTimer: (() => void) | null = null;

  constructor(clientId: string, send: (cursor: Cursor) => boolean, timers: Timers) {
    this.clientId = clientId;
    this.send = send;
    this.timers = timers;
  }

  /** Several at once are drawn once. */
  onMany(messages: readonly PresenceMessage[]): void {
    batch(() => {
      for (const message of messages) this.onPresence(message);
    });
  }

  onPresence({ event, member, row, col }: PresenceMessage): void {
    if (member.client_id === this.clientId) return;
    const known = this.members.value.find(({ clientId }) => clientId === member.client_id);
    const others = this.members.value.filter((other) => other !== known);
    if (event === "left") {
      this.members.value = others;
      return;
    }
    const at = event === "moved" ? { row, col } : { row: known?.row ?? null, col: known?.col ?? null };
    const { client_id: clientId, user_id: userId, name, colour } = member;
    const here = { clientId, userId, name, colour, ...at };
    // Each keeps its place in the list: names do not jump about while somebody moves.
    this.members.value = known
      ? this.members.value.map((other) => (other === known ? here : other))
      : [...others, here];
  }

  /** Nobody is known to be here until they say so. */
  clear(): void {
    this.members.value = [];
  }

  cursor(row: number | null, col: number | null): void {
    const cursor: Cursor = { type: "cursor", row, col };
    if (this.cancelTimer) {
      this.next = cursor;
      return;
    }
    this.send(cursor);
    this.cancelTimer = this.timers.after(CURSOR_EVERY_MS, () => {
      this.cancelTimer = null;
      const { next } = this;
      this.next = null;
      if (next) this.cursor(next.row, next.col);
    });
  }

  close(): void {
    this.cancelTimer?.();
  }
}
