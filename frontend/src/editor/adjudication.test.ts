import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { adjudicationCommands } from "../commands/adjudication-commands";
import { runKey } from "../commands/commands";
import { sameMask } from "../geometry/mask";
import { FakeReview } from "../testing/fake-review";
import { rectangle, TestEditor } from "../testing/test-editor";
import { alone, type Choice, type Difference } from "./adjudication";
import { Review } from "./review";

const cell = (id: string, top: number, left: number) => ({
  id,
  mask: rectangle(top, left, 8, 8),
  t: 0,
  z: 0,
});
const CASES: readonly Difference[] = [
  { a: cell("a1", 2, 2), b: null, iou: 0, error: 1, agrees: false },
  { a: cell("a2", 20, 20), b: cell("b2", 22, 20), iou: 0.6, error: 0.4, agrees: false },
  { a: cell("a3", 40, 40), b: cell("b3", 40, 40), iou: 1, error: 0, agrees: true },
];

function opened() {
  const test = new TestEditor();
  /** What the server makes of it. */
  const made = (choices: readonly Choice[]): readonly string[] =>
    choices.map(({ a, b, take }) => {
      const from = CASES.find((one) => one.a?.id === a);
      const cells = [a, b].flatMap((id) => id ?? []);
      const mask = (take === "b" ? from?.b : from?.a)?.mask ?? rectangle(0, 0, 1, 1);
      return (
        test.session.create(mask, null, { source: "hand", adjudicated: { take, cells, people: [] } }) ?? ""
      );
    });
  const port = new FakeReview(CASES, made);
  const { adjudication } = new Review(test.editor, port, signal(true));
  const commands = adjudicationCommands(adjudication);
  const key = (name: string): boolean => {
    const shiftKey = name.startsWith("Shift+");
    const press = {
      key: name.replace("Shift+", ""),
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      shiftKey,
    };
    return runKey(commands, test.editor, press);
  };
  return { test, port, adjudication, key };
}

it("steps through what two people disagree on, worst first, and shows it over the image", async () => {
  const { test, adjudication, key } = opened();
  await adjudication.load(["ada", "grace"]);
  expect(adjudication.current.value).toBe(CASES[0]);
  expect(test.editor.compared.value).toMatchObject({ shown: "both", current: CASES[0] });
  expect(key("Y")).toBe(true);
  expect(adjudication.current.value).toBe(CASES[1]);
  key("Shift+Y");
  expect(adjudication.current.value).toBe(CASES[0]);
  for (const shown of ["a", "b", "difference", "both"]) {
    key("Shift+D");
    expect(test.editor.compared.value?.shown).toBe(shown);
  }
  adjudication.stop();
  expect(test.editor.compared.value).toBeNull();
});

it("takes A, B, either, what both drew, or edits it, by one key each, and goes on", async () => {
  const { test, port, adjudication, key } = opened();
  await adjudication.load(["ada", "grace"]);
  expect(key("Shift+B")).toBe(false);
  expect(key("Shift+X")).toBe(false);
  key("Shift+A");
  await new Promise((done) => setTimeout(done));
  expect(port.chosen).toEqual([{ a: "a1", b: null, take: "a" }]);
  expect(adjudication.open.value).toEqual([CASES[1]]);
  for (const [name, take] of [
    ["Shift+B", "b"],
    ["Shift+U", "union"],
    ["Shift+X", "intersection"],
  ]) {
    adjudication.differences.value = [...CASES];
    test.session.delete([...test.session.store.cells()].map(({ id }) => id));
    adjudication.stop();
    await adjudication.start();
    key("Y");
    expect(key(name ?? "")).toBe(true);
    await new Promise((done) => setTimeout(done));
    expect(port.chosen.at(-1)).toEqual({ a: "a2", b: "b2", take });
  }
  await adjudication.start();
  await adjudication.edit();
  expect(test.editor.selection.value.size).toBe(1);
  expect(test.editor.toolId.value).toBe("brush");
});

it("takes what agrees at once; undone, it is asked again", async () => {
  const { test, port, adjudication } = opened();
  await adjudication.load(["ada", "grace"]);
  await adjudication.takeAgreed();
  expect(port.chosen).toEqual([{ a: "a3", b: "b3", take: "a" }]);
  expect(adjudication.agreed.value).toEqual([]);
  test.session.undo();
  expect(adjudication.agreed.value).toEqual([CASES[2]]);
});

it("knows which pixels A and B have alone", () => {
  const pixels = alone(CASES[1] as Difference);
  expect(sameMask(pixels.a, rectangle(20, 20, 2, 8))).toBe(true);
  expect(sameMask(pixels.b, rectangle(28, 20, 2, 8))).toBe(true);
});

it("says what to do where one annotation is chosen twice", async () => {
  const { test, adjudication } = opened();
  await adjudication.load(["ada", "ada"]);
  expect(adjudication.active.value).toBe(false);
  expect(test.editor.notices.value.at(-1)?.message).toBe("Choose two different annotations.");
});
