/** A server in memory that speaks the protocol and keeps the real one's rules (annotation/actions): one clock, repeats
 * known by tab and number, stale versions refused, masks that never overlap, undo of one's own operations. */

import type { Mask } from "../geometry/mask";
import { area, isEmpty } from "../geometry/mask";
import type {
  Ack,
  CellState,
  Change,
  ClientMessage,
  Hello,
  Patch,
  Push,
  Refusal,
  ServerMessage,
  UpdateCell,
  Welcome,
} from "../protocol/messages.gen";
import { VERSION } from "../protocol/messages.gen";
import { Labels } from "../store/labels";
import type { Logged, Person, Row } from "./fake-rows";
import { checkObjects, differences, kinOf, Refused, refusal, writeRow } from "./fake-rows";

export interface Listener {
  readonly person: Person;
  receive(message: ServerMessage): void;
}

/** Slices that its image has. */
export const SLICES = 3;

export class FakeServer {
  clock = 0;
  readonly log: Logged[] = [];
  readonly receipts = new Map<string, { readonly id: string; readonly ack: Ack }>();
  readonly lastSeq = new Map<string, number>();
  readonly listeners = new Set<Listener>();
  /** Answer the next so many pushes as if the database were away. */
  failures = 0;
  /** More operations missed than this are answered with a snapshot. */
  snapshotAfter = 20;
  private rows = new Map<string, Row>();
  private slots = new Map<string, number>();
  /** Slice under slice. */
  private labels: Labels;
  private nextLabel = 1;
  /** Whether there was ever a cell that joined another. */
  private areLinked = false;

  constructor(
    width: number,
    private readonly height: number,
  ) {
    this.labels = new Labels(width, height * SLICES);
  }

  get live(): CellState[] {
    return [...this.rows.values()].filter((row) => !row.deleted).map((row) => row.state);
  }

  handle(from: Listener, message: ClientMessage): void {
    if (message.type === "hello") from.receive(this.welcome(from.person, message));
    else if (message.type === "push") from.receive(this.push(from.person, message));
    else if (message.type === "ping") from.receive({ type: "pong", clock: this.clock });
  }

  private welcome(person: Person, hello: Hello): Welcome {
    const missed = hello.clock == null ? null : this.log.slice(hello.clock).map(({ patch }) => patch);
    const isLong = missed === null || missed.length > this.snapshotAfter;
    return {
      type: "welcome",
      protocol: VERSION,
      clock: this.clock,
      user_id: person.userId,
      name: person.name,
      colour: "#ffffff",
      role: person.role,
      last_seq: this.lastSeq.get(hello.client_id) ?? 0,
      snapshot: isLong ? this.live : null,
      patches: isLong ? [] : missed,
      ...this.history(person),
    };
  }

  private history(person: Person) {
    const last = (isIt: (one: Logged) => boolean) =>
      this.log.findLast((one) => one.patch.actor === person.name && isIt(one));
    const undoable = last(({ patch, undone }) => !undone && !["undo", "part"].includes(patch.kind));
    const undo = last(({ patch, undone }) => !undone && patch.kind === "undo");
    const edit = undo && last(({ patch }) => patch.kind === "edit");
    const isOver = undo && edit && edit.patch.clock > undo.patch.clock;
    return {
      undoable: undoable?.patch.operation ?? null,
      redoable: isOver ? null : (undo?.patch.operation ?? null),
    };
  }

  // --- pushes -------------------------------------------------------------------------------------------------

  private push(person: Person, push: Push): Ack | Refusal {
    const key = `${push.client_id} ${push.seq}`;
    const before = this.receipts.get(key);
    if (before) return before.id === push.id ? before.ack : refusal("conflict", push.id);
    if (this.failures > 0) {
      this.failures--;
      return refusal("retry", push.id);
    }
    if (push.seq !== (this.lastSeq.get(push.client_id) ?? 0) + 1) return refusal("out_of_order", push.id);
    const ack = this.decide(person, push);
    this.receipts.set(key, { id: push.id, ack });
    this.lastSeq.set(push.client_id, push.seq);
    return ack;
  }

  private painted(): Labels {
    const labels = new Labels(this.labels.width, this.labels.height);
    for (const { id, mask, z } of this.live) labels.paint(this.lay(mask, z), this.slot(id));
    return labels;
  }

