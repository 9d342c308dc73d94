import { alone, type Compared, type Difference } from "../editor/adjudication";
import type { Editor } from "../editor/editor";
import { forEachSpan, type Mask } from "../geometry/mask";
import { samePlane } from "../store/types";

const A = "86 180 233";
const B = "230 159 0";
/** Of the hatching that tells B from A without colour. */
const EVERY = 3;

/** Two annotations over the image: A is full, B is hatched; the cell that is asked about stands out. */
export function drawCompared(context: CanvasRenderingContext2D, { compared, view }: Editor): void {
  const now = compared.value;
  if (!now) return;
  const { x, y, scale } = view.camera.value;
  const seen = view.visible;
  const fill = (mask: Mask, colour: string, hatched: boolean): void => {
    context.fillStyle = colour;
    forEachSpan(mask, (row, from, to) => {
      if (hatched && row % EVERY === 0) return;
      context.fillRect((from - x) * scale, (row - y) * scale, (to - from) * scale, scale);
    });
  };
  for (const one of now.differences) {
    const cell = one.a ?? one.b;
    if (!cell || !samePlane(cell, view.position.value)) continue;
    const { mask } = cell;
    const far =
      seen &&
      (mask.top > seen.bottom ||
        mask.left > seen.right ||
        mask.top + mask.height < seen.top ||
        mask.left + mask.width < seen.left);
    if (far) continue;
    const strength = one === now.current ? 0.6 : 0.25;
    const { a, b } = masksOf(one, now);
    if (a) fill(a, `rgb(${A} / ${strength})`, false);
    if (b) fill(b, `rgb(${B} / ${strength})`, true);
  }
}

function masksOf(one: Difference, { shown }: Compared): { readonly a?: Mask; readonly b?: Mask } {
  if (shown === "difference") return alone(one);
  return {
    ...(one.a && shown !== "b" ? { a: one.a.mask } : {}),
    ...(one.b && shown !== "a" ? { b: one.b.mask } : {}),
  };
}
