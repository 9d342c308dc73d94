import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Point } from "../../editor/camera";
import { channelName } from "../../editor/looks";
import type { Annotator } from "./model";

/** “x, y” in pixels, in whatever way people part two numbers; null where it is no place of the image. */
export function placeOf(text: string, image: { width: number; height: number }): Point | null {
  const numbers = text.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [];
  const [x, y] = numbers;
  if (numbers.length !== 2 || x === undefined || y === undefined) return null;
  return x >= 0 && y >= 0 && x <= image.width && y <= image.height ? { x, y } : null;
}

/** Zoom, where the pointer is, and the values there. A click on it asks where to go. */
export function Coordinates({ model }: { model: Annotator }): JSX.Element {
  const { view } = model.editor;
  const open = view.goingTo.value;
  return (
    <div class="coordinates">
      <span>{view.percent.value} %</span>
      {open ? <GoTo model={model} /> : <Here model={model} />}
    </div>
  );
}

function Here({ model }: { model: Annotator }): JSX.Element | null {
  const { editor, viewer } = model;
  const at = editor.pointer.value;
  viewer.tiles.arrivals.value;
  const values = at ? viewer.valuesAt(at) : null;
  if (!at || !values) return null;
  const um = model.image.value.pixel_um;
  const length = um.x && um.y ? ` (${(at.x * um.x).toFixed(1)}, ${(at.y * um.y).toFixed(1)} µm)` : "";
  return (
    <span>
      x {Math.floor(at.x)}, y {Math.floor(at.y)}
      {length} = {values.map((one) => (one === null ? "…" : shortNumber(one))).join(" · ")}
      <span class="coordinates-names">{namesOf(model)}</span>
    </span>
  );
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(4);
}

function namesOf({ viewer }: Annotator): string {
  const { content } = viewer;
  if (content.channels === 1) return "";
  return ` ${content.rgb ? "R · G · B" : content.channel_info.map(channelName).join(" · ")}`;
}

function GoTo({ model }: { model: Annotator }): JSX.Element {
  const { view } = model.editor;
  const [wrong, setWrong] = useState(false);
  const close = (): void => {
    view.goingTo.value = false;
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("place") as HTMLInputElement;
    const place = placeOf(field.value, view.image);
    setWrong(place === null);
    if (!place) return;
    view.goTo(place, Math.max(1, view.camera.peek().scale));
    close();
  };
  return (
    <form class="go-to" onSubmit={submit}>
      <label>
        Go to{" "}
        <input
          name="place"
          placeholder="x, y"
          aria-invalid={wrong}
          ref={(field) => field?.focus()}
          onBlur={close}
          onKeyDown={(event) => {
            if (event.key === "Escape") close();
          }}
        />
      </label>
      {wrong && (
        <span role="alert">
          Two numbers: x to {view.image.width.toLocaleString("en")}, y to{" "}
          {view.image.height.toLocaleString("en")}
        </span>
      )}
    </form>
  );
}
