import { describe, expect, test } from "vitest";
import { boxToMask } from "../geometry/raster";
import { FakeServer } from "../testing/fake-server";
import { ManualTimers } from "../testing/manual-timers";
import { IMAGE, SharedOwners, Tab } from "../testing/tab";
import { MemoryQueue } from "./queue";

const SIDE = 32;
const HAND = { source: "hand" } as const;
const ADA = { userId: 1, name: "ada", role: "annotator" };
const GRACE = { userId: 2, name: "grace", role: "annotator" };

function square(top: number, left: number, side = 4) {
  const bounds = { top: 0, left: 0, bottom: SIDE, right: SIDE };
  return boxToMask({ top, left, bottom: top + side, right: left + side }, bounds);
}

async function opened(count = 1) {
  const timers = new ManualTimers();
  const server = new FakeServer(SIDE, SIDE);
  const tabs = [ADA, GRACE].slice(0, count).map((person) => new Tab({ server, timers, side: SIDE, person }));
  await timers.pass(100);
  const [ada, grace] = tabs;
  if (!ada) throw new Error("There is always one.");
  return { timers, server, ada, grace: grace ?? ada };
}

describe("saving", () => {
  test("goes from opening to saved, and over saving back to saved", async () => {
    const timers = new ManualTimers();
    const server = new FakeServer(SIDE, SIDE);
    const { session } = new Tab({ server, timers, side: SIDE, person: ADA });
    expect(session.status.value).toEqual({ state: "opening" });
    expect(session.create(square(0, 0), null, HAND)).toBeNull();
    await timers.pass(100);
    expect(session.status.value).toEqual({ state: "saved" });
    const id = session.create(square(0, 0), 3, HAND);
    expect(session.status.value).toEqual({ state: "saving", count: 1 });
    expect(session.store.get(id ?? "")).toMatchObject({ pending: true, classId: 3 });
    await timers.pass(100);
    expect(session.status.value).toEqual({ state: "saved" });
    expect(session.store.get(id ?? "")).toMatchObject({ pending: false, label: 1, version: 1 });
    expect(server.live.map((cell) => cell.id)).toEqual([id]);
  });

  test("is kept in the browser before it is sent", async () => {
    const { ada, timers } = await opened();
    ada.session.create(square(0, 0), null, HAND);
    expect(await ada.queue.load(IMAGE, ADA.userId)).toHaveLength(1);
    await timers.pass(100);
    expect(await ada.queue.load(IMAGE, ADA.userId)).toEqual([]);
  });

  test("counts what waits while offline, and sends it afterwards in order", async () => {
    const { ada, server, timers } = await opened();
    ada.faults.down = true;
    ada.wire.cut();
    const id = ada.session.create(square(0, 0), null, HAND) ?? "";
    ada.session.update(id, { mask: square(0, 0, 6) });
    ada.session.update(id, { classId: 2 });
    await timers.pass(60_000);
    expect(ada.session.status.value).toEqual({ state: "offline", count: 3 });
    ada.faults.down = false;
    await timers.pass(60_000);
    expect(ada.session.status.value).toEqual({ state: "saved" });
    expect(server.live).toMatchObject([{ class_id: 2, mask: { height: 6 } }]);
  });

  test("a database that is away for a moment is no conflict and no message (R4)", async () => {
    const { ada, server, timers } = await opened();
    server.failures = 4;
    ada.session.create(square(0, 0), null, HAND);
    await timers.pass(20_000);
    expect(ada.session.status.value).toEqual({ state: "saved" });
    expect(ada.session.notices.value).toEqual([]);
    expect(server.live).toHaveLength(1);
  });

  test("many cells at once are one operation, undone at once", async () => {
    const { ada, server, timers } = await opened();
    const squares = [square(0, 0), square(10, 10), square(20, 20), square(0, 0, 2)];
    const edits = squares.map((mask) => ({ edit: "create", mask, classId: null, provenance: HAND }) as const);
    const ids = ada.session.apply(edits);
    expect(ids.map((id) => id !== null)).toEqual([true, true, true, false]);
    await timers.pass(100);
    expect(server.log).toHaveLength(1);
    ada.session.undo();
    await timers.pass(100);
    expect(server.live).toEqual([]);
  });

  test("an update without pixels deletes, one without change does nothing", async () => {
    const { ada, server, timers } = await opened();
    const id = ada.session.create(square(0, 0), 1, HAND) ?? "";
    ada.session.update(id, { mask: square(0, 0), classId: 1 });
    await timers.pass(100);
    expect(server.log).toHaveLength(1);
    ada.session.update(id, { mask: { top: 0, left: 0, height: 0, width: 0, counts: [] } });
    await timers.pass(100);
    expect(server.live).toEqual([]);
  });
});

