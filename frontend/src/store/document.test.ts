import { describe, expect, test } from "vitest";
import { boxToMask } from "../geometry/raster";
import type { CellState, Change } from "../protocol/messages.gen";
import { Random } from "../testing/random";
import { slotsOf } from "../testing/slots";
import { CellStore } from "./document";
import { invertible } from "./history";
import type { PendingOperation } from "./types";

const BOUNDS = { top: 0, left: 0, bottom: 20, right: 20 };
const HAND = { source: "hand" } as const;

function square(top: number, left: number, side = 4) {
  return boxToMask({ top, left, bottom: top + side, right: left + side }, BOUNDS);
}

function state(id: string, version: number, mask = square(0, 0)): CellState {
  return {
    id,
    label: 1,
    version,
    mask,
    class_id: null,
    provenance: HAND,
    created_by: "ada",
    locked: false,
    parent: null,
    t: 0,
    z: 0,
    updated_by: "ada",
  };
}

function edit(id: string, ...changes: Change[]): PendingOperation {
  return { id, kind: "edit", changes, undo: null };
}

const create = (id: string, mask = square(0, 0)): Change => ({
  change: "create",
  id,
  mask,
  provenance: HAND,
});
const update = (id: string, mask = square(0, 0)): Change => ({ change: "update", id, base_version: 1, mask });
const remove = (id: string): Change => ({ change: "delete", id, base_version: 1 });
const patch = (operation: string, cells: CellState[], removed: string[] = []) => ({
  operation,
  cells,
  removed,
});

/** The raster must be what painting the shown cells anew would give. */
function checkRaster(store: CellStore): void {
  const fresh = new CellStore(store.width, store.height);
  const cells = [...store.cells()];
  fresh.applySnapshot(
    cells.map((cell) => state(cell.id, 1, cell.mask)),
    new Set(),
  );
  const ids = (of: CellStore) => slotsOf(of).map((slot) => of.cellOfSlot(slot)?.id ?? "");
  expect(ids(store)).toEqual(ids(fresh));
}

