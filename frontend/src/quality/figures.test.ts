import { expect, test } from "vitest";
import page from "../../../docs/quality-flags.md?raw";
import { figuresOver, tableOf } from "../testing/flag-figures";

// Others than those that the thresholds were chosen on (1 to 20).
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 101);

test("precision and recall in the documentation are those of the seeded faults", () => {
  const { cells, figures } = figuresOver(SEEDS);
  const documented = page.split("\n").filter((line) => /^\| [a-z-]+ \| \d/.test(line));
  expect(tableOf(figures)).toEqual(documented);
  expect(page).toContain(`${cells.toLocaleString("en")} cells`);
});

test("every flag is mostly right and finds most of what it is for", () => {
  for (const { kind, seeded, right, wrong } of figuresOver(SEEDS.slice(0, 6)).figures) {
    expect(seeded, kind).toBeGreaterThan(0);
    expect(right / (right + wrong), `precision of ${kind}`).toBeGreaterThan(0.8);
    expect(right / seeded, `recall of ${kind}`).toBeGreaterThan(0.8);
  }
});
