import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function tool(): TestEditor {
  const test = new TestEditor();
  test.key("r");
  return test;
}

it("asks with the rectangle, whichever corner came first, cut to the image", () => {
  const test = tool().drag(40, 30, -10, 10);
  expect(test.session.prompts[0]?.prompts.box).toEqual({ top: 10, left: 0, bottom: 30, right: 40 });
  expect(test.path).toBe("box.prompted");
});

it("shows the rectangle while it is drawn", () => {
  const test = tool().down(10, 10).move(30, 30);
  expect(test.path).toBe("box.drawing");
  expect(test.editor.dragBox.value).toMatchObject({ purpose: "prompt", to: { x: 30, y: 30 } });
  test.key("Esc");
  expect(test.editor.dragBox.value).toBeNull();
  expect(test.session.prompts).toEqual([]);
});

it("does nothing on a click without a rectangle", () => {
  const test = tool().click(10, 10);
  expect(test.path).toBe("box.idle");
  expect(test.session.prompts).toEqual([]);
});

it("adds points to a rectangle with clicks, and starts again with another rectangle", () => {
  const test = tool().drag(10, 10, 40, 40).click(20, 20).click(30, 30, { alt: true });
  expect(test.session.prompts.at(-1)?.prompts.points?.map((point) => point.positive)).toEqual([true, false]);
  test.drag(50, 10, 70, 30);
  expect(test.session.prompts.at(-1)?.prompts.points).toEqual([]);
});

it("makes a cell on Enter and is ready for the next", () => {
  const test = tool().drag(10, 10, 40, 40);
  test.session.answer(rectangle(12, 12, 10, 10));
  test.key("Enter");
  expect(test.session.store.size).toBe(1);
  expect(test.path).toBe("box.idle");
});