  private decide(person: Person, push: Push): Ack {
    const saved = {
      rows: new Map([...this.rows].map(([id, row]) => [id, { ...row }])),
      label: this.nextLabel,
    };
    try {
      const patch = push.undo ? this.invert(person, push, push.undo) : this.change(person, push);
      return this.ack(person, push, { outcome: "commit", cells: patch.cells, removed: patch.removed });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.rows = saved.rows;
      this.labels = this.painted();
      this.nextLabel = saved.label;
      const cells = error.cells.flatMap((id) => this.row(id)?.state ?? []);
      const removed = error.cells.filter((id) => !this.row(id));
      return this.ack(person, push, {
        outcome: "discard",
        code: error.code,
        message: error.message,
        cells,
        removed,
      });
    }
  }

  private ack(
    person: Person,
    push: Push,
    more: Pick<Ack, "outcome" | "cells" | "removed"> & Partial<Ack>,
  ): Ack {
    const common = {
      type: "ack",
      id: push.id,
      seq: push.seq,
      clock: this.clock,
      code: null,
      message: "",
    } as const;
    return { ...common, ...this.history(person), ...more };
  }

  private change(person: Person, push: Push): Patch {
    const changes = push.changes ?? [];
    const before = new Map(changes.map(({ id }) => [id, this.row(id)?.state ?? null]));
    for (const change of changes) {
      const row = this.rows.get(change.id);
      if (row && !row.deleted && change.change !== "create" && (change.change === "delete" || change.mask))
        this.labels.erase(this.lay(row.state.mask, row.state.z), this.slot(change.id));
    }
    const order = ["delete", "update", "create"];
    const sorted = [...changes].sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
    for (const change of sorted) this.applyChange(person, push.client_id, change);
    this.areLinked ||= changes.some((change) => change.change !== "delete" && change.joins);
    if (this.areLinked) checkObjects(this.live);
    const kind = push.continues ? "part" : "edit";
    return this.record(person, push.id, { kind, undoes: null, partOf: push.continues ?? null }, before);
  }

  private applyChange(person: Person, client: string, change: Change): void {
    if (change.change === "create") {
      if (this.rows.has(change.id)) throw new Refused("conflict", "There is a cell of that id.", [change.id]);
      const mask = this.claim(change.id, change.mask, change.z ?? 0);
      const t = change.t ?? 0;
      const { label = this.nextLabel++, parent = null } = kinOf(this.rows, change, {
        ...this.fresh,
        label: null,
        t,
      });
      const state: CellState = {
        id: change.id,
        label,
        parent,
        version: 1,
        mask,
        class_id: change.class_id ?? null,
        provenance: change.provenance,
        created_by: person.name,
        updated_by: person.name,
        locked: false,
        t,
        z: change.z ?? 0,
      };
      const versions = { maskVersion: 1, classVersion: 1, maskClient: client, classClient: client };
      this.rows.set(change.id, { state, deleted: false, ...versions });
      return;
    }
    const row = this.row(change.id);
    if (!row) throw new Refused("gone", "Somebody deleted this cell.", [change.id]);
    if (change.base_version > row.state.version)
      throw new Refused("bad_request", "No such version.", [change.id]);
    const isMore = change.change === "update" && (change.mask || change.set_class);
    const onlyLocks = change.change === "update" && !isMore && !change.joins && change.set_parent !== true;
    if (row.state.locked && !onlyLocks) throw new Refused("locked", "This cell is locked.", [change.id]);
    if (change.change === "update") this.update(person, client, row, change);
    else writeRow(row, person, client, { deleted: true });
  }

  private update(person: Person, client: string, row: Row, change: UpdateCell): void {
    const base = change.base_version;
    const isStale =
      (change.mask && base < row.maskVersion && row.maskClient !== client) ||
      (change.set_class && base < row.classVersion && row.classClient !== client);
    if (isStale) throw new Refused("stale", "Somebody changed this cell.", [change.id]);
    const mask = change.mask ? this.claim(change.id, change.mask, row.state.z) : undefined;
    writeRow(row, person, client, {
      mask,
      ...(mask && change.provenance ? { provenance: change.provenance } : {}),
      ...(change.set_class ? { classId: change.class_id ?? null } : {}),
      ...(typeof change.locked === "boolean" ? { locked: change.locked } : {}),
      ...kinOf(this.rows, change, { ...this.fresh, label: row.state.label, t: row.state.t }),
    });
  }

  // --- undo ---------------------------------------------------------------------------------------------------

