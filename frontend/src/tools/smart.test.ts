import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function smart(key: string): TestEditor {
  const test = new TestEditor();
  test.key("Shift+B");
  test.key(key);
  test.editor.brushRadius.value = 4;
  return test;
}

it("paints only what the engine says is the cell where the stroke began", () => {
  const test = smart("b");
  test.down(20, 20);
  expect(test.session.prompts.at(-1)?.prompts.points).toEqual([{ row: 20, col: 20, positive: true }]);
  test.session.answer(rectangle(18, 10, 4, 20));
  test.move(40, 20).up(40, 20);
  const [cell] = [...test.session.store.cells()];
  expect(cell?.mask).toMatchObject({ top: 18, height: 4 });
  expect((cell?.mask.left ?? 0) + (cell?.mask.width ?? 0)).toBe(30);
});

it("erases only what the engine says is not the cell", () => {
  const test = smart("e");
  const id = test.cell(10, 10, 20, 30);
  test.down(20, 20);
  test.session.answer(rectangle(10, 10, 20, 20));
  test.move(39, 20).up(39, 20);
  const mask = test.mask(id);
  expect(test.session.store.cellAt(20, 20)?.id).toBe(id);
  expect(test.session.store.cellAt(20, 35)).toBeUndefined();
  expect(mask?.left).toBe(10);
});

it("asks anew at each stroke, and not about strokes outside of the image", () => {
  const test = smart("b");
  test.drag(20, 20, 24, 20);
  test.key("Esc");
  test.drag(60, 60, 64, 60);
  test.down(-5, 10).move(5, 10).up(5, 10);
  expect(test.session.prompts.map((one) => one.prompts.points?.[0]?.col)).toEqual([20, 60]);
});

it("paints plainly while nothing is proposed", () => {
  const test = smart("b");
  test.drag(20, 20, 40, 20);
  const [cell] = [...test.session.store.cells()];
  expect(cell?.mask).toMatchObject({ top: 16, left: 16, height: 8, width: 28 });
  expect(test.session.cancelled).toBe(1);
});
