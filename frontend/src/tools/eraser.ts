import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { decode, type Mask } from "../geometry/mask";
import { cut } from "./outline";
import { askSmart, smartStroke } from "./smart";
import { State, Tool } from "./state-node";
import { Stroke } from "./stroke";

/** Takes pixels away: from the selected cells, or from every cell under it where none is selected. */
export class EraserTool extends Tool {
  readonly id = "eraser";
  first: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Erasing(editor, this));
  }
}

class Idle extends State<EraserTool> {
  readonly id = "idle";
  readonly hint =
    "Paint away from the selected cells, or from any cell where none is selected ({cancel}) · {smaller-brush} and {larger-brush} change the size";
  override readonly cursor = "none";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left" || !this.editor.mayEdit()) return;
    this.tool.first = event;
    this.tool.to("erasing");
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Erasing extends State<EraserTool> {
  readonly id = "erasing";
  readonly hint = "Let go to erase · {cancel} keeps everything";
  override readonly cursor = "none";
  private stroke: Stroke | null = null;

  override onEnter(): void {
    this.stroke = new Stroke(this.editor);
    if (this.tool.first) askSmart(this.editor, this.tool.first);
    if (this.tool.first) this.onPointerMove(this.tool.first);
  }

  override onPointerMove(event: Pointer): void {
    this.stroke?.to(event.image);
    if (this.stroke) {
      this.editor.draft.value = { bitmap: decode(this.erased(this.stroke)), without: null, kind: "erase" };
    }
  }

  private erased({ mask }: Stroke): Mask {
    return smartStroke(this.editor, mask, "outside");
  }

  override onPointerUp(): void {
    if (this.stroke) cut(this.editor, this.erased(this.stroke));
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
