import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { area, difference, isEmpty, type Mask, union } from "../geometry/mask";
import type { Cell } from "../store/types";
import type { Past } from "./past";
import type { Candidate, ImageSession, Provenance } from "./ports";
import type { Writer } from "./writing";

/** What an engine makes of the same prompts now, with what hands have drawn since put on top. */
export interface Redecoded {
  readonly id: string;
  readonly before: Mask;
  readonly after: Mask;
  /** Pixels that come and go, and those that hands drew or erased and that stay so. */
  readonly added: Mask;
  readonly removed: Mask;
  readonly comes: number;
  readonly goes: number;
  readonly kept: number;
  readonly provenance: Provenance;
}

interface Asked {
  readonly cell: Cell;
  readonly engine: string;
  /** What the engine had answered then. */
  readonly decoded: Mask;
  readonly number: number;
}

/** “Decode again”: a cell that an engine drew from prompts is drawn by the engine of now from the same prompts; hand edits
 * are kept, and the difference is shown before anything changes. */
export class Redecoding {
  readonly result: Signal<Redecoded | null> = signal(null);
  readonly waiting: ReadonlySignal<boolean> = computed(() => this.asked.value !== null);
  private readonly asked: Signal<Asked | null> = signal(null);
  private readonly stop: () => void;

  constructor(
    private readonly session: ImageSession,
    private readonly parts: {
      readonly engine: ReadonlySignal<string | null>;
      readonly past: Past;
      readonly writer: Writer;
      say(message: string): void;
    },
  ) {
    this.stop = effect(() => this.hear());
  }

  close(): void {
    this.stop();
  }

  /** Whether an engine drew it from prompts that are known. */
  can(cell: Cell | undefined): boolean {
    return (
      cell?.provenance.source === "prompt" &&
      Boolean(cell.provenance.prompts) &&
      this.parts.engine.value !== null
    );
  }

  async start(cell: Cell): Promise<void> {
    const { prompts } = cell.provenance;
    const engine = this.parts.engine.peek();
    this.discard();
    if (!prompts || !engine) return;
    const decoded = await this.parts.past.asDecoded(cell.id);
    if (!decoded) {
      this.parts.say("The history does not say what the engine had drawn of this cell.");
      return;
    }
    this.session.prompt(engine, prompts);
    const { number } = this.session.preview.peek();
    this.asked.value = { cell, engine, decoded, number };
  }

  accept(): void {
    const result = this.result.peek();
    this.discard();
    const now = result && this.session.store.get(result.id);
    if (!result || !now) return;
    if (now.mask !== result.before) {
      this.parts.say("This cell changed meanwhile. Decode it again.");
      return;
    }
    this.parts.writer.update(result.id, { mask: result.after, provenance: result.provenance });
  }

  discard(): void {
    if (this.asked.peek()) this.session.cancelPrompt();
    this.asked.value = null;
    this.result.value = null;
  }

  private hear(): void {
    const asked = this.asked.value;
    const preview = this.session.preview.value;
    if (!asked || (preview.number === asked.number && preview.waiting)) return;
    untracked(() => {
      this.asked.value = null;
      // Another question came in between: that one counts.
      if (preview.number !== asked.number) return;
      const [best] = preview.candidates;
      if (best) this.show(asked, best, preview);
      else this.parts.say(preview.error ?? "The engine finds nothing there now. The cell stays as it is.");
      this.session.cancelPrompt();
    });
  }

  private show(
    { cell, engine, decoded }: Asked,
    best: Candidate,
    { weights, preprocessing }: { readonly weights: string; readonly preprocessing: string },
  ): void {
    const drawn = difference(cell.mask, decoded);
    const erased = difference(decoded, cell.mask);
    const wanted = difference(union(best.mask, drawn), erased);
    const after = this.parts.writer.free(wanted, cell.id);
    if (isEmpty(after)) {
      this.parts.say("Nothing of it would be left beside the other cells. The cell stays as it is.");
      return;
    }
    const score = Math.min(1, Math.max(0, best.score));
    const added = difference(after, cell.mask);
    const removed = difference(cell.mask, after);
    this.result.value = {
      id: cell.id,
      before: cell.mask,
      after,
      added,
      removed,
      comes: area(added),
      goes: area(removed),
      kept: area(drawn) + area(erased),
      provenance: { ...cell.provenance, source: "prompt", engine, weights, preprocessing, score },
    };
  }
}
