/** What would put a flagged cell right. */

import type { Box } from "../geometry/box";
import type { Mask } from "../geometry/mask";
import { area, difference, isEmpty } from "../geometry/mask";
import { shapeOf } from "../geometry/measure";
import { convexHull, grow, shrink } from "../geometry/morphology";
import { fillHoles, largestPart } from "../geometry/parts";
import { split } from "../geometry/split";
import { type Flag, largePieces } from "./flags";

export type Repair =
  | { readonly action: "reshape"; readonly mask: Mask }
  | { readonly action: "split"; readonly parts: readonly Mask[] }
  | { readonly action: "merge"; readonly into: string }
  | { readonly action: "delete" };

/** A part thinner than this share of the cell's diameter is a tail. */
const TAIL = 0.12;
const SOLID = 0.9;

/** Null where only a person can say what is right. */
export function repairOf(flag: Flag, mask: Mask, bounds: Box): Repair | null {
  switch (flag.kind) {
    case "holes":
      return { action: "reshape", mask: fillHoles(mask) };
    case "specks":
      return withoutSpecks(mask);
    case "pieces":
      return { action: "split", parts: largePieces(mask) };
    case "two-nuclei":
    case "touching": {
      const parts = flag.line ? split(mask, flag.line) : [];
      return parts.length > 1 ? { action: "split", parts } : null;
    }
    case "size":
      return flag.smaller ? { action: "delete" } : null;
    case "shape": {
      const better = rounder(mask, bounds);
      return better ? { action: "reshape", mask: better } : null;
    }
    case "border":
      return { action: "delete" };
    case "duplicate":
      return flag.other ? { action: "merge", into: flag.other } : null;
  }
}

/** The cell may still be in several pieces, which is another flag. */
function withoutSpecks(mask: Mask): Repair {
  const kept = largePieces(mask);
  return { action: "reshape", mask: difference(mask, kept.reduce(difference, mask)) };
}

/** Without thin tails, or with its bays filled: whichever makes a solid cell with fewer changed pixels. */
function rounder(mask: Mask, bounds: Box): Mask | null {
  const steps = Math.max(1, Math.round((TAIL * shapeOf(mask).equivalentDiameter) / 2));
  const better = [opened(mask, steps, bounds), convexHull(mask)].filter(
    (one) => !isEmpty(one) && shapeOf(one).solidity >= SOLID && area(one) !== area(mask),
  );
  const changed = (one: Mask): number => Math.abs(area(one) - area(mask));
  return better.sort((a, b) => changed(a) - changed(b))[0] ?? null;
}

/** Shrunk and grown again: parts thinner than two `steps` are gone. */
function opened(mask: Mask, steps: number, bounds: Box): Mask {
  let now = mask;
  for (let step = 0; step < steps; step++) now = shrink(now, bounds);
  now = largestPart(now);
  for (let step = 0; step < steps && !isEmpty(now); step++) now = grow(now, bounds);
  return difference(now, difference(now, mask));
}
