import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { forEachSpan } from "../geometry/mask";
import { polygonToMask } from "../geometry/raster";
import { Line } from "./line";
import { State, Tool } from "./state-node";

/** How far, in CSS pixels, the pointer moves before a click becomes a drag. */
export const DRAG_DISTANCE = 4;

export function isDrag(from: Pointer, to: Pointer): boolean {
  return Math.hypot(to.screen.x - from.screen.x, to.screen.y - from.screen.y) > DRAG_DISTANCE;
}

/** Click to select, Shift to add, Alt to take away, drag for all cells in a rectangle or a lasso, double-click to go
 * near. */
export class SelectTool extends Tool {
  start: Pointer | null = null;

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
      new Pointing(editor, this, hint),
      id === "select" ? new Boxing(editor, this) : new Lassoing(editor, this),
    );
  }

  get dragging(): string {
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
    this.tool.start = event;
    this.tool.to("pointing");
  }

  override onDoubleClick(event: Pointer): void {
    const cell = this.editor.cellUnder(event.image);
    if (cell) this.editor.showCell(cell.id);
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Pointing extends State<SelectTool> {
  readonly id = "pointing";
  override readonly cursor = "default";

  constructor(
    editor: Editor,
    tool: SelectTool,
    readonly hint: string,
  ) {
    super(editor, tool);
  }

  override onPointerMove(event: Pointer): void {
    if (!this.tool.start || !isDrag(this.tool.start, event)) return;
    this.tool.to(this.tool.dragging);
    this.tool.handle(event);
  }

  override onPointerUp(event: Pointer): void {
    const cell = this.editor.cellUnder(event.image);
    if (event.shift && cell) this.editor.toggle(cell.id);
    else if (!event.shift) choose(this.editor, event, cell ? [cell.id] : []);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }
}

class Boxing extends State<SelectTool> {
  readonly id = "boxing";
  readonly hint = "Let go to select all cells in the rectangle · Shift adds, Alt takes away · Esc stops";

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

class Lassoing extends State<SelectTool> {
  readonly id = "lassoing";
  readonly hint = "Let go to select all cells in the lasso · Shift adds, Alt takes away · Esc stops";
  private line: Line | null = null;

  override onEnter(): void {
    this.line = this.tool.start ? new Line(this.tool.start) : null;
  }

  override onPointerMove(event: Pointer): void {
    this.line?.add(event);
    this.editor.sketch.value = {
      points: [...(this.line?.points ?? [])],
      purpose: "select",
      corners: false,
    };
  }

  override onPointerUp(event: Pointer): void {
    this.line?.end(event);
    choose(this.editor, event, this.found());
    this.tool.to("idle");
  }

  /** As with a rectangle: every cell with a pixel inside. */
  private found(): string[] {
    const { store } = this.editor.session;
    const points = (this.line?.points ?? []).map(({ x, y }) => ({ row: y, col: x }));
    const inside = polygonToMask(points, { top: 0, left: 0, bottom: store.height, right: store.width });
    const found = new Set<string>();
    forEachSpan(inside, (row, left, right) => {
      for (const id of store.idsIn({ top: row, left, bottom: row + 1, right })) found.add(id);
    });
    return [...found];
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.sketch.value = null;
  }
}
