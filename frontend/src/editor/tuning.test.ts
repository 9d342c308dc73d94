import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function tuned(): TestEditor {
  const test = new TestEditor();
  test.editor.findEngine.value = "starter";
  test.key("t");
  return test;
}

it("asks for all cells at the thresholds as they are, and proposes them", () => {
  const test = tuned();
  expect(test.session.tunes).toEqual([{ engine: "starter", params: {} }]);
  expect(test.editor.tuning.waiting.value).toBe(true);
  test.session.propose(rectangle(10, 10, 5, 5), rectangle(10, 15, 5, 5));
  const shown = test.editor.tuning.shown.value;
  expect(shown?.added).toBe(2);
  expect(shown?.bitmap).toMatchObject({ top: 10, left: 10, height: 5, width: 10 });
  expect([shown?.bitmap.data[2], shown?.bitmap.data[7]]).toEqual([1, 2]);
});

it("asks only once while an answer is awaited, then for the newest thresholds", () => {
  const test = tuned();
  for (const cell_probability of [1, 2, 3]) test.editor.tuning.set({ cell_probability });
  expect(test.session.tunes).toHaveLength(1);
  test.session.propose(rectangle(10, 10, 5, 5));
  expect(test.session.tunes.slice(1)).toEqual([{ engine: "starter", params: { cell_probability: 3 } }]);
  test.session.propose();
  expect(test.session.tunes).toHaveLength(2);
  expect(test.editor.tuning.shown.value?.added).toBe(0);
});

it("proposes only what is free, also of cells that come meanwhile", () => {
  const test = tuned();
  test.session.propose(rectangle(10, 10, 5, 5));
  test.cell(8, 8, 10, 10);
  expect(test.editor.tuning.shown.value?.added).toBe(0);
});

it("drops the proposal with Escape and makes no cell", () => {
  const test = tuned();
  test.session.propose(rectangle(10, 10, 5, 5));
  test.key("Esc");
  expect(test.editor.tuning.shown.value).toBeNull();
  expect(test.session.proposal.value.cells).toBeNull();
  expect(test.session.store.size).toBe(0);
});

it("hands Enter to the page while all cells are proposed", () => {
  const test = tuned();
  expect(test.key("Enter")).toBe(false);
  test.session.propose(rectangle(10, 10, 5, 5));
  test.key("Enter");
  expect(test.done).toEqual(["accept"]);
});

it("gives way to a click, and takes the place of one", () => {
  const test = tuned();
  test.session.propose(rectangle(10, 10, 5, 5));
  test.key("p");
  test.click(20, 30);
  expect(test.editor.tuning.active.value).toBe(false);
  test.key("t");
  expect(test.editor.prompting.active.value).toBe(false);
  expect(test.path).toBe("points.idle");
});

it("ends where the engine refuses", () => {
  const test = tuned();
  test.session.proposal.value = { ...test.session.proposal.value, waiting: false, error: "No weights." };
  expect(test.editor.tuning.active.value).toBe(false);
});

it("is not for those who may only look", () => {
  const test = new TestEditor();
  test.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "viewer" };
  expect(test.key("t")).toBe(false);
  expect(test.session.tunes).toEqual([]);
});
