import { describe, expect, test } from "vitest";
import { area, difference } from "../geometry/mask";
import { shapeOf } from "../geometry/measure";
import { rectangle, TestEditor } from "../testing/test-editor";
import { proposalOf } from "./fixes";

/** Three rectangles, two of them with a hole. */
function withHoles(): { test: TestEditor; ids: string[] } {
  const test = new TestEditor();
  const ids = [0, 1, 2].map((at) => {
    const whole = rectangle(10, 10 + 25 * at, 12, 12);
    const mask = at < 2 ? difference(whole, rectangle(14, 14 + 25 * at, 2 + at, 2)) : whole;
    return test.session.create(mask, null, { source: "hand" }) ?? "";
  });
  test.editor.inspector.finish();
  return { test, ids };
}

const holes = (test: TestEditor, ids: string[]): number[] =>
  ids.map((id) => shapeOf(test.mask(id) ?? rectangle(0, 0, 1, 1)).holes);

describe("flags", () => {
  test("are stepped through with the worst first, their cell selected and the proposal shown", () => {
    const { test, ids } = withHoles();
    test.key("n");
    expect(test.selected).toEqual([ids[1]]);
    const current = test.editor.inspector.current.value;
    const shown = current && proposalOf(test.session.store, current);
    expect(shown?.bitmap.data.every((value) => value === 1)).toBe(true);
    test.key("Shift+N");
    expect(test.selected).toEqual([ids[0]]);
  });

  test("are fixed one by one, each fix going on to the next", () => {
    const { test, ids } = withHoles();
    test.key("n");
    test.key("j");
    expect(holes(test, ids)).toEqual([1, 0, 0]);
    expect(test.selected).toEqual([ids[0]]);
    test.editor.inspector.finish();
    expect(test.editor.inspector.findings.value.length).toBe(1);
  });

  test("of a kind are fixed in one step, which one undo takes back", () => {
    const { test, ids } = withHoles();
    test.key("n");
    test.key("Shift+J");
    expect(holes(test, ids)).toEqual([0, 0, 0]);
    test.key("Mod+Z");
    expect(holes(test, ids)).toEqual([1, 1, 0]);
  });

  test("of locked cells stay", () => {
    const { test, ids } = withHoles();
    test.session.update(ids[0] ?? "", { locked: true });
    test.key("n");
    test.key("Shift+J");
    expect(holes(test, ids)).toEqual([1, 0, 0]);
  });

  test("leave other cells their pixels, even in overwrite mode", () => {
    const { test, ids } = withHoles();
    const inside = test.cell(14, 14, 2, 2);
    test.key("w");
    test.editor.inspector.finish();
    test.editor.inspector.kind.value = "holes";
    test.key("n");
    test.key("Shift+J");
    expect(area(test.mask(inside) ?? rectangle(0, 0, 1, 1))).toBe(4);
    expect(holes(test, ids)).toEqual([1, 0, 0]);
  });

  test("cannot be fixed by somebody who may only look", () => {
    const { test, ids } = withHoles();
    const { me } = test.session;
    me.value = me.value && { ...me.value, role: "viewer" };
    test.key("n");
    expect(test.key("j")).toBe(false);
    expect(holes(test, ids)).toEqual([1, 1, 0]);
  });
});
