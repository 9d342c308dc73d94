import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import type { Edit } from "../editor/ports";
import { selectedCells } from "../editor/shapes";
import { type Box, boxAround } from "../geometry/box";
import { boxOf, decode, translate } from "../geometry/mask";
import { Pointing, PressTool } from "./press";
import { State } from "./state-node";

/** Drags the selected cells, or the one under the pointer, by whole pixels. */
export class MoveTool extends PressTool {
  readonly id = "move";

  constructor(editor: Editor) {
    super(editor);
    this.with(
      new Idle(editor, this),
      new Pointing(editor, this, "Drag to where it belongs", "move"),
      new Dragging(editor, this),
    );
  }

  override get dragging(): string {
    return "dragging";
  }
}

class Idle extends State<MoveTool> {
  readonly id = "idle";
  readonly hint = "Drag a cell, or all selected cells";
  override readonly cursor = "move";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left" || !this.editor.mayEdit()) return;
    const cell = this.editor.cellUnder(event.image);
    if (!cell) {
      this.editor.select([]);
      return;
    }
    if (!this.editor.selection.peek().has(cell.id)) this.editor.select([cell.id]);
    if (selectedCells(this.editor).length > 0) this.tool.begin(event);
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Dragging extends State<MoveTool> {
  readonly id = "dragging";
  readonly hint = "Let go where it belongs · {cancel} puts it back";
  override readonly cursor = "move";

  override onPointerMove(event: Pointer): void {
    const { editor } = this;
    const bitmap = decode(editor.writer.preview(this.edits(event)));
    editor.draft.value = { bitmap, without: editor.onlySelected?.id ?? null, kind: "paint" };
  }

  /** All of every cell stays in the image. */
  private edits(event: Pointer): Edit[] {
    const { editor, tool } = this;
    const { store } = editor.session;
    const cells = [...editor.selection.peek()]
      .flatMap((id) => store.get(id) ?? [])
      .filter((one) => !one.locked);
    const [first, ...others] = cells.map(({ mask }) => boxOf(mask));
    const from = tool.start?.image;
    if (!first || !from) return [];
    const box = others.reduce(boxAround, first);
    const { rows, cols } = within(box, store, {
      rows: Math.round(event.image.y - from.y),
      cols: Math.round(event.image.x - from.x),
    });
    if (rows === 0 && cols === 0) return [];
    return cells.map(({ id, mask }) => ({ edit: "update", id, mask: translate(mask, rows, cols) }));
  }

  override onPointerUp(event: Pointer): void {
    const { editor } = this;
    const edits = this.edits(event);
    this.tool.to("idle");
    if (edits.length === 0) return;
    if (editor.writer.wouldChange(edits)) editor.writer.apply(edits);
    else editor.say("Other cells cover this place. W lets moved cells overwrite them.");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.draft.value = null;
  }
}

interface Shift {
  readonly rows: number;
  readonly cols: number;
}

function within(box: Box, image: { width: number; height: number }, { rows, cols }: Shift): Shift {
  return {
    rows: Math.min(Math.max(rows, -box.top), image.height - box.bottom),
    cols: Math.min(Math.max(cols, -box.left), image.width - box.right),
  };
}
