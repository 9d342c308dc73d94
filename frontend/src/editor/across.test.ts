import { beforeEach, describe, expect, it } from "vitest";
import { area } from "../geometry/mask";
import { rectangle, TestEditor } from "../testing/test-editor";
import { Across } from "./across";
import type { Axis } from "./viewer";

const COUNTS = { z: 5, t: 3 };
let test: TestEditor;
let across: Across;

beforeEach(() => {
  test = new TestEditor();
  across = new Across(test.editor, { count: (axis: Axis) => COUNTS[axis] });
});

const cellOf = (id: string | undefined) => test.session.store.anywhere(id ?? "");
const partsOf = (id: string | undefined) => {
  const cell = cellOf(id);
  return cell ? test.session.store.objectOf(cell) : [];
};
const said = () => test.editor.notices.value.at(-1)?.message;

function drawn(top = 10, left = 10, at = { t: 0, z: 0 }): string {
  test.editor.look(at);
  const id = test.cell(top, left, 20, 20);
  test.editor.select([id]);
  return id;
}

describe("copying to the plane beside", () => {
  it("makes a part of the same object there, and goes there", () => {
    const id = drawn();
    across.copy("z", 1);
    expect(partsOf(id).map(({ plane }) => plane.z)).toEqual([0, 1]);
    expect(test.selected).toEqual([partsOf(id)[1]?.id]);
    expect(test.editor.view.position.value).toEqual({ t: 0, z: 1 });
  });

  it("leaves out what is there already, and says where the image ends", () => {
    const id = drawn();
    across.copy("z", 1);
    test.editor.look({ t: 0, z: 0 });
    test.editor.select([id]);
    across.copy("z", 1);
    expect(partsOf(id)).toHaveLength(2);
    expect(said()).toContain("already");
    across.copy("t", -1);
    expect(said()).toContain("no further frame");
  });
});

describe("filling between", () => {
  it("fills every plane of a gap as one step", () => {
    const low = drawn();
    const high = drawn(30, 50, { t: 0, z: 4 });
    test.session.update(high, { joins: low });
    across.interpolate();
    expect(partsOf(low).map(({ plane }) => plane.z)).toEqual([0, 1, 2, 3, 4]);
    expect(partsOf(low)[2]?.mask).toEqual(rectangle(20, 30, 20, 20));
    expect(partsOf(low)[2]?.provenance).toEqual({ source: "auto", engine: "interpolation" });
    test.session.undo();
    expect(partsOf(low)).toHaveLength(2);
  });

  it("says so where there is no gap", () => {
    drawn();
    across.interpolate();
    expect(said()).toContain("no gap");
  });
});

describe("finding a cell on the plane beside", () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  it("asks with its shape and keeps the best answer as a part of it", async () => {
    const id = drawn();
    const done = across.propagate("t", 1);
    expect(test.session.prompts.at(-1)?.prompts.mask).toEqual(rectangle(10, 10, 20, 20));
    test.session.answer(rectangle(12, 12, 20, 20), rectangle(0, 0, 5, 5));
    await done;
    const [, next] = partsOf(id);
    expect(next).toMatchObject({ plane: { t: 1, z: 0 }, mask: { top: 12, left: 12 } });
    expect(next?.provenance.source).toBe("prompt");
    expect(test.selected).toEqual([next?.id]);
  });

  it("goes on until the engine finds it no more", async () => {
    const id = drawn();
    const done = across.propagate("z", 1, { on: true });
    for (let step = 0; step < 2; step++) {
      test.session.answer(rectangle(10, 10 + step, 20, 20));
      await settled();
    }
    test.session.answer();
    await done;
    expect(partsOf(id).map(({ plane }) => plane.z)).toEqual([0, 1, 2]);
    expect(test.editor.notices.value.map(({ message }) => message).join()).toContain(
      "Followed over 2 slices",
    );
  });

  it("stops where it is told to, and where somebody goes elsewhere", async () => {
    const id = drawn();
    const stopped = across.propagate("z", 1, { on: true });
    across.stopFollowing();
    await stopped;
    expect(partsOf(id)).toHaveLength(1);
    test.editor.look({ t: 0, z: 0 });
    test.editor.select([id]);
    const left = across.propagate("z", 1);
    test.editor.look({ t: 2, z: 3 });
    await left;
    expect(partsOf(id)).toHaveLength(1);
    expect(across.following.value).toBe(false);
  });
});

describe("linking", () => {
  it("makes a cell of another plane a part of the remembered one", () => {
    const mother = drawn();
    across.mark();
    const other = drawn(40, 40, { t: 1, z: 0 });
    across.join();
    expect(cellOf(other)?.label).toBe(cellOf(mother)?.label);
    test.editor.select([other]);
    across.separate();
    expect(partsOf(other)).toHaveLength(1);
  });

  it("notes a division in a later frame only", () => {
    const mother = drawn();
    across.mark();
    across.copy("t", 1);
    const one = test.selected[0];
    const two = drawn(50, 50, { t: 1, z: 0 });
    test.editor.select([one ?? "", two]);
    across.divide();
    const label = cellOf(mother)?.label;
    expect([cellOf(one)?.parent, cellOf(two)?.parent]).toEqual([label, label]);
    expect(new Set([label, cellOf(one)?.label, cellOf(two)?.label]).size).toBe(3);
    const early = drawn(60, 10, { t: 0, z: 0 });
    across.divide();
    expect(cellOf(early)?.parent).toBeNull();
    expect(said()).toContain("earlier frame");
  });

  it("links all planes by overlap, and divisions with it", () => {
    const films = new Across(test.editor, { count: (axis: Axis) => (axis === "t" ? 3 : 1) });
    const stays = [0, 1, 2].map((t) => drawn(2, 2 + t, { t, z: 0 }));
    test.editor.look({ t: 0, z: 0 });
    const mother = test.cell(40, 40, 20, 40);
    test.editor.look({ t: 1, z: 0 });
    const daughters = [test.cell(40, 40, 20, 18), test.cell(40, 62, 20, 18)];
    films.linkAll();
    expect(new Set(stays.map((id) => cellOf(id)?.label)).size).toBe(1);
    expect(daughters.map((id) => cellOf(id)?.parent)).toEqual([cellOf(mother)?.label, cellOf(mother)?.label]);
    expect(area(cellOf(mother)?.mask ?? rectangle(0, 0, 1, 1))).toBe(800);
    films.linkAll();
    expect(said()).toContain("No cell overlaps");
  });
});
