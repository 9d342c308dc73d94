import { expect, it } from "vitest";
import { picture } from "../testing/picture";
import { TestEditor } from "../testing/test-editor";

const PART = { top: 10, left: 10, height: 4, width: 8 };

function tool(): TestEditor {
  const test = new TestEditor();
  test.key("x");
  return test;
}

it("makes two cells of one; the larger part stays the cell, the other gets its class; one step", () => {
  const test = tool();
  const id = test.cell(10, 10, 4, 8);
  test.session.update(id, { classId: 8 });
  test.drag(13, 5, 13, 20);
  const other = test.selected.find((one) => one !== id);
  expect(picture(test, [id, other], PART)).toEqual(["bbbaaaaa", "bbbaaaaa", "bbbaaaaa", "bbbaaaaa"]);
  expect(test.session.store.get(other ?? "")).toMatchObject({ classId: 8, provenance: { source: "hand" } });
  expect(test.path).toBe("split.idle");
  test.key("Mod+Z");
  expect(picture(test, [id], PART)).toEqual(["aaaaaaaa", "aaaaaaaa", "aaaaaaaa", "aaaaaaaa"]);
});

it("follows a bent line", () => {
  const test = tool();
  const id = test.cell(10, 10, 4, 8);
  test.down(12, 5).move(12, 12).move(15, 12).up(15, 20);
  const other = test.selected.find((one) => one !== id);
  expect(picture(test, [id, other], PART)).toEqual(["bbaaaaaa", "bbaaaaaa", "bbbbbaaa", "bbbbbaaa"]);
});

it("cuts all cells that the line goes through, or those of them that are selected", () => {
  const test = tool();
  const [a, b] = [test.cell(10, 10, 4, 8), test.cell(20, 10, 4, 8)];
  test.drag(13, 5, 13, 30);
  expect(test.session.store.size).toBe(4);
  test.key("Mod+Z");
  expect(test.session.store.size).toBe(2);
  test.editor.select([b]);
  test.drag(13, 5, 13, 30);
  expect(test.session.store.size).toBe(3);
  expect(test.mask(a)).toMatchObject({ width: 8 });
});

it("cuts a cell that is not selected where the line goes through no selected one", () => {
  const test = tool();
  const [a] = [test.cell(10, 10, 4, 8), test.cell(20, 10, 4, 8)];
  test.editor.select([a ?? ""]);
  test.drag(13, 16, 13, 30);
  expect(test.session.store.size).toBe(3);
});

it("says how to draw the line where it ends inside, and adds no step", () => {
  const test = tool();
  test.cell(10, 10, 4, 8);
  test.drag(13, 5, 13, 12);
  expect(test.session.store.size).toBe(1);
  expect(test.editor.notices.value[0]?.message).toContain("from outside to outside");
  test.key("Mod+Z");
  expect(test.session.store.size).toBe(0);
});

it("shows the line and throws it away on Escape", () => {
  const test = tool();
  test.cell(10, 10, 4, 8);
  test.down(13, 5).move(13, 20);
  expect(test.editor.sketch.value).toMatchObject({ purpose: "split", points: [{ y: 5 }, { y: 20 }] });
  test.key("Esc");
  test.up(13, 20);
  expect(test.editor.sketch.value).toBeNull();
  expect(test.session.store.size).toBe(1);
});

it("is taken back by merging", () => {
  const test = tool();
  const id = test.cell(10, 10, 4, 8);
  const before = test.mask(id);
  test.drag(12, 5, 17, 20);
  expect(test.session.store.size).toBe(2);
  test.key("c");
  expect(test.session.store.size).toBe(1);
  expect(test.mask(id)).toEqual(before);
});
