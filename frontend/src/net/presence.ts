/** Who else is here, where they point and what they hold; and where I do, at most ten times a second. */

import { batch, signal } from "@preact/signals-core";
import type { Cursor, Hold, Presence as PresenceMessage, Seen } from "../protocol/messages.gen";
import type { Timers } from "./timers";
import type { PresentMember, Taken } from "./types";

const CURSOR_EVERY_MS = 100;
/** So long I hold a cell after I let go of it: the next stroke may come. */
export const LINGER_MS = 2_000;
/** What I hold is said again so often, */
export const HOLD_AGAIN_MS = 3_000;
/** and what others hold is free when they have not said it for so long. */
export const HELD_FOR_MS = 8_000;

export class Presence {
  readonly members = signal<readonly PresentMember[]>([]);
  readonly taken = signal<Taken | null>(null);
  private readonly clientId: string;
  private readonly send: (message: Cursor | Hold) => boolean;
  private readonly timers: Timers;
  private next: Cursor | null = null;
  private holding: readonly string[] = [];
  private cancelCursor: (() => void) | null = null;
  private cancelHold = () => {};
  private readonly expiries = new Map<string, () => void>();

  constructor(clientId: string, send: (message: Cursor | Hold) => boolean, timers: Timers) {
    this.clientId = clientId;
    this.send = send;
    this.timers = timers;
  }

  // --- others -------------------------------------------------------------------------------------------------

  /** Several at once are drawn once. */
  onMany(messages: readonly PresenceMessage[]): void {
    batch(() => {
      for (const message of messages) this.onPresence(message);
    });
  }

  onPresence({ event, member, row, col, seen, cells = [], take = false }: PresenceMessage): void {
    const { client_id: clientId, user_id: userId, name, colour } = member;
    if (clientId === this.clientId) return;
    const known = this.members.value.find((other) => other.clientId === clientId);
    if (event === "left") {
      this.members.value = this.members.value.filter((other) => other !== known);
      return;
    }
    const { row: wasRow = null, col: wasCol = null, seen: saw = null, holds: held = [] } = known ?? {};
    const place =
      event === "moved" ? { row, col, seen: seen ?? null } : { row: wasRow, col: wasCol, seen: saw };
    const holds = event === "holds" ? cells : held;
    const here: PresentMember = { clientId, userId, name, colour, ...place, holds } as PresentMember;
    // Each keeps its place in the list: names do not jump about while somebody moves.
    this.members.value = known
      ? this.members.value.map((other) => (other === known ? here : other))
      : [...this.members.value, here];
    if (event === "holds") this.heard(here, take);
  }

  /** They let go when they say so, leave, or fall silent. */
  private heard({ clientId, name, holds }: PresentMember, take: boolean): void {
    this.expiries.get(clientId)?.();
    this.expiries.delete(clientId);
    if (holds.length > 0)
      this.expiries.set(
        clientId,
        this.timers.after(HELD_FOR_MS, () => this.change(clientId, () => [])),
      );
    if (!take) return;
    for (const other of this.members.value)
      if (other.clientId !== clientId)
        this.change(other.clientId, (mine) => mine.filter((id) => !holds.includes(id)));
    const cells = this.holding.filter((id) => holds.includes(id));
    if (cells.length === 0) return;
    this.hold([]);
    this.taken.value = { by: name, cells };
  }

  private change(clientId: string, holds: (now: readonly string[]) => readonly string[]): void {
    this.members.value = this.members.value.map((other) =>
      other.clientId === clientId ? { ...other, holds: holds(other.holds) } : other,
    );
  }

  /** Nobody is known to be here until they say so. */
  clear(): void {
    this.members.value = [];
    if (this.holding.length > 0) this.say(false);
  }

  // --- me -----------------------------------------------------------------------------------------------------

  cursor(row: number | null, col: number | null, seen: Seen | null): void {
    const cursor: Cursor = { type: "cursor", row, col, seen };
    if (this.cancelCursor) {
      this.next = cursor;
      return;
    }
    this.send(cursor);
    this.cancelCursor = this.timers.after(CURSOR_EVERY_MS, () => {
      this.cancelCursor = null;
      const { next } = this;
      this.next = null;
      if (next) this.cursor(next.row, next.col, next.seen ?? null);
    });
  }

  hold(cells: readonly string[]): void {
    this.cancelHold();
    if (cells.length === 0) {
      if (this.holding.length > 0) this.cancelHold = this.timers.after(LINGER_MS, () => this.letGo());
      return;
    }
    const isNew = cells.some((id) => !this.holding.includes(id)) || this.holding.length !== cells.length;
    this.holding = cells;
    if (isNew) this.say(false);
    this.sayAgain();
  }

  take(cells: readonly string[]): void {
    this.cancelHold();
    this.holding = cells;
    this.say(true);
    this.cancelHold = this.timers.after(LINGER_MS, () => this.letGo());
  }

  private letGo(): void {
    this.holding = [];
    this.say(false);
  }

  private say(take: boolean): void {
    this.send({ type: "hold", cells: [...this.holding], take });
  }

  private sayAgain(): void {
    this.cancelHold = this.timers.after(HOLD_AGAIN_MS, () => {
      this.say(false);
      this.sayAgain();
    });
  }

  close(): void {
    this.cancelCursor?.();
    this.cancelHold();
    for (const cancel of this.expiries.values()) cancel();
  }
}
