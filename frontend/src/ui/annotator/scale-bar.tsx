import type { JSX } from "preact";
import type { Annotator } from "./model";

/** The bar is at most this long, in CSS pixels. */
const LONGEST = 140;

/** A length of 1, 2 or 5 times a power of ten that is at most `longest` screen pixels long at this many units each. */
export function barOf(unitsPerPixel: number, longest = LONGEST): { length: number; pixels: number } {
  const most = unitsPerPixel * longest;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = ([5, 2, 1].find((one) => one * power <= most) ?? 1) * power;
  return { length, pixels: length / unitsPerPixel };
}

export function lengthText(length: number, unit: "µm" | "px"): string {
  if (unit === "px") return `${length.toLocaleString("en")} px`;
  if (length >= 1000) return `${(length / 1000).toLocaleString("en")} mm`;
  if (length < 1) return `${Math.round(length * 1000).toLocaleString("en")} nm`;
  return `${length.toLocaleString("en")} µm`;
}

export function ScaleBar({ model }: { model: Annotator }): JSX.Element {
  const { scale } = model.editor.view.camera.value;
  const um = model.image.value.pixel_um.x;
  const { length, pixels } = barOf((um ?? 1) / scale);
  return (
    <div class="scale-bar" title={um ? "" : "The file does not say how large a pixel is."}>
      <span>{lengthText(length, um ? "µm" : "px")}</span>
      <div style={{ width: `${pixels.toFixed(1)}px` }} />
    </div>
  );
}
