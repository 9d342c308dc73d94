/** Sends my operations, in order, until each is answered. What is here is also in the browser's database. */

import { signal } from "@preact/signals-core";
import type { Ack, CellState, Push } from "../protocol/messages.gen";
import type { PendingOperation } from "../store/types";
import type { Queue, QueuedOperation } from "./queue";
import type { Timers } from "./timers";

/** Unanswered at one time; below the server's limit of messages a second together with cursors and pings. */
const WINDOW = 16;
const PER_SECOND = 20;
const BURST = 30;
const ACK_WITHIN_MS = 10_000;
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 15_000;
/** So many times may the server fail over one operation before it is taken out of the way of the others. */
const FAILURES = 3;

interface Waiting {
  entry: QueuedOperation;
  /** It is in the browser's database, or that failed and there is no use in waiting. */
  stored: boolean;
  sent: boolean;
  /** The server has decided it; only the answer got lost. */
  decided: boolean;
  failures: number;
}

export interface PusherParts {
  readonly queue: Queue;
  readonly timers: Timers;
  readonly send: (push: Push) => boolean;
  readonly onQueueFailed: () => void;
}

export class Pusher {
  /** How many operations wait for their answer. */
  readonly count = signal(0);
  private waiting: Waiting[] = [];
  private live = false;
  private window = WINDOW;
  private tokens = BURST;
  private refilledAt: number;
  private retries = 0;
  private putting: Promise<unknown> = Promise.resolve();
  private cancelPump: (() => void) | null = null;
  private cancelDeadline: (() => void) | null = null;
  private readonly parts: PusherParts;

  constructor(parts: PusherParts) {
    this.parts = parts;
    this.refilledAt = parts.timers.now();
  }

  get entries(): QueuedOperation[] {
    return this.waiting.map(({ entry }) => entry);
  }

  /** Operations that the server's word on undo does not yet include. */
  get undecided(): PendingOperation[] {
    return this.waiting.filter(({ decided }) => !decided).map(({ entry }) => entry);
  }

  isDecided(id: string): boolean {
    return this.find(id)?.decided ?? true;
  }

  // --- coming in ----------------------------------------------------------------------------------------------

  /** An operation of now: kept first, sent then. */
  add(entry: QueuedOperation): void {
    const waiting = { entry, stored: false, sent: false, decided: false, failures: 0 };
    this.waiting.push(waiting);
    this.changed();
    const done = () => {
      waiting.stored = true;
      this.pump();
    };
    const putting = this.parts.queue.put([entry]).then(done, () => {
      this.parts.onQueueFailed();
      done();
    });
    this.putting = Promise.all([this.putting, putting]);
  }

  /** Resolves when all that came in so far would survive a reload, or never will. */
  async kept(): Promise<void> {
    await this.putting;
  }

  /** Operations that an earlier tab left in the database. */
  addLeft(entries: readonly QueuedOperation[]): void {
    for (const entry of entries)
      this.waiting.push({ entry, stored: true, sent: false, decided: false, failures: 0 });
    this.changed();
    this.pump();
  }

  // --- the connection -----------------------------------------------------------------------------------------

  /** Connected and up to date: everything unanswered is sent again with the same ids. */
  resume(): void {
    this.live = true;
    this.rewind();
  }

  pause(): void {
    this.live = false;
    this.cancelPump?.();
    this.cancelDeadline?.();
    this.cancelPump = null;
    this.cancelDeadline = null;
  }

  /** The server has decided this tab's operations up to `lastSeq`. Returns their ids. */
  decideUpTo(clientId: string, lastSeq: number): Set<string> {
    const mine = this.waiting.filter(({ entry }) => entry.clientId === clientId);
    const decided = mine.filter(({ entry }) => entry.seq <= lastSeq);
    for (const waiting of decided) waiting.decided = true;
    const first = mine.find((waiting) => !waiting.decided);
    // It knows less of this tab than it once did (a restored database): the numbers close up again.
    if (first && first.entry.seq > lastSeq + 1) this.renumber(clientId, lastSeq + 1);
    return new Set(decided.map(({ entry }) => entry.id));
  }

  /** A frame was refused before anybody could tell which: from now on one at a time. True where only one was out. */
  narrow(): QueuedOperation | null {
    const out = this.waiting.filter(({ sent }) => sent);
    const culprit = this.window === 1 && out.length === 1 ? out[0] : undefined;
    this.window = 1;
    return culprit?.entry ?? null;
  }

  // --- answers ------------------------------------------------------------------------------------------------

  /** The operation that this answers, gone from here; null for one that is not waiting any more. */
  answered(ack: Ack): QueuedOperation | null {
    const found = this.find(ack.id);
    if (!found) return null;
    if (ack.outcome === "commit") this.adoptVersions(found.entry, ack.cells);
    this.retries = 0;
    this.window = WINDOW;
    this.take(found);
    return found.entry;
  }

