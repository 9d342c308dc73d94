import { expect, test } from "vitest";
import { Writer } from "../editor/writing";
import { boxToMask } from "../geometry/raster";
import { FakeServer } from "../testing/fake-server";
import { ManualTimers } from "../testing/manual-timers";
import { Tab } from "../testing/tab";

const SIDE = 32;
const HAND = { source: "hand" } as const;

function square(top: number, left: number, side = 4) {
  const bounds = { top: 0, left: 0, bottom: SIDE, right: SIDE };
  return boxToMask({ top, left, bottom: top + side, right: left + side }, bounds);
}

async function opened() {
  const timers = new ManualTimers();
  const server = new FakeServer(SIDE, SIDE);
  const people = [1, 2].map((userId) => ({ userId, name: `person ${userId}`, role: "annotator" }));
  const [tab, other] = people.map((person) => new Tab({ server, timers, side: SIDE, person }));
  if (!tab || !other) throw new Error("There are two.");
  const [ada, grace] = [tab.session, other.session];
  await timers.pass(100);
  const id = ada.create(square(0, 0), null, HAND) ?? "";
  await timers.pass(100);
  const writer = new Writer(ada);
  writer.mode.value = "overwrite";
  return { timers, server, tab, ada, grace, id, writer };
}

const shapes = (server: FakeServer) => server.live.map(({ id, mask }) => ({ id, mask }));

test("the server gives an overwriting shape the pixels of the other cell, in one operation", async () => {
  const { timers, server, ada, id, writer } = await opened();
  const clock = server.clock;
  const other = writer.create(square(0, 2), null, HAND) ?? "";
  await timers.pass(100);
  expect(server.clock).toBe(clock + 1);
  expect(shapes(server)).toEqual([
    { id, mask: { top: 0, left: 0, height: 4, width: 2, counts: [0, 8] } },
    { id: other, mask: square(0, 2) },
  ]);
  ada.undo();
  await timers.pass(100);
  expect(shapes(server)).toEqual([{ id, mask: square(0, 0) }]);
});

test("two cells change places in one operation", async () => {
  const { timers, server, ada, id, writer } = await opened();
  const other = ada.create(square(0, 4), null, HAND) ?? "";
  writer.apply([
    { edit: "update", id, mask: square(0, 4) },
    { edit: "update", id: other, mask: square(0, 0) },
  ]);
  await timers.pass(100);
  expect(shapes(server)).toEqual([
    { id, mask: square(0, 4) },
    { id: other, mask: square(0, 0) },
  ]);
  expect(ada.store.cellAt(0, 0)?.id).toBe(other);
});

test("a cell that somebody else changed meanwhile is not overwritten", async () => {
  const { timers, server, tab, ada, grace, id, writer } = await opened();
  tab.faults.down = true;
  tab.wire.cut();
  writer.create(square(0, 2), null, HAND);
  grace.update(id, { mask: square(0, 0, 5) });
  await timers.pass(100);
  tab.faults.down = false;
  await timers.pass(60_000);
  expect(shapes(server)).toHaveLength(1);
  expect(ada.unsaved.value.map(({ mask }) => mask)).toContainEqual(square(0, 2));
  expect(ada.store.get(id)?.mask).toEqual(server.live[0]?.mask);
});