describe("two people", () => {
  test("see each other's cells", async () => {
    const { ada, grace, timers } = await opened(2);
    const id = ada.session.create(square(3, 3), null, HAND) ?? "";
    await timers.pass(100);
    expect(grace.session.store.get(id)).toMatchObject({ createdBy: "ada", pending: false });
  });

  test("reshape one cell at once: one wins, the other keeps the shape as an unsaved copy (R5)", async () => {
    const { ada, grace, server, timers } = await opened(2);
    const id = ada.session.create(square(0, 0), 5, HAND) ?? "";
    await timers.pass(100);
    ada.session.update(id, { mask: square(0, 0, 6) });
    grace.session.update(id, { mask: square(8, 8, 5) });
    await timers.pass(1000);
    const loser = [ada, grace].find(({ session }) => session.unsaved.value.length > 0);
    expect(server.log).toHaveLength(2);
    expect(loser?.session.notices.value[0]).toMatchObject({ code: "stale", tone: "error" });
    const [shape] = loser?.session.unsaved.value ?? [];
    expect(shape).toMatchObject({ cellId: id, classId: 5 });
    expect(ada.session.store.get(id)?.mask).toEqual(grace.session.store.get(id)?.mask);
    expect(loser?.session.keepUnsaved(shape?.id ?? "")).not.toBeNull();
    expect(loser?.session.unsaved.value).toEqual([]);
    await timers.pass(1000);
    expect(server.live).toHaveLength(2);
  });

  test("a shape drawn on top of a refused one does not overwrite what won", async () => {
    const { ada, grace, server, timers } = await opened(2);
    const id = ada.session.create(square(0, 0), null, HAND) ?? "";
    await timers.pass(100);
    server.failures = 1;
    grace.session.update(id, { mask: square(0, 0, 6) });
    await timers.pass(50);
    ada.session.update(id, { mask: square(10, 10, 6) });
    await timers.pass(50);
    grace.session.update(id, { mask: square(0, 0, 7) });
    await timers.pass(10_000);
    expect(server.live).toMatchObject([{ mask: { top: 10, height: 6 } }]);
  });

  test("one recolours while the other reshapes: both stay", async () => {
    const { ada, grace, server, timers } = await opened(2);
    const id = ada.session.create(square(0, 0), 1, HAND) ?? "";
    await timers.pass(100);
    ada.session.update(id, { mask: square(0, 0, 6) });
    grace.session.update(id, { classId: 2 });
    await timers.pass(1000);
    expect(server.live).toMatchObject([{ class_id: 2, mask: { height: 6 } }]);
    expect(grace.session.unsaved.value).toEqual([]);
  });

  test("deleting what is deleted already is no error", async () => {
    const { ada, grace, timers } = await opened(2);
    const id = ada.session.create(square(0, 0), 1, HAND) ?? "";
    await timers.pass(100);
    ada.session.delete([id]);
    grace.session.delete([id]);
    await timers.pass(1000);
    expect([...ada.session.notices.value, ...grace.session.notices.value]).toEqual([]);
  });

  test("a patch that got lost is asked for", async () => {
    const { ada, grace, timers } = await opened(2);
    grace.faults.lose = 1;
    ada.session.create(square(0, 0), null, HAND);
    await timers.pass(100);
    grace.faults.lose = 0;
    expect(grace.session.store.size).toBe(0);
    await timers.pass(20_000);
    expect(grace.session.store.size).toBe(1);
    expect(grace.wires).toHaveLength(1);
  });
});

describe("undo", () => {
  test("takes back my last operation, redo brings it back", async () => {
    const { ada, timers } = await opened();
    const { session } = ada;
    session.create(square(0, 0), null, HAND);
    expect(session.canUndo.value).toBe(true);
    await timers.pass(100);
    session.undo();
    await timers.pass(100);
    expect(session.store.size).toBe(0);
    expect([session.canUndo.value, session.canRedo.value]).toEqual([false, true]);
    session.redo();
    await timers.pass(100);
    expect(session.store.size).toBe(1);
    expect([session.canUndo.value, session.canRedo.value]).toEqual([true, false]);
  });

  test("of an operation that is not answered yet waits for it", async () => {
    const { ada, server, timers } = await opened();
    ada.session.create(square(0, 0), null, HAND);
    ada.session.undo();
    await timers.pass(100);
    expect(server.log.map(({ patch }) => patch.kind)).toEqual(["edit", "undo"]);
    expect(ada.session.store.size).toBe(0);
  });

  test("pressed three times in a row takes back three, though only the server knows which", async () => {
    const { ada, server, timers } = await opened();
    for (const at of [0, 8, 16, 24]) ada.session.create(square(at, at), null, HAND);
    await timers.pass(100);
    for (let press = 0; press < 3; press++) ada.session.undo();
    await timers.pass(1000);
    expect(server.live).toMatchObject([{ mask: { top: 0 } }]);
  });

  test("is refused with a message when somebody has changed that cell since (R28)", async () => {
    const { ada, grace, timers } = await opened(2);
    const id = ada.session.create(square(0, 0), null, HAND) ?? "";
    await timers.pass(100);
    grace.session.update(id, { mask: square(0, 0, 6) });
    await timers.pass(100);
    ada.session.undo();
    await timers.pass(100);
    expect(ada.session.notices.value).toMatchObject([{ code: "changed_since" }]);
    expect(ada.session.store.get(id)?.mask.height).toBe(6);
    grace.session.undo();
    await timers.pass(100);
    ada.session.undo();
    await timers.pass(100);
    expect(ada.session.store.size).toBe(0);
  });
});

