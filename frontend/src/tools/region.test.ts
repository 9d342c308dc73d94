import { expect, it } from "vitest";
import { coverage } from "../editor/regions";
import { TestEditor } from "../testing/test-editor";

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

/** An editor with one region, (10, 10) to (40, 30), chosen. */
async function drawn(): Promise<TestEditor> {
  const test = new TestEditor();
  test.key("a");
  test.drag(10.4, 9.8, 40, 30);
  await settled();
  return test;
}

it("draws a region in whole pixels and chooses it", async () => {
  const test = await drawn();
  expect(test.regions.kept).toEqual([
    { id: "region-1", t: 0, z: 0, name: "Region 1", top: 10, left: 10, bottom: 30, right: 40, author: "Ada" },
  ]);
  expect(test.editor.regions.selected.value).toBe("region-1");
  expect(test.editor.regions.draft.value).toBeNull();
  expect(test.editor.regions.share.value).toBeCloseTo(600 / 8000);
});

it("is drawn from any corner and ends at the image", async () => {
  const test = new TestEditor();
  test.key("a");
  test.drag(60, 50, -20, 20);
  await settled();
  expect(test.regions.kept[0]).toMatchObject({ top: 20, left: 0, bottom: 50, right: 60 });
});

it("is resized by its sides and corners, also past the opposite one", async () => {
  const test = await drawn();
  test.drag(40, 20, 50, 22);
  await settled();
  expect(test.regions.kept[0]).toMatchObject({ top: 10, left: 10, bottom: 30, right: 50 });
  test.drag(10, 10, 60, 20);
  await settled();
  expect(test.regions.kept[0]).toMatchObject({ top: 20, left: 50, bottom: 30, right: 60 });
});

it("is chosen by a click, the smaller one first, and let go by a click beside", async () => {
  const test = await drawn();
  test.drag(5, 60, 90, 75);
  await settled();
  test.drag(20, 62, 30, 70);
  await settled();
  test.click(25, 66);
  expect(test.editor.regions.selected.value).toBe("region-3");
  test.click(50, 66);
  expect(test.editor.regions.selected.value).toBe("region-2");
  test.click(60, 45);
  expect(test.editor.regions.selected.value).toBeNull();
});

it("is deleted by Delete, which then leaves selected cells alone", async () => {
  const test = await drawn();
  const id = test.cell(50, 50, 5, 5);
  test.editor.select([id]);
  test.key("Delete");
  await settled();
  expect(test.regions.kept).toEqual([]);
  expect(test.session.store.size).toBe(1);
  test.key("Delete");
  expect(test.session.store.size).toBe(0);
});

it("is left as it was by Escape, and drawn by nobody who only looks", async () => {
  const test = await drawn();
  test.down(40, 30).move(70, 70);
  expect(test.editor.regions.draft.value).toMatchObject({ bottom: 70, right: 70 });
  test.key("Esc");
  test.up(70, 70);
  expect(test.regions.kept[0]).toMatchObject({ bottom: 30, right: 40 });
  test.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "viewer" };
  test.drag(50, 50, 70, 70);
  await settled();
  expect(test.regions.kept).toHaveLength(1);
});

it("says what the server refused and shows what it keeps", async () => {
  const test = await drawn();
  test.regions.refusal = "An image has at most 200 regions. Delete one first.";
  await test.editor.regions.change("region-1", { name: "Middle" });
  expect(test.editor.notices.value.at(-1)?.message).toBe(test.regions.refusal);
  expect(test.editor.regions.list.value[0]?.name).toBe("Region 1");
});

it("counts pixels once where regions overlap", () => {
  const box = (top: number, left: number, bottom: number, right: number) => ({ top, left, bottom, right });
  const image = { width: 10, height: 10 };
  expect(coverage([], image)).toBe(0);
  expect(coverage([box(0, 0, 5, 5), box(0, 0, 5, 5)], image)).toBe(0.25);
  expect(coverage([box(0, 0, 6, 6), box(3, 3, 10, 10), box(1, 0, 2, 10)], image)).toBeCloseTo(0.8);
  expect(coverage([box(0, 0, 10, 10), box(2, 2, 3, 3)], image)).toBe(1);
});
