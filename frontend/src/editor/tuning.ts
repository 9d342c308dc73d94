import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type ManyMasks, paintMany } from "../geometry/many";
import type { RunParameters } from "./page-ports";
import type { ImageSession } from "./ports";

const ENDED = new Set(["done", "failed", "cancelled"]);

/** Moving an engine's thresholds over what it kept of the image: all cells are proposed, none is stored before the person
 * accepts. While an answer is on its way the newest thresholds wait for it, so that no work is piled up. */
export class Tuning {
  /** A proposal is shown or on its way. */
  readonly active = signal(false);
  readonly params: Signal<RunParameters> = signal({});
  /** The run that makes cells of the proposal, which stays visible until it has ended. */
  readonly accepting: Signal<string | null> = signal(null);
  private behind = false;
  private readonly end: () => void;

  readonly shown: ReadonlySignal<ManyMasks | null> = computed(() => {
    const { cells } = this.session.proposal.value;
    const { store } = this.session;
    if (!this.active.value || !cells || this.revision.value < 0) return null;
    const masks = cells.map(({ mask }) => mask);
    return paintMany(masks, store);
  });
  readonly waiting: ReadonlySignal<boolean> = computed(
    () => this.active.value && this.session.proposal.value.waiting,
  );

  constructor(
    private readonly session: ImageSession,
    private readonly engine: ReadonlySignal<string | null>,
    private readonly revision: ReadonlySignal<number>,
  ) {
    const stops = [
      effect(() => {
        const { waiting, cells } = session.proposal.value;
        if (waiting) return;
        // It failed, or a click was asked about instead.
        if (cells === null) this.forget();
        else if (this.behind) this.ask();
      }),
      effect(() => {
        const job = session.jobs.value.get(this.accepting.value ?? "");
        if (job && ENDED.has(job.state)) this.ended(job.state === "done");
      }),
    ];
    this.end = () => {
      for (const stop of stops) stop();
    };
  }

  /** Show what the engine finds with the thresholds as they are. */
  start(): void {
    this.ask();
    this.active.value = this.session.proposal.peek().waiting;
  }

  set(params: RunParameters): void {
    this.params.value = params;
    if (this.active.peek()) this.ask();
  }

  private ask(): void {
    const engine = this.engine.peek();
    this.behind = engine !== null && this.session.proposal.peek().waiting;
    if (engine !== null && !this.behind) this.session.tune(engine, this.params.peek());
  }

  discard(): void {
    if (!this.active.peek()) return;
    this.forget();
    this.session.cancelTune();
  }

  private forget(): void {
    this.active.value = false;
    this.accepting.value = null;
    this.behind = false;
  }

  private ended(done: boolean): void {
    this.accepting.value = null;
    if (done) this.discard();
  }

  close(): void {
    this.end();
  }
}
