/** What tabs that are no more have left in this browser's database: looked for at the start and from time to time, and
 * sent under the ids that it was made with. */

import { VERSION } from "../protocol/messages.gen";
import type { Owners } from "./owners";
import type { Queue, QueuedOperation } from "./queue";
import type { Timers } from "./timers";

const LOOK_EVERY_MS = 30_000;

export interface LeftBehindParts {
  readonly imageId: string;
  readonly queue: Queue;
  readonly owners: Owners;
  readonly timers: Timers;
}

export interface LeftBehindEvents {
  /** One tab's operations, in order. */
  onFound(entries: readonly QueuedOperation[]): void;
  /** Written in a protocol that the server no longer speaks. */
  onTooOld(entry: QueuedOperation): void;
  onQueueFailed(): void;
}

export class LeftBehind {
  private cancel = () => {};
  private closed = false;

  constructor(
    private readonly parts: LeftBehindParts,
    private readonly clientId: string,
    private readonly events: LeftBehindEvents,
  ) {}

  start(userId: number): void {
    void this.look(userId);
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private async look(userId: number): Promise<void> {
    const { owners, queue, imageId, timers } = this.parts;
    this.cancel = timers.after(LOOK_EVERY_MS, () => void this.look(userId));
    try {
      await owners.claim(this.clientId);
      const found = await queue.load(imageId, userId);
      for (const clientId of new Set(found.map((entry) => entry.clientId))) {
        if (this.closed || clientId === this.clientId || !(await owners.claim(clientId))) continue;
        // Read again: until a moment ago it may have been alive and getting answers.
        const now = await queue.load(imageId, userId);
        this.takeOver(now.filter((entry) => entry.clientId === clientId));
      }
    } catch {
      this.events.onQueueFailed();
    }
  }

  private takeOver(entries: readonly QueuedOperation[]): void {
    if (this.closed) return;
    this.events.onFound(entries.filter(({ protocol }) => protocol === VERSION));
    for (const entry of entries.filter(({ protocol }) => protocol !== VERSION)) {
      this.events.onTooOld(entry);
      void this.parts.queue.remove([entry.id]);
    }
  }
}
