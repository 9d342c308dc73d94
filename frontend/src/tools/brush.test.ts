import { expect, it } from "vitest";
import { area } from "../geometry/mask";
import { TestEditor } from "../testing/test-editor";

function tool(key: string): TestEditor {
  const test = new TestEditor();
  test.editor.brushRadius.value = 3;
  test.key(key);
  return test;
}

it("paints a new cell where none is selected, and selects it", () => {
  const test = tool("b").drag(20, 20, 40, 20);
  const cell = [...test.session.store.cells()][0];
  expect(cell?.provenance).toEqual({ source: "hand" });
  expect(cell?.mask).toMatchObject({ top: 17, left: 17, height: 6, width: 26 });
  expect(test.selected).toEqual([cell?.id]);
});

it("grows the selected cell in one step that undo takes back", () => {
  const test = tool("b");
  const id = test.cell(10, 10, 5, 5);
  test.editor.select([id]);
  test.drag(15, 12, 30, 12);
  expect(test.session.store.size).toBe(1);
  expect(area(test.mask(id) ?? { top: 0, left: 0, width: 0, height: 0, counts: [] })).toBeGreaterThan(80);
  test.key("Mod+Z");
  expect(test.mask(id)).toMatchObject({ top: 10, left: 10, height: 5, width: 5 });
});

it("leaves other cells their pixels, in the stroke that is shown as well", () => {
  const test = tool("b");
  const other = test.cell(10, 25, 20, 10);
  test.down(15, 20).move(45, 20);
  const { bitmap } = test.editor.draft.value ?? {};
  expect(bitmap?.data[(20 - (bitmap?.top ?? 0)) * (bitmap?.width ?? 0) + 30 - (bitmap?.left ?? 0)]).toBe(0);
  test.up(45, 20);
  expect(area(test.mask(other) ?? { top: 0, left: 0, width: 0, height: 0, counts: [] })).toBe(200);
});

it("throws the stroke away on Escape", () => {
  const test = tool("b").down(20, 20).move(40, 20);
  expect(test.path).toBe("brush.painting");
  test.key("Esc");
  test.up(40, 20);
  expect(test.editor.draft.value).toBeNull();
  expect(test.session.store.size).toBe(0);
});

it("says what to do where several cells are selected or no pixel is free", () => {
  const test = tool("b");
  const [a, b] = [test.cell(10, 10, 20, 20), test.cell(40, 40, 5, 5)];
  test.editor.select([a, b]);
  test.click(60, 60);
  test.editor.select([]);
  test.click(20, 20);
  expect(test.editor.notices.value.map((notice) => notice.message.slice(0, 14))).toEqual([
    "Several cells ",
    "There is no fr",
  ]);
});

it("goes on with a new cell when the one under the brush is deleted by somebody else", () => {
  const test = tool("b");
  const id = test.cell(10, 10, 5, 5);
  test.editor.select([id]);
  test.down(30, 30);
  test.session.delete([id]);
  test.up(30, 30);
  expect([...test.session.store.cells()].map((cell) => cell.id)).not.toContain(id);
  expect(test.session.store.size).toBe(1);
});

it("changes its size with the bracket keys, within limits", () => {
  const test = tool("b");
  test.key("]");
  expect(test.editor.brushRadius.value).toBe(4);
  for (let n = 0; n < 40; n++) test.key("[");
  expect(test.editor.brushRadius.value).toBe(0.5);
});

it("is as wide as the pen is pressed, and shows it", () => {
  const test = tool("b");
  test.editor.brushRadius.value = 10;
  test.down(40, 40, { pressure: 0.5 });
  expect(test.editor.tipRadius.value).toBeCloseTo(6);
  test.up(40, 40);
  const cell = [...test.session.store.cells()][0];
  expect(cell?.mask).toMatchObject({ top: 34, left: 34, height: 12, width: 12 });
  test.move(60, 60, { pressure: 0 });
  expect(test.editor.tipRadius.value).toBe(10);
});

it("erases from any cell where none is selected, in one step", () => {
  const test = tool("e");
  const [a, b] = [test.cell(10, 10, 10, 10), test.cell(10, 20, 10, 10)];
  test.drag(12, 15, 28, 15);
  for (const id of [a, b])
    expect(area(test.mask(id) ?? { top: 0, left: 0, width: 0, height: 0, counts: [] })).toBeLessThan(100);
  test.key("Mod+Z");
  for (const id of [a, b]) expect(test.mask(id)).toMatchObject({ width: 10, height: 10, counts: [0, 100] });
});

it("erases from the selected cells alone", () => {
  const test = tool("e");
  const [a, b] = [test.cell(10, 10, 10, 10), test.cell(10, 20, 10, 10)];
  test.editor.select([a]);
  test.drag(12, 15, 28, 15);
  expect(test.mask(b)?.counts).toEqual([0, 100]);
});

it("deletes a cell of which nothing is left", () => {
  const test = tool("e");
  test.cell(10, 10, 2, 2);
  test.click(11, 11);
  expect(test.session.store.size).toBe(0);
});

it("writes nothing when it touched no cell, and nothing on Escape", () => {
  const test = tool("e");
  test.cell(10, 10, 5, 5);
  test.click(60, 60).down(12, 12);
  expect(test.editor.draft.value?.kind).toBe("erase");
  test.key("Esc");
  expect(test.path).toBe("eraser.idle");
  test.key("Mod+Z");
  expect(test.session.canUndo.value).toBe(false);
});
