import { computed, signal } from "@preact/signals";
import type { Mask } from "../geometry/mask";
import { isEmpty } from "../geometry/mask";
import type {
  CellUpdate,
  Edit,
  ImageSession,
  Me,
  PresentMember,
  PreviewState,
  ProposalState,
  SaveStatus,
  Taken,
  Unread,
} from "../net/types";
import { NO_PREVIEW, NO_PROPOSAL } from "../net/types";
import type { CellState, JobUpdate, PromptSet, Provenance, TuneParams } from "../protocol/messages.gen";
import { CellStore } from "../store/document";
import { type PlaneAt, samePlane } from "../store/types";

/** A session without a server: every change is answered at once. For tests that drive the editor. */
export class LocalSession implements ImageSession {
  readonly store: CellStore;
  readonly status = signal<SaveStatus>({ state: "saved" });
  readonly me = signal<Me | null>({
    clientId: "c",
    userId: 1,
    name: "Ada",
    colour: "#56b4e9",
    role: "annotator",
  });
  readonly members = signal<readonly PresentMember[]>([]);
  readonly jobs = signal<ReadonlyMap<string, JobUpdate>>(new Map());
  readonly regionsChanged = signal(0);
  readonly commentsChanged = signal(0);
  readonly notified = signal<Unread | null>(null);
  readonly notices = signal([]);
  readonly unsaved = signal([]);
  readonly preview = signal<PreviewState>(NO_PREVIEW);
  readonly proposal = signal<ProposalState>(NO_PROPOSAL);
  readonly taken = signal<Taken | null>(null);
  readonly held: string[][] = [];
  readonly tookOver: string[][] = [];
  readonly tunes: { engine: string; params: TuneParams }[] = [];
  readonly prepared: string[] = [];
  readonly prompts: { engine: string; prompts: PromptSet }[] = [];
  cancelled = 0;
  at: [number | null, number | null] = [null, null];
  private readonly past = signal<readonly CellState[][]>([]);
  private readonly future = signal<readonly CellState[][]>([]);
  readonly canUndo = computed(() => this.past.value.length > 0);
  readonly canRedo = computed(() => this.future.value.length > 0);
  private next = 1;
  /** The cells that an operation leaves where they are, and those that it has placed. */
  private room: CellStore;

  constructor(width: number, height: number) {
    this.store = new CellStore(width, height);
    this.room = this.store;
  }

  create(mask: Mask, classId: number | null, provenance: Provenance): string | null {
    return this.apply([{ edit: "create", mask, classId, provenance }])[0] ?? null;
  }

  update(id: string, change: CellUpdate): void {
    this.apply([{ edit: "update", id, ...change }]);
  }

  delete(ids: readonly string[]): void {
    this.apply(ids.map((id) => ({ edit: "delete", id })));
  }

  apply(edits: readonly Edit[]): (string | null)[] {
    this.past.value = [...this.past.value, [...this.store.knownCells()]];
    this.future.value = [];
    this.lift(edits);
    const order = ["delete", "update", "create"];
    return [...edits]
      .sort((a, b) => order.indexOf(a.edit) - order.indexOf(b.edit))
      .flatMap((edit) => this.applyOne(edit));
  }

  /** As the server does: the cells that get a new shape make room first, so that pixels can change hands. */
  private lift(edits: readonly Edit[]): void {
    const moving = new Set(edits.flatMap((edit) => (edit.edit === "update" && edit.mask ? [edit.id] : [])));
    this.room = new CellStore(this.store.width, this.store.height);
    this.room.look(this.store.plane);
    this.room.applySnapshot(
      [...this.store.knownCells()].filter((cell) => !moving.has(cell.id)),
      new Set(),
    );
  }

