import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";
import { REST_MS, SLOW_MS } from "./hovering";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function ready(): TestEditor {
  const test = new TestEditor();
  test.session.jobs.value = new Map([
    [
      "e",
      {
        type: "job",
        job: null,
        kind: "embed",
        engine: "starter",
        state: "done",
        progress: 1,
        message: "",
        t: 0,
        z: 0,
      },
    ],
  ]);
  test.key("p");
  return test;
}

function rest(test: TestEditor, x: number, y: number): TestEditor {
  test.move(x, y);
  vi.advanceTimersByTime(REST_MS);
  return test;
}

it("asks about the place where the pointer rests, and shows the answer without proposing it", () => {
  const test = rest(ready(), 20, 30);
  expect(test.session.prompts).toEqual([
    { engine: "starter", prompts: { points: [{ row: 30, col: 20, positive: true }], box: null } },
  ]);
  test.session.answer(rectangle(25, 15, 10, 10));
  expect(test.editor.prompting.bitmap.value).toMatchObject({ top: 25, left: 15, width: 10, height: 10 });
  expect(test.editor.prompting.candidate.value).toBeNull();
  expect(test.key("Enter")).toBe(false);
});

it("drops it when the pointer moves on, not when the hand trembles", () => {
  const test = rest(ready(), 20, 30);
  test.session.answer(rectangle(25, 15, 10, 10));
  test.move(21, 31);
  expect(test.editor.prompting.bitmap.value).not.toBeNull();
  test.move(26, 31);
  expect(test.editor.prompting.bitmap.value).toBeNull();
  expect(test.session.cancelled).toBe(1);
});

it("asks nothing while the pointer moves", () => {
  const test = ready();
  for (let x = 10; x < 60; x += 5) {
    test.move(x, 30);
    vi.advanceTimersByTime(REST_MS - 20);
  }
  expect(test.session.prompts).toEqual([]);
});

it("becomes a proposal by a click, which counts as the newer question", () => {
  const test = rest(ready(), 20, 30);
  test.session.answer(rectangle(25, 15, 10, 10));
  test.click(20, 30);
  expect(test.session.prompts).toHaveLength(2);
  expect(test.session.cancelled).toBe(0);
  test.session.answer(rectangle(25, 15, 10, 10));
  expect(test.key("Enter")).toBe(true);
  expect(test.session.store.size).toBe(1);
});

it("asks nothing over a cell, outside of the image, with another tool, or before the image is read", () => {
  const test = ready();
  test.cell(10, 10, 20, 20);
  rest(test, 15, 15);
  rest(test, 150, 15);
  test.key("v");
  rest(test, 60, 60);
  const unread = new TestEditor();
  unread.key("p");
  rest(unread, 60, 60);
  expect([...test.session.prompts, ...unread.session.prompts]).toEqual([]);
});

it("can be switched off", () => {
  const test = ready();
  expect(test.key("y")).toBe(true);
  rest(test, 60, 60);
  expect(test.session.prompts).toEqual([]);
});

it("leaves a slow engine alone until a click is answered faster", () => {
  const test = rest(ready(), 20, 30);
  vi.advanceTimersByTime(SLOW_MS + 1);
  test.session.answer(rectangle(25, 15, 10, 10));
  expect(test.editor.hovering.slow.value).toBe(true);
  rest(test, 60, 60);
  expect(test.session.prompts).toHaveLength(1);
  test.click(60, 60);
  test.session.answer(rectangle(55, 55, 10, 10));
  test.key("Esc");
  rest(test, 20, 30);
  expect(test.session.prompts).toHaveLength(3);
});

it("says nothing of an engine that fails, and asks it no more", () => {
  const test = rest(ready(), 20, 30);
  test.session.preview.value = { ...test.session.preview.value, waiting: false, error: "Out of memory." };
  expect(test.session.preview.value.error).toBeNull();
  expect(test.editor.hovering.slow.value).toBe(true);
});
