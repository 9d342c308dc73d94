import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { type Grip, grips } from "../editor/regions";
import type { Box } from "../geometry/box";
import { Pointing, PressTool } from "./press";
import { State } from "./state-node";

/** How near, in CSS pixels, the pointer is to a handle that is meant. */
const NEAR = 9;

/** Draws, chooses and resizes the rectangles in which all cells are annotated. */
export class RegionTool extends PressTool {
  readonly id = "region";
  grip: Grip | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Choosing(editor, this), new Dragging(editor, this));
  }

  override get dragging(): string {
    return "dragging";
  }

  /** The handle of the chosen region under the pointer. */
  gripAt({ screen }: Pointer): Grip | null {
    const { regions, view } = this.editor;
    const near = grips(regions.chosen ?? { top: 0, left: 0, bottom: 0, right: 0 }).find(({ at }) => {
      const { x, y } = view.toScreen(at);
      return Math.hypot(x - screen.x, y - screen.y) <= NEAR;
    });
    return regions.chosen && near ? near.grip : null;
  }
}

class Idle extends State<RegionTool> {
  readonly id = "idle";
  readonly hint =
    "Drag a rectangle in which all cells are annotated · click one to rename, resize or delete it";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left" || !this.editor.mayEdit()) return;
    this.tool.grip = this.tool.gripAt(event);
    this.tool.begin(event);
  }

  override onCancel(): void {
    this.editor.regions.selected.value = null;
  }
}

class Choosing extends Pointing<RegionTool> {
  constructor(editor: Editor, tool: RegionTool) {
    super(editor, tool, "Drag a rectangle, or let go to choose the region here");
  }

  override onPointerUp(event: Pointer): void {
    const { regions } = this.editor;
    if (!this.tool.grip) regions.selected.value = regions.at(event.image)?.id ?? null;
    this.tool.to("idle");
  }
}

class Dragging extends State<RegionTool> {
  readonly id = "dragging";
  readonly hint = "Let go where the region ends · {cancel} leaves it as it was";

  override onPointerMove(event: Pointer): void {
    this.editor.regions.draft.value = this.box(event);
  }

  override onPointerUp(event: Pointer): void {
    const { regions } = this.editor;
    const box = this.box(event);
    const resized = this.tool.grip && regions.chosen;
    this.tool.to("idle");
    if (!box) this.editor.say("A region has a pixel of the image at least.");
    else if (resized) void regions.change(resized.id, { box });
    else void regions.create(box);
  }

  private box({ image }: Pointer): Box | null {
    const { tool, editor } = this;
    const { regions } = editor;
    const { grip, start } = tool;
    if (!grip || !regions.chosen) return start && regions.between(start.image, image);
    const { top, left, bottom, right } = regions.chosen;
    const [y, x] = [image.y, image.x];
    return regions.between(
      { y: grip.row === -1 ? y : top, x: grip.col === -1 ? x : left },
      { y: grip.row === 1 ? y : bottom, x: grip.col === 1 ? x : right },
    );
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.regions.draft.value = null;
  }
}
