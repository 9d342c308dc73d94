import { type Signal, signal } from "@preact/signals";
import type { Mask } from "../geometry/mask";
import type { PlaneAt } from "../store/types";
import { sentence } from "./sentence";

/** One step of the timeline, from clock `first` to `last`. */
export interface Entry {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly kind: string;
  readonly actor: string;
  readonly colour: string;
  readonly created_at: string;
  readonly created: number;
  readonly deleted: number;
  readonly changed: number;
  readonly engine: string;
  readonly undone: boolean;
}

export interface PastCell extends PlaneAt {
  readonly id: string;
  readonly mask: Mask;
  readonly class_id: number | null;
}

/** What is brought back to a point: all cells, those named, or those that an operation changed. */
export interface Restored {
  readonly clock: number;
  readonly cells?: readonly string[];
  readonly operation?: string;
}

/** Where the history is kept. Every method rejects with an Error whose message is a sentence for the person. */
export interface HistoryPort {
  list(before: number | null, cell: string | null): Promise<readonly Entry[]>;
  cells(clock: number): Promise<readonly PastCell[]>;
  /** How many cells are different for it. */
  restore(what: Restored): Promise<number>;
}

/** So many entries come at once; fewer are the last ones. */
const PAGE = 100;

/** The image's timeline, and the image as it was. Looking at the past changes nothing. */
export class Past {
  readonly entries: Signal<readonly Entry[]> = signal([]);
  readonly hasMore = signal(false);
  /** The entries of this cell only. */
  readonly cell: Signal<string | null> = signal(null);
  /** The clock that is looked at; null is now. */
  readonly at: Signal<number | null> = signal(null);
  /** The cells of then, once they have come. */
  readonly shown: Signal<readonly PastCell[] | null> = signal(null);
  private port: HistoryPort | null = null;

  constructor(private readonly say: (message: string) => void) {}

  connect(port: HistoryPort): void {
    this.port = port;
  }

  async load(): Promise<void> {
    const cell = this.cell.peek();
    await this.trying(async (port) => {
      const entries = await port.list(null, cell);
      if (cell !== this.cell.peek()) return;
      this.entries.value = entries;
      this.hasMore.value = entries.length === PAGE;
    });
  }

  async loadMore(): Promise<void> {
    const before = this.entries.peek().at(-1)?.last;
    const cell = this.cell.peek();
    if (before === undefined) return;
    await this.trying(async (port) => {
      const more = await port.list(before, cell);
      if (cell !== this.cell.peek()) return;
      const known = this.entries.peek();
      this.entries.value = [...known.filter(({ last }) => last >= before), ...more];
      this.hasMore.value = more.length === PAGE;
    });
  }

  only(cell: string | null): void {
    this.cell.value = cell;
    void this.load();
  }

  /** Show the cells as they were; of several looks the last counts. */
  async look(clock: number): Promise<void> {
    this.at.value = clock;
    await this.trying(async (port) => {
      const cells = await port.cells(clock);
      if (this.at.peek() === clock) this.shown.value = cells;
    });
  }

  /** The cell as an engine last drew it; undefined where the history does not say. */
  async asDecoded(id: string): Promise<Mask | undefined> {
    let mask: Mask | undefined;
    await this.trying(async (port) => {
      const made = (await port.list(null, id)).find(({ engine }) => engine !== "");
      if (made) mask = (await port.cells(made.last)).find((cell) => cell.id === id)?.mask;
    });
    return mask;
  }

  backToNow(): void {
    this.at.value = null;
    this.shown.value = null;
  }

  async restore(what: Restored): Promise<void> {
    await this.trying(async (port) => {
      const count = await port.restore(what);
      this.backToNow();
      this.say(
        count === 0
          ? "Nothing is different: these cells are as they were."
          : `${count === 1 ? "1 cell is" : `${count} cells are`} as before. Undo takes that back.`,
      );
    });
  }

  private async trying(what: (port: HistoryPort) => Promise<void>): Promise<void> {
    if (!this.port) return;
    try {
      await what(this.port);
    } catch (error) {
      this.say(sentence(error, "The history could not be read. Try again."));
    }
  }
}

/** What somebody did, in words. */
export function wordsOf({ kind, created, deleted, changed, engine }: Entry): string {
  const cells = (count: number): string => (count === 1 ? "1 cell" : `${count} cells`);
  if (kind === "undo") return "undid a change";
  if (kind === "redo") return "redid a change";
  if (kind === "restore") return `brought back ${cells(created + changed + deleted)}`;
  if (kind === "run") return `found ${cells(created)} with ${engine}`;
  const parts = [
    created > 0 ? `drew ${cells(created)}` : "",
    changed > 0 ? `changed ${cells(changed)}` : "",
    deleted > 0 ? `deleted ${cells(deleted)}` : "",
  ].filter(Boolean);
  return `${parts.join(", ") || "changed nothing"}${engine ? ` with ${engine}` : ""}`;
}
