import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { forEachSpan } from "../geometry/mask";
import { polygonToMask } from "../geometry/raster";
import { Pointing, PressTool } from "./press";
import { Sketching } from "./sketching";
import { State } from "./state-node";

/** Click to select, Shift to add, Alt to take away, drag for all cells in a rectangle or a lasso, double-click to go
 * near. */
export class SelectTool extends PressTool {
  constructor(
    editor: Editor,
    readonly id: "select" | "select-lasso" = "select",
  ) {
    super(editor);
    const hint = `Click a cell to select it · Shift adds, Alt takes away · drag selects all in a ${
      id === "select" ? "rectangle" : "lasso"
    } · Delete removes`;
    this.with(
      new Idle(editor, this, hint),
      new Clicking(editor, this, hint, "default"),
      id === "select" ? new Boxing(editor, this) : new Lassoing(editor, this),
    );
  }

  override get dragging(): string {
    return this.id === "select" ? "boxing" : "lassoing";
  }
}

/** Shift adds what was found to the selection, Alt takes it away. */
function choose(editor: Editor, event: Pointer, found: readonly string[]): void {
  const before = editor.selection.peek();
  if (event.alt) editor.select([...before].filter((id) => !found.includes(id)));
  else editor.select(event.shift ? [...before, ...found] : found);
}

class Idle extends State<SelectTool> {
  readonly id = "idle";
  override readonly cursor = "default";

  constructor(
    editor: Editor,
    tool: SelectTool,
    readonly hint: string,
  ) {
    super(editor, tool);
  }

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left") return;
    this.tool.begin(event);
  }

  override onDoubleClick(event: Pointer): void {
    const cell = this.editor.cellUnder(event.image);
    if (cell) this.editor.showCell(cell.id);
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Clicking extends Pointing<SelectTool> {
  override onPointerUp(event: Pointer): void {
    const cell = this.editor.cellUnder(event.image);
    if (event.shift && cell) this.editor.toggle(cell.id);
    else if (!event.shift) choose(this.editor, event, cell ? [cell.id] : []);
    this.tool.to("idle");
  }
}

class Boxing extends State<SelectTool> {
  readonly id = "boxing";
  readonly hint = "Let go to select all cells in the rectangle · Shift adds, Alt takes away · {cancel} stops";

  override onPointerMove(event: Pointer): void {
    const from = this.tool.start?.image ?? event.image;
    this.editor.dragBox.value = { from, to: event.image, purpose: "select" };
  }

  override onPointerUp(event: Pointer): void {
    const from = this.tool.start?.image ?? event.image;
    const found = this.editor.session.store.idsIn({
      top: Math.floor(Math.min(from.y, event.image.y)),
      left: Math.floor(Math.min(from.x, event.image.x)),
      bottom: Math.ceil(Math.max(from.y, event.image.y)),
      right: Math.ceil(Math.max(from.x, event.image.x)),
    });
    choose(this.editor, event, found);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.dragBox.value = null;
  }
}

class Lassoing extends Sketching<SelectTool> {
  readonly id = "lassoing";
  readonly hint = "Let go to select all cells in the lasso · Shift adds, Alt takes away · {cancel} stops";

  protected purpose(): "select" {
    return "select";
  }

  protected finish(points: readonly Point[], event: Pointer): void {
    choose(this.editor, event, this.found(points));
  }

  /** As with a rectangle: every cell with a pixel inside. */
  private found(line: readonly Point[]): string[] {
    const { store } = this.editor.session;
    const points = line.map(({ x, y }) => ({ row: y, col: x }));
    const inside = polygonToMask(points, { top: 0, left: 0, bottom: store.height, right: store.width });
    const found = new Set<string>();
    forEachSpan(inside, (row, left, right) => {
      for (const id of store.idsIn({ top: row, left, bottom: row + 1, right })) found.add(id);
    });
    return [...found];
  }
}
