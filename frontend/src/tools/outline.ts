import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import type { Edit } from "../editor/ports";
import { area, boxOf, difference, isEmpty, type Mask, union } from "../geometry/mask";
import { polygonToMask } from "../geometry/raster";

/** What a closed outline does: a new cell, or with Shift more of the selected one, or with Alt less of those selected. */
export type Purpose = "create" | "add" | "cut";

/** What the outline that begins here is for; null where it may not begin, which is said. */
export function purposeOf(editor: Editor, event: Pointer): Purpose | null {
  if (event.button !== "left" || !editor.mayEdit()) return null;
  const selected = editor.selection.peek().size;
  if (event.shift && selected !== 1) {
    editor.say("Shift adds to a selected cell. Select one first.");
    return null;
  }
  if (event.alt && selected === 0) {
    editor.say("Alt cuts from the selected cells. Select one first.");
    return null;
  }
  if (event.shift && editor.changeable(editor.selection.peek()).length === 0) return null;
  return event.shift ? "add" : event.alt ? "cut" : "create";
}

/** Writes the inside of a closed line, in one step. */
export function writeOutline(editor: Editor, points: readonly Point[], purpose: Purpose): void {
  const { width, height } = editor.session.store;
  const mask = polygonToMask(
    points.map(({ x, y }) => ({ row: y, col: x })),
    { top: 0, left: 0, bottom: height, right: width },
  );
  if (isEmpty(mask)) editor.say("This outline has no pixel inside. Draw it larger.");
  else if (purpose === "cut") cut(editor, mask);
  else if (purpose === "add") add(editor, mask);
  else create(editor, mask);
}

function create(editor: Editor, mask: Mask): void {
  const id = editor.writer.create(mask, editor.activeClass.peek(), { source: "hand" });
  if (id) editor.select([id]);
  else editor.say("Other cells cover all of this outline. W lets new shapes overwrite them.");
}

function add(editor: Editor, mask: Mask): void {
  const cell = editor.onlySelected;
  if (cell) editor.writer.update(cell.id, { mask: union(cell.mask, mask) });
  else create(editor, mask);
}

/** Takes pixels from the selected cells, or from any where none is selected; a cell of which nothing is left goes. */
export function cut(editor: Editor, mask: Mask): void {
  const { session, selection } = editor;
  const chosen = selection.peek();
  const met = session.store
    .idsIn(boxOf(mask))
    .filter((id) => chosen.size === 0 || chosen.has(id))
    .filter((id) => {
      const cell = session.store.get(id);
      return cell && area(difference(cell.mask, mask)) < area(cell.mask);
    });
  const edits = editor.changeable(met).map(({ id, mask: before }): Edit => {
    const left = difference(before, mask);
    return isEmpty(left) ? { edit: "delete", id } : { edit: "update", id, mask: left };
  });
  if (edits.length > 0) session.apply(edits);
}
