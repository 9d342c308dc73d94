/** Changes to the shapes of the selected cells. Each is one operation. */

import type { Box } from "../geometry/box";
import { area, isEmpty, type Mask, sameMask, union } from "../geometry/mask";
import { convexHull, grow, shrink, smooth } from "../geometry/morphology";
import { fillHoles, largestPart } from "../geometry/parts";
import type { Point } from "../geometry/raster";
import { split } from "../geometry/split";
import type { Cell } from "../store/types";
import type { Editor } from "./editor";
import type { Edit } from "./ports";

export type Reshape = "fill-holes" | "remove-specks" | "smooth" | "grow" | "shrink" | "convex-hull";

const CHANGE: Readonly<Record<Reshape, (mask: Mask, bounds: Box) => Mask>> = {
  "fill-holes": fillHoles,
  "remove-specks": largestPart,
  smooth,
  grow,
  shrink,
  "convex-hull": convexHull,
};

/** Said where no pixel of any selected cell would change. */
const UNCHANGED: Readonly<Record<Reshape, string>> = {
  "fill-holes": "There is no hole to fill: what lies inside belongs to other cells, or nothing does.",
  "remove-specks": "Each selected cell is in one piece already.",
  smooth: "The selected cells are as smooth as this makes them.",
  grow: "There is no free pixel around the selected cells.",
  shrink: "These cells are too thin to shrink: nothing would be left.",
  "convex-hull": "The selected cells have no bays that could be filled.",
};

/** Those of them that are not locked. */
export function selectedCells(editor: Editor): Cell[] {
  return editor.changeable(editor.selection.peek());
}

/** A cell of which nothing would be left stays as it is. */
export function reshapeSelected(editor: Editor, how: Reshape): void {
  if (!editor.mayEdit()) return;
  const { width, height } = editor.session.store;
  const bounds = { top: 0, left: 0, bottom: height, right: width };
  const cells = selectedCells(editor);
  if (cells.length === 0) return;
  const edits = cells.flatMap(({ id, mask }): Edit[] => {
    const changed = CHANGE[how](mask, bounds);
    return isEmpty(changed) || sameMask(changed, mask) ? [] : [{ edit: "update", id, mask: changed }];
  });
  if (edits.length === 0 || !editor.writer.wouldChange(edits)) editor.say(UNCHANGED[how]);
  else editor.writer.apply(edits);
}

/** One cell of all selected ones: the largest keeps its number and class and gets the pixels of the others. */
export function mergeSelected(editor: Editor): void {
  if (!editor.mayEdit()) return;
  const [first, ...others] = selectedCells(editor).sort((a, b) => area(b.mask) - area(a.mask));
  if (!first || others.length === 0) return;
  const mask = others.reduce((all, cell) => union(all, cell.mask), first.mask);
  editor.writer.apply([
    ...others.map(({ id }) => ({ edit: "delete" as const, id })),
    { edit: "update", id: first.id, mask },
  ]);
  editor.select([first.id]);
}

/** Cuts the cells that the line goes all the way through; where one of them is selected, only those that are. The
 * largest part of each stays that cell, the others become cells of its class. All parts are selected then. */
export function splitAlong(editor: Editor, line: readonly Point[]): void {
  if (!editor.mayEdit() || line.length < 2) return;
  const { store } = editor.session;
  const rows = line.map(({ row }) => row);
  const cols = line.map(({ col }) => col);
  const box = {
    top: Math.floor(Math.min(...rows)),
    left: Math.floor(Math.min(...cols)),
    bottom: Math.ceil(Math.max(...rows)) + 1,
    right: Math.ceil(Math.max(...cols)) + 1,
  };
  const crossed = store.idsIn(box).flatMap((id) => {
    const cell = store.get(id);
    const parts = cell ? split(cell.mask, line) : [];
    return cell && parts.length > 1 ? [{ cell, parts }] : [];
  });
  const chosen = crossed.filter(({ cell }) => editor.selection.peek().has(cell.id));
  const meant = chosen.length > 0 ? chosen : crossed;
  const free = new Set(editor.changeable(meant.map(({ cell }) => cell.id)).map(({ id }) => id));
  const cut = meant.filter(({ cell }) => free.has(cell.id));
  if (meant.length > 0 && cut.length === 0) return;
  if (cut.length === 0) {
    editor.say("The line goes through no cell. Draw it across a cell, from outside to outside.");
    return;
  }
  const created = editor.writer.apply(cut.flatMap(({ cell, parts }) => editsOf(cell, parts)));
  editor.select([...cut.map(({ cell }) => cell.id), ...created.flatMap((id) => id ?? [])]);
}

/** The largest part stays the cell, the others become cells of its class. */
export function editsOf(cell: Cell, [largest, ...others]: readonly Mask[]): Edit[] {
  if (!largest) return [];
  return [
    { edit: "update", id: cell.id, mask: largest },
    ...others.map((mask) => ({
      edit: "create" as const,
      mask,
      classId: cell.classId,
      provenance: { source: "hand" as const },
    })),
  ];
}
