import { expect, it } from "vitest";
import { fuzzyFit } from "./fuzzy";

function order(query: string, ...texts: string[]): string[] {
  return texts
    .flatMap((text) => {
      const found = fuzzyFit(query, text);
      return found ? [{ text, score: found.score }] : [];
    })
    .sort((a, b) => b.score - a.score)
    .map((one) => one.text);
}

it("finds letters in their order only", () => {
  expect(fuzzyFit("fh", "Fill holes")?.at).toEqual([0, 5]);
  expect(fuzzyFit("hf", "Fill holes")).toBeNull();
  expect(fuzzyFit("", "Fill holes")?.at).toEqual([]);
});

it("prefers the starts of words and letters that follow one another", () => {
  expect(order("br", "Larger brush", "Brush", "Box around")).toEqual(["Brush", "Larger brush", "Box around"]);
  expect(order("sel", "Smooth the outline", "Select", "Delete the selected cells")[0]).toBe("Select");
});

it("minds neither case nor spaces", () => {
  expect(fuzzyFit("FILL H", "fill holes")?.at).toEqual([0, 1, 2, 3, 5]);
});