  /** Not decided, for a reason that may pass (R4): sent again after a while. */
  retryLater(): void {
    for (const waiting of this.waiting) waiting.sent = false;
    this.cancelDeadline?.();
    this.cancelDeadline = null;
    const delay = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.retries);
    this.retries++;
    this.pumpIn(delay);
  }

  /** The server failed over it. True once it has failed too often: give it up then. */
  failed(id: string): boolean {
    const found = this.find(id);
    if (!found) return false;
    found.failures++;
    return found.failures >= FAILURES;
  }

  /** Takes out an operation that was never decided, so that its number is free: later ones move up. */
  giveUp(id: string): QueuedOperation | null {
    const found = this.find(id);
    if (!found) return null;
    const { clientId, seq } = found.entry;
    this.waiting = this.waiting.filter((waiting) => waiting !== found);
    if (this.waiting.some(({ entry }) => entry.clientId === clientId && entry.seq > seq))
      this.renumber(clientId, seq, seq);
    this.waiting.push(found);
    this.take(found);
    this.rewind();
    return found.entry;
  }

  /** Puts one tab's operations, which come before all others, under another's name. Returns the last number then. */
  reissue(from: string, to: { readonly clientId: string; readonly seq: number }): number {
    const { clientId } = to;
    const taken = this.waiting.filter(({ entry, decided }) => entry.clientId === clientId && !decided);
    const first = Math.min(to.seq, ...taken.map(({ entry }) => entry.seq));
    for (const waiting of this.waiting)
      if (waiting.entry.clientId === from) waiting.entry = { ...waiting.entry, clientId };
    this.renumber(clientId, first);
    return this.nextSeq(clientId, first) - 1;
  }

  /** The number after this tab's last. */
  nextSeq(clientId: string, atLeast: number): number {
    const numbers = this.waiting
      .filter(({ entry }) => entry.clientId === clientId)
      .map(({ entry }) => entry.seq);
    return Math.max(atLeast, ...numbers.map((seq) => seq + 1));
  }

  // --- inside -------------------------------------------------------------------------------------------------

  private find(id: string): Waiting | undefined {
    return this.waiting.find(({ entry }) => entry.id === id);
  }

  private take(found: Waiting): void {
    this.waiting = this.waiting.filter((waiting) => waiting !== found);
    this.parts.queue.remove([found.entry.id]).catch(this.parts.onQueueFailed);
    this.changed();
    this.watch();
    this.pump();
  }

  private rewind(): void {
    for (const waiting of this.waiting) waiting.sent = false;
    this.pump();
  }

  private renumber(clientId: string, first: number, after = 0): void {
    let seq = first;
    const changed: QueuedOperation[] = [];
    for (const waiting of this.waiting) {
      const { entry } = waiting;
      if (entry.clientId !== clientId || waiting.decided || entry.seq <= after) continue;
      waiting.entry = { ...entry, seq };
      changed.push(waiting.entry);
      seq++;
    }
    this.parts.queue.put(changed).catch(this.parts.onQueueFailed);
  }

  /** What another tab of mine changed counts as changed by somebody else: my later change has now seen it. */
  private adoptVersions(done: QueuedOperation, cells: readonly CellState[]): void {
    const versions = new Map(cells.map((cell) => [cell.id, cell.version]));
    for (const waiting of this.waiting) {
      const { entry } = waiting;
      if (entry.clientId === done.clientId || waiting.sent) continue;
      const changes = entry.changes.map((change) => {
        const version = versions.get(change.id);
        return version === undefined || change.change === "create"
          ? change
          : { ...change, base_version: version };
      });
      waiting.entry = { ...entry, changes };
    }
  }

  private pump(): void {
    while (this.live && !this.cancelPump) {
      const next = this.next();
      if (!next) return;
      if (!this.takeToken()) {
        this.pumpIn(1000 / PER_SECOND);
        return;
      }
      if (!this.parts.send(pushOf(next.entry))) return;
      next.sent = true;
      if (!this.cancelDeadline) this.watch();
    }
  }

  /** The first unsent one, if it may go now. One tab's operations wait until another's are answered. */
  private next(): Waiting | null {
    const index = this.waiting.findIndex(({ sent }) => !sent);
    const next = this.waiting[index];
    if (!next?.stored || index >= this.window) return null;
    const before = this.waiting.slice(0, index);
    return before.every(({ entry }) => entry.clientId === next.entry.clientId) ? next : null;
  }

  private pumpIn(milliseconds: number): void {
    this.cancelPump?.();
    this.cancelPump = this.parts.timers.after(milliseconds, () => {
      this.cancelPump = null;
      this.pump();
    });
  }

  private takeToken(): boolean {
    const now = this.parts.timers.now();
    this.tokens = Math.min(BURST, this.tokens + ((now - this.refilledAt) * PER_SECOND) / 1000);
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  /** While something is out, an answer is due. */
  private watch(): void {
    this.cancelDeadline?.();
    this.cancelDeadline = null;
    if (!this.live || !this.waiting.some(({ sent }) => sent)) return;
    this.cancelDeadline = this.parts.timers.after(ACK_WITHIN_MS, () => {
      this.cancelDeadline = null;
      this.rewind();
    });
  }

  private changed(): void {
    this.count.value = this.waiting.length;
  }
}

function pushOf(entry: QueuedOperation): Push {
  const { id, clientId, seq, changes, undo, continues = null } = entry;
  return { type: "push", id, client_id: clientId, seq, changes, undo, continues };
}
