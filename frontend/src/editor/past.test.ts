import { expect, it } from "vitest";
import { TestEditor } from "../testing/test-editor";
import type { Entry, HistoryPort, PastCell, Restored } from "./past";
import { Past, wordsOf } from "./past";

const ENTRY: Entry = {
  id: "o",
  first: 1,
  last: 1,
  kind: "edit",
  actor: "Ada",
  colour: "#56b4e9",
  created_at: "2026-01-01T00:00:00Z",
  created: 1,
  deleted: 0,
  changed: 0,
  engine: "",
  undone: false,
};

/** A history of `length` steps; the cells of a point come when `arrive` is called. */
class FakeHistory implements HistoryPort {
  readonly restored: Restored[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly length: number) {}

  async list(before: number | null): Promise<readonly Entry[]> {
    const newest = (before ?? this.length + 1) - 1;
    return Array.from({ length: Math.min(100, newest) }, (_, at) => ({
      ...ENTRY,
      id: `${newest - at}`,
      first: newest - at,
      last: newest - at,
    }));
  }

  async cells(clock: number): Promise<readonly PastCell[]> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    const mask = { top: clock, left: 0, height: 1, width: 1, counts: [0, 1] };
    return [{ id: "a", mask, class_id: null, t: 0, z: 0 }];
  }

  arrive(index: number): void {
    this.waiting[index]?.();
  }

  async restore(what: Restored): Promise<number> {
    this.restored.push(what);
    return 2;
  }
}

function opened(length = 5) {
  const said: string[] = [];
  const past = new Past((message) => said.push(message));
  const server = new FakeHistory(length);
  past.connect(server);
  return { past, server, said };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

it("lists the newest steps first, and the rest on request", async () => {
  const { past } = opened(150);
  await past.load();
  expect([past.entries.value.length, past.hasMore.value]).toEqual([100, true]);
  await past.loadMore();
  expect(past.entries.value.map(({ last }) => last)).toEqual(
    Array.from({ length: 150 }, (_, at) => 150 - at),
  );
  expect(past.hasMore.value).toBe(false);
});

it("of several looks the last one is shown, whenever the answers come", async () => {
  const { past, server } = opened();
  void past.look(2);
  void past.look(4);
  server.arrive(1);
  await settled();
  server.arrive(0);
  await settled();
  expect(past.shown.value?.[0]?.mask.top).toBe(4);
  past.backToNow();
  expect([past.at.value, past.shown.value]).toEqual([null, null]);
});

it("goes back to now after a restore, and says how much is different", async () => {
  const { past, server, said } = opened();
  void past.look(2);
  await past.restore({ clock: 2 });
  expect(server.restored).toEqual([{ clock: 2 }]);
  expect(past.at.value).toBeNull();
  expect(said.at(-1)).toContain("2 cells");
});

it("nothing can be changed while the past is looked at", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  test.editor.select([id]);
  test.editor.past.at.value = 1;
  expect(test.editor.canEdit.value).toBe(false);
  expect(test.editor.mayEdit()).toBe(false);
  expect(test.editor.notices.value.at(-1)?.message).toContain("past");
  test.key("Delete");
  expect(test.session.store.get(id)).toBeDefined();
  test.editor.past.backToNow();
  expect(test.editor.mayEdit()).toBe(true);
});

it.each<[Partial<Entry>, string]>([
  [{}, "drew 1 cell"],
  [{ engine: "starter" }, "drew 1 cell with starter"],
  [{ created: 0, changed: 2, deleted: 1 }, "changed 2 cells, deleted 1 cell"],
  [{ kind: "run", created: 120, engine: "cellpose" }, "found 120 cells with cellpose"],
  [{ kind: "undo" }, "undid a change"],
  [{ kind: "redo" }, "redid a change"],
  [{ kind: "restore", created: 1, changed: 1 }, "brought back 2 cells"],
])("says %j as “%s”", (entry, words) => {
  expect(wordsOf({ ...ENTRY, ...entry })).toBe(words);
});
