/** Which cells of a plane go on in the next one. */

import { area, forEachSpan } from "../geometry/mask";
import { Labels } from "../store/labels";
import type { Cell } from "../store/types";

/** The overlap (intersection over union) from which two cells are one object. */
const SAME = 0.3;
/** The share of a daughter that lies where its mother was. */
const INSIDE = 0.5;

export interface Links {
  /** The later cell goes on with the earlier one's object. */
  readonly same: readonly (readonly [earlier: Cell, later: Cell])[];
  /** The later cell came of the earlier one's division. */
  readonly daughters: readonly (readonly [mother: Cell, daughter: Cell])[];
}

interface Pair {
  readonly earlier: Cell;
  readonly later: Cell;
  readonly iou: number;
  readonly inside: number;
}

/** The best overlaps first, each cell once. With `divide`, two or more cells that are left over inside of one that did
 * not go on are its daughters. */
export function link(
  earlier: readonly Cell[],
  later: readonly Cell[],
  { width, height, divide }: { width: number; height: number; divide: boolean },
): Links {
  const pairs = overlaps(earlier, later, { width, height }).sort((a, b) => b.iou - a.iou);
  const used = new Set<string>();
  const same = pairs.flatMap((pair) => {
    if (pair.iou < SAME || used.has(pair.earlier.id) || used.has(pair.later.id)) return [];
    if (divide && daughtersOf(pair.earlier, pairs).length > 1) return [];
    used.add(pair.earlier.id).add(pair.later.id);
    return [[pair.earlier, pair.later] as const];
  });
  const mothers = divide ? earlier.filter(({ id }) => !used.has(id)) : [];
  const daughters = mothers.flatMap((mother) => {
    const found = daughtersOf(mother, pairs).filter(({ later: { id } }) => !used.has(id));
    return found.length > 1 ? found.map((pair) => [mother, pair.later] as const) : [];
  });
  return { same, daughters };
}

function daughtersOf(mother: Cell, pairs: readonly Pair[]): Pair[] {
  const large = area(mother.mask) / 8;
  return pairs.filter(
    (pair) => pair.earlier === mother && pair.inside >= INSIDE && area(pair.later.mask) >= large,
  );
}

function overlaps(
  earlier: readonly Cell[],
  later: readonly Cell[],
  { width, height }: { width: number; height: number },
): Pair[] {
  const raster = new Labels(width, height);
  earlier.forEach((cell, index) => {
    raster.paint(cell.mask, index + 1);
  });
  return later.flatMap((cell) => {
    const shared = new Map<number, number>();
    forEachSpan(cell.mask, (row, from, to) => {
      for (let col = from; col < to; col++) {
        const slot = raster.at(row, col);
        if (slot > 0) shared.set(slot, (shared.get(slot) ?? 0) + 1);
      }
    });
    const size = area(cell.mask);
    return [...shared].flatMap(([slot, pixels]) => {
      const other = earlier[slot - 1];
      if (!other) return [];
      const iou = pixels / (size + area(other.mask) - pixels);
      return [{ earlier: other, later: cell, iou, inside: pixels / size }];
    });
  });
}
