import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { type Purpose, purposeOf, writeOutline } from "./outline";
import { DRAG_DISTANCE } from "./press";
import { State, Tool } from "./state-node";

/** How near, in CSS pixels, a click is to a corner that is meant. */
const NEAR = 8;

/** Corners one by one; a double click, Enter or the first corner closes the outline. */
export abstract class CornersTool extends Tool {
  purpose: Purpose = "create";
  first: Point = { x: 0, y: 0 };

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Drawing(editor, this));
  }

  /** The line from a corner to a place, without the corner and with the place. */
  abstract lead(from: Point, to: Point): Point[];
}

/** Straight from corner to corner. */
export class PolygonTool extends CornersTool {
  readonly id = "polygon";

  override lead(_from: Point, to: Point): Point[] {
    return [to];
  }
}

class Idle extends State<CornersTool> {
  readonly id = "idle";
  readonly hint = "Click the corners of a new cell · Shift adds to the selected cell, Alt cuts from it";

  override onPointerDown(event: Pointer): void {
    const purpose = purposeOf(this.editor, event);
    if (!purpose) return;
    this.tool.purpose = purpose;
    this.tool.first = event.image;
    this.tool.to("drawing");
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Drawing extends State<CornersTool> {
  readonly id = "drawing";
  readonly hint =
    "Click the next corner · {close-outline}, a double click or the first corner closes · {remove-corner} takes one back · {cancel} stops";
  private corners: Point[] = [];
  /** The lines that lead to the corners, from the second on. */
  private lines: Point[][] = [];
  private pointer: Point | null = null;

  override onEnter(): void {
    this.corners = [this.tool.first];
    this.lines = [];
    this.pointer = null;
    this.show();
  }

  private show(): void {
    const { corners, pointer } = this;
    const last = corners.at(-1);
    const ahead = last && pointer ? this.tool.lead(last, pointer) : [];
    this.editor.sketch.value = { points: [...this.drawn(), ...ahead], purpose: this.tool.purpose, corners };
  }

  private drawn(): Point[] {
    return [this.tool.first, ...this.lines.flat()];
  }

  private add(corner: Point): void {
    const last = this.corners.at(-1);
    if (last) this.lines.push(this.tool.lead(last, corner));
    this.corners = [...this.corners, corner];
  }

  private isNear(corner: Point | undefined, event: Pointer, distance: number): boolean {
    if (!corner) return false;
    const { x, y } = this.editor.view.toScreen(corner);
    return Math.hypot(x - event.screen.x, y - event.screen.y) <= distance;
  }

  override onPointerMove(event: Pointer): void {
    this.pointer = event.image;
    this.show();
  }

  override onPointerDown(event: Pointer): void {
    if (event.button !== "left") return;
    this.pointer = null;
    if (this.corners.length >= 3 && this.isNear(this.corners[0], event, NEAR)) {
      this.close();
      return;
    }
    // The second press of a double click is no corner of its own.
    if (!this.isNear(this.corners.at(-1), event, DRAG_DISTANCE)) this.add(event.image);
    this.show();
  }

  override onDoubleClick(): void {
    if (this.corners.length >= 3) this.close();
    else if (this.corners.length === 1) this.tool.to("idle");
  }

  override onComplete(): void {
    if (this.corners.length >= 3) this.close();
    else this.editor.say("An outline has three corners at least.");
  }

  private close(): void {
    const last = this.corners.at(-1) ?? this.tool.first;
    const outline = [...this.drawn(), ...this.tool.lead(last, this.tool.first)];
    this.tool.to("idle");
    writeOutline(this.editor, outline, this.tool.purpose);
  }

  override onBack(): void {
    this.corners = this.corners.slice(0, -1);
    this.lines.pop();
    if (this.corners.length === 0) this.tool.to("idle");
    else this.show();
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.sketch.value = null;
  }
}
