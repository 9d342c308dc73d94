import type { Timers } from "../net/timers";

/** Time that passes only when told to. */
export class ManualTimers implements Timers {
  private time = 0;
  private next = 0;
  private readonly due = new Map<number, { readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const id = this.next++;
    this.due.set(id, { at: this.time + milliseconds, run });
    return () => this.due.delete(id);
  }

  /** Lets time pass, calling what is due in order; promises get their turn between. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settled();
    for (let first = this.first(end); first; first = this.first(end)) {
      const [id, { at, run }] = first;
      this.due.delete(id);
      this.time = at;
      run();
      await settled();
    }
    this.time = end;
  }

  private first(end: number) {
    let best: [number, { at: number; run: () => void }] | null = null;
    for (const entry of this.due) if (entry[1].at <= end && (!best || entry[1].at < best[1].at)) best = entry;
    return best;
  }
}

/** Everything that waits for promises already kept has run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await null;
}