  private applyOne(edit: Edit): (string | null)[] {
    if (edit.edit === "create") {
      const elsewhere = edit.plane && !samePlane(edit.plane, this.store.plane);
      const mask = elsewhere ? edit.mask : this.room.free(edit.mask);
      if (isEmpty(mask)) return [null];
      const label = this.store.known(edit.joins ?? "")?.label ?? this.next;
      const parent = this.store.known(edit.parent ?? "")?.label ?? null;
      const id = `cell-${this.next++}`;
      this.put({ ...edit, id, mask, locked: false, version: 1, label, parent });
      return [id];
    }
    const cell = this.store.known(edit.id);
    if (!cell) return [];
    if (edit.edit === "delete") {
      this.store.applyPatch({ operation: "", cells: [], removed: [edit.id] });
      this.room.applyPatch({ operation: "", cells: [], removed: [edit.id] });
    } else {
      const mask = edit.mask ? this.room.free(edit.mask) : cell.mask;
      const classId = edit.classId === undefined ? cell.class_id : edit.classId;
      const provenance = edit.provenance ?? cell.provenance;
      const locked = edit.locked ?? cell.locked;
      const joined = edit.joins === edit.id ? this.next++ : this.store.known(edit.joins ?? "")?.label;
      const mother = this.store.known(edit.parent ?? "")?.label ?? null;
      const kin = {
        label: joined ?? cell.label,
        parent: edit.parent === undefined ? cell.parent : mother,
      };
      this.put({ id: edit.id, mask, classId, provenance, locked, version: cell.version + 1, ...kin });
    }
    return [];
  }

  private put(cell: {
    id: string;
    mask: Mask;
    classId: number | null;
    provenance: Provenance;
    locked: boolean;
    version: number;
    label: number;
    parent: number | null;
    plane?: PlaneAt;
  }): void {
    const { id, mask, provenance, locked, version, label, parent } = cell;
    const { t, z } = cell.plane ?? this.store.known(id) ?? this.store.plane;
    const state: CellState = {
      id,
      label,
      parent,
      version,
      mask,
      class_id: cell.classId,
      provenance,
      created_by: "Ada",
      updated_by: "Ada",
      locked,
      t,
      z,
    };
    this.store.applyPatch({ operation: "", cells: [state], removed: [] });
    this.room.applyPatch({ operation: "", cells: [state], removed: [] });
  }

  undo(): void {
    const last = this.past.value.at(-1);
    if (!last) return;
    this.future.value = [...this.future.value, [...this.store.knownCells()]];
    this.past.value = this.past.value.slice(0, -1);
    this.store.applySnapshot(last, new Set());
  }

  redo(): void {
    const last = this.future.value.at(-1);
    if (!last) return;
    this.past.value = [...this.past.value, [...this.store.knownCells()]];
    this.future.value = this.future.value.slice(0, -1);
    this.store.applySnapshot(last, new Set());
  }

  prompt(engine: string, prompts: PromptSet): void {
    this.prompts.push({ engine, prompts });
    this.proposal.value = NO_PROPOSAL;
    this.preview.value = { ...this.preview.value, number: this.prompts.length, waiting: true, prompts };
  }

  /** What the engine says to the last prompt. */
  answer(...masks: Mask[]): void {
    const candidates = masks.map((mask, at) => ({ mask, score: 0.9 - at / 10 }));
    this.preview.value = {
      ...this.preview.value,
      waiting: false,
      candidates,
      engine: this.prompts.at(-1)?.engine ?? "",
      weights: "w",
    };
  }

  cancelPrompt(): void {
    this.cancelled += 1;
    this.preview.value = NO_PREVIEW;
  }

  tune(engine: string, params: TuneParams): void {
    this.tunes.push({ engine, params });
    this.preview.value = NO_PREVIEW;
    this.proposal.value = { ...this.proposal.value, waiting: true, engine, params };
  }

  /** What the engine says to the last tune. */
  propose(...masks: Mask[]): void {
    const cells = masks.map((mask) => ({ mask, score: 0.9 }));
    this.proposal.value = { ...this.proposal.value, waiting: false, cells };
  }

  cancelTune(): void {
    this.proposal.value = NO_PROPOSAL;
  }

  look(plane: PlaneAt): void {
    if (samePlane(plane, this.store.plane)) return;
    this.cancelPrompt();
    this.cancelTune();
    this.store.look(plane);
  }

  prepare(engine: string): void {
    this.prepared.push(engine);
  }

  hold(cells: readonly string[]): void {
    this.held.push([...cells]);
  }

  takeOver(cells: readonly string[]): void {
    this.tookOver.push([...cells]);
  }

  cursor(row: number | null, col: number | null): void {
    this.at = [row, col];
  }

  dismissNotice(): void {}
  putUnsavedOnTop(): void {}
  async kept(): Promise<void> {}
  keepUnsaved(): string | null {
    return null;
  }
  dismissUnsaved(): void {}
  close(): void {}
}
