import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Point } from "./camera";
import type { Editor } from "./editor";
import type { PreviewState, PromptPoint } from "./ports";

/** So long the pointer rests before a place is asked about. */
export const REST_MS = 150;
/** An engine that takes longer is left alone until a click was answered faster. */
export const SLOW_MS = 300;
/** A hand that rests still trembles by so much, in CSS pixels. */
const TREMBLE = 3;

/** Shows what a click would give where the pointer rests over no cell. */
export class Hovering {
  /** Whether the person wants it. */
  readonly on: Signal<boolean> = signal(true);
  /** The engine was too slow when it was asked last. */
  readonly slow: ReadonlySignal<boolean>;
  private readonly slowed = signal(false);
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Where the pointer rests, in image pixels. */
  private rest: Point | null = null;
  private asked: PromptPoint | null = null;
  private askedAt: number | null = null;
  private readonly stops: readonly (() => void)[];

  constructor(private readonly editor: Editor) {
    this.slow = this.slowed;
    const { session, pointer, view, path, promptEngine, revision } = editor;
    this.stops = [
      effect(() => this.follow(pointer.value)),
      effect(() => {
        // Whatever makes another picture or another question of it.
        void [view.camera.value, path.value, promptEngine.value, revision.value, this.on.value];
        this.drop();
      }),
      effect(() => this.measure(session.preview.value)),
    ];
  }

  close(): void {
    this.drop();
    for (const stop of this.stops) stop();
  }

  private follow(point: Point | null): void {
    const { rest } = this;
    const scale = this.editor.view.camera.peek().scale;
    if (point && rest && Math.hypot(point.x - rest.x, point.y - rest.y) * scale < TREMBLE) return;
    this.drop();
    if (!point || !this.on.peek()) return;
    this.rest = point;
    this.timer = setTimeout(() => this.ask(point), REST_MS);
  }

  private ask(point: Point): void {
    this.timer = null;
    if (!this.may(point)) return;
    this.asked = { row: point.y, col: point.x, positive: true };
    this.editor.prompting.hover(this.asked);
  }

  private may({ x, y }: Point): boolean {
    const { editor } = this;
    const { width, height } = editor.session.store;
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    return (
      inside &&
      !this.slowed.peek() &&
      editor.path.peek() === "points.idle" &&
      editor.canEdit.peek() &&
      !editor.tuning.active.peek() &&
      !editor.cellUnder({ x, y }) &&
      this.isRead()
    );
  }

  /** The engine has read the image: a click would be answered at once. */
  private isRead(): boolean {
    const engine = this.editor.promptEngine.peek();
    const jobs = [...this.editor.session.jobs.peek().values()];
    return jobs.some((job) => job.kind === "embed" && job.engine === engine && job.state === "done");
  }

  private drop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.rest = null;
    // A smart stroke asks in the same way: its answer is not ours to drop.
    const { hovered } = this.editor.prompting;
    if (this.asked && hovered.peek() === this.asked) this.editor.prompting.dropHover();
    this.asked = null;
  }

  /** How long answers take, to clicks as well: a place that is pointed at must not wait in front of a click. */
  private measure({ waiting, candidates, error }: PreviewState): void {
    if (waiting) {
      this.askedAt ??= performance.now();
      return;
    }
    if (this.askedAt !== null && candidates.length > 0) {
      this.slowed.value = performance.now() - this.askedAt > SLOW_MS;
    }
    this.askedAt = null;
    if (error && this.asked) {
      this.slowed.value = true;
      this.drop();
    }
  }
}
