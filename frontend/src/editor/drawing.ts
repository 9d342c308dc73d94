/** What is under the hand and not in the store yet. */

import type { Bitmap } from "../geometry/mask";
import type { Point } from "./camera";

export type ToolId =
  | "select"
  | "points"
  | "box"
  | "scribble"
  | "brush"
  | "eraser"
  | "hand"
  | "select-lasso"
  | "polygon"
  | "lasso"
  | "magnetic"
  | "region"
  | "split"
  | "move";

/** A shape under the hand that is not in the store yet. */
export interface Draft {
  readonly bitmap: Bitmap;
  /** The cell that it will replace, which is not drawn meanwhile. */
  readonly without: string | null;
  readonly kind: "paint" | "erase";
}

/** A rectangle that is being drawn, in image pixels. */
export interface DragBox {
  readonly from: Point;
  readonly to: Point;
  readonly purpose: "select" | "prompt";
}

/** A line that is being drawn, in image pixels; `corners` are those of its points that were chosen one by one. */
export interface Sketch {
  readonly points: readonly Point[];
  readonly purpose: "select" | "create" | "add" | "cut" | "split";
  readonly corners: readonly Point[];
}
