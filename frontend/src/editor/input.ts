/** What hands do, without the DOM: the canvas turns browser events into these, and tests make them directly. */

import type { Point } from "./camera";

export type Button = "left" | "middle" | "right";

export interface Pointer {
  readonly type: "pointerdown" | "pointermove" | "pointerup" | "doubleclick";
  /** Where on the canvas, in CSS pixels. */
  readonly screen: Point;
  /** Where in the image, in pixels. */
  readonly image: Point;
  readonly button: Button;
  readonly shift: boolean;
  readonly alt: boolean;
  /** How hard a pen is pressed, 0 to 1; left out, or 0, where nothing says so. */
  readonly pressure?: number;
}

export type InputEvent =
  | Pointer
  /** The pointer left the canvas. */
  | { readonly type: "leave" }
  /** Yes: Enter. */
  | { readonly type: "complete" }
  /** One step back: Backspace. */
  | { readonly type: "back" }
  /** No: Escape, a lost pointer, another tool. */
  | { readonly type: "cancel" };

/** What the editor hands its input to: a tool. */
export interface InputTarget {
  handle(event: InputEvent): void;
  enter(): void;
  exit(): void;
  /** The active states, outermost first: "brush.painting". */
  readonly path: string;
  /** What the mouse does now, in a sentence. */
  readonly hint: string;
  /** A CSS cursor; "none" where the overlay draws one. */
  readonly cursor: string;
}
