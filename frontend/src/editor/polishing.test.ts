import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function polished(): TestEditor {
  const test = new TestEditor();
  test.editor.polishing.by.value = "sam";
  test.key("p");
  test.click(20, 20);
  return test;
}

it("hands the best basin, and what was clicked, to the engine that polishes", () => {
  const test = polished();
  test.session.answer(rectangle(10, 10, 20, 20), rectangle(0, 0, 5, 5));
  expect(test.session.prompts.map((one) => one.engine)).toEqual(["starter", "sam"]);
  const { points, mask } = test.session.prompts.at(-1)?.prompts ?? {};
  expect(points).toHaveLength(1);
  expect(mask).toEqual(rectangle(10, 10, 20, 20));
});

it("shows the basin until the better shape is there, then keeps that one, with its engine", () => {
  const test = polished();
  test.session.answer(rectangle(10, 10, 20, 20));
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 10, height: 20 });
  test.session.answer(rectangle(11, 11, 18, 18));
  expect(test.session.prompts).toHaveLength(2);
  test.key("Enter");
  const [cell] = [...test.session.store.cells()];
  expect(cell?.mask).toEqual(rectangle(11, 11, 18, 18));
  expect(cell?.provenance.engine).toBe("sam");
});

it("asks nobody where nothing was found, or where nobody polishes", () => {
  const test = polished();
  test.session.answer();
  expect(test.session.prompts).toHaveLength(1);
  test.editor.polishing.by.value = null;
  test.click(30, 30);
  test.session.answer(rectangle(10, 10, 20, 20));
  expect(test.session.prompts).toHaveLength(2);
});
