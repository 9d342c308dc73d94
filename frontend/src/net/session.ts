/** What the canvas works with: one image's cells, and everything that may be done to them. */

import type { ReadonlySignal } from "@preact/signals-core";
import { computed, signal } from "@preact/signals-core";
import type { Mask } from "../geometry/mask";
import type {
  Change,
  ErrorCode,
  JobUpdate,
  PromptSet,
  Provenance,
  Seen,
  TuneParams,
} from "../protocol/messages.gen";
import { MAX_CHANGES, MAX_MESSAGE_BYTES } from "../protocol/messages.gen";
import type { CellStore } from "../store/document";
import { type PlaneAt, samePlane } from "../store/types";
import { draft } from "./drafts";
import { newId } from "./ids";
import type { SyncParts } from "./parts";
import type { QueuedOperation } from "./queue";
import { Sync } from "./sync";
import type {
  CellUpdate,
  Edit,
  ImageSession,
  Me,
  Notice,
  PresentMember,
  PreviewState,
  ProposalState,
  SaveStatus,
  Taken,
  Unread,
  UnsavedShape,
} from "./types";

/** Leaves room for what else is in the message. */
const MAX_OPERATION = MAX_MESSAGE_BYTES - 2_000;

export class Session implements ImageSession {
  readonly store: CellStore;
  readonly status: ReadonlySignal<SaveStatus>;
  readonly me: ReadonlySignal<Me | null>;
  readonly members: ReadonlySignal<readonly PresentMember[]>;
  readonly taken: ReadonlySignal<Taken | null>;
  readonly regionsChanged: ReadonlySignal<number>;
  readonly commentsChanged: ReadonlySignal<number>;
  readonly notified: ReadonlySignal<Unread | null>;
  readonly jobs: ReadonlySignal<ReadonlyMap<string, JobUpdate>>;
  readonly notices = signal<readonly Notice[]>([]);
  readonly unsaved = signal<readonly UnsavedShape[]>([]);
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  readonly preview: ReadonlySignal<PreviewState>;
  readonly proposal: ReadonlySignal<ProposalState>;
  private readonly sync: Sync;
  private noticed = 0;

  constructor(parts: SyncParts) {
    this.store = parts.store;
    this.sync = new Sync(parts, {
      onRefused: (operation, code, message) => this.onRefused(operation, code, message),
      onNotice: (message, code) => this.notify(message, code),
    });
    this.me = this.sync.me;
    this.members = this.sync.presence.members;
    this.taken = this.sync.presence.taken;
    this.jobs = this.sync.jobs;
    this.regionsChanged = this.sync.hints.regionsChanged;
    this.commentsChanged = this.sync.hints.commentsChanged;
    this.notified = this.sync.hints.notified;
    this.canUndo = computed(() => this.sync.undo.canUndo.value && this.sync.mayEdit);
    this.canRedo = computed(() => this.sync.undo.canRedo.value && this.sync.mayEdit);
    this.preview = this.sync.prompts.preview;
    this.proposal = this.sync.prompts.proposal;
    this.status = computed(() => this.statusNow());
    this.sync.start();
  }

  private statusNow(): SaveStatus {
    const link = this.sync.link.value;
    const count = this.sync.pusher.count.value;
    if (link === "opening") return { state: "opening" };
    if (link !== "live") return { state: link, count };
    return count === 0 ? { state: "saved" } : { state: "saving", count };
  }

