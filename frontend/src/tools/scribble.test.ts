import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";

function scribbled(): TestEditor {
  const test = new TestEditor();
  test.key("s");
  test.drag(20, 30, 40, 30);
  return test;
}

function lastAsked(test: TestEditor) {
  return test.session.prompts.at(-1)?.prompts;
}

it("asks for the cell along a stroke", () => {
  const test = scribbled();
  expect(test.path).toBe("scribble.prompted");
  expect(lastAsked(test)).toEqual({
    points: [],
    box: null,
    scribbles: [
      {
        places: [
          { row: 30, col: 20 },
          { row: 30, col: 30 },
          { row: 30, col: 40 },
        ],
        positive: true,
      },
    ],
  });
});

it("asks while the stroke is drawn, once for each answer", () => {
  const test = new TestEditor();
  test.key("s");
  test.down(20, 30).move(30, 30).move(35, 30).move(40, 30);
  expect(test.session.prompts).toHaveLength(1);
  test.session.answer(rectangle(25, 15, 10, 10));
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 25 });
  test.move(45, 30);
  expect(test.session.prompts).toHaveLength(2);
  test.up(45, 30);
  expect(test.editor.prompting.stroke.value).toBeNull();
  expect(lastAsked(test)?.scribbles).toHaveLength(1);
});

it("takes away along a stroke with Alt or the right button, once there is something to take from", () => {
  const test = new TestEditor();
  test.key("s");
  test.drag(20, 30, 40, 30, { alt: true });
  expect(test.session.prompts).toEqual([]);
  test.drag(20, 30, 40, 30);
  test.drag(20, 40, 40, 40, { alt: true }).drag(20, 50, 40, 50, { button: "right" });
  expect(lastAsked(test)?.scribbles?.map((stroke) => stroke.positive)).toEqual([true, false, false]);
});

it("takes a click without a stroke as a point", () => {
  const test = scribbled().click(40, 40, { alt: true });
  expect(lastAsked(test)?.points).toEqual([{ row: 40, col: 40, positive: false }]);
  expect(lastAsked(test)?.scribbles).toHaveLength(1);
  expect(test.path).toBe("scribble.prompted");
});

it("throws a stroke away with Escape and keeps those before", () => {
  const test = scribbled();
  test.down(20, 40).move(30, 40).move(40, 40).key("Esc");
  expect(test.path).toBe("scribble.prompted");
  expect(lastAsked(test)?.scribbles).toHaveLength(1);
  test.key("Esc");
  expect(test.path).toBe("scribble.idle");
  expect(test.editor.prompting.active.value).toBe(false);
});

it("takes points and strokes back in the order in which they came", () => {
  const test = scribbled().click(40, 40).drag(20, 50, 40, 50);
  test.key("Backspace");
  expect([lastAsked(test)?.scribbles?.length, lastAsked(test)?.points?.length]).toEqual([1, 1]);
  test.key("Backspace");
  expect(lastAsked(test)?.points).toEqual([]);
  test.key("Backspace");
  expect(test.editor.prompting.active.value).toBe(false);
});

it("makes the shown candidate a cell on Enter and remembers the strokes", () => {
  const test = scribbled();
  test.session.answer(rectangle(25, 15, 10, 30));
  test.key("Enter");
  const cell = [...test.session.store.cells()][0];
  expect(cell?.provenance.prompts?.scribbles).toHaveLength(1);
  expect(test.path).toBe("scribble.idle");
});

it("keeps a long stroke within what a message holds, from its first place to its last", () => {
  const test = new TestEditor(4000, 4000);
  test.key("s");
  test.down(0, 5);
  for (let x = 5; x <= 3500; x += 5) test.move(x, 5);
  test.up(3500, 5);
  const places = lastAsked(test)?.scribbles?.[0]?.places ?? [];
  expect(places.length).toBeLessThanOrEqual(256);
  expect(places[0]).toEqual({ row: 5, col: 0 });
  expect(places.at(-1)).toEqual({ row: 5, col: 3500 });
});

it("keeps to the image and to as many strokes as an engine takes", () => {
  const test = new TestEditor();
  test.key("s");
  for (let stroke = 0; stroke < 17; stroke++) test.drag(20, 30, 40, -30);
  expect(lastAsked(test)?.scribbles).toHaveLength(16);
  expect(lastAsked(test)?.scribbles?.[0]?.places.at(-1)).toEqual({ row: 0, col: 40 });
  expect(test.editor.notices.value[0]?.message).toContain("Backspace");
});

it("does not ask without an engine or for somebody who may only look", () => {
  const test = new TestEditor();
  test.key("s");
  test.editor.promptEngine.value = null;
  test.drag(20, 30, 40, 30);
  test.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "viewer" };
  test.drag(20, 30, 40, 30);
  expect(test.session.prompts).toEqual([]);
  expect(test.editor.notices.value).toHaveLength(2);
});
