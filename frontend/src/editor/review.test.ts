import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { FakeReview } from "../testing/fake-review";
import { rectangle, TestEditor } from "../testing/test-editor";
import { Review } from "./review";

/** Four cells in two lines, drawn out of order. */
function opened() {
  const test = new TestEditor();
  for (const [top, left] of [
    [22, 30],
    [2, 20],
    [4, 2],
    [21, 3],
  ] as const)
    test.session.create(rectangle(top, left, 8, 8), null, { source: "hand" });
  const review = new Review(test.editor, new FakeReview(), signal(true));
  const at = (): string => {
    const cell = test.session.store.get([...test.editor.selection.value][0] ?? "");
    return cell ? `${cell.mask.top} ${cell.mask.left}` : "";
  };
  return { test, review, at };
}

it("steps in reading order, and to the next that waits after each word", async () => {
  const { review, at } = opened();
  review.step(1);
  expect(at()).toBe("4 2");
  await review.judge("accepted");
  expect(at()).toBe("2 20");
  await review.judge("rejected", "Dirt.");
  expect(at()).toBe("21 3");
  review.step(1);
  review.step(1);
  expect(at()).toBe("21 3");
  expect(review.counts.value).toEqual({ accepted: 1, rejected: 1, fixed: 0 });
  expect(review.rejected.value.map(({ reason }) => reason)).toEqual(["Dirt."]);
});

it("accepts the rest at once and shows only what has changed since", async () => {
  const { test, review, at } = opened();
  await review.acceptRest();
  expect(review.waiting.value).toEqual([]);
  const [first] = [...test.session.store.cells()];
  if (!first) throw new Error("There is a cell.");
  test.session.apply([{ edit: "update", id: first.id, mask: rectangle(22, 30, 6, 6) }]);
  expect(review.waiting.value.map(({ id }) => id)).toEqual([first.id]);
  review.step(1);
  expect(at()).toBe("22 30");
  review.all.value = true;
  review.step(1);
  expect(at()).toBe("4 2");
});
