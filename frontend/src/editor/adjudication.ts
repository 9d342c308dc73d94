/** Deciding between two independent annotations of the image: from one cell that they disagree on to the next. */

import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { difference, EMPTY, type Mask } from "../geometry/mask";
import { type PlaneAt, samePlane } from "../store/types";
import type { Editor } from "./editor";
import { sentence } from "./sentence";

export type Take = "a" | "b" | "union" | "intersection";
export type Shown = "both" | "a" | "b" | "difference";

/** Somebody's finished annotation of the image, or an engine's. */
export interface Copy {
  readonly id: string;
  readonly name: string;
  readonly take: number;
}

export interface CopiedCell extends PlaneAt {
  readonly id: string;
  readonly mask: Mask;
}

/** What both say of one cell; null where one of them has none. */
export interface Difference {
  readonly a: CopiedCell | null;
  readonly b: CopiedCell | null;
  readonly iou: number;
  readonly error: number;
  readonly agrees: boolean;
}

export interface Choice {
  readonly a: string | null;
  readonly b: string | null;
  readonly take: Take;
}

/** Every method rejects with an Error whose message is a sentence for the person. */
export interface AdjudicationPort {
  copies(): Promise<readonly Copy[]>;
  differences(a: string, b: string): Promise<readonly Difference[]>;
  /** One operation; the ids of the cells that came of it. */
  adjudicate(a: string, b: string, choices: readonly Choice[]): Promise<readonly string[]>;
}

/** What of A and B lies over the image: `current` is the cell that is asked about. */
export interface Compared {
  readonly shown: Shown;
  readonly differences: readonly Difference[];
  readonly current: Difference | null;
}

const AROUND = 2;
const AT_ONCE = 4096;
const TURNS: readonly Shown[] = ["both", "a", "b", "difference"];

export class Adjudication {
  readonly copies: Signal<readonly Copy[]> = signal([]);
  readonly a: Signal<string> = signal("");
  readonly b: Signal<string> = signal("");
  readonly differences: Signal<readonly Difference[]> = signal([]);
  readonly shown: Signal<Shown> = signal("both");
  private readonly chosen: Signal<Difference | null> = signal(null);
  /** A and B are compared, and their difference lies over the image. */
  readonly active = signal(false);

  /** What is to be decided: cells that differ and that nothing was taken of yet. */
  readonly open: ReadonlySignal<readonly Difference[]> = computed(() =>
    this.undecided(this.differences.value.filter((one) => !one.agrees)),
  );
  readonly agreed: ReadonlySignal<readonly Difference[]> = computed(() =>
    this.undecided(this.differences.value.filter((one) => one.agrees)),
  );
  readonly current: ReadonlySignal<Difference | null> = computed(() =>
    this.active.value ? this.chosen.value : null,
  );

  constructor(
    private readonly editor: Editor,
    private readonly port: AdjudicationPort,
  ) {}

  /** Which annotations there are; with `pair` those two are compared at once. */
  async load(pair: readonly [string, string] | null = null): Promise<void> {
    await this.tried(async () => {
      const copies = await this.port.copies();
      const [a, b] = pair ?? [copies[0]?.id ?? "", copies[1]?.id ?? ""];
      this.copies.value = copies;
      this.a.value = a;
      this.b.value = b;
    });
    if (pair && this.copies.peek().length > 1) await this.start();
  }

  choose(side: "a" | "b", id: string): void {
    this[side].value = id;
    if (this.active.peek()) void this.start();
  }

  async start(): Promise<void> {
    const [a, b] = [this.a.peek(), this.b.peek()];
    if (a === b) {
      this.editor.say("Choose two different annotations.");
      return;
    }
    await this.tried(async () => {
      this.differences.value = await this.port.differences(a, b);
      this.active.value = true;
      this.chosen.value = null;
      this.step(1);
    });
  }

  stop(): void {
    this.active.value = false;
    this.chosen.value = null;
    this.overlay();
  }

  show(shown: Shown): void {
    this.shown.value = shown;
    this.overlay();
  }

  turn(): void {
    this.show(TURNS[(TURNS.indexOf(this.shown.peek()) + 1) % TURNS.length] ?? "both");
  }

