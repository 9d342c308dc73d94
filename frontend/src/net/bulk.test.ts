import { expect, test } from "vitest";
import { FakeServer } from "../testing/fake-server";
import { ManualTimers } from "../testing/manual-timers";
import { Tab } from "../testing/tab";
import { rectangle } from "../testing/test-editor";

const PERSON = { userId: 1, name: "ann", role: "annotator" };

async function opened(side: number): Promise<{ server: FakeServer; timers: ManualTimers; tab: Tab }> {
  const server = new FakeServer(side, side);
  const timers = new ManualTimers();
  const tab = new Tab({ server, timers, side, person: PERSON });
  await timers.pass(1000);
  return { server, timers, tab };
}

/** More than one message holds. */
const manyCells = () =>
  Array.from({ length: 5000 }, (_, at) => ({
    edit: "create" as const,
    mask: rectangle(3 * Math.floor(at / 72), 3 * (at % 72), 2, 2),
    classId: null,
    provenance: { source: "hand" as const },
  }));

test("a change too large for one message is one step of undo, and one of redo", async () => {
  const { server, timers, tab } = await opened(220);
  const { session } = tab;
  session.apply(manyCells());
  await timers.pass(5000);
  expect(server.log.map(({ patch }) => patch.kind).slice(0, 2)).toEqual(["edit", "part"]);
  expect(server.live.length).toBe(5000);

  session.undo();
  await timers.pass(5000);
  expect([server.live.length, session.store.size]).toEqual([0, 0]);
  expect(session.canUndo.value).toBe(false);
  session.redo();
  await timers.pass(5000);
  expect([server.live.length, session.store.size]).toEqual([5000, 5000]);
});

test("undo asked for while parts are on their way waits for all of them", async () => {
  const { server, timers, tab } = await opened(220);
  const { session } = tab;
  session.apply(manyCells());
  session.undo();
  await timers.pass(10_000);
  expect(server.log.at(-1)?.patch.kind).toBe("undo");
  expect([server.live.length, session.store.size]).toEqual([0, 0]);
});

test("10,000 steps can be undone one by one, and redone", async () => {
  const { server, timers, tab } = await opened(30);
  const { session } = tab;
  const id = session.create(rectangle(0, 0, 4, 4), null, { source: "hand" }) ?? "";
  const steps = 10_000;
  const settle = async (): Promise<void> => {
    await timers.pass(2500);
  };
  for (let step = 1; step < steps; step++) {
    session.update(id, { mask: rectangle(step % 20, step % 17, 4, 4) });
    if (step % 40 === 0) await settle();
  }
  await settle();
  expect(server.log.length).toBe(steps);
  for (let step = 0; step < steps; step++) {
    session.undo();
    if (step % 40 === 39) await settle();
  }
  await settle();
  expect([server.live.length, session.store.size, session.canUndo.value]).toEqual([0, 0, false]);
  for (let step = 0; step < 40; step++) session.redo();
  await settle();
  expect(session.store.get(id)?.mask).toMatchObject({ top: 39 % 20, left: 39 % 17 });
}, 120_000);
