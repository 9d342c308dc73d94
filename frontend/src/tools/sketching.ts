import type { Point } from "../editor/camera";
import type { Sketch } from "../editor/drawing";
import type { Pointer } from "../editor/input";
import { Line } from "./line";
import type { PressTool } from "./press";
import { State } from "./state-node";

/** A line follows the pointer until that lets go. */
export abstract class Sketching<T extends PressTool> extends State<T> {
  private line: Line | null = null;

  /** What the line will do, for its look. */
  protected abstract purpose(): Sketch["purpose"];
  /** The line is drawn, in image pixels. */
  protected abstract finish(points: readonly Point[], event: Pointer): void;

  override onEnter(): void {
    this.line = this.tool.start ? new Line(this.tool.start) : null;
  }

  override onPointerMove(event: Pointer): void {
    this.line?.add(event);
    const points = [...(this.line?.points ?? [])];
    this.editor.sketch.value = { points, purpose: this.purpose(), corners: [] };
  }

  override onPointerUp(event: Pointer): void {
    this.line?.end(event);
    const points = this.line?.points ?? [];
    this.tool.to("idle");
    this.finish(points, event);
  }

  override onCancel(): void {
    this.tool.to("idle");
  }

  override onExit(): void {
    this.editor.sketch.value = null;
  }
}
