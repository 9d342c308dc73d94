/** What is proposed for a flagged cell, shown before it is done. All changes of one press are one operation. */

import { boxAround } from "../geometry/box";
import type { Bitmap, Mask } from "../geometry/mask";
import { blank, boxOf, paint, union } from "../geometry/mask";
import type { FlagKind } from "../quality/flags";
import { type Repair, repairOf } from "../quality/repair";
import type { Cell, CellView } from "../store/types";
import type { Editor } from "./editor";
import type { Finding } from "./inspector";
import type { Edit } from "./ports";
import { editsOf } from "./shapes";

/** So many times the cell's size is seen on each side of it: its neighbours are. */
const AROUND = 1.5;

function repairFor(store: CellView, { id, flag }: Finding): { cell: Cell; repair: Repair } | null {
  const cell = store.get(id);
  const bounds = { top: 0, left: 0, bottom: store.height, right: store.width };
  const repair = cell ? repairOf(flag, cell.mask, bounds) : null;
  return cell && repair ? { cell, repair } : null;
}

/** What would be there, each cell with a value of its own; what would go with `gone`. Null where nothing is proposed. */
export function proposalOf(store: CellView, finding: Finding): { bitmap: Bitmap; gone: boolean } | null {
  const found = repairFor(store, finding);
  if (!found) return null;
  const { cell, repair } = found;
  if (repair.action === "delete") return { bitmap: painted([cell.mask]), gone: true };
  if (repair.action === "split") return { bitmap: painted(repair.parts), gone: false };
  if (repair.action === "reshape") return { bitmap: painted([repair.mask]), gone: false };
  const other = store.get(repair.into);
  return other ? { bitmap: painted([union(cell.mask, other.mask)]), gone: false } : null;
}

function painted(masks: readonly Mask[]): Bitmap {
  const bitmap = blank(masks.map(boxOf).reduce(boxAround));
  masks.forEach((mask, index) => {
    const own = blank(boxOf(bitmap));
    paint(own, mask, 1);
    own.data.forEach((inside, at) => {
      if (inside) bitmap.data[at] = index + 1;
    });
  });
  return bitmap;
}

/** In a sentence's words. */
export function actionOf(store: CellView, finding: Finding): string | null {
  const repair = repairFor(store, finding)?.repair;
  if (!repair) return null;
  if (repair.action === "delete") return "Delete it";
  if (repair.action === "split") return `Cut into ${repair.parts.length}`;
  if (repair.action === "merge") return "Merge into its neighbour";
  return finding.flag.kind === "holes"
    ? "Fill it"
    : finding.flag.kind === "specks"
      ? "Remove the specks"
      : "Smooth it out";
}

/** The edits of several findings in one operation; of a cell with two, the first counts. */
function editsFor(store: CellView, findings: readonly Finding[]): Edit[] {
  const edits: Edit[] = [];
  const done = new Set<string>();
  const merged = new Map<string, Mask>();
  for (const finding of findings) {
    const found = done.has(finding.id) || merged.has(finding.id) ? null : repairFor(store, finding);
    if (!found) continue;
    const { cell, repair } = found;
    const other = repair.action === "merge" ? store.get(repair.into) : undefined;
    if (repair.action === "merge" && (!other || other.locked || done.has(repair.into))) continue;
    done.add(cell.id);
    if (repair.action === "reshape") edits.push({ edit: "update", id: cell.id, mask: repair.mask });
    else if (repair.action === "split") edits.push(...editsOf(cell, repair.parts));
    else edits.push({ edit: "delete", id: cell.id });
    if (other) merged.set(other.id, union(merged.get(other.id) ?? other.mask, cell.mask));
  }
  for (const [id, mask] of merged) edits.push({ edit: "update", id, mask });
  return edits;
}

/** Other cells keep their pixels, whatever the write mode is. */
function apply(editor: Editor, findings: readonly Finding[]): void {
  if (!editor.mayEdit()) return;
  const free = new Set(editor.changeable(findings.map(({ id }) => id)).map(({ id }) => id));
  const edits = editsFor(
    editor.session.store,
    findings.filter(({ id }) => free.has(id)),
  );
  if (edits.length === 0 || !editor.writer.wouldChange(edits))
    editor.say("Nothing is proposed for this: correct it by hand.");
  else editor.writer.apply(edits, "keep");
}

/** Apply what is proposed for the current finding and go on to the next. */
export function fixCurrent(editor: Editor): void {
  const { inspector } = editor;
  const finding = inspector.current.peek();
  if (!finding) return;
  const all = inspector.findings.peek();
  const at = all.findIndex(({ id, flag }) => id === finding.id && flag.kind === finding.flag.kind);
  const next = all.slice(at + 1).find(({ id }) => id !== finding.id) ?? null;
  apply(editor, [finding]);
  if (next) goTo(editor, next);
  else inspector.choose(null);
}

export function fixAll(editor: Editor, kind: FlagKind): void {
  const { flags } = editor.inspector;
  const all = [...flags.peek()].flatMap(([id, own]) => own.map((flag): Finding => ({ id, flag })));
  apply(
    editor,
    all.filter(({ flag }) => flag.kind === kind),
  );
}

/** Choose a finding, select its cell and bring it into view. */
export function goTo(editor: Editor, finding: Finding | null): void {
  if (!finding) return;
  editor.inspector.choose(finding);
  editor.select([finding.id]);
  const mask = editor.session.store.get(finding.id)?.mask;
  if (mask) editor.view.showAround(mask, AROUND);
}
