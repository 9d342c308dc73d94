import { expect, test } from "vitest";
import { boxToMask } from "../geometry/raster";
import { FakeServer } from "../testing/fake-server";
import { ManualTimers } from "../testing/manual-timers";
import { Tab } from "../testing/tab";
import { MemoryQueue } from "./queue";

const SIDE = 32;
const HAND = { source: "hand" } as const;
const BOUNDS = { top: 0, left: 0, bottom: SIDE, right: SIDE };

function square(top: number, left: number, side = 4) {
  return boxToMask({ top, left, bottom: top + side, right: left + side }, BOUNDS);
}

/** Two people with one cell. Grace is offline, and Ada changes it. */
async function opened(queue = new MemoryQueue()) {
  const timers = new ManualTimers();
  const server = new FakeServer(SIDE, SIDE);
  const people = [1, 2].map((userId) => ({ userId, name: `person ${userId}`, role: "annotator" }));
  const [first, second] = people.map(
    (person) => new Tab({ server, timers, side: SIDE, person, ...(person.userId === 2 ? { queue } : {}) }),
  );
  if (!first || !second) throw new Error("There are two.");
  await timers.pass(100);
  const id = first.session.create(square(0, 0), 1, HAND) ?? "";
  await timers.pass(100);
  const apart = async (change: () => void): Promise<void> => {
    second.faults.down = true;
    second.wire.cut();
    change();
    await timers.pass(100);
    second.faults.down = false;
    await timers.pass(60_000);
  };
  return { timers, server, ada: first.session, grace: second.session, id, apart };
}

test("a refused shape goes on top of what the server has, as a new operation that can be undone", async () => {
  const { timers, server, ada, grace, id, apart } = await opened();
  await apart(() => {
    grace.update(id, { mask: square(0, 0, 6) });
    ada.update(id, { mask: square(8, 8, 5) });
  });
  const [shape] = grace.unsaved.value;
  expect(shape).toMatchObject({ cellId: id, reshapes: true, relabels: false, mask: square(0, 0, 6) });
  expect(grace.store.get(id)?.mask).toEqual(square(8, 8, 5));
  grace.putUnsavedOnTop(shape?.id ?? "");
  await timers.pass(100);
  expect(server.live).toMatchObject([{ id, mask: square(0, 0, 6), class_id: 1 }]);
  expect(grace.unsaved.value).toEqual([]);
  grace.undo();
  await timers.pass(100);
  expect(server.live).toMatchObject([{ id, mask: square(8, 8, 5) }]);
});

test("a refused class goes on top without the shape", async () => {
  const { timers, server, ada, grace, id, apart } = await opened();
  await apart(() => {
    grace.update(id, { classId: 2 });
    ada.update(id, { classId: 3 });
    ada.update(id, { mask: square(0, 0, 6) });
  });
  expect(server.live).toMatchObject([{ class_id: 3 }]);
  const [refused] = grace.unsaved.value;
  expect(refused).toMatchObject({ reshapes: false, relabels: true, classId: 2 });
  grace.putUnsavedOnTop(refused?.id ?? "");
  await timers.pass(100);
  expect(server.live).toMatchObject([{ class_id: 2, mask: square(0, 0, 6) }]);
});

test("nothing is put on top of a cell that is deleted or locked: the shape stays to be kept", async () => {
  const { timers, ada, grace, id, apart } = await opened();
  await apart(() => {
    grace.update(id, { mask: square(0, 0, 6) });
    ada.update(id, { mask: square(8, 8, 5) });
  });
  const [shape] = grace.unsaved.value;
  ada.update(id, { locked: true });
  await timers.pass(100);
  grace.putUnsavedOnTop(shape?.id ?? "");
  expect(grace.notices.value.at(-1)).toMatchObject({ code: "locked" });
  ada.update(id, { locked: false });
  ada.delete([id]);
  await timers.pass(100);
  grace.putUnsavedOnTop(shape?.id ?? "");
  expect(grace.notices.value.at(-1)).toMatchObject({ code: "gone" });
  expect(grace.unsaved.value).toHaveLength(1);
});

test("the page may be loaded again only when all is in the browser's database", async () => {
  class SlowQueue extends MemoryQueue {
    finish = () => {};

    override async put(entries: Parameters<MemoryQueue["put"]>[0]): Promise<void> {
      await new Promise<void>((resolve) => {
        this.finish = resolve;
      });
      await super.put(entries);
    }
  }
  const queue = new SlowQueue();
  const { timers, grace } = await opened(queue);
  grace.create(square(16, 16), null, HAND);
  let kept = false;
  const waiting = grace.kept().then(() => {
    kept = true;
  });
  await timers.pass(100);
  expect(kept).toBe(false);
  queue.finish();
  await waiting;
  expect(kept).toBe(true);
});
