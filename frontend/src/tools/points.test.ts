import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function prompted(): TestEditor {
  const test = new TestEditor();
  test.key("p");
  test.click(20, 30);
  return test;
}

it("asks the engine for the cell under a click, in rows and columns", () => {
  const test = prompted();
  expect(test.path).toBe("points.prompted");
  expect(test.session.prompts).toEqual([
    { engine: "starter", prompts: { points: [{ row: 30, col: 20, positive: true }], box: null } },
  ]);
});

it("takes away with Alt-click and with the right button", () => {
  const test = prompted().click(40, 40, { alt: true }).click(41, 41, { button: "right" });
  expect(test.session.prompts.at(-1)?.prompts.points?.map((point) => point.positive)).toEqual([
    true,
    false,
    false,
  ]);
});

it("makes the shown candidate a cell on Enter, with its provenance, and selects it", () => {
  const test = prompted();
  test.session.answer(rectangle(25, 15, 10, 10), rectangle(20, 10, 20, 20));
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 25, left: 15, height: 10, width: 10 });
  test.key("Tab");
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 20, height: 20 });
  test.key("Enter");
  const cell = [...test.session.store.cells()][0];
  expect(cell?.mask.height).toBe(20);
  expect(cell?.provenance).toMatchObject({ source: "prompt", engine: "starter", weights: "w" });
  expect(cell?.provenance.prompts?.points).toHaveLength(1);
  expect(test.selected).toEqual([cell?.id]);
  expect(test.path).toBe("points.idle");
});

it("goes round through the candidates with Tab, and leaves Tab alone without any", () => {
  const test = prompted();
  expect(test.key("Tab")).toBe(false);
  test.session.answer(rectangle(0, 0, 1, 1), rectangle(0, 0, 2, 2));
  for (const expected of [1, 0, 1]) {
    test.key("Tab");
    expect(test.editor.prompting.index.value).toBe(expected);
  }
});

it("forgets everything on Escape and tells the engine", () => {
  const test = prompted();
  test.session.answer(rectangle(25, 15, 10, 10));
  test.key("Esc");
  expect(test.path).toBe("points.idle");
  expect(test.editor.prompting.bitmap.value).toBeNull();
  expect(test.session.cancelled).toBe(1);
});

it("stops asking when another tool takes over, and keeps the selection", () => {
  const test = new TestEditor();
  const id = test.cell(50, 50, 5, 5);
  test.click(52, 52).key("p");
  test.click(20, 30).key("v");
  expect(test.editor.prompting.active.value).toBe(false);
  expect(test.selected).toEqual([id]);
});

it("takes the last point back with Backspace", () => {
  const test = prompted().click(40, 40);
  test.key("Backspace");
  expect(test.session.prompts.at(-1)?.prompts.points).toHaveLength(1);
  test.key("Backspace");
  expect(test.editor.prompting.active.value).toBe(false);
});

it("shows and keeps only pixels that no other cell has, and says so where none is left", () => {
  const test = new TestEditor();
  test.cell(25, 15, 10, 10);
  test.key("p");
  test.click(20, 30);
  test.session.answer(rectangle(25, 15, 10, 10));
  test.key("Enter");
  expect(test.session.store.size).toBe(1);
  expect(test.editor.notices.value[0]?.message).toContain("no free pixel");
});

it("gives the new cell the chosen class", () => {
  const test = new TestEditor();
  test.key("2");
  test.key("p");
  test.click(20, 30).session.answer(rectangle(25, 15, 10, 10));
  test.key("Enter");
  expect([...test.session.store.cells()][0]?.classId).toBe(8);
});

it("does not ask outside of the image, without an engine, or for somebody who may only look", () => {
  const test = new TestEditor();
  test.key("p");
  test.click(-5, 30);
  test.editor.promptEngine.value = null;
  test.click(20, 30);
  test.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "viewer" };
  test.click(20, 30);
  expect(test.session.prompts).toEqual([]);
  expect(test.editor.notices.value).toHaveLength(2);
});
