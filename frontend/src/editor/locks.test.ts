import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

/** A locked cell of 20 × 20 pixels at (10, 10), selected. */
function locked(): { test: TestEditor; id: string } {
  const test = new TestEditor();
  const id = test.cell(10, 10, 20, 20);
  test.editor.select([id]);
  expect(test.key("k")).toBe(true);
  expect(test.session.store.get(id)?.locked).toBe(true);
  return { test, id };
}

function said(test: TestEditor): string {
  return test.editor.notices.value.map((one) => one.message).join(" ");
}

it.each<[string, (test: TestEditor) => unknown]>([
  ["delete", (test) => test.key("Delete")],
  ["a class", (test) => test.key("1")],
  ["growing", (test) => test.key(".")],
  ["refining", (test) => test.key("m")],
  ["the brush", (test) => test.key("b") && test.drag(20, 20, 50, 20)],
  ["the eraser", (test) => test.key("e") && test.drag(20, 20, 50, 20)],
  ["the move tool", (test) => test.key("d") && test.drag(20, 20, 50, 20)],
  ["the split tool", (test) => test.key("x") && test.drag(5, 20, 50, 20)],
  ["an outline that adds", (test) => test.key("l") && test.drag(20, 20, 50, 60, { shift: true })],
  ["an outline that cuts", (test) => test.key("l") && cutting(test)],
])("is not changed by %s, which says so", (_, act) => {
  const { test, id } = locked();
  act(test);
  expect(test.mask(id)).toEqual(rectangle(10, 10, 20, 20));
  expect(test.session.store.get(id)?.classId).toBeNull();
  expect(test.session.store.size).toBe(1);
  expect(said(test)).toContain("locked");
  expect(test.session.prompts).toEqual([]);
});

function cutting(test: TestEditor): void {
  test.down(5, 5, { alt: true }).move(25, 5).move(25, 25).move(5, 25).up(5, 25);
}

it("keeps its pixels when new shapes overwrite others", () => {
  const { test, id } = locked();
  test.key("Esc");
  test.editor.writer.mode.value = "overwrite";
  test.key("b");
  test.editor.brushRadius.value = 4;
  test.drag(20, 20, 50, 20);
  expect(test.mask(id)).toEqual(rectangle(10, 10, 20, 20));
  expect(test.session.store.size).toBe(2);
});

it("lets the others of a selection change", () => {
  const { test, id } = locked();
  const other = test.cell(50, 50, 5, 5);
  test.editor.select([id, other]);
  test.key("Delete");
  expect([...test.session.store.cells()].map((cell) => cell.id)).toEqual([id]);
});

it("is unlocked by the same key, and undo takes that back", () => {
  const { test, id } = locked();
  test.key("k");
  expect(test.session.store.get(id)?.locked).toBe(false);
  test.key("Mod+Z");
  expect(test.session.store.get(id)?.locked).toBe(true);
});
