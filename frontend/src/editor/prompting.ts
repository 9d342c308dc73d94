import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Bitmap, decode, type Mask } from "../geometry/mask";
import type { Candidate, ImageSession, PromptBox, PromptPoint, PromptSet } from "./ports";
import type { Writer } from "./writing";

/** What is asked about one cell and which of the engine's answers is looked at. */
export class Prompting {
  readonly points: Signal<readonly PromptPoint[]> = signal([]);
  readonly box: Signal<PromptBox | null> = signal(null);
  private readonly chosen = signal(0);
  readonly active: ReadonlySignal<boolean> = computed(
    () => this.points.value.length > 0 || this.box.value !== null,
  );
  readonly candidates: ReadonlySignal<readonly Candidate[]> = computed(() =>
    this.active.value ? this.session.preview.value.candidates : [],
  );
  readonly index: ReadonlySignal<number> = computed(() =>
    this.candidates.value.length ? this.chosen.value % this.candidates.value.length : 0,
  );
  readonly candidate: ReadonlySignal<Candidate | null> = computed(
    () => this.candidates.value[this.index.value] ?? null,
  );
  readonly bitmap: ReadonlySignal<Bitmap | null> = computed(() => {
    const candidate = this.candidate.value;
    return candidate ? decode(this.free(candidate.mask)) : null;
  });
  readonly waiting: ReadonlySignal<boolean> = computed(
    () => this.active.value && this.session.preview.value.waiting,
  );

  constructor(
    private readonly session: ImageSession,
    private readonly engine: ReadonlySignal<string | null>,
    private readonly writer: Writer,
  ) {}

  /** What the candidate would really become, as the write mode says: cells never overlap. */
  private free(mask: Mask): Mask {
    return this.writer.free(mask);
  }

  addPoint(point: PromptPoint): void {
    this.points.value = [...this.points.peek(), point];
    this.ask();
  }

  setBox(box: PromptBox): void {
    this.box.value = box;
    this.points.value = [];
    this.ask();
  }

  /** Take the last point back; without points, the box. */
  removeLast(): void {
    if (this.points.peek().length > 0) this.points.value = this.points.peek().slice(0, -1);
    else this.box.value = null;
    if (this.active.peek()) this.ask();
    else this.session.cancelPrompt();
  }

  next(): void {
    this.chosen.value = this.index.peek() + 1;
  }

  clear(): void {
    if (!this.active.peek()) return;
    this.forget();
  }

  /** The new cell's id, or null where there is nothing to accept or no free pixel. */
  accept(classId: number | null): string | null {
    const candidate = this.candidate.peek();
    if (!candidate) return null;
    const { engine, weights, preprocessing, prompts } = this.session.preview.peek();
    const id = this.writer.create(candidate.mask, classId, {
      source: "prompt",
      engine,
      weights,
      preprocessing,
      score: Math.min(1, Math.max(0, candidate.score)),
      prompts: prompts ?? this.prompts(),
    });
    this.forget();
    return id;
  }

  private prompts(): PromptSet {
    return { points: this.points.peek(), box: this.box.peek() };
  }

  private ask(): void {
    const engine = this.engine.peek();
    this.chosen.value = 0;
    if (engine) this.session.prompt(engine, this.prompts());
  }

  private forget(): void {
    this.points.value = [];
    this.box.value = null;
    this.chosen.value = 0;
    this.session.cancelPrompt();
  }
}
