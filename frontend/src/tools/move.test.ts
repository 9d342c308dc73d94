import { expect, it } from "vitest";
import { picture } from "../testing/picture";
import { TestEditor } from "../testing/test-editor";

const PART = { top: 10, left: 10, height: 2, width: 10 };

function tool(): TestEditor {
  const test = new TestEditor();
  test.key("d");
  return test;
}

it("drags the cell under the pointer by whole pixels, in one step", () => {
  const test = tool();
  const id = test.cell(10, 10, 2, 2);
  test.down(11, 11).move(16, 11);
  expect(test.path).toBe("move.dragging");
  expect(test.editor.draft.value).toMatchObject({ without: id, bitmap: { left: 15, width: 2 } });
  test.up(16.3, 11.2);
  expect(picture(test, [id], PART)).toEqual([".....aa...", ".....aa..."]);
  expect(test.selected).toEqual([id]);
  test.key("Mod+Z");
  expect(picture(test, [id], PART)).toEqual(["aa........", "aa........"]);
});

it("drags all selected cells together, over each other's old places", () => {
  const test = tool();
  const [a, b, c] = [test.cell(10, 10, 2, 4), test.cell(10, 14, 2, 1), test.cell(30, 30, 2, 2)];
  test.editor.select([a, b]);
  test.drag(11, 11, 16, 11);
  expect(picture(test, [a, b, c], PART)).toEqual([".....aaaab", ".....aaaab"]);
  expect(test.mask(c)).toMatchObject({ top: 30, left: 30 });
});

it("leaves other cells their pixels or overwrites them, as the mode says", () => {
  const test = tool();
  const [a, b] = [test.cell(10, 10, 2, 2), test.cell(10, 16, 2, 4)];
  test.drag(11, 11, 16, 11);
  expect(picture(test, [a, b], PART)).toEqual([".....abbbb", ".....abbbb"]);
  test.key("Mod+Z");
  test.key("w");
  test.drag(11, 11, 16, 11);
  expect(picture(test, [a, b], PART)).toEqual([".....aabbb", ".....aabbb"]);
  test.key("Mod+Z");
  expect(picture(test, [a, b], PART)).toEqual(["aa....bbbb", "aa....bbbb"]);
});

it("says so where other cells cover the place, and leaves the cell", () => {
  const test = tool();
  const [a, b] = [test.cell(10, 10, 2, 2), test.cell(10, 15, 2, 4)];
  test.drag(11, 11, 17, 11);
  expect(picture(test, [a, b], PART)).toEqual(["aa...bbbb.", "aa...bbbb."]);
  expect(test.editor.notices.value[0]?.message).toContain("W lets");
});

it("keeps all of every cell in the image", () => {
  const test = tool();
  const id = test.cell(10, 10, 2, 2);
  test.drag(11, 11, -40, 300);
  expect(test.mask(id)).toMatchObject({ top: 78, left: 0, height: 2, width: 2 });
});

it("puts everything back on Escape, and selects on a click", () => {
  const test = tool();
  const id = test.cell(10, 10, 2, 2);
  test.down(11, 11).move(30, 30).key("Esc");
  test.up(30, 30);
  expect(test.editor.draft.value).toBeNull();
  expect(test.mask(id)).toMatchObject({ top: 10, left: 10 });
  test.click(50, 50);
  expect(test.selected).toEqual([]);
  test.click(11, 11);
  expect(test.selected).toEqual([id]);
  expect(test.path).toBe("move.idle");
});