  step(by: 1 | -1): void {
    const open = this.open.peek();
    const chosen = this.chosen.peek();
    const at = chosen ? open.indexOf(chosen) : -1;
    this.ask(open[at < 0 ? 0 : (at + by + open.length) % open.length] ?? null);
  }

  /** Takes it and goes on to the next. */
  async take(take: Take): Promise<void> {
    const current = this.current.peek();
    if (!current) return;
    if ((await this.adjudicate([{ ...idsOf(current), take }])) !== null) this.goOn(current);
  }

  /** Takes all of it, to be changed by hand: the cell is selected and the brush is in the hand. */
  async edit(): Promise<void> {
    const current = this.current.peek();
    if (!current) return;
    const [id] = (await this.adjudicate([{ ...idsOf(current), take: "union" }])) ?? [];
    if (!id) return;
    this.editor.setTool("brush");
    // The cell comes by the socket, as everybody's do.
    const stop = effect(() => {
      if (this.editor.revision.value < 0 || !this.editor.session.store.get(id)) return;
      untracked(() => this.editor.select([id]));
      queueMicrotask(() => stop());
    });
  }

  /** What both say alike, as A drew it: one step of undo. */
  async takeAgreed(): Promise<void> {
    const choices = this.agreed.peek().map((one): Choice => ({ ...idsOf(one), take: "a" }));
    for (let from = 0; from < choices.length; from += AT_ONCE)
      if ((await this.adjudicate(choices.slice(from, from + AT_ONCE))) === null) return;
  }

  private async adjudicate(choices: readonly Choice[]): Promise<readonly string[] | null> {
    let made: readonly string[] | null = null;
    await this.tried(async () => {
      made = await this.port.adjudicate(this.a.peek(), this.b.peek(), choices);
    });
    return made;
  }

  private goOn(decided: Difference): void {
    const open = this.open.peek().filter((one) => one !== decided);
    const after = this.differences.peek().indexOf(decided);
    this.ask(open.find((one) => this.differences.peek().indexOf(one) > after) ?? open[0] ?? null);
  }

  private ask(next: Difference | null): void {
    this.chosen.value = next;
    if (next) this.lookAt(next);
    else this.editor.say("Everything that they disagree on is decided.");
    this.overlay();
  }

  private lookAt({ a, b }: Difference): void {
    const cells = [a, b].flatMap((cell) => cell ?? []);
    const [first] = cells;
    if (!first) return;
    const { t, z } = first;
    if (!samePlane({ t, z }, this.editor.view.position.peek())) this.editor.look({ t, z });
    const top = Math.min(...cells.map(({ mask }) => mask.top));
    const left = Math.min(...cells.map(({ mask }) => mask.left));
    const height = Math.max(...cells.map(({ mask }) => mask.top + mask.height)) - top;
    const width = Math.max(...cells.map(({ mask }) => mask.left + mask.width)) - left;
    this.editor.view.showAround({ top, left, height, width }, AROUND);
  }

  private undecided(differences: readonly Difference[]): readonly Difference[] {
    if (this.editor.revision.value < 0) return [];
    const taken = new Set<string>();
    for (const { provenance } of this.editor.session.store.everywhere())
      for (const id of provenance.adjudicated?.cells ?? []) taken.add(id);
    return differences.filter(({ a, b }) => !(a && taken.has(a.id)) && !(b && taken.has(b.id)));
  }

  private overlay(): void {
    this.editor.compared.value = this.active.peek()
      ? {
          shown: this.shown.peek(),
          differences: this.differences.peek(),
          current: this.chosen.peek(),
        }
      : null;
  }

  private async tried(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.editor.say(sentence(error));
    }
  }
}

function idsOf({ a, b }: Difference): { readonly a: string | null; readonly b: string | null } {
  return { a: a?.id ?? null, b: b?.id ?? null };
}

/** Pixels of A alone and of B alone. */
export function alone({ a, b }: Difference): { readonly a: Mask; readonly b: Mask } {
  const [one, other] = [a?.mask ?? EMPTY, b?.mask ?? EMPTY];
  return { a: difference(one, other), b: difference(other, one) };
}
