/** Time, so that tests can have their own. */
export interface Timers {
  /** Milliseconds. */
  now(): number;
  /** Calls once, later. Returns what prevents it. */
  after(milliseconds: number, run: () => void): () => void;
}

export const browserTimers: Timers = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const handle = setTimeout(run, milliseconds);
    return () => clearTimeout(handle);
  },
};
