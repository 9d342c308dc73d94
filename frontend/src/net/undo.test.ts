import { expect, test } from "vitest";
import type { Patch } from "../protocol/messages.gen";
import type { PendingOperation } from "../store/types";
import { Undo } from "./undo";

const patch = (kind: string, clock: number, operation: string): Patch => ({
  type: "patch",
  clock,
  operation,
  kind,
  actor: "ann",
  cells: [],
  removed: [],
});

test("a run of many parts is one step, before what I did while it ran", () => {
  const inverted: string[] = [];
  const undo = new Undo({ undecided: () => [], invert: (_, target) => inverted.push(target) });
  undo.hearPatch(patch("run", 1, "run"));
  undo.hearPatch(patch("part", 2, "part 1"));
  undo.request("undo");
  undo.hearPatch(patch("edit", 3, "edit"));
  undo.hearPatch(patch("part", 4, "part 2"));
  undo.request("undo");
  expect(inverted).toEqual(["run", "edit"]);
});

test("a key pressed while the server has not said what comes next is not lost", () => {
  const undecided: PendingOperation[] = [];
  const undo = new Undo({
    undecided: () => undecided,
    invert: (_, target) => undecided.push({ id: `undo ${target}`, kind: "undo", changes: [], undo: target }),
  });
  undo.hear({ undoable: "second", redoable: null }, 2);
  undo.request("undo");
  expect(undo.canUndo.value).toBe(true);
  undo.request("undo");
  undecided.pop();
  undo.hear({ undoable: "first", redoable: "undo second" }, 3);
  expect(undecided.map(({ undo: target }) => target)).toEqual(["first"]);
  undecided.pop();
  undo.hear({ undoable: null, redoable: "undo first" }, 4);
  expect([undo.canUndo.value, undo.canRedo.value]).toEqual([false, true]);
});
