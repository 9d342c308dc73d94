import { expect, it } from "vitest";
import { picture } from "../testing/picture";
import { rectangle, TestEditor } from "../testing/test-editor";

const HAND = { source: "hand" } as const;
const PART = { top: 0, left: 0, height: 3, width: 6 };

function withCells(mode: "keep" | "overwrite"): { test: TestEditor; a: string; b: string } {
  const test = new TestEditor();
  const [a, b] = [test.cell(0, 0, 2, 2), test.cell(0, 2, 2, 2)];
  test.editor.writer.mode.value = mode;
  return { test, a, b };
}

it("leaves other cells their pixels, or takes them, in one step", () => {
  const { test, a, b } = withCells("keep");
  const { writer } = test.editor;
  const c = writer.create(rectangle(1, 1, 2, 3), null, HAND) ?? "";
  expect(picture(test, [a, b, c], PART)).toEqual(["aabb..", "aabb..", ".ccc.."]);
  test.session.undo();
  writer.toggle();
  const d = writer.create(rectangle(1, 1, 2, 3), null, HAND) ?? "";
  expect(picture(test, [a, b, d], PART)).toEqual(["aabb..", "accc..", ".ccc.."]);
  test.session.undo();
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabb..", "......"]);
});

it("deletes a cell that is covered wholly, and only then", () => {
  const { test, a, b } = withCells("overwrite");
  test.editor.writer.update(a, { mask: rectangle(0, 0, 2, 4) });
  expect(test.session.store.get(b)).toBeUndefined();
  expect(picture(test, [a], PART)).toEqual(["aaaa..", "aaaa..", "......"]);
});

it("finds no pixel for a shape where other cells keep them all", () => {
  const { test, a, b } = withCells("keep");
  expect(test.editor.writer.create(rectangle(0, 1, 2, 2), null, HAND)).toBeNull();
  test.editor.writer.update(a, { mask: rectangle(0, 2, 2, 2) });
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabb..", "......"]);
});

it("lets pixels change hands within one step, in both modes", () => {
  for (const mode of ["keep", "overwrite"] as const) {
    const { test, a, b } = withCells(mode);
    test.editor.writer.apply([
      { edit: "update", id: a, mask: rectangle(0, 2, 2, 2) },
      { edit: "update", id: b, mask: rectangle(0, 4, 2, 2) },
    ]);
    expect(picture(test, [a, b], PART)).toEqual(["..aabb", "..aabb", "......"]);
  }
});

it("cells of one step take nothing from each other", () => {
  const { test, a, b } = withCells("overwrite");
  test.editor.writer.apply([
    { edit: "update", id: a, mask: rectangle(0, 0, 3, 3) },
    { edit: "update", id: b, mask: rectangle(0, 1, 3, 3) },
  ]);
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabb..", "aaab.."]);
});

it("keeps to the image", () => {
  const { test, a, b } = withCells("overwrite");
  const c = test.editor.writer.create(rectangle(1, 97, 1, 6), null, HAND) ?? "";
  expect(test.mask(c)).toMatchObject({ left: 97, width: 3 });
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabb..", "......"]);
});

it("deletes a cell whose new shape is empty", () => {
  const { test, a } = withCells("keep");
  test.editor.writer.update(a, { mask: { top: 0, left: 0, height: 0, width: 0, counts: [] } });
  expect(test.session.store.get(a)).toBeUndefined();
});

it("holds for proposals of an engine, shown and accepted", () => {
  const { test, a, b } = withCells("keep");
  test.key("p");
  test.click(3, 2);
  test.session.answer(rectangle(1, 1, 2, 3));
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 2, height: 1 });
  test.key("w");
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 1, height: 2 });
  test.key("Enter");
  expect(picture(test, [a, b, test.selected[0]], PART)).toEqual(["aabb..", "accc..", ".ccc.."]);
  test.key("Mod+Z");
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabb..", "......"]);
});

it("holds for the brush", () => {
  const { test, a, b } = withCells("keep");
  test.editor.brushRadius.value = 0.5;
  test.editor.select([a]);
  test.key("b");
  test.drag(1.5, 1.5, 4.5, 1.5);
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabba.", "......"]);
  test.key("Mod+Z");
  test.key("w");
  test.drag(1.5, 1.5, 4.5, 1.5);
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aaaaa.", "......"]);
  test.key("Mod+Z");
  expect(picture(test, [a, b], PART)).toEqual(["aabb..", "aabb..", "......"]);
});