describe("the store", () => {
  test("shows a new cell at once, with a slot and as pending", () => {
    const store = new CellStore(20, 20);
    store.push(edit("o1", create("a", square(2, 3))));
    expect(store.get("a")).toMatchObject({ pending: true, label: null, version: 0 });
    expect(store.cellAt(2, 3)?.id).toBe("a");
    expect(store.cellAt(1, 3)).toBeUndefined();
    expect(store.slotAt(2, 3)).toBe(store.slotOf("a"));
    expect(store.takeDirty()).toEqual([{ top: 2, left: 3, bottom: 6, right: 7 }]);
    expect(store.takeDirty()).toEqual([]);
  });

  test("never gives a new shape the pixels of another cell", () => {
    const store = new CellStore(20, 20);
    store.applySnapshot([state("a", 1, square(0, 0))], new Set());
    store.push(edit("o1", create("b", square(0, 2))));
    expect(store.get("b")?.mask).toMatchObject({ left: 4, width: 2 });
    store.push(edit("o2", update("b", square(0, 0, 6))));
    expect(store.cellAt(3, 3)?.id).toBe("a");
    expect(store.cellAt(5, 5)?.id).toBe("b");
    checkRaster(store);
  });

  test("lets pixels change hands within one operation", () => {
    const store = new CellStore(20, 20);
    store.applySnapshot([state("a", 1)], new Set());
    store.push(edit("o1", create("b", square(0, 0)), remove("a")));
    expect(store.get("a")).toBeUndefined();
    expect(store.cellAt(0, 0)?.id).toBe("b");
  });

  test("puts my change back on top of what others did meanwhile", () => {
    const store = new CellStore(20, 20);
    store.applySnapshot([state("a", 1)], new Set());
    store.push(edit("o1", update("a", square(10, 10))));
    store.applyPatch(patch("theirs", [state("b", 1, square(10, 12))]));
    expect(store.get("a")?.mask).toMatchObject({ top: 10, left: 10, width: 2 });
    expect(store.cellAt(10, 12)?.id).toBe("b");
    checkRaster(store);
  });

  test("goes back to the server's state when my change is refused", () => {
    const store = new CellStore(20, 20);
    store.applySnapshot([state("a", 1)], new Set());
    store.push(edit("o1", remove("a"), create("b", square(0, 0, 8))));
    store.settle(new Set(["o1"]));
    expect(store.get("a")).toMatchObject({ pending: false });
    expect(store.get("b")).toBeUndefined();
    checkRaster(store);
  });

  test("drops my operation when its patch comes, and keeps later ones", () => {
    const store = new CellStore(20, 20);
    store.push(edit("o1", create("a")));
    store.push(edit("o2", update("a", square(5, 5))));
    const slot = store.slotOf("a");
    store.applyPatch(patch("o1", [state("a", 1)]));
    expect(store.unanswered.map((operation) => operation.id)).toEqual(["o2"]);
    expect(store.get("a")).toMatchObject({ pending: true, label: 1, mask: { top: 5 } });
    expect(store.slotOf("a")).toBe(slot);
  });

  test("a change to a cell that somebody deleted shows nothing", () => {
    const store = new CellStore(20, 20);
    store.applySnapshot([state("a", 1)], new Set());
    store.push(edit("o1", update("a", square(5, 5))));
    store.applyPatch(patch("theirs", [], ["a"]));
    expect(store.size).toBe(0);
    expect(slotsOf(store).every((slot) => slot === 0)).toBe(true);
  });

  test("tells listeners once which cells changed", () => {
    const store = new CellStore(20, 20);
    const heard: string[][] = [];
    const stop = store.subscribe(({ ids }) => heard.push([...ids].sort()));
    store.applySnapshot([state("a", 1), state("b", 1, square(8, 8))], new Set());
    store.applySnapshot([state("a", 1), state("b", 2, square(9, 9))], new Set());
    stop();
    store.push(edit("o1", remove("a")));
    expect(heard).toEqual([["a", "b"], ["b"]]);
  });

  test("shows one plane at a time; cells of others neither block nor are seen", () => {
    const store = new CellStore(20, 20);
    const above = { ...state("b", 1, square(0, 0, 6)), z: 1 };
    store.applySnapshot([state("a", 1), above], new Set());
    expect([store.size, store.get("b"), [...store.planes()]]).toEqual([
      1,
      undefined,
      [
        ["0 0", 1],
        ["0 1", 1],
      ],
    ]);
    store.push(edit("o1", { ...create("c", square(10, 10)), z: 1 } as Change));
    expect(store.get("c")).toBeUndefined();
    const heard: string[] = [];
    store.subscribe(({ ids }) => heard.push(...[...ids].sort()));
    store.look({ t: 0, z: 1 });
    expect([...store.cells()].map(({ id }) => id).sort()).toEqual(["b", "c"]);
    expect(heard).toEqual(["a", "b", "c"]);
    expect(store.cellAt(5, 5)?.id).toBe("b");
    store.applyPatch(patch("theirs", [state("a", 2, square(3, 3))]));
    expect(heard.slice(3)).not.toContain("a");
    checkRaster(store);
    store.look({ t: 0, z: 0 });
    expect(store.cellAt(4, 4)?.id).toBe("a");
    expect(store.cellAt(0, 0)).toBeUndefined();
  });

  test("keeps raster and cells in step through 2,000 random changes", () => {
    const random = new Random(7);
    const store = new CellStore(20, 20);
    const ids = ["a", "b", "c", "d", "e"];
    for (let round = 0; round < 2000; round++) {
      const id = random.pick(ids) ?? "a";
      const mask = square(random.int(0, 16), random.int(0, 16), random.int(1, 5));
      const kind = random.int(0, 6);
      if (kind < 3) {
        const change = [create(id, mask), update(id, mask), remove(id)][kind];
        if (change) store.push(edit(`o${round}`, change));
      } else if (kind === 3) {
        // The server never sends overlapping cells: its own free pixels are those no other truth has.
        const server = new CellStore(20, 20);
        server.applySnapshot(
          [...store.knownCells()].filter((cell) => cell.id !== id),
          new Set(),
        );
        const free = server.free(mask);
        if (free.counts.length > 1) store.applyPatch(patch("x", [state(id, round + 2, free)]));
      } else if (kind === 4) {
        store.applyPatch(patch("x", [], [id]));
      } else {
        store.settle(new Set(store.unanswered.slice(0, random.int(0, 4)).map((operation) => operation.id)));
      }
      if (round % 20 === 0) checkRaster(store);
    }
    checkRaster(store);
  });
});

describe("history", () => {
  const pending = (id: string, kind: "edit" | "undo" | "redo") => ({ id, kind, changes: [], undo: null });
  const server = { undoable: "s", redoable: "r" };

  test("is the server's word while nothing is unanswered", () => {
    expect(invertible(server, [])).toEqual({ undo: "s", redo: "r" });
  });

  test("an unanswered edit is the next to undo and leaves nothing to redo", () => {
    expect(invertible(server, [pending("a", "edit")])).toEqual({ undo: "a", redo: null });
  });

  test("an unanswered undo can be redone, and only the server knows what it would undo next", () => {
    expect(invertible(server, [pending("u", "undo")])).toEqual({ undo: undefined, redo: "u" });
    expect(invertible(server, [pending("a", "edit"), pending("u", "undo")])).toEqual({
      undo: "s",
      redo: "u",
    });
  });

  test("a redo can be undone again", () => {
    expect(invertible(server, [pending("u", "undo"), pending("v", "redo")])).toEqual({
      undo: "v",
      redo: "r",
    });
  });
});
