import { expect, test } from "vitest";
import type { CellState } from "../protocol/messages.gen";
import { CellStore } from "../store/document";
import { rectangle } from "../testing/test-editor";
import { Inspection } from "./inspection";

function state(id: string, mask: CellState["mask"]): CellState {
  const by = { created_by: "Ada", updated_by: "Ada" };
  return {
    id,
    label: 1,
    version: 1,
    mask,
    class_id: null,
    provenance: { source: "hand" },
    locked: false,
    parent: null,
    t: 0,
    z: 0,
    ...by,
  };
}

/** Ten squares, all alike. */
function squares(): { store: CellStore; inspection: Inspection } {
  const store = new CellStore(400, 40);
  const cells = Array.from({ length: 10 }, (_, at) => state(`c${at}`, rectangle(10, 10 + 36 * at, 12, 12)));
  store.applySnapshot(cells, new Set());
  const inspection = new Inspection(store);
  inspection.usePixels(null);
  while (inspection.next());
  return { store, inspection };
}

function kinds(inspection: Inspection, id: string): string[] {
  while (inspection.next());
  return (inspection.flags().get(id) ?? []).map(({ kind }) => kind);
}

test("cells that are all alike have no flags", () => {
  expect(squares().inspection.flags().size).toBe(0);
});

test("a change is looked at together with its neighbours only, and its flags go when it is put right", () => {
  const { store, inspection } = squares();
  store.applyPatch({ operation: "o", cells: [state("new", rectangle(10, 22, 3, 3))], removed: [] });
  inspection.touch(["new"]);
  expect(inspection.count).toBe(2);
  store.applyPatch({ operation: "p", cells: [state("c1", rectangle(10, 46, 30, 32))], removed: [] });
  inspection.touch(["c1"]);
  expect(kinds(inspection, "c1")).toEqual(["border"]);
  store.applyPatch({ operation: "q", cells: [state("c1", rectangle(5, 46, 30, 32))], removed: ["new"] });
  inspection.touch(["c1", "new"]);
  expect(kinds(inspection, "c1")).toEqual(["size"]);
  expect(kinds(inspection, "new")).toEqual([]);
});

test("fewer than eight cells have no outliers", () => {
  const { store, inspection } = squares();
  store.applyPatch({
    operation: "o",
    cells: [state("c1", rectangle(5, 46, 30, 32))],
    removed: ["c2", "c3", "c4"],
  });
  inspection.touch(["c1", "c2", "c3", "c4"]);
  expect(kinds(inspection, "c1")).toEqual([]);
});
