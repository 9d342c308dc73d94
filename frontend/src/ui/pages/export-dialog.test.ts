import { expect, test } from "vitest";
import { whatComesBack } from "./export-dialog";

const ALL = { measured: true, cells: 10, exact: 10, missing: 0, median: 1, lowest: 1, classes: 10 };

test("what comes back is said in one sentence", () => {
  expect(whatComesBack(ALL)).toBe("Read again: 10 cells, all pixel by pixel.");
  expect(whatComesBack({ ...ALL, classes: 4 })).toBe(
    "Read again: 10 cells, all pixel by pixel. 4 with their class.",
  );
  expect(whatComesBack({ ...ALL, exact: 7, missing: 1, median: 0.99, lowest: 0 })).toBe(
    "Read again: 7 of 10 cells pixel by pixel, median IoU 0.990, lowest 0.00, 1 missing.",
  );
  expect(whatComesBack({ ...ALL, measured: false, why: "No masks." })).toBe("No masks.");
});
