/** Reviewing cell by cell: which are still to be looked at, in what order, and what was said of each. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Cell } from "../store/types";
import { Adjudication } from "./adjudication";
import type { Editor } from "./editor";
import type { Judgement, ReviewPort, Verdict } from "./page-ports";
import { sentence } from "./sentence";

export type ReviewOrder = "reading" | "flags" | "score";

/** So many times the cell's size is seen on each side of it. */
const AROUND = 2;

/** Line by line, left to right. A line takes the cells whose centres lie at most a usual height below its first one's. */
export function inReadingOrder(cells: readonly Cell[]): readonly Cell[] {
  const heights = cells.map(({ mask }) => mask.height).sort((a, b) => a - b);
  const usual = heights[heights.length >> 1] ?? 0;
  const row = ({ mask }: Cell) => mask.top + mask.height / 2;
  const col = ({ mask }: Cell) => mask.left + mask.width / 2;
  const lines: Cell[][] = [];
  for (const cell of [...cells].sort((a, b) => row(a) - row(b))) {
    const line = lines.at(-1);
    if (line?.[0] && row(cell) - row(line[0]) <= usual) line.push(cell);
    else lines.push([cell]);
  }
  return lines.flatMap((line) => line.sort((a, b) => col(a) - col(b)));
}

export class Review {
  readonly adjudication: Adjudication;
  readonly verdicts: Signal<ReadonlyMap<string, Verdict>> = signal(new Map());
  readonly order: Signal<ReviewOrder> = signal("reading");
  /** Also what was judged already and has not changed since. */
  readonly all = signal(false);
  readonly waiting: ReadonlySignal<readonly Cell[]>;

  constructor(
    private readonly editor: Editor,
    private readonly port: ReviewPort,
    /** Whether cells can be judged now. */
    readonly active: ReadonlySignal<boolean>,
  ) {
    this.adjudication = new Adjudication(editor, port);
    this.waiting = computed(() => {
      if (editor.revision.value < 0) return [];
      const cells = [...editor.session.store.cells()].filter((cell) => !this.verdictOf(cell));
      return this.ordered(cells);
    });
  }

  /** The word on a cell as it is now; null where there is none, or the cell has changed since. */
  verdictOf({ id, version }: Cell): Verdict | null {
    const verdict = this.verdicts.value.get(id);
    return verdict?.version === version ? verdict : null;
  }

  /** What was rejected, with its reason, and is still there. */
  readonly rejected: ReadonlySignal<readonly { cell: Cell; reason: string }[]> = computed(() => {
    if (this.editor.revision.value < 0) return [];
    const found = [...this.verdicts.value.values()].filter((one) => one.judgement === "rejected");
    return found.flatMap(({ cell: id, reason }) => {
      const cell = this.editor.session.store.get(id);
      return cell && this.verdictOf(cell) ? [{ cell, reason }] : [];
    });
  });

  /** How many cells have which word, as they are now. */
  readonly counts: ReadonlySignal<Readonly<Record<Judgement, number>>> = computed(() => {
    const counts = { accepted: 0, rejected: 0, fixed: 0 };
    if (this.editor.revision.value < 0) return counts;
    for (const cell of this.editor.session.store.cells()) {
      const verdict = this.verdictOf(cell);
      if (verdict) counts[verdict.judgement] += 1;
    }
    return counts;
  });

  async load(): Promise<void> {
    await this.tried(async () => this.take(await this.port.verdicts()));
  }

  step(by: 1 | -1): void {
    const cells = this.all.peek()
      ? this.ordered([...this.editor.session.store.cells()])
      : this.waiting.peek();
    const [selected] = this.editor.selection.peek();
    const at = cells.findIndex(({ id }) => id === selected);
    const next = at < 0 ? (by === 1 ? 0 : cells.length - 1) : (at + by + cells.length) % cells.length;
    const cell = cells[next];
    if (cell) this.show(cell);
    else this.editor.say("Every cell was looked at.");
    // One's own fixes are marked by the server.
    void this.load();
  }

  show({ id, mask }: Cell): void {
    this.editor.select([id]);
    this.editor.view.showAround(mask, AROUND);
  }

  /** Says it of the selected cells, then shows the next that waits. */
  async judge(judgement: "accepted" | "rejected", reason = ""): Promise<void> {
    const { store } = this.editor.session;
    const cells = [...this.editor.selection.peek()].flatMap((id) => store.get(id) ?? []);
    const before = this.waiting.peek();
    const at = before.findIndex(({ id }) => id === cells[0]?.id);
    if (!(await this.say(cells, judgement, reason))) return;
    const left = new Set(this.waiting.peek().map(({ id }) => id));
    const next = [...before.slice(at + 1), ...before].find(({ id }) => left.has(id));
    if (next) this.show(next);
    else this.editor.select([]);
  }

  async acceptRest(): Promise<void> {
    await this.say(this.waiting.peek(), "accepted", "");
  }

  private ordered(cells: readonly Cell[]): readonly Cell[] {
    const reading = inReadingOrder(cells);
    if (this.order.value === "reading") return reading;
    const worst = this.order.value === "score" ? (cell: Cell) => cell.provenance.score ?? 2 : this.flagRank();
    return [...reading].sort((a, b) => worst(a) - worst(b));
  }

  private flagRank(): (cell: Cell) => number {
    const flags = this.editor.inspector.flags.value;
    return ({ id }) => -Math.max(0, ...(flags.get(id) ?? []).map((flag) => flag.severity));
  }

  private async say(
    cells: readonly Cell[],
    judgement: "accepted" | "rejected",
    reason: string,
  ): Promise<boolean> {
    if (cells.length === 0) return false;
    if (cells.some((cell) => cell.pending)) {
      this.editor.say("This cell is still being saved. Try again in a moment.");
      return false;
    }
    const seen = cells.map(({ id, version }) => ({ id, version }));
    return this.tried(async () => this.take(await this.port.judge(seen, judgement, reason)));
  }

  private take(verdicts: readonly Verdict[]): void {
    this.verdicts.value = new Map(verdicts.map((one) => [one.cell, one]));
  }

  private async tried(what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      this.editor.say(sentence(error));
      return false;
    }
  }
}
