import { expect, it } from "vitest";
import { TestEditor } from "../testing/test-editor";
import { nameOf, shown } from "./keys";

const press = { key: "z", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };

it("names keys the same on every keyboard", () => {
  expect(nameOf({ ...press, ctrlKey: true })).toBe("Mod+Z");
  expect(nameOf({ ...press, metaKey: true, shiftKey: true, key: "Z" })).toBe("Mod+Shift+Z");
  expect(nameOf({ ...press, key: "?", shiftKey: true })).toBe("?");
  expect(nameOf({ ...press, key: "ArrowLeft", altKey: true })).toBe("Alt+Left");
  expect(shown("Mod+Shift+Z", false)).toBe("Ctrl Shift Z");
  expect(shown("Mod+Shift+Z", true)).toBe("⌘ ⇧ Z");
  expect(shown("+", false)).toBe("+");
});

it("chooses every tool by its letter", () => {
  const test = new TestEditor();
  for (const [key, tool] of Object.entries({
    p: "points",
    r: "box",
    s: "scribble",
    b: "brush",
    e: "eraser",
    g: "hand",
    q: "select-lasso",
    o: "polygon",
    l: "lasso",
    u: "magnetic",
    x: "split",
    a: "region",
    d: "move",
    v: "select",
  })) {
    test.key(key);
    expect(test.path).toBe(`${tool}.idle`);
  }
});

it("gives no key to two commands that can be meant at once", () => {
  const seen = new Map<string, string>();
  for (const { keys, id } of new TestEditor().commands) {
    for (const key of keys) {
      // Backspace takes a point or corner back while there are some, and deletes otherwise: regions with their tool. Enter and Esc are about all proposed
      // cells or the polygon while there are any, and about one mask otherwise.
      if (!["Backspace", "Delete", "Enter", "Esc"].includes(key)) expect(seen.get(key)).toBeUndefined();
      seen.set(key, id);
    }
  }
});

it("undoes and redoes with both spellings", () => {
  const test = new TestEditor();
  test.cell(1, 1, 2, 2);
  test.key("Mod+Z");
  expect(test.session.store.size).toBe(0);
  test.key("Mod+Shift+Z");
  expect(test.session.store.size).toBe(1);
  test.key("Mod+Z");
  test.key("Mod+Y");
  expect(test.session.store.size).toBe(1);
});

it("gives the selected cells the class of a number key, and takes it away with 0", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 5, 5);
  test.click(12, 12).key("1");
  expect(test.session.store.get(id)?.classId).toBe(7);
  expect(test.editor.activeClass.value).toBe(7);
  test.key("0");
  expect(test.session.store.get(id)?.classId).toBeNull();
  expect(test.key("9")).toBe(false);
});

it("runs no command that isn't enabled", () => {
  const test = new TestEditor();
  expect(test.key("Delete")).toBe(false);
  expect(test.key("Enter")).toBe(false);
  expect(test.key("Alt+Left")).toBe(false);
  test.key("Alt+Right");
  test.key("Shift+F");
  test.key("Mod+Enter");
  expect(test.done).toEqual(["next", "find", "step"]);
});

it("changes how the image is looked at", () => {
  const test = new TestEditor();
  test.key("h");
  expect(test.editor.view.masksHidden.value).toBe(true);
  test.key("+");
  expect(test.editor.view.camera.value.scale).toBeCloseTo(1.4);
  test.key("f");
  expect(test.editor.view.camera.value.scale).toBeLessThan(1);
  test.key("?");
  expect(test.editor.view.helpOpen.value).toBe(true);
});
