import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function refining(): { test: TestEditor; id: string } {
  const test = new TestEditor();
  const id = test.cell(10, 10, 10, 10);
  test.editor.select([id]);
  test.key("m");
  return { test, id };
}

it("asks for a better shape of the selected cell with its mask", () => {
  const { test } = refining();
  expect(test.session.prompts.at(-1)?.prompts).toEqual({
    points: [],
    box: null,
    mask: rectangle(10, 10, 10, 10),
  });
  expect(test.path).toBe("points.prompted");
});

it("may take the cell's own pixels, and gives it the shape on Enter, with where that came from", () => {
  const { test, id } = refining();
  test.session.answer(rectangle(8, 10, 14, 10));
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 8, height: 14 });
  test.key("Enter");
  expect(test.session.store.size).toBe(1);
  expect(test.mask(id)).toMatchObject({ top: 8, height: 14 });
  const { provenance } = test.session.store.get(id) ?? {};
  expect(provenance).toMatchObject({ source: "prompt", engine: "starter" });
  expect(provenance?.prompts?.mask).toEqual(rectangle(10, 10, 10, 10));
  expect(test.selected).toEqual([id]);
});

it("leaves other cells their pixels, and the cell as it is where nothing is left", () => {
  const { test, id } = refining();
  test.cell(30, 30, 5, 5);
  test.session.answer(rectangle(30, 30, 5, 5));
  test.key("Enter");
  expect(test.mask(id)).toEqual(rectangle(10, 10, 10, 10));
  expect(test.editor.notices.value[0]?.message).toContain("no free pixel");
});

it("is made better with clicks, and undone in one step", () => {
  const { test, id } = refining();
  test.click(12, 30);
  expect(test.session.prompts.at(-1)?.prompts).toMatchObject({
    points: [{ row: 30, col: 12, positive: true }],
    mask: { top: 10 },
  });
  test.session.answer(rectangle(10, 10, 25, 10));
  test.key("Enter");
  test.key("Mod+Z");
  expect(test.mask(id)).toEqual(rectangle(10, 10, 10, 10));
});

it("keeps the tool that shows answers, and ends with Escape", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 10, 10);
  test.editor.select([id]);
  test.key("s");
  test.editor.select([id]);
  test.key("m");
  expect(test.path).toBe("scribble.prompted");
  test.key("Esc");
  expect(test.path).toBe("scribble.idle");
  expect(test.editor.prompting.refined.value).toBeNull();
});

it("becomes a new cell where somebody has deleted the cell meanwhile", () => {
  const { test, id } = refining();
  test.session.answer(rectangle(8, 10, 14, 10));
  test.session.delete([id]);
  test.key("Enter");
  expect([...test.session.store.cells()].map((cell) => cell.mask.top)).toEqual([8]);
});

it("wants one selected cell and an engine", () => {
  const test = new TestEditor();
  expect(test.key("m")).toBe(false);
  test.editor.select([test.cell(10, 10, 5, 5)]);
  test.editor.promptEngine.value = null;
  test.key("m");
  expect(test.session.prompts).toEqual([]);
  expect(test.editor.notices.value).toHaveLength(1);
});
