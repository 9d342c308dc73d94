import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { decode, EMPTY, isEmpty, type Mask, union } from "../geometry/mask";
import { askSmart, smartStroke } from "./smart";
import { State, Tool } from "./state-node";
import { Stroke } from "./stroke";

/** Paints onto the selected cell, or a new cell where none is selected. Other cells keep their pixels. */
export class BrushTool extends Tool {
  readonly id = "brush";
  first: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Painting(editor, this));
  }
}

class Idle extends State<BrushTool> {
  readonly id = "idle";
  readonly hint =
    "Paint to grow the selected cell, or a new one where none is selected ({cancel}) · {smaller-brush} and {larger-brush} change the size";
  override readonly cursor = "none";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left" || !this.editor.mayEdit()) return;
    if (this.editor.selection.peek().size > 1) {
      this.editor.say(
        "Several cells are selected. Select one to paint onto, or press Esc to paint a new cell.",
      );
      return;
    }
    const chosen = this.editor.onlySelected;
    if (chosen && this.editor.changeable([chosen.id]).length === 0) return;
    this.tool.first = event;
    this.tool.to("painting");
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Painting extends State<BrushTool> {
  readonly id = "painting";
  readonly hint = "Let go to keep the stroke · {cancel} throws it away";
  override readonly cursor = "none";
  private stroke: Stroke | null = null;
  /** The cell that the stroke goes onto, as it was chosen when the brush touched down. */
  private cellId: string | null = null;

  override onEnter(): void {
    this.cellId = this.editor.onlySelected?.id ?? null;
    this.stroke = new Stroke(this.editor);
    if (this.tool.first) askSmart(this.editor, this.tool.first);
    if (this.tool.first) this.paintTo(this.tool.first);
  }

  override onPointerMove(event: Pointer): void {
    this.paintTo(event);
  }

  private paintTo(event: Pointer): void {
    this.stroke?.to(event.image);
    this.editor.draft.value = { bitmap: decode(this.result()), without: this.cellId, kind: "paint" };
  }

  /** Looked up at every move: somebody else may change the cell while the brush is down. */
  private result(): Mask {
    const { store } = this.editor.session;
    const cell = this.cellId ? store.get(this.cellId) : undefined;
    if (!this.stroke) return EMPTY;
    const mask = smartStroke(this.editor, this.stroke.mask, "inside");
    const { writer } = this.editor;
    return cell ? writer.free(union(cell.mask, mask), cell.id) : writer.free(mask);
  }

  override onPointerUp(): void {
    const mask = this.result();
    const { session, writer } = this.editor;
    if (this.cellId && session.store.get(this.cellId)) {
      writer.update(this.cellId, { mask });
    } else if (isEmpty(mask)) {
      this.editor.say("There is no free pixel here. Select the cell to paint onto it.");
    } else {
      const id = writer.create(mask, this.editor.activeClass.peek(), { source: "hand" });
      if (id) this.editor.select([id]);
    }
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.stroke = null;
    this.editor.prompting.dropHover();
    this.editor.draft.value = null;
  }
}
