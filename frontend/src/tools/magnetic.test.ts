import { expect, it } from "vitest";
import { area } from "../geometry/mask";
import { TestEditor } from "../testing/test-editor";

const RADIUS = 20;

/** An image with a bright disc around (50, 40), in which the magnetic tool is in hand. */
function magnetic(): TestEditor {
  const test = new TestEditor();
  const data = new Float32Array(100 * 80);
  for (let row = 0; row < 80; row++)
    for (let col = 0; col < 100; col++)
      data[row * 100 + col] = Math.hypot(row + 0.5 - 40, col + 0.5 - 50) < RADIUS ? 180 : 20;
  test.editor.grey = ({ top, left, bottom, right }) => {
    const width = right - left;
    const values = new Float32Array(width * (bottom - top));
    for (let row = top; row < bottom; row++)
      values.set(data.subarray(row * 100 + left, row * 100 + right), (row - top) * width);
    return { top, left, width, height: bottom - top, values };
  };
  test.key("u");
  return test;
}

it("follows the edge of a cell between a few clicks", () => {
  const test = magnetic();
  test.click(30.5, 40.5).click(50.5, 20.5).click(69.5, 40.5).click(50.5, 59.5);
  expect(test.path).toBe("magnetic.drawing");
  test.key("Enter");
  const [cell] = [...test.session.store.cells()];
  const size = cell ? area(cell.mask) : 0;
  expect(Math.abs(size / (Math.PI * RADIUS ** 2) - 1)).toBeLessThan(0.06);
});

it("shows the way to the pointer, and goes straight to a place out of reach", () => {
  const test = magnetic();
  test.click(30.5, 40.5).move(69.5, 40.5);
  expect(test.editor.sketch.value?.points.length).toBeGreaterThan(40);
  expect(test.editor.sketch.value?.corners).toHaveLength(1);
  test.move(-10, 40.5);
  expect(test.editor.sketch.value?.points).toHaveLength(2);
});

it("takes a corner back with the line that led to it", () => {
  const test = magnetic();
  test.click(30.5, 40.5).click(50.5, 20.5);
  expect(test.editor.sketch.value?.points.length).toBeGreaterThan(20);
  test.key("Backspace");
  expect(test.editor.sketch.value?.points.length).toBeLessThan(3);
  test.key("Backspace");
  expect(test.path).toBe("magnetic.idle");
});

it("is a polygon while the pixels are not there", () => {
  const test = magnetic();
  test.editor.grey = () => null;
  test.click(10, 10).click(20, 10).click(20, 20).click(10, 20);
  test.key("Enter");
  expect(test.mask(test.selected[0] ?? "")).toMatchObject({ top: 10, left: 10, height: 10, width: 10 });
});