  private invert(person: Person, push: Push, targetId: string): Patch {
    const target = this.log.find(({ patch }) => patch.operation === targetId);
    if (!target || target.undone) throw new Refused("nothing_to_undo", "There is nothing to undo.");
    if (target.patch.actor !== person.name) throw new Refused("forbidden", "You can undo your own only.");
    const parts = this.log.filter((one) => one === target || one.partOf === targetId);
    const changes = parts.flatMap((part) => part.changes);
    for (const { id, before, after } of changes) {
      const now = this.row(id)?.state ?? null;
      const mine = differences(before, after);
      const since = differences(now, after);
      const clash = mine.has("existence")
        ? since.size > 0
        : since.has("existence") || [...since].some((p) => mine.has(p));
      const onlyLocks = [...mine].every((one) => one === "lock");
      if (now?.locked && !onlyLocks) throw new Refused("locked", "This cell is locked.", [id]);
      if (clash) throw new Refused("changed_since", "Somebody has changed this cell since.", [id]);
    }
    const states = new Map(changes.map(({ id }) => [id, this.row(id)?.state ?? null]));
    for (const { id, after } of changes)
      if (after) this.labels.erase(this.lay(after.mask, after.z), this.slot(id));
    for (const { id, before, after } of changes) {
      const row = this.rows.get(id);
      if (row) this.restore(person, push.client_id, row, before, after);
    }
    if (this.areLinked) checkObjects(this.live);
    target.undone = true;
    const kind = target.patch.kind === "undo" ? "redo" : "undo";
    return this.record(person, push.id, { kind, undoes: targetId, partOf: null }, states);
  }

  private restore(
    person: Person,
    client: string,
    row: Row,
    before: CellState | null,
    after: CellState | null,
  ): void {
    if (before === null) {
      writeRow(row, person, client, { deleted: true });
      return;
    }
    const { id } = row.state;
    // What this operation did not change may have been changed since: that stays.
    const mask = after && !differences(before, after).has("mask") ? row.state.mask : before.mask;
    const laid = this.lay(mask, before.z);
    const free = this.labels.free(laid, this.slot(id));
    if (area(free) !== area(mask))
      throw new Refused("changed_since", "Another cell lies there by now.", [id]);
    this.labels.paint(laid, this.slot(id));
    const changed = differences(before, after);
    writeRow(row, person, client, {
      deleted: false,
      mask: changed.has("mask") ? mask : undefined,
      ...(changed.has("class") ? { classId: before.class_id } : {}),
      ...(changed.has("lock") ? { locked: before.locked } : {}),
      ...(changed.has("label") ? { label: before.label } : {}),
      ...(changed.has("parent") ? { parent: before.parent } : {}),
    });
  }

  // --- inside -------------------------------------------------------------------------------------------------

  private get fresh() {
    return { fresh: () => this.nextLabel++ };
  }

  private row(id: string): Row | undefined {
    const row = this.rows.get(id);
    return row?.deleted ? undefined : row;
  }

  private slot(id: string): number {
    const slot = this.slots.get(id) ?? this.slots.size + 1;
    this.slots.set(id, slot);
    return slot;
  }

  private lay(mask: Mask, z: number): Mask {
    return { ...mask, top: mask.top + z * this.height };
  }

  private claim(id: string, mask: Mask, z: number): Mask {
    const free = this.labels.free(this.lay(mask, z), this.slot(id));
    if (isEmpty(free)) throw new Refused("covered", "Other cells cover this place.", [id]);
    this.labels.paint(free, this.slot(id));
    return this.lay(free, -z);
  }

  private record(
    person: Person,
    operation: string,
    what: { kind: string; undoes: string | null; partOf: string | null },
    before: ReadonlyMap<string, CellState | null>,
  ): Patch {
    const changes = [...before].map(([id, was]) => ({ id, before: was, after: this.row(id)?.state ?? null }));
    const cells = changes.flatMap(({ after }) => after ?? []);
    const removed = changes.filter(({ after }) => !after).map(({ id }) => id);
    this.clock++;
    const patch: Patch = {
      type: "patch",
      clock: this.clock,
      operation,
      kind: what.kind,
      actor: person.name,
      cells,
      removed,
    };
    this.log.push({ patch, undoes: what.undoes, partOf: what.partOf, undone: false, changes });
    // As the server does where much happens at once.
    const told: ServerMessage =
      patch.clock % 2 === 0 ? patch : { type: "news", clock: patch.clock, patches: [patch], presence: [] };
    for (const listener of this.listeners) listener.receive(told);
    return patch;
  }
}
