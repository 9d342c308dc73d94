import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Bitmap, contains, decode, type Mask } from "../geometry/mask";
import type {
  Candidate,
  Edit,
  ImageSession,
  PromptBox,
  PromptPoint,
  PromptScribble,
  PromptSet,
  Provenance,
} from "./ports";
import type { Writer } from "./writing";

/** A cell whose shape is the question: the answer replaces it. */
export interface Refined {
  readonly id: string;
  readonly mask: Mask;
}

/** What the protocol lets through. */
const MOST_POINTS = 64;
const MOST_SCRIBBLES = 16;

/** What is asked about one cell and which of the engine's answers is looked at. */
export class Prompting {
  readonly points: Signal<readonly PromptPoint[]> = signal([]);
  readonly box: Signal<PromptBox | null> = signal(null);
  readonly scribbles: Signal<readonly PromptScribble[]> = signal([]);
  /** The stroke under the hand. */
  readonly stroke: Signal<PromptScribble | null> = signal(null);
  readonly refined: Signal<Refined | null> = signal(null);
  /** A place that is only pointed at: its answer is shown, and counts for nothing until it is clicked. */
  readonly hovered: Signal<PromptPoint | null> = signal(null);
  private readonly chosen = signal(0);
  /** Which came last, so that they can be taken back in order. */
  private order: ("point" | "scribble")[] = [];

  readonly active: ReadonlySignal<boolean> = computed(
    () =>
      this.points.value.length > 0 ||
      this.box.value !== null ||
      this.scribbles.value.length > 0 ||
      this.stroke.value !== null ||
      this.refined.value !== null,
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
  /** What a click at the place that is pointed at would give. */
  readonly hoverCandidate: ReadonlySignal<Candidate | null> = computed(() => {
    if (this.active.value || this.hovered.value === null) return null;
    const { waiting, candidates } = this.session.preview.value;
    const { row, col } = this.hovered.value;
    const [first] = waiting ? [] : candidates;
    // A mask somewhere else says nothing about what is here.
    return first && contains(first.mask, Math.floor(row), Math.floor(col)) ? first : null;
  });
  readonly bitmap: ReadonlySignal<Bitmap | null> = computed(() => {
    const candidate = this.candidate.value ?? this.hoverCandidate.value;
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
    return this.writer.free(mask, this.refined.value?.id);
  }

  /** Ask what a click here would give. */
  hover(point: PromptPoint): void {
    const engine = this.engine.peek();
    if (this.active.peek() || !engine) return;
    this.hovered.value = point;
    this.session.prompt(engine, { points: [point], box: null });
  }

  /** The place is not pointed at any more: an answer on its way is not wanted. */
  dropHover(): void {
    if (this.hovered.peek() === null) return;
    this.hovered.value = null;
    if (!this.active.peek()) this.session.cancelPrompt();
  }

  /** False where there are as many as an engine takes. */
  addPoint(point: PromptPoint): boolean {
    if (this.points.peek().length >= MOST_POINTS) return false;
    this.points.value = [...this.points.peek(), point];
    this.order.push("point");
    this.ask();
    return true;
  }

  setBox(box: PromptBox): void {
    this.box.value = box;
    this.points.value = [];
    this.scribbles.value = [];
    this.refined.value = null;
    this.order = [];
    this.ask();
  }

  get mayScribble(): boolean {
    return this.scribbles.peek().length < MOST_SCRIBBLES;
  }

  /** The stroke so far. It is asked about while it is drawn, whenever the engine has answered the last question. */
  draw(stroke: PromptScribble): void {
    this.stroke.value = stroke;
    if (!this.session.preview.peek().waiting) this.ask();
  }

  /** The stroke is done. */
  addScribble(stroke: PromptScribble): void {
    this.stroke.value = null;
    this.scribbles.value = [...this.scribbles.peek(), stroke];
    this.order.push("scribble");
    this.ask();
  }

  dropStroke(): void {
    if (this.stroke.peek() === null) return;
    this.stroke.value = null;
    this.askOrForget();
  }

  /** Ask for a better shape of a cell. */
  refine(cell: Refined): void {
    this.reset();
    this.refined.value = cell;
    this.ask();
  }

  /** Take the last point or stroke back; without any, the box or the cell. */
  removeLast(): void {
    const last = this.order.pop();
    if (last === "point") this.points.value = this.points.peek().slice(0, -1);
    else if (last === "scribble") this.scribbles.value = this.scribbles.peek().slice(0, -1);
    else {
      this.box.value = null;
      this.refined.value = null;
    }
    this.askOrForget();
  }

  next(): void {
    this.chosen.value = this.index.peek() + 1;
  }

  clear(): void {
    if (this.active.peek()) this.forget();
  }

  /** The id of the new or the refined cell, or null where there is nothing to accept or no free pixel. A new cell may
   * join the object of one on another plane. */
  accept(classId: number | null, kin: { readonly joins?: string } = {}): string | null {
    const candidate = this.candidate.peek();
    if (!candidate) return null;
    const { engine, weights, preprocessing, prompts } = this.session.preview.peek();
    const provenance: Provenance = {
      source: "prompt",
      engine,
      weights,
      preprocessing,
      score: Math.min(1, Math.max(0, candidate.score)),
      prompts: prompts ?? this.prompts(),
    };
    const id = this.keep({ mask: candidate.mask, classId, provenance, ...kin });
    this.forget();
    return id;
  }

  private keep(cell: Omit<Extract<Edit, { edit: "create" }>, "edit">): string | null {
    const { session, writer } = this;
    const { mask, provenance } = cell;
    const id = this.refined.peek()?.id;
    if (!id || !session.store.get(id)) return writer.apply([{ edit: "create", ...cell }])[0] ?? null;
    if (writer.free(mask, id).counts.length < 2) return null;
    writer.update(id, { mask, provenance });
    return id;
  }

  private prompts(): PromptSet {
    const stroke = this.stroke.peek();
    const strokes = this.scribbles.peek();
    const mask = this.refined.peek()?.mask;
    return {
      points: this.points.peek(),
      box: this.box.peek(),
      ...(mask ? { mask } : {}),
      ...(stroke || strokes.length ? { scribbles: stroke ? [...strokes, stroke] : strokes } : {}),
    };
  }

  private ask(): void {
    const engine = this.engine.peek();
    this.chosen.value = 0;
    this.hovered.value = null;
    if (engine) this.session.prompt(engine, this.prompts());
  }

  private askOrForget(): void {
    if (this.active.peek()) this.ask();
    else this.session.cancelPrompt();
  }

  private forget(): void {
    this.reset();
    this.session.cancelPrompt();
  }

  private reset(): void {
    this.points.value = [];
    this.box.value = null;
    this.scribbles.value = [];
    this.stroke.value = null;
    this.refined.value = null;
    this.chosen.value = 0;
    this.order = [];
  }
}
