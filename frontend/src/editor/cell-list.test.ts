import { describe, expect, test } from "vitest";
import { TestEditor } from "../testing/test-editor";
import { CellList } from "./cell-list";
import { csvOf } from "./cell-table";

/** Four rectangles of 20, 6, 12 and 40 pixels, the third a nucleus. */
function four(): { test: TestEditor; list: CellList; ids: string[] } {
  const test = new TestEditor();
  const sizes = [4, 5, 2, 3, 3, 4, 8, 5];
  const ids = [0, 1, 2, 3].map((at) => test.cell(5, 5 + 20 * at, sizes[2 * at] ?? 0, sizes[2 * at + 1] ?? 0));
  test.session.update(ids[2] ?? "", { classId: 7 });
  return { test, list: new CellList(test.editor), ids };
}

function listed({ list, ids }: ReturnType<typeof four>): number[] {
  return list.rows.value.map(({ id }) => ids.indexOf(id));
}

describe("the list of cells", () => {
  test("sorts by a column, both ways, with empty values last", () => {
    const all = four();
    all.list.sortBy("area");
    expect(listed(all)).toEqual([1, 2, 0, 3]);
    all.list.sortBy("area");
    expect(listed(all)).toEqual([3, 0, 2, 1]);
    all.list.sortBy("class");
    expect(listed(all)[0]).toBe(2);
  });

  test("filters by class, size and words", () => {
    const all = four();
    all.list.setFilter({ classId: "7" });
    expect(listed(all)).toEqual([2]);
    all.list.setFilter({ classId: "none", least: 10 });
    expect(listed(all)).toEqual([0, 3]);
    all.list.setFilter({ classId: "", least: null, text: "nucl hand" });
    expect(listed(all)).toEqual([2]);
  });

  test("filters by a range of scores; what people drew counts as 1", () => {
    const all = four();
    [0.2, 0.5, 0.8].forEach((score, at) => {
      const provenance = { source: "auto", engine: "sam", score } as const;
      all.test.session.update(all.ids[at] ?? "", { provenance });
    });
    all.list.setFilter({ leastScore: 0.3, mostScore: 0.8 });
    expect(listed(all)).toEqual([1, 2]);
    all.list.setFilter({ mostScore: null });
    expect(listed(all)).toEqual([1, 2, 3]);
  });

  test("filters by the region that a cell's centre is in", async () => {
    const all = four();
    await all.test.editor.regions.create({ top: 0, left: 20, bottom: 40, right: 50 });
    await all.test.editor.regions.create({ top: 0, left: 40, bottom: 40, right: 60 });
    const [first, second] = all.test.editor.regions.list.value;
    all.list.setFilter({ region: first?.id ?? "" });
    expect(listed(all)).toEqual([1, 2]);
    all.list.setFilter({ region: second?.id ?? "" });
    expect(listed(all)).toEqual([2]);
    all.list.setFilter({ region: "none" });
    expect(listed(all)).toEqual([0, 3]);
    all.list.setFilter({ region: "region-of-yesterday" });
    expect(listed(all)).toEqual([]);
  });

  test("selects a range, adds to it and narrows a selection to what is listed", () => {
    const all = four();
    const [a = "", b = "", , d = ""] = all.ids;
    all.list.sortBy("area");
    all.list.choose(b, "only");
    all.list.choose(d, "range");
    expect(all.test.selected.length).toBe(4);
    all.list.choose(b, "toggle");
    expect(all.test.selected).not.toContain(b);
    all.list.setFilter({ least: 20 });
    all.list.keepListed();
    expect(all.test.selected.sort()).toEqual([a, d].sort());
  });

  test("relabels what is listed in one step", () => {
    const { test, list, ids } = four();
    list.setFilter({ least: 20 });
    list.selectListed();
    test.key("2");
    const classes = () => ids.map((id) => test.session.store.get(id)?.classId);
    expect(classes()).toEqual([8, null, 7, 8]);
    test.key("Mod+Z");
    expect(classes()).toEqual([null, null, 7, null]);
  });
});

test("S33: no word in the saved table is a formula, and numbers stay numbers", () => {
  const { list } = four();
  const words = ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "|a", "%a", "＝a", " =a", 'a"b,c'];
  const columns = words.map((word) => ({ id: word, name: "x", unit: "", value: () => word }));
  const numbers = [{ id: "n", name: "n", unit: "", value: () => -3.5 }];
  const [, row = ""] = csvOf(list.rows.value.slice(0, 1), [...numbers, ...columns]).split(/\r\n(?=cell|$)/);
  for (const word of words.slice(0, -1)) expect(row).toContain(`'${word}`);
  expect(row).toContain('"a""b,c"');
  expect(row).toContain(",-3.5,");
});