  // --- cells --------------------------------------------------------------------------------------------------

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
    if (!this.mayChange()) return edits.filter(({ edit }) => edit === "create").map(() => null);
    const { store, sync } = this;
    const { entries } = sync.pusher;
    const drafts = edits.map((edit) => draft(edit, { store, entries, alone: edits.length === 1 }));
    const changes = drafts.flatMap((draft) => (draft ? [draft.change] : []));
    const refused = this.pushAll(changes);
    return drafts.flatMap((draft, index) => {
      if (edits[index]?.edit !== "create") return [];
      return [draft?.created && !refused.has(draft.created) ? draft.created : null];
    });
  }

  private mayChange(): boolean {
    if (this.me.value === null) return false;
    if (this.sync.mayEdit) return true;
    this.notify("Your role in this project lets you look but not change cells.", "forbidden");
    return false;
  }

  /** One operation, in as few parts as the size of a message allows. Returns the ids of cells left out. */
  private pushAll(changes: readonly Change[]): Set<string> {
    const refused = new Set<string>();
    let batch: Change[] = [];
    let size = 0;
    let first: string | null = null;
    const flush = () => {
      for (const id of this.tryOut(batch)) refused.add(id);
      const rest = batch.filter(({ id }) => !refused.has(id));
      if (rest.length > 0) {
        this.sync.undo.forgetWanted();
        const id = this.sync.enqueue({ kind: "edit", changes: rest, undo: null, continues: first });
        first ??= id;
      }
      batch = [];
      size = 0;
    };
    for (const change of changes) {
      const length = JSON.stringify(change).length + 1;
      if (length > MAX_OPERATION) {
        this.notify(
          "This shape is too intricate to be saved. Draw it with fewer holes and corners.",
          "too_large",
        );
        refused.add(change.id);
        continue;
      }
      if (size + length > MAX_OPERATION || batch.length === MAX_CHANGES) flush();
      batch.push(change);
      size += length;
    }
    flush();
    return refused;
  }

  /** The ids of cells without room: one of them would have the server refuse all. */
  private tryOut(changes: readonly Change[]): string[] {
    const [only] = changes;
    // An update alone was fitted when it was drafted; a new cell alone needs but a free pixel.
    if (changes.length === 1 && only)
      return only.change === "create" && this.store.isFull(only) ? [only.id] : [];
    const refused = this.store.push({ id: "trial", kind: "edit", changes, undo: null });
    this.store.settle(new Set(["trial"]));
    return refused;
  }

  // --- undo, clicks, pointer ----------------------------------------------------------------------------------

  undo(): void {
    if (this.sync.mayEdit) this.sync.undo.request("undo");
  }

  redo(): void {
    if (this.sync.mayEdit) this.sync.undo.request("redo");
  }

  prompt(engine: string, prompts: PromptSet): void {
    if (!this.mayChange()) return;
    if (JSON.stringify(prompts).length > MAX_OPERATION)
      this.notify("This shape is too intricate to ask an engine about. Draw on it by hand.", "too_large");
    else this.sync.prompts.ask(engine, prompts, this.store.plane);
  }

  cancelPrompt(): void {
    this.sync.prompts.cancel();
  }

  tune(engine: string, params: TuneParams): void {
    if (this.mayChange()) this.sync.prompts.tune(engine, params, this.store.plane);
  }

  cancelTune(): void {
    this.sync.prompts.cancelTune();
  }

  look(plane: PlaneAt): void {
    if (samePlane(plane, this.store.plane)) return;
    this.sync.prompts.cancel();
    this.sync.prompts.cancelTune();
    this.store.look(plane);
  }

  prepare(engine: string): void {
    if (!this.sync.mayEdit || this.sync.link.value !== "live") return;
    const { t, z } = this.store.plane;
    this.sync.send({ type: "prepare", engine, t, z });
  }

  cursor(row: number | null, col: number | null, seen: Seen | null): void {
    if (this.sync.link.value === "live") this.sync.presence.cursor(row, col, seen);
  }

  hold(cells: readonly string[]): void {
    if (this.sync.mayEdit) this.sync.presence.hold(cells);
  }

  takeOver(cells: readonly string[]): void {
    if (this.sync.mayEdit && cells.length > 0) this.sync.presence.take(cells);
  }

  /** The page came back to the foreground, or the network is back. */
  wake(): void {
    this.sync.wake();
  }

  kept(): Promise<void> {
    return this.sync.pusher.kept();
  }

  close(): void {
    this.sync.close();
  }

  // --- what went wrong ----------------------------------------------------------------------------------------

  private notify(message: string, code: ErrorCode | null): void {
    const notice: Notice = { id: ++this.noticed, tone: code ? "error" : "info", code, message };
    const others = this.notices.value.filter((other) => other.message !== message);
    this.notices.value = [...others, notice];
  }

  dismissNotice(id: number): void {
    this.notices.value = this.notices.value.filter((notice) => notice.id !== id);
  }

  /** What was refused stays visible as a shape that may be kept; of a cell drawn twice, the later one. */
  private onRefused(operation: QueuedOperation, code: ErrorCode, message: string): void {
    const shapes = operation.changes.flatMap((change) => this.shapesOf(change, message));
    const replaced = new Set(shapes.map(({ cellId }) => cellId));
    if (shapes.length > 0)
      this.unsaved.value = [...this.unsaved.value.filter(({ cellId }) => !replaced.has(cellId)), ...shapes];
    const onlyDeletes =
      operation.changes.length > 0 && operation.changes.every(({ change }) => change === "delete");
    // What I wanted deleted is deleted: nothing went wrong.
    if (!(onlyDeletes && code === "gone")) this.notify(message, code);
  }

  private shapesOf(change: Change, message: string): UnsavedShape[] {
    if (change.change === "delete") return [];
    const known = this.store.get(change.id);
    const mask = change.mask ?? known?.mask;
    const relabels = change.change === "create" || change.set_class === true;
    if (!mask || (!change.mask && !relabels)) return [];
    const provenance = change.change === "create" ? change.provenance : known?.provenance;
    const classId = relabels ? (change.class_id ?? null) : (known?.classId ?? null);
    const plane =
      change.change === "create" ? { t: change.t ?? 0, z: change.z ?? 0 } : this.store.planeOf(change.id);
    const shape = { id: newId(), cellId: change.id, plane, mask, classId, message };
    const what = { reshapes: Boolean(change.mask), relabels };
    return [{ ...shape, ...what, provenance: provenance ?? { source: "hand" } }];
  }

  putUnsavedOnTop(id: string): void {
    const shape = this.unsaved.value.find((other) => other.id === id);
    if (!shape || !this.mayChange()) return;
    const cell = this.store.get(shape.cellId);
    if (!cell || cell.locked) {
      this.notify(
        cell ? "Somebody locked this cell." : "Somebody deleted this cell.",
        cell ? "locked" : "gone",
      );
      return;
    }
    const { mask, classId, provenance } = shape;
    this.update(shape.cellId, {
      ...(shape.reshapes ? { mask, provenance } : {}),
      ...(shape.relabels ? { classId } : {}),
    });
    this.dismissUnsaved(id);
  }

  keepUnsaved(id: string): string | null {
    const shape = this.unsaved.value.find((other) => other.id === id);
    if (!shape) return null;
    const { plane, mask, classId, provenance } = shape;
    const [created = null] = this.apply([{ edit: "create", plane, mask, classId, provenance }]);
    if (created) this.dismissUnsaved(id);
    else this.notify("Other cells cover this place: there is no room for it.", "covered");
    return created;
  }

  dismissUnsaved(id: string): void {
    this.unsaved.value = this.unsaved.value.filter((shape) => shape.id !== id);
  }
}
