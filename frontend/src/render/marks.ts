import type { Point } from "../editor/camera";

/** Around whatever has to be seen on any picture. */
export const SHADOW = "rgb(0 0 0 / 0.75)";

/** A square to be seen or held, ``reach`` screen pixels from its middle to its sides. */
export function square(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  { reach, colour }: { reach: number; colour: string },
): void {
  context.beginPath();
  context.rect(x - reach, y - reach, 2 * reach, 2 * reach);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = SHADOW;
  context.stroke();
}
