import { expect, it } from "vitest";
import type { Cancel, Candidate, Prompt, Proposal, Tune } from "../protocol/messages.gen";
import { FIRST_PLANE } from "../store/types";
import { ManualTimers } from "../testing/manual-timers";
import { Prompts } from "./prompts";

const CELL: Candidate = { mask: { top: 1, left: 2, height: 1, width: 2, counts: [0, 2] }, score: 0.9 };

function asking() {
  const timers = new ManualTimers();
  const sent: (Prompt | Tune | Cancel)[] = [];
  const prompts = new Prompts((message) => sent.push(message) > 0, timers);
  return { timers, sent, prompts };
}

function part(number: number, at: number, last: boolean, cells = [CELL]): Proposal {
  const about = { engine: "starter", weights: "w", preprocessing: "1", engine_ms: 20 };
  return { type: "proposal", number, part: at, last, cells, ...about };
}

it("shows a proposal once its last part has come, and the old one until then", () => {
  const { prompts } = asking();
  prompts.tune("starter", {}, FIRST_PLANE);
  expect(prompts.proposal.value).toMatchObject({ waiting: true, cells: null });
  prompts.onProposal(part(1, 0, false));
  expect(prompts.proposal.value.cells).toBeNull();
  prompts.onProposal(part(1, 1, true));
  expect(prompts.proposal.value).toMatchObject({ waiting: false, cells: [CELL, CELL], engineMs: 20 });
  prompts.tune("starter", { min_area: 9 }, FIRST_PLANE);
  expect(prompts.proposal.value).toMatchObject({ waiting: true, cells: [CELL, CELL] });
  prompts.onProposal(part(1, 0, true, []));
  expect(prompts.proposal.value.cells).toHaveLength(2);
  prompts.onProposal(part(2, 0, true, []));
  expect(prompts.proposal.value).toMatchObject({ cells: [], params: { min_area: 9 } });
});

it("begins anew where the first part comes again", async () => {
  const { prompts, sent, timers } = asking();
  prompts.tune("starter", {}, FIRST_PLANE);
  prompts.onProposal(part(1, 0, false));
  await timers.pass(6_000);
  expect(sent.map((message) => message.type)).toEqual(["tune", "tune"]);
  prompts.onProposal(part(1, 0, false));
  prompts.onProposal(part(1, 1, true));
  expect(prompts.proposal.value.cells).toHaveLength(2);
});

it("asks one thing at a time: a click ends a tune, a tune ends a click", () => {
  const { prompts, sent } = asking();
  prompts.tune("starter", {}, FIRST_PLANE);
  prompts.ask("sam", { points: [] }, FIRST_PLANE);
  expect(prompts.proposal.value).toMatchObject({ waiting: false, cells: null });
  prompts.onProposal(part(1, 0, true));
  expect(prompts.proposal.value.cells).toBeNull();
  prompts.tune("starter", {}, FIRST_PLANE);
  expect(prompts.preview.value.waiting).toBe(false);
  expect(sent.map((message) => message.type === "cancel" || message.number)).toEqual([1, 2, 3]);
});

it("cancels only its own kind", () => {
  const { prompts, sent } = asking();
  prompts.tune("starter", {}, FIRST_PLANE);
  prompts.cancel();
  expect(prompts.proposal.value.waiting).toBe(true);
  prompts.cancelTune();
  expect(prompts.proposal.value).toMatchObject({ waiting: false, cells: null });
  expect(sent.at(-1)).toEqual({ type: "cancel", number: 1 });
});

it("says why a tune was refused, once", () => {
  const { prompts } = asking();
  prompts.tune("starter", {}, FIRST_PLANE);
  prompts.onRefusal({ type: "error", code: "engine", message: "No weights.", number: 1, push: null });
  expect(prompts.proposal.value).toMatchObject({ waiting: false, cells: null, error: "No weights." });
  expect(prompts.preview.value.error).toBeNull();
});
