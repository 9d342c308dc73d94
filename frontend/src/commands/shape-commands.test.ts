import { expect, it } from "vitest";
import type { Mask } from "../geometry/mask";
import { picture } from "../testing/picture";
import { TestEditor } from "../testing/test-editor";

/** A cell of the pixels marked # in a picture whose first sign is at row 2, column 2. */
function drawn(test: TestEditor, ...rows: string[]): string {
  const width = rows[0]?.length ?? 0;
  const counts: number[] = [0];
  let value = ".";
  for (const sign of rows.join("")) {
    if (sign !== value) counts.push(0);
    value = sign;
    counts.push((counts.pop() ?? 0) + 1);
  }
  const mask: Mask = { top: 2, left: 2, height: rows.length, width, counts };
  return test.session.create(mask, 7, { source: "hand" }) ?? "";
}

function after(key: string, ...rows: string[]): string[] {
  const test = new TestEditor();
  const id = drawn(test, ...rows);
  test.editor.select([id]);
  expect(test.key(key)).toBe(true);
  const box = { top: 1, left: 1, height: rows.length + 2, width: (rows[0]?.length ?? 0) + 2 };
  const seen = picture(test, [id], box);
  test.key("Mod+Z");
  const back = picture(test, [id], { top: 2, left: 2, height: rows.length, width: rows[0]?.length ?? 0 });
  expect(back.map((row) => row.replaceAll("a", "#"))).toEqual(rows);
  return seen;
}

it("fills holes", () => {
  expect(after("Shift+H", "###", "#.#", "###")).toEqual([".....", ".aaa.", ".aaa.", ".aaa.", "....."]);
});

it("removes specks", () => {
  expect(after("Shift+K", "##..", "##..", "...#")).toEqual([
    "......",
    ".aa...",
    ".aa...",
    "......",
    "......",
  ]);
});

it("grows and shrinks by a pixel", () => {
  expect(after(".", "##", "##")).toEqual([".aa.", "aaaa", "aaaa", ".aa."]);
  expect(after(",", "####", "####", "####")).toEqual(["......", "......", "..aa..", "......", "......"]);
});

it("smooths away a thread", () => {
  expect(after("Shift+S", "####....", "########", "####....", "####....")).toEqual([
    "..........",
    "..aa......",
    ".aaaa.....",
    ".aaaa.....",
    "..aa......",
    "..........",
  ]);
});

it("fills bays", () => {
  expect(after("Shift+X", "#.#", "###")).toEqual([".....", ".aaa.", ".aaa.", "....."]);
});

it("changes all selected cells in one step", () => {
  const test = new TestEditor();
  const [a, b, c] = [test.cell(10, 10, 2, 2), test.cell(10, 13, 2, 2), test.cell(20, 20, 2, 2)];
  test.editor.select([a, b]);
  test.key(".");
  const box = { top: 9, left: 9, height: 4, width: 7 };
  expect(picture(test, [a, b], box)).toEqual([".aa.bb.", "aaaabbb", "aaaabbb", ".aa.bb."]);
  expect(test.mask(c)).toMatchObject({ height: 2, width: 2 });
  test.key("Mod+Z");
  expect(picture(test, [a, b], box)).toEqual([".......", ".aa.bb.", ".aa.bb.", "......."]);
});

it("grows over other cells in overwrite mode only", () => {
  for (const [mode, row] of [
    ["keep", "aaabb"],
    ["overwrite", "aaaab"],
  ] as const) {
    const test = new TestEditor();
    const [a, b] = [test.cell(0, 0, 3, 3), test.cell(0, 3, 3, 2)];
    test.editor.writer.mode.value = mode;
    test.editor.select([a]);
    test.key(".");
    expect(picture(test, [a, b], { top: 1, left: 0, height: 1, width: 5 })).toEqual([row]);
  }
});

it("says why nothing changes, and adds no step", () => {
  const test = new TestEditor();
  const [a] = [test.cell(0, 0, 2, 2), test.cell(0, 2, 2, 98), test.cell(2, 0, 2, 100)];
  test.editor.select([a ?? ""]);
  for (const key of [".", "Shift+H", "Shift+K", "Shift+X"]) test.key(key);
  expect(test.editor.notices.value).toHaveLength(4);
  test.key("Mod+Z");
  expect(test.session.store.size).toBe(2);
});

it("does not shrink a cell away", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 2, 2);
  test.editor.select([id]);
  test.key(",");
  expect(test.mask(id)).toMatchObject({ height: 2 });
  expect(test.editor.notices.value[0]?.message).toContain("too thin");
});

it("merges cells into the largest, which keeps its class, in one step", () => {
  const test = new TestEditor();
  const [a, b, c] = [test.cell(10, 10, 2, 2), test.cell(10, 12, 3, 3), test.cell(13, 12, 1, 2)];
  test.editor.select([b]);
  test.key("1");
  test.editor.select([a, b, c]);
  test.key("c");
  expect(test.session.store.size).toBe(1);
  expect(test.session.store.get(b)?.classId).toBe(7);
  expect(test.selected).toEqual([b]);
  const box = { top: 10, left: 10, height: 4, width: 5 };
  expect(picture(test, [b], box)).toEqual(["aaaaa", "aaaaa", "..aaa", "..aa."]);
  test.key("Mod+Z");
  expect(picture(test, [a, b, c], box)).toEqual(["aabbb", "aabbb", "..bbb", "..cc."]);
});

it("merges only where several cells are selected", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 2, 2);
  test.editor.select([id]);
  expect(test.key("c")).toBe(false);
});

it("gives several cells a class in one step", () => {
  const test = new TestEditor();
  const ids = [test.cell(10, 10, 2, 2), test.cell(10, 12, 3, 3)];
  test.editor.select(ids);
  test.key("2");
  expect(ids.map((id) => test.session.store.get(id)?.classId)).toEqual([8, 8]);
  test.key("Mod+Z");
  expect(ids.map((id) => test.session.store.get(id)?.classId)).toEqual([null, null]);
});

it("changes nothing for somebody who may only look", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 2, 2);
  test.editor.select([id]);
  test.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "viewer" };
  for (const key of [".", ",", "Shift+S", "c", "w"]) expect(test.key(key)).toBe(false);
});
