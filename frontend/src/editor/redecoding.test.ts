import { beforeEach, expect, test } from "vitest";
import { contains } from "../geometry/mask";
import { NO_PREVIEW } from "../net/types";
import { rectangle, TestEditor } from "../testing/test-editor";
import type { Entry, HistoryPort } from "./past";

const PROMPTS = { points: [{ row: 12, col: 12, positive: true }], box: null };
const MADE = { source: "prompt", engine: "starter", weights: "old", prompts: PROMPTS } as const;

let at: TestEditor;
let id: string;

/** The engine had drawn rows 10 to 20; a hand has added row 20 and erased column 10 since. */
beforeEach(() => {
  at = new TestEditor();
  id = at.session.create(rectangle(10, 10, 10, 10), null, MADE) ?? "";
  const history: HistoryPort = {
    list: async () =>
      [
        { last: 3, engine: "" },
        { last: 2, engine: "starter" },
        { last: 1, engine: "" },
      ] as unknown as readonly Entry[],
    cells: async (clock) => [
      { id, mask: rectangle(10, 10, clock === 2 ? 10 : 1, 10), class_id: null, t: 0, z: 0 },
    ],
    restore: async () => 0,
  };
  at.editor.past.connect(history);
  at.session.update(id, { mask: rectangle(10, 11, 11, 9) });
});

async function decodeAgain(): Promise<void> {
  const cell = at.session.store.get(id);
  if (!cell) throw new Error("no cell");
  await at.editor.redecoding.start(cell);
}

function answer(weights = "new"): void {
  const { number } = at.session.preview.peek();
  const candidates = [{ mask: rectangle(8, 10, 10, 10), score: 0.9 }];
  at.session.preview.value = { ...NO_PREVIEW, number, engine: "starter", weights, candidates };
}

test("the same prompts are decoded again, hand edits stay, and the difference is shown first", async () => {
  const before = at.mask(id);
  await decodeAgain();
  expect(at.session.prompts.at(-1)).toEqual({ engine: "starter", prompts: PROMPTS });
  answer();
  const result = at.editor.redecoding.result.value;
  expect(at.mask(id)).toEqual(before);
  expect([result?.comes, result?.goes, result?.kept]).toEqual([20, 18, 19]);
  at.editor.redecoding.accept();
  const after = at.mask(id);
  if (!after) throw new Error("no cell");
  expect([contains(after, 8, 12), contains(after, 20, 12), contains(after, 12, 10)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(at.session.store.get(id)?.provenance).toMatchObject({ ...MADE, weights: "new", score: 0.9 });
});

test("it is let go without a trace, and a change meanwhile is not written over", async () => {
  await decodeAgain();
  answer();
  at.editor.redecoding.discard();
  expect(at.editor.redecoding.result.value).toBeNull();
  await decodeAgain();
  answer();
  at.session.update(id, { mask: rectangle(10, 10, 5, 5) });
  at.editor.redecoding.accept();
  expect(at.mask(id)).toEqual(rectangle(10, 10, 5, 5));
  expect(at.editor.notices.value.at(-1)?.message).toContain("changed meanwhile");
});

test("cells drawn by hand are not decoded, and an engine that finds nothing changes nothing", async () => {
  const drawn = at.session.store.get(at.cell(40, 40, 3, 3));
  expect(at.editor.redecoding.can(drawn)).toBe(false);
  expect(at.editor.redecoding.can(at.session.store.get(id))).toBe(true);
  await decodeAgain();
  at.session.preview.value = { ...NO_PREVIEW, number: at.session.preview.peek().number };
  expect(at.editor.redecoding.waiting.value).toBe(false);
  expect(at.editor.notices.value.at(-1)?.message).toContain("stays as it is");
});
