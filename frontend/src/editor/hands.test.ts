import { expect, it } from "vitest";
import { area } from "../geometry/mask";
import { Fingers } from "../testing/fingers";

function painting(): Fingers {
  const fingers = new Fingers();
  fingers.test.key("b");
  fingers.test.editor.brushRadius.value = 2;
  return fingers;
}

it("draws with one finger as with the mouse", () => {
  const fingers = painting();
  fingers.down(1, 10, 10).move(1, 30, 10).up(1, 30, 10);
  const [cell] = [...fingers.test.session.store.cells()];
  expect(cell?.mask).toMatchObject({ top: 8, left: 8, height: 4, width: 24 });
  expect(fingers.test.path).toBe("brush.idle");
});

it("taps with one finger as a click", () => {
  const fingers = new Fingers();
  const id = fingers.test.cell(10, 10, 5, 5);
  fingers.down(1, 12, 12).up(1, 12, 12);
  expect(fingers.test.selected).toEqual([id]);
  expect(fingers.test.editor.pointer.value).toBeNull();
});

it("asks for nothing where the first of two fingers comes down", () => {
  const fingers = new Fingers();
  fingers.test.key("p");
  fingers.down(1, 20, 20).down(2, 60, 20).move(2, 80, 20).up(2, 80, 20).up(1, 20, 20);
  expect(fingers.test.session.prompts).toEqual([]);
  expect(fingers.scale).toBeCloseTo(1.5);
});

it("keeps the image under two fingers that move and spread", () => {
  const fingers = new Fingers();
  const { view } = fingers.test.editor;
  view.zoom(4, { x: 50, y: 40 });
  const under = view.toImage({ x: 40, y: 40 });
  fingers.down(1, 30, 40).down(2, 50, 40);
  fingers.move(1, 30, 30).move(2, 70, 30);
  const { x, y } = view.toImage({ x: 50, y: 30 });
  expect(fingers.scale).toBeCloseTo((4 * 40) / 20);
  expect(x).toBeCloseTo(under.x);
  expect(y).toBeCloseTo(under.y);
});

it("drops a stroke when a second finger comes, and draws nothing until all are lifted", () => {
  const fingers = painting();
  fingers.down(1, 10, 10).move(1, 30, 10);
  expect(fingers.hands.drawing).toBe(true);
  fingers.down(2, 40, 40).up(2, 40, 40).move(1, 50, 50).up(1, 50, 50);
  expect(fingers.test.session.store.size).toBe(0);
  fingers.down(1, 10, 10).move(1, 30, 10).up(1, 30, 10);
  expect(fingers.test.session.store.size).toBe(1);
});

it("takes a palm for nothing while a pen is used, and for a while after", () => {
  const fingers = painting().is(9, "pen");
  fingers.down(9, 10, 10, 1).down(1, 60, 60).move(1, 70, 70).move(9, 20, 10, 1).up(1, 70, 70).up(9, 20, 10);
  expect(fingers.test.session.store.size).toBe(1);
  fingers.down(1, 60, 60).move(1, 70, 60).up(1, 70, 60);
  expect(fingers.test.session.store.size).toBe(1);
  fingers.now += 1000;
  fingers.test.key("Esc");
  fingers.down(1, 60, 60).move(1, 70, 60).up(1, 70, 60);
  expect(fingers.test.session.store.size).toBe(2);
});

it("takes back what the palm drew before the pen came", () => {
  const fingers = painting().is(9, "pen");
  fingers.down(1, 60, 60).move(1, 70, 70).down(9, 10, 10, 1).up(9, 10, 10);
  expect(fingers.test.session.store.size).toBe(1);
  expect(fingers.test.session.store.cellAt(65, 65)).toBeUndefined();
});

it("paints as wide as the pen is pressed", () => {
  const wide = painting().is(9, "pen");
  wide.down(9, 30, 30, 1).up(9, 30, 30);
  const narrow = painting().is(9, "pen");
  narrow.down(9, 30, 30, 0.1).up(9, 30, 30);
  const size = (fingers: Fingers): number =>
    [...fingers.test.session.store.cells()].reduce((sum, cell) => sum + area(cell.mask), 0);
  expect(size(wide)).toBeGreaterThan(size(narrow));
});

it("does nothing of what a pointer was about to do that the system takes away", () => {
  const fingers = painting().is(9, "pen");
  fingers.down(9, 10, 10, 1).move(9, 30, 10, 1);
  fingers.hands.cancel(9);
  fingers.now += 1000;
  fingers.down(1, 10, 10).move(1, 30, 10);
  fingers.hands.cancel(1);
  fingers.move(1, 50, 50).up(1, 50, 50);
  expect(fingers.test.session.store.size).toBe(0);
  expect(fingers.test.path).toBe("brush.idle");
});

it("follows one mouse button at a time", () => {
  const fingers = painting().is(5, "mouse");
  fingers.down(5, 10, 10).down(5, 10, 10).move(5, 30, 10).up(5, 30, 10);
  expect(fingers.test.session.store.size).toBe(1);
});
