import { expect, it } from "vitest";
import { picture } from "../testing/picture";
import { TestEditor } from "../testing/test-editor";

const PART = { top: 8, left: 8, height: 14, width: 24 };

/** Rows of `PART`, from its top; those left out are empty. */
function rows(filled: Readonly<Record<number, string>>): string[] {
  return Array.from({ length: PART.height }, (_, row) => filled[row] ?? ".".repeat(PART.width));
}

function tool(key: string): TestEditor {
  const test = new TestEditor();
  test.key(key);
  return test;
}

/** A square of ten pixels from (10, 10), corner by corner. */
function corners(test: TestEditor, held: { shift?: boolean; alt?: boolean } = {}): TestEditor {
  return test.click(10, 10, held).click(20, 10).click(20, 20).click(10, 20);
}

const SQUARE = rows(
  Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n + 2, "..aaaaaaaaaa............"])),
);

it("makes a cell of the corners on Enter, selects it and gives it the active class", () => {
  const test = tool("o");
  test.editor.activeClass.value = 8;
  corners(test);
  expect(test.path).toBe("polygon.drawing");
  test.key("Enter");
  expect(picture(test, test.selected, PART)).toEqual(SQUARE);
  expect([...test.session.store.cells()]).toMatchObject([{ classId: 8, provenance: { source: "hand" } }]);
  test.key("Mod+Z");
  expect(test.session.store.size).toBe(0);
});

it("closes with a double click, whose second press is no corner", () => {
  const test = tool("o").click(10, 10).click(20, 10).click(20, 20).doubleClick(10, 20);
  expect(test.path).toBe("polygon.idle");
  expect(picture(test, test.selected, PART)).toEqual(SQUARE);
});

it("closes on the first corner", () => {
  const test = corners(tool("o")).click(12, 11);
  expect(test.path).toBe("polygon.idle");
  expect(picture(test, test.selected, PART)).toEqual(SQUARE);
  test.doubleClick(50, 50);
  expect(test.path).toBe("polygon.idle");
  expect(test.session.store.size).toBe(1);
});

it("takes corners back, also the first, and gives up with Escape", () => {
  const test = corners(tool("o")).click(60, 60);
  test.key("Backspace");
  test.key("Enter");
  expect(picture(test, test.selected, PART)).toEqual(SQUARE);
  test.click(60, 60);
  test.key("Backspace");
  expect(test.path).toBe("polygon.idle");
  corners(test).key("Esc");
  expect(test.editor.sketch.value).toBeNull();
  expect(test.session.store.size).toBe(1);
});

it("shows the corners and the line to the pointer", () => {
  const test = tool("o").click(10, 10).click(20, 10).move(30, 30);
  expect(test.editor.sketch.value).toEqual({
    points: [
      { x: 10, y: 10 },
      { x: 20, y: 10 },
      { x: 30, y: 30 },
    ],
    purpose: "create",
    corners: [
      { x: 10, y: 10 },
      { x: 20, y: 10 },
    ],
  });
});

it("needs three corners and a pixel", () => {
  const test = tool("o").click(10, 10).click(20, 10);
  test.key("Enter");
  expect(test.path).toBe("polygon.drawing");
  test.click(15, 10);
  test.key("Enter");
  expect(test.session.store.size).toBe(0);
  expect(test.editor.notices.value).toHaveLength(2);
});

it("adds to the selected cell with Shift and cuts from it with Alt", () => {
  const test = tool("o");
  const id = test.cell(10, 10, 3, 5);
  test.editor.select([id]);
  test.click(12, 12, { shift: true }).click(22, 12).click(22, 21).click(12, 21).key("Enter");
  const below = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [n + 5, "....aaaaaaaaaa.........."]));
  const above = { 2: "..aaaaa.................", 3: "..aaaaa................." };
  const added = rows({ ...above, 4: "..aaaaaaaaaaaa..........", ...below });
  expect(picture(test, [id], PART)).toEqual(added);
  test.click(15, 2, { alt: true }).click(30, 2).click(30, 13).click(15, 13).key("Enter");
  expect(picture(test, [id], PART)).toEqual(rows({ ...above, 4: "..aaaaa.................", ...below }));
  test.key("Mod+Z");
  expect(picture(test, [id], PART)).toEqual(added);
});

it("cuts from the selected cells alone and deletes what is cut away wholly", () => {
  const test = tool("o");
  const [a, b, c] = [test.cell(10, 10, 2, 2), test.cell(10, 12, 2, 2), test.cell(10, 14, 2, 2)];
  test.editor.select([a, b]);
  test.click(8, 8, { alt: true }).click(13, 8).click(13, 20).click(8, 20).key("Enter");
  expect(picture(test, [a, b, c], PART)).toEqual(
    rows({ 2: ".....bcc................", 3: ".....bcc................" }),
  );
  expect(test.session.store.get(a)).toBeUndefined();
});

it("says what must be selected for Shift and Alt", () => {
  const test = tool("o").click(10, 10, { shift: true }).click(10, 10, { alt: true });
  expect(test.path).toBe("polygon.idle");
  expect(test.editor.notices.value).toHaveLength(2);
});

it("leaves other cells their pixels or overwrites them, as the mode says", () => {
  for (const [key, row] of [
    ["", "..aabbbbbbbb............"],
    ["w", "..bbbbbbbbbb............"],
  ] as const) {
    const test = tool("o");
    const id = test.cell(0, 0, 40, 12);
    if (key) test.key(key);
    corners(test).key("Enter");
    expect(picture(test, [id, test.selected[0]], PART)[5]?.slice(2, 14)).toBe(row.slice(2, 14));
    test.key("Mod+Z");
    expect(test.mask(id)?.counts).toEqual([0, 480]);
  }
});

it("says what to do where other cells cover all of it", () => {
  const test = tool("o");
  test.cell(0, 0, 40, 40);
  corners(test).key("Enter");
  expect(test.session.store.size).toBe(1);
  expect(test.editor.notices.value[0]?.message).toContain("W lets");
});

it("draws nothing for somebody who may only look", () => {
  const test = tool("o");
  test.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "viewer" };
  expect(test.click(10, 10).path).toBe("polygon.idle");
});

function around(test: TestEditor, held: { shift?: boolean; alt?: boolean } = {}): TestEditor {
  return test.down(10, 10, held).move(20, 10).move(20, 20).move(10, 20).up(10, 12);
}

it("closes a freehand outline when the hand lets go", () => {
  const test = around(tool("l"));
  expect(test.path).toBe("lasso.idle");
  expect(picture(test, test.selected, PART)).toEqual(SQUARE);
  expect(test.editor.sketch.value).toBeNull();
});

it("freehand adds with Shift, cuts with Alt, and stops with Escape", () => {
  const test = tool("l");
  const id = test.cell(10, 10, 10, 4);
  test.editor.select([id]);
  around(test, { shift: true });
  expect(picture(test, [id], PART)).toEqual(SQUARE);
  around(test, { alt: true });
  expect(test.session.store.size).toBe(0);
  test.down(10, 10).move(20, 10).move(20, 20);
  expect(test.path).toBe("lasso.drawing");
  test.key("Esc");
  test.up(10, 10);
  expect(test.session.store.size).toBe(0);
});

it("takes a click without a line for nothing", () => {
  const test = tool("l").click(10, 10);
  expect(test.path).toBe("lasso.idle");
  expect(test.editor.notices.value).toEqual([]);
});
