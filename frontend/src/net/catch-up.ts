/** Keeps the store at one clock of the image: applies what comes in order, holds what comes early, and notices gaps. */

import type { Ack, Patch, Welcome } from "../protocol/messages.gen";
import type { CellStore } from "../store/document";

/** More held patches than this are cheaper asked for again. */
const MAX_HELD = 500;

export class CatchUp {
  /** The last operation that the store has; null before the first welcome. */
  clock: number | null = null;
  /** The last one that is known to exist. */
  private heardOf = 0;
  private readonly held = new Map<number, Patch>();
  /** Committed operations of mine whose patch is still to come, with their clocks. */
  private readonly landing = new Map<string, number>();
  private readonly store: CellStore;

  constructor(store: CellStore) {
    this.store = store;
  }

  /** Something is missing. */
  get isBehind(): boolean {
    return this.clock !== null && this.heardOf > this.clock;
  }

  hear(clock: number): void {
    this.heardOf = Math.max(this.heardOf, clock);
  }

  /** `decided` are operations of mine that a snapshot includes already. */
  onWelcome(welcome: Welcome, decided: ReadonlySet<string>): void {
    if (welcome.snapshot) {
      this.store.applySnapshot(welcome.snapshot, decided);
      this.clock = welcome.clock;
      this.heardOf = welcome.clock;
    } else {
      for (const patch of welcome.patches) this.onPatch(patch);
      this.hear(welcome.clock);
    }
    this.settle();
  }

  onPatch(patch: Patch): void {
    this.hear(patch.clock);
    if (this.clock !== null && patch.clock <= this.clock) return;
    if (this.held.size < MAX_HELD) this.held.set(patch.clock, patch);
    this.settle();
  }

  onCommit(ack: Ack): void {
    this.hear(ack.clock);
    this.landing.set(ack.id, ack.clock);
    this.settle();
  }

  private settle(): void {
    const { clock } = this;
    if (clock === null) return;
    for (const held of this.held.keys()) if (held <= clock) this.held.delete(held);
    let next = clock + 1;
    for (let patch = this.held.get(next); patch; patch = this.held.get(next)) {
      this.held.delete(next);
      this.store.applyPatch(patch);
      this.clock = next++;
    }
    const landed = new Set<string>();
    for (const [id, at] of this.landing) if (at < next) landed.add(id);
    for (const id of landed) this.landing.delete(id);
    if (landed.size > 0) this.store.settle(landed);
  }
}
