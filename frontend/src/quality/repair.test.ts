import { describe, expect, test } from "vitest";
import { area, type Mask } from "../geometry/mask";
import { shapeOf } from "../geometry/measure";
import { faultyImage } from "../testing/seeded-faults";
import { FLAG_KINDS, type FlagKind } from "./flags";
import { Inspection } from "./inspection";
import { type Repair, repairOf } from "./repair";

const BOUNDS = { top: 0, left: 0, bottom: 640, right: 640 };

/** The repairs that are proposed for every flag of a kind in a seeded image. */
function repairs(kind: FlagKind): { mask: Mask; repair: Repair | null }[] {
  const { store, pixels } = faultyImage(1);
  const inspection = new Inspection(store);
  inspection.usePixels(pixels);
  while (inspection.next());
  return [...inspection.flags()].flatMap(([id, flags]) => {
    const mask = store.get(id)?.mask;
    const flag = flags.find((one) => one.kind === kind);
    return mask && flag ? [{ mask, repair: repairOf(flag, mask, BOUNDS) }] : [];
  });
}

function reshaped(kind: FlagKind): { before: Mask; after: Mask }[] {
  return repairs(kind).flatMap(({ mask, repair }) =>
    repair?.action === "reshape" ? [{ before: mask, after: repair.mask }] : [],
  );
}

describe("a repair", () => {
  test("is proposed for each kind of fault", () => {
    for (const kind of FLAG_KINDS) expect(repairs(kind).some(({ repair }) => repair !== null)).toBe(true);
  });

  test("of holes leaves none and takes no pixel away", () => {
    for (const { before, after } of reshaped("holes")) {
      expect(shapeOf(after).holes).toBe(0);
      expect(area(after)).toBeGreaterThan(area(before));
    }
  });

  test("of specks leaves the cell in one piece", () => {
    for (const { after } of reshaped("specks")) expect(shapeOf(after).pieces).toBe(1);
  });

  test("of an odd shape makes it more solid", () => {
    for (const { before, after } of reshaped("shape"))
      expect(shapeOf(after).solidity).toBeGreaterThan(shapeOf(before).solidity);
  });

  test("of two cells in one mask loses no pixel and makes two of about equal size", () => {
    for (const kind of ["touching", "two-nuclei", "pieces"] as const)
      for (const { mask, repair } of repairs(kind)) {
        const parts = repair?.action === "split" ? repair.parts : [];
        expect(parts.length).toBe(2);
        expect(parts.reduce((sum, part) => sum + area(part), 0)).toBe(area(mask));
        expect(area(parts[1] ?? mask)).toBeGreaterThan(0.2 * area(mask));
      }
  });

  test("deletes what is far too small, and leaves what is far too large to a person", () => {
    const all = repairs("size").map(({ mask, repair }) => [area(mask) > 500, repair?.action ?? null]);
    for (const [large, action] of all) expect(action).toBe(large ? null : "delete");
  });
});
