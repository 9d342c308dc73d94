/** Which tab sends which tab's operations: each its own, and what a dead tab has left goes to one of the living (R10).
 * Two tabs that send the same operation would do no harm, the server knows repeats; this spares them the noise. */

import type { Timers } from "./timers";

export interface Owners {
  /** True where that tab is dead and its operations are now ours; ours until `release`. Claim your own id first. */
  claim(clientId: string): Promise<boolean>;
  release(): void;
}

const prefix = "cytomark-tab-";

/** By Web Locks: the browser itself lets go of a dead tab's lock. */
class LockOwners implements Owners {
  private letGo: (() => void)[] = [];

  constructor(private readonly locks: LockManager) {}

  claim(clientId: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const hold = (lock: Lock | null) => {
        resolve(lock !== null);
        return lock && new Promise<void>((release) => this.letGo.push(release));
      };
      this.locks.request(prefix + clientId, { ifAvailable: true }, hold).catch(reject);
    });
  }

  release(): void {
    for (const release of this.letGo) release();
    this.letGo = [];
  }
}

const BEAT_MS = 5_000;
/** Browsers wake a background tab once a minute: a tab counts as dead only well after that. */
const DEAD_MS = 90_000;

/** By a time stamp in local storage, where there are no Web Locks (no HTTPS). */
export class BeatOwners implements Owners {
  private readonly held = new Set<string>();
  private cancel = () => {};

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly timers: Timers,
    private readonly wallClock: () => number,
  ) {}

  async claim(clientId: string): Promise<boolean> {
    if (this.held.has(clientId)) return false;
    const beat = Number(this.storage.getItem(prefix + clientId) ?? 0);
    if (this.wallClock() - beat < DEAD_MS) return false;
    this.held.add(clientId);
    this.beat();
    return true;
  }

  release(): void {
    this.cancel();
    for (const id of this.held) this.storage.removeItem(prefix + id);
    this.held.clear();
  }

  private beat(): void {
    this.cancel();
    for (const id of this.held) this.storage.setItem(prefix + id, String(this.wallClock()));
    this.cancel = this.timers.after(BEAT_MS, () => this.beat());
  }
}

export function browserOwners(timers: Timers): Owners {
  if (navigator.locks) return new LockOwners(navigator.locks);
  return new BeatOwners(localStorage, timers, () => Date.now());
}