describe("tabs and people", () => {
  test("what a dead tab left is sent by the next, once (R9, R10)", async () => {
    const { server, timers } = await opened();
    const parts = {
      server,
      timers,
      side: SIDE,
      person: ADA,
      queue: new MemoryQueue(),
      owners: new SharedOwners(),
    };
    const first = new Tab(parts);
    await timers.pass(100);
    first.faults.down = true;
    first.wire.cut();
    const id = first.session.create(square(0, 0), null, HAND) ?? "";
    first.session.update(id, { mask: square(0, 0, 5) });
    await timers.pass(100);
    first.session.close();
    const second = new Tab(parts);
    await timers.pass(1000);
    expect(second.session.status.value).toEqual({ state: "saved" });
    expect(server.live).toMatchObject([{ id, mask: { height: 5 } }]);
    expect(await parts.queue.load(IMAGE, ADA.userId)).toEqual([]);
    expect(server.log).toHaveLength(2);
  });

  test("a living tab's operations are left to it", async () => {
    const { server, timers } = await opened();
    const parts = {
      server,
      timers,
      side: SIDE,
      person: ADA,
      queue: new MemoryQueue(),
      owners: new SharedOwners(),
    };
    const first = new Tab(parts);
    await timers.pass(100);
    first.faults.down = true;
    first.wire.cut();
    first.session.create(square(0, 0), null, HAND);
    const second = new Tab(parts);
    await timers.pass(100_000);
    expect(second.session.status.value).toEqual({ state: "saved" });
    expect(second.wires.flatMap(({ sent }) => sent).filter(({ type }) => type === "push")).toEqual([]);
  });

  test("another person who signs in does not send my work (R12)", async () => {
    const { ada, server, timers } = await opened();
    ada.faults.down = true;
    ada.wire.cut();
    ada.session.create(square(0, 0), null, HAND);
    ada.person = GRACE;
    ada.faults.down = false;
    await timers.pass(60_000);
    expect(ada.session.status.value).toEqual({ state: "reload", count: 1 });
    expect(server.log).toEqual([]);
    const later = new Tab({ server, timers, side: SIDE, person: GRACE, queue: ada.queue });
    await timers.pass(1000);
    expect(later.session.status.value).toEqual({ state: "saved" });
    expect(server.log).toEqual([]);
    expect(await ada.queue.load(IMAGE, ADA.userId)).toHaveLength(1);
  });

  test("signed out is said, and signing in sends what waited", async () => {
    const { ada, server, timers } = await opened();
    ada.wire.cut(4401);
    ada.session.create(square(0, 0), null, HAND);
    expect(ada.session.status.value).toEqual({ state: "signin", count: 1 });
    ada.session.wake();
    await timers.pass(1000);
    expect(ada.session.status.value).toEqual({ state: "saved" });
    expect(server.live).toHaveLength(1);
  });

  test("turned away twice means gone, too old means reload", async () => {
    const { ada, grace, timers } = await opened(2);
    ada.faults.turnAway = 4403;
    ada.wire.cut(4403);
    expect(ada.session.status.value).toMatchObject({ state: "offline" });
    grace.wire.cut(4409);
    await timers.pass(60_000);
    expect(ada.session.status.value).toEqual({ state: "gone", count: 0 });
    expect(grace.session.status.value).toEqual({ state: "reload", count: 0 });
    expect([ada.wires.length, grace.wires.length]).toEqual([2, 1]);
  });

  test("a viewer changes nothing and is told why", async () => {
    const timers = new ManualTimers();
    const server = new FakeServer(SIDE, SIDE);
    const { session } = new Tab({ server, timers, side: SIDE, person: { ...ADA, role: "viewer" } });
    await timers.pass(100);
    expect(session.create(square(0, 0), null, HAND)).toBeNull();
    expect(session.notices.value).toMatchObject([{ code: "forbidden" }]);
    session.dismissNotice(session.notices.value[0]?.id ?? 0);
    expect(session.notices.value).toEqual([]);
  });
});

describe("a change that the server cannot read", () => {
  test("is taken out of the way of the others, and its shape kept", async () => {
    const { ada, server, timers } = await opened();
    ada.faults.delay = 1000;
    const bad = ada.session.create(square(0, 0), null, HAND);
    ada.session.create(square(8, 8), null, HAND);
    for (const times of [1, 2]) {
      while (ada.wires.length < times || !ada.wire.sent.some(({ type }) => type === "push"))
        await timers.pass(5);
      ada.wire.cut(4400);
    }
    ada.faults.delay = 5;
    await timers.pass(60_000);
    expect(ada.session.status.value).toEqual({ state: "saved" });
    expect(server.live).toMatchObject([{ mask: { top: 8 } }]);
    expect(ada.session.unsaved.value).toMatchObject([{ cellId: bad }]);
  });
});
