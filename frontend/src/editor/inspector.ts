import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Pixels } from "../geometry/intensity";
import type { Flag, FlagKind } from "../quality/flags";
import { Inspection } from "../quality/inspection";
import type { CellView } from "../store/types";

/** One flag of one cell. */
export interface Finding {
  readonly id: string;
  readonly flag: Flag;
}

const NONE: ReadonlyMap<string, readonly Flag[]> = new Map();
/** Cells are looked at in slices of so many milliseconds, so that the hand is never held up. */
const SLICE_MS = 6;
/** After a change: a stroke that goes on is not looked at in between. */
const REST_MS = 120;

/** Looks at the cells whenever there is time, and says what may be wrong with them. */
export class Inspector {
  readonly flags: Signal<ReadonlyMap<string, readonly Flag[]>> = signal(NONE);
  /** Only these are listed and stepped through; null for all. */
  readonly kind: Signal<FlagKind | null> = signal(null);
  /** Cells that are still to be looked at. */
  readonly waiting = signal(0);
  readonly pixels: Signal<Pixels | null> = signal(null);
  private readonly chosen: Signal<{ id: string; kind: FlagKind } | null> = signal(null);
  private readonly inspection: Inspection;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly unsubscribe: () => void;

  /** The worst first. */
  readonly findings: ReadonlySignal<readonly Finding[]> = computed(() => {
    const kind = this.kind.value;
    const all = [...this.flags.value].flatMap(([id, flags]) => flags.map((flag): Finding => ({ id, flag })));
    const listed = kind === null ? all : all.filter(({ flag }) => flag.kind === kind);
    return listed.sort((a, b) => b.flag.severity - a.flag.severity);
  });

  /** The finding that is shown with its proposal; gone when the flag is. */
  readonly current: ReadonlySignal<Finding | null> = computed(() => {
    const chosen = this.chosen.value;
    const flag = chosen && this.flags.value.get(chosen.id)?.find(({ kind }) => kind === chosen.kind);
    return chosen && flag ? { id: chosen.id, flag } : null;
  });

  constructor(store: CellView) {
    this.inspection = new Inspection(store);
    this.inspection.touch([...store.cells()].map(({ id }) => id));
    this.unsubscribe = store.subscribe(({ ids }) => {
      this.inspection.touch(ids);
      this.later(REST_MS);
    });
    this.later(REST_MS);
  }

  /** Where intensities come from. */
  usePixels(pixels: Pixels | null): void {
    this.pixels.value = pixels;
    this.inspection.usePixels(pixels);
    this.later(REST_MS);
  }

  choose(finding: Finding | null): void {
    this.chosen.value = finding && { id: finding.id, kind: finding.flag.kind };
  }

  /** The finding so many places after the current one, round and round; null where there is none. */
  step(by: 1 | -1): Finding | null {
    const all = this.findings.peek();
    if (all.length === 0) return null;
    const current = this.current.peek();
    const at = all.findIndex(({ id, flag }) => id === current?.id && flag.kind === current.flag.kind);
    const next = at < 0 ? (by === 1 ? 0 : all.length - 1) : (at + by + all.length) % all.length;
    const finding = all[next] ?? null;
    this.choose(finding);
    return finding;
  }

  /** Looks at everything that waits, now. */
  finish(): void {
    while (this.inspection.next());
    this.publish();
  }

  close(): void {
    this.unsubscribe();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private later(milliseconds: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.slice(), milliseconds);
  }

  private slice(): void {
    this.timer = null;
    const end = performance.now() + SLICE_MS;
    let more = true;
    while (more && performance.now() < end) more = this.inspection.next();
    if (more) {
      this.waiting.value = this.inspection.count;
      this.later(0);
    } else this.publish();
  }

  private publish(): void {
    this.waiting.value = 0;
    this.flags.value = this.inspection.flags();
  }
}
