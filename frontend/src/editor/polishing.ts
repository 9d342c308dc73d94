import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ImageSession } from "./ports";

/** Has an answer that was made of flows drawn again by an engine that follows edges: the best basin becomes its mask
 * prompt. The basin is shown until the better shape is there. */
export class Polishing {
  /** The engine that draws again, or null. */
  readonly by: Signal<string | null> = signal(null);
  readonly close: () => void;

  /** ``asking``: somebody has asked for a cell; what the pointer merely rests on is not drawn again. */
  constructor(session: ImageSession, asked: ReadonlySignal<string | null>, asking: ReadonlySignal<boolean>) {
    this.close = effect(() => {
      const by = this.by.value;
      const { waiting, engine, candidates, prompts } = session.preview.value;
      const [basin] = candidates;
      if (by === null || !asking.value || waiting || engine !== asked.value || !basin || !prompts) return;
      session.prompt(by, { ...prompts, mask: basin.mask });
    });
  }
}
