import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type KeptLook, type KeptLooks, LookMemory, withKept } from "./look-memory";
import type { Looks } from "./looks";
import { View } from "./view";

const OWN: Looks = {
  channels: [{ shown: true, colour: "#ffffff", min: 10, max: 20, gamma: 1 }],
  inverted: false,
};
const KEPT: KeptLook = {
  channels: [{ shown: true, colour: "#ff0000", min: 0, max: 500, gamma: 2 }],
  inverted: true,
  projected: true,
  same_contrast: false,
};

let told: [string, KeptLook | null][];
let said: string[];
let refusal: string;

function given(kept: KeptLooks): { view: View; memory: LookMemory } {
  const view = new View({ width: 10, height: 10 }, OWN);
  const tell = (whose: string) => async (looks: KeptLook | null) => {
    if (refusal) throw new Error(refusal);
    told.push([whose, looks]);
  };
  const port = { keepMine: tell("mine"), keepForAll: tell("all") };
  const memory = new LookMemory(view, OWN, kept, port, (message) => said.push(message));
  return { view, memory };
}

beforeEach(() => {
  vi.useFakeTimers();
  [told, said, refusal] = [[], [], ""];
});
afterEach(() => vi.useRealTimers());

it("opens an image as I left the last one, with its own contrast unless I want the same", () => {
  expect(withKept(OWN, KEPT).channels[0]).toEqual({
    shown: true,
    colour: "#ff0000",
    min: 10,
    max: 20,
    gamma: 2,
  });
  expect(withKept(OWN, { ...KEPT, same_contrast: true }).channels).toEqual(KEPT.channels);
  expect(withKept({ channels: [], inverted: false }, KEPT).channels).toEqual([]);
  const { view } = given({ mine: null, project: KEPT });
  expect([view.looks.value.inverted, view.projected.value]).toEqual([true, true]);
});

it("keeps what I choose, once I have chosen", async () => {
  const { view, memory } = given({ mine: null, project: null });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([]);
  view.looks.value = { ...OWN, inverted: true };
  view.projected.value = true;
  await vi.advanceTimersByTimeAsync(1_500);
  expect(told).toEqual([["mine", { ...OWN, inverted: true, projected: true, same_contrast: false }]]);
  expect(memory.mine.value).toBe(true);
  memory.sameContrast.value = true;
  memory.close();
  expect(told[1]?.[1]?.same_contrast).toBe(true);
});

it("does not take what a link shows for my choice", async () => {
  const { view, memory } = given({ mine: null, project: null });
  view.looks.value = { ...OWN, inverted: true };
  memory.adopt();
  await vi.advanceTimersByTimeAsync(5_000);
  memory.close();
  expect(told).toEqual([]);
});

it("goes back to what the project shows", async () => {
  const { view, memory } = given({ mine: { ...KEPT, projected: false }, project: KEPT });
  expect(view.projected.value).toBe(false);
  await memory.reset();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([told, view.projected.value, memory.mine.value]).toEqual([[["mine", null]], true, false]);
  await memory.keepForAll(null);
  expect([memory.project.value, said.length]).toEqual([false, 1]);
});

it("says what the server says when it refuses", async () => {
  const { memory } = given({ mine: null, project: null });
  refusal = "Only managers may do that.";
  await memory.keepForAll();
  expect([said, memory.project.value]).toEqual([[refusal], false]);
});
