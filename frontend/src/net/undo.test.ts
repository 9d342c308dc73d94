import { expect, test } from "vitest";
import type { Patch } from "../protocol/messages.gen";
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
