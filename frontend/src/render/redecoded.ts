import type { Editor } from "../editor/editor";
import { forEachSpan, type Mask } from "../geometry/mask";

const COMES = "rgb(79 209 139 / 0.7)";
const GOES = "rgb(255 107 107 / 0.7)";
/** Of the hatching that tells pixels that go from those that come, without colour. */
const EVERY = 3;

/** The difference that decoding again would make: what comes is full, what goes is hatched. */
export function drawRedecoded(context: CanvasRenderingContext2D, { redecoding, view }: Editor): void {
  const result = redecoding.result.value;
  if (!result) return;
  const { x, y, scale } = view.camera.value;
  const fill = (mask: Mask, colour: string, hatched: boolean): void => {
    context.fillStyle = colour;
    forEachSpan(mask, (row, from, to) => {
      if (hatched && row % EVERY === 0) return;
      context.fillRect((from - x) * scale, (row - y) * scale, (to - from) * scale, scale);
    });
  };
  fill(result.added, COMES, false);
  fill(result.removed, GOES, true);
}
