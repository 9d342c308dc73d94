import { Layers, Pause, Play } from "lucide";
import type { JSX } from "preact";
import type { Axis } from "../../editor/viewer";
import { Icon } from "../icon";
import { CommandButton } from "./controls";
import type { Annotator } from "./model";

const WORDS: Readonly<Record<Axis, { one: string; play: string; keys: string }>> = {
  z: { one: "Slice", play: "play-slices", keys: "arrow up and down" },
  t: { one: "Frame", play: "play-frames", keys: "arrow left and right" },
};

/** Which slice and which frame is looked at; nothing where an image has one of each. */
export function PlaneSliders({ model }: { model: Annotator }): JSX.Element {
  const { viewer } = model;
  const projection = model.commands.find((one) => one.id === "projection");
  return (
    <>
      <PlaneSlider model={model} axis="z" />
      {viewer.count("z") > 1 && (
        <CommandButton command={projection} pressed={model.editor.view.projected.value}>
          <Icon node={Layers} title="" />
        </CommandButton>
      )}
      <PlaneSlider model={model} axis="t" />
    </>
  );
}

function PlaneSlider({ model, axis }: { model: Annotator; axis: Axis }): JSX.Element | null {
  const { viewer } = model;
  const count = viewer.count(axis);
  if (count < 2) return null;
  const at = model.editor.view.position.value[axis];
  const words = WORDS[axis];
  return (
    <div class="plane-slider" data-axis={axis}>
      <span aria-hidden="true">{axis}</span>
      <input
        type="range"
        min={0}
        max={count - 1}
        step={1}
        value={at}
        aria-label={`${words.one} ${at + 1} of ${count}`}
        title={`${words.one} (${words.keys})`}
        onInput={(event) => viewer.go(axis, Number(event.currentTarget.value))}
      />
      <output style={{ minWidth: `${2 * String(count).length + 1}ch` }} title={distance(model, axis, at)}>
        {at + 1}/{count}
      </output>
      <CommandButton
        command={model.commands.find((one) => one.id === words.play)}
        pressed={viewer.playing.value === axis}
      >
        <Icon node={viewer.playing.value === axis ? Pause : Play} title="" />
      </CommandButton>
    </div>
  );
}

/** How far this plane is from the first one, where the file says so. */
export function distance(model: Annotator, axis: Axis, at: number): string {
  const { pixel_um, time_step } = model.image.value;
  if (axis === "z")
    return pixel_um.z ? `${(at * pixel_um.z).toLocaleString("en")} µm from the first slice` : "";
  return time_step ? `${(at * time_step).toLocaleString("en")} s after the first frame` : "";
}
