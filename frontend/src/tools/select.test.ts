import { expect, it } from "vitest";
import { TestEditor } from "../testing/test-editor";

it("selects the cell under a click, and nothing beside it", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  expect(test.click(12, 12).selected).toEqual([id]);
  expect(test.click(50, 50).selected).toEqual([]);
});

it("adds and takes away with Shift", () => {
  const test = new TestEditor();
  const [a, b] = [test.cell(10, 10, 5, 5), test.cell(30, 30, 5, 5)];
  test.click(12, 12).click(32, 32, { shift: true });
  expect(test.selected).toEqual([a, b]);
  expect(test.click(12, 12, { shift: true }).selected).toEqual([b]);
});

it("takes away with Alt, by clicks and by rectangles", () => {
  const test = new TestEditor();
  const [a, b, c] = [test.cell(10, 10, 5, 5), test.cell(30, 30, 5, 5), test.cell(60, 60, 5, 5)];
  test.editor.select([a, b, c]);
  expect(test.click(12, 12, { alt: true }).selected).toEqual([b, c]);
  expect(test.click(50, 12, { alt: true }).selected).toEqual([b, c]);
  expect(test.drag(20, 20, 40, 40, { alt: true }).selected).toEqual([c]);
  expect(test.drag(5, 5, 40, 40, { shift: true }).selected).toEqual([c, a, b]);
});

it("keeps the selection on a Shift-click beside the cells", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  test.editor.select([id]);
  expect(test.click(50, 50, { shift: true }).selected).toEqual([id]);
});

it("selects all cells with a pixel in a lasso; Shift adds, Alt takes away", () => {
  const test = new TestEditor();
  const [a, b, c] = [test.cell(10, 10, 5, 5), test.cell(10, 30, 5, 5), test.cell(50, 10, 5, 5)];
  test.key("q");
  const round = (held: { shift?: boolean; alt?: boolean } = {}) =>
    test
      .down(0, 0, held)
      .move(20, 0, held)
      .move(12, 12, held)
      .move(12, 60, held)
      .move(0, 60, held)
      .up(0, 0, held);
  round();
  expect(new Set(test.selected)).toEqual(new Set([a, c]));
  test.editor.select([b]);
  round({ shift: true });
  expect(new Set(test.selected)).toEqual(new Set([a, b, c]));
  round({ alt: true });
  expect(test.selected).toEqual([b]);
  expect(test.editor.sketch.value).toBeNull();
  expect(test.click(12, 12).selected).toEqual([a]);
});

it("shows the lasso and keeps the selection when it is given up", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  test.key("q");
  test.click(12, 12).down(50, 50).move(0, 0);
  expect(test.path).toBe("select-lasso.lassoing");
  expect(test.editor.sketch.value).toMatchObject({ purpose: "select" });
  test.key("Esc");
  expect(test.path).toBe("select-lasso.idle");
  expect(test.selected).toEqual([id]);
});

it("selects all cells in a rectangle that is dragged", () => {
  const test = new TestEditor();
  const [a, b] = [test.cell(10, 10, 5, 5), test.cell(30, 30, 5, 5)];
  test.cell(60, 60, 5, 5);
  test.down(50, 50).move(40, 40);
  expect(test.path).toBe("select.boxing");
  test.move(5, 5).up(5, 5);
  expect(new Set(test.selected)).toEqual(new Set([a, b]));
  expect(test.editor.dragBox.value).toBeNull();
});

it("takes a tremble for a click", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  expect(test.down(12, 12).move(13, 13).up(13, 13).selected).toEqual([id]);
});

it("keeps the selection when a rectangle is given up", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  test.click(12, 12).down(50, 50).move(0, 0);
  test.key("Esc");
  expect(test.path).toBe("select.idle");
  expect(test.selected).toEqual([id]);
});

it("goes near to a cell on a double click", () => {
  const test = new TestEditor();
  test.cell(10, 10, 5, 5);
  test.doubleClick(12, 12);
  expect(test.editor.view.camera.value.scale).toBeGreaterThan(1);
});

it("drops cells from the selection that somebody else deletes", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  test.click(12, 12);
  test.session.delete([id]);
  expect(test.selected).toEqual([]);
});

it("deletes the selection in one step that undo brings back", () => {
  const test = new TestEditor();
  test.cell(10, 10, 5, 5);
  test.cell(30, 30, 5, 5);
  test.drag(0, 0, 60, 60).key("Delete");
  expect(test.session.store.size).toBe(0);
  test.key("Mod+Z");
  expect(test.session.store.size).toBe(2);
});

it("moves the image with the middle button and goes on with the tool", () => {
  const test = new TestEditor();
  test.editor.view.zoom(4);
  const before = test.editor.view.camera.value;
  test.down(50, 50, { button: "middle" }).move(60, 50);
  expect(test.path).toBe("hand.dragging");
  test.up(60, 50, { button: "middle" });
  expect(test.editor.view.camera.value.x).toBeLessThan(before.x);
  expect(test.path).toBe("select.idle");
});

it("moves the image with Space held in any tool", () => {
  const test = new TestEditor();
  test.key("b");
  test.editor.hold();
  test.drag(50, 50, 70, 50);
  test.editor.release();
  expect(test.path).toBe("brush.idle");
  expect(test.session.store.size).toBe(0);
});
