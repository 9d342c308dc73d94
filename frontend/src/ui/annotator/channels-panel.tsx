import { Eye, EyeOff } from "lucide";
import type { JSX } from "preact";
import { type ChannelLook, channelName, type PresetName } from "../../editor/looks";
import type { Viewer } from "../../editor/viewer";
import { Icon } from "../icon";
import { Section, Slider } from "./controls";
import { HistogramChart } from "./histogram-chart";
import type { Annotator } from "./model";

const PRESETS: readonly { id: PresetName; name: string; hint: string; rgb: boolean | null }[] = [
  {
    id: "fluorescence",
    name: "Fluorescence",
    hint: "Light on black, from the darkest to the brightest pixels",
    rgb: false,
  },
  { id: "brightfield", name: "Brightfield", hint: "The whole range of values", rgb: null },
  { id: "stained", name: "H&E", hint: "Empty glass becomes white", rgb: true },
];

/** A value with as many digits as it needs in a range. */
export function valueText(value: number, range: number): string {
  const digits = range >= 100 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(range)));
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** How the image's channels are shown: which, in which colours, from which value to which. */
export function ChannelsPanel({ model }: { model: Annotator }): JSX.Element {
  const { viewer } = model;
  const { looks } = model.editor.view;
  const { content } = viewer;
  const several = content.channels > 1 && !content.rgb;
  const shown = looks.value.channels.filter((one) => one.shown).length;
  return (
    <Section title="Channels" note={several ? `${shown} of ${content.channels}` : ""}>
      {several && (
        <ul class="channels">
          {looks.value.channels.map((look, index) => (
            <ChannelRow key={index} viewer={viewer} look={look} index={index} />
          ))}
        </ul>
      )}
      <ContrastOf
        viewer={viewer}
        look={looks.value.channels[viewer.active.value] ?? looks.value.channels[0]}
      />
      <Presets model={model} />
      <Kept model={model} />
    </Section>
  );
}

function ChannelRow({
  viewer,
  look,
  index,
}: {
  viewer: Viewer;
  look: ChannelLook;
  index: number;
}): JSX.Element {
  const info = viewer.content.channel_info[index];
  const name = info ? channelName(info, index) : "";
  const range = viewer.limits.high - viewer.limits.low;
  return (
    <li class={`channel${viewer.active.value === index ? " active" : ""}${look.shown ? "" : " off"}`}>
      <button
        type="button"
        class="icon-button"
        aria-pressed={look.shown}
        title={`${look.shown ? "Hide" : "Show"} ${name} (Alt ${index + 1})`}
        aria-label={`Show ${name}`}
        onClick={() => viewer.toggle(index)}
      >
        <Icon node={look.shown ? Eye : EyeOff} title="" />
      </button>
      <input
        type="color"
        class="channel-colour"
        value={look.colour}
        title={`Colour of ${name}`}
        aria-label={`Colour of ${name}`}
        onInput={(event) => viewer.change({ colour: event.currentTarget.value }, index)}
      />
      <button
        type="button"
        class="channel-name"
        aria-pressed={viewer.active.value === index}
        title={`Set the contrast of ${name}`}
        onClick={() => {
          viewer.active.value = index;
        }}
      >
        <span>{name}</span>
        <span class="channel-range">
          {valueText(look.min, range)}–{valueText(look.max, range)}
        </span>
      </button>
    </li>
  );
}

function ContrastOf({ viewer, look }: { viewer: Viewer; look: ChannelLook | undefined }): JSX.Element | null {
  if (!look) return null;
  const { low, high } = viewer.limits;
  const histogram = viewer.histogram.value;
  const whole = !viewer.content.dtype.startsWith("float");
  // Dim cameras use a small part of what 16 bits can hold: sliders reach little further than the values do.
  const top = Math.min(
    high,
    Math.max(look.max, histogram ? histogram.high + 0.25 * (histogram.high - histogram.low) : high),
  );
  const bottom = Math.max(low, Math.min(look.min, 0, histogram?.low ?? 0));
  const range = top - bottom;
  const step = whole ? 1 : range / 500;
  return (
    <div class="contrast">
      <HistogramChart histogram={histogram} look={look} />
      <Slider
        label="Minimum"
        value={look.min}
        min={bottom}
        max={top}
        step={step}
        shown={valueText(look.min, range)}
        onInput={(value) => viewer.change({ min: Math.min(value, look.max - step) })}
      />
      <Slider
        label="Maximum"
        value={look.max}
        min={bottom}
        max={top}
        step={step}
        shown={valueText(look.max, range)}
        onInput={(value) => viewer.change({ max: Math.max(value, look.min + step) })}
      />
      <Slider
        label="Gamma"
        value={look.gamma}
        min={0.2}
        max={3}
        step={0.05}
        shown={look.gamma.toFixed(2)}
        onInput={(gamma) => viewer.change({ gamma })}
      />
      <div class="row">
        <button
          type="button"
          class="button"
          title="From the darkest to the brightest pixels (Shift A)"
          onClick={() => viewer.auto()}
        >
          Auto
        </button>
        <button type="button" class="button" onClick={() => viewer.fullRange()}>
          Full range
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={viewer.inverted}
          title="Bright becomes dark (Shift I)"
          onClick={() => viewer.invert()}
        >
          Invert
        </button>
      </div>
    </div>
  );
}

function Presets({ model }: { model: Annotator }): JSX.Element {
  const { rgb } = model.viewer.content;
  return (
    <fieldset class="row" aria-label="Presets">
      {PRESETS.filter((one) => one.rgb === null || one.rgb === rgb).map((one) => (
        <button
          type="button"
          key={one.id}
          class="button"
          title={one.hint}
          onClick={() => model.viewer.preset(one.id)}
        >
          {one.name}
        </button>
      ))}
    </fieldset>
  );
}

/** What is kept of this for the next image, for me and for everybody. */
function Kept({ model }: { model: Annotator }): JSX.Element {
  const { lookMemory } = model;
  const { role } = model.image.value.project;
  const manages = role === "owner" || role === "manager";
  return (
    <>
      <label
        class="check-line"
        title="Minimum and maximum stay when you go to another image; otherwise each opens with its own"
      >
        <input
          type="checkbox"
          checked={lookMemory.sameContrast.value}
          onChange={(event) => {
            lookMemory.sameContrast.value = event.currentTarget.checked;
          }}
        />
        Same contrast on every image
      </label>
      <div class="row object-actions">
        <button
          type="button"
          class="button"
          disabled={!lookMemory.mine.value}
          title="Forget what you chose: as the project shows these images, or as their files say"
          onClick={() => void lookMemory.reset()}
        >
          Reset mine
        </button>
        {manages && (
          <button
            type="button"
            class="button"
            title="Everybody in the project who has chosen nothing else sees images like this one so"
            onClick={() => void lookMemory.keepForAll()}
          >
            For everybody
          </button>
        )}
        {manages && lookMemory.project.value && (
          <button
            type="button"
            class="button"
            title="Images open as their files say for everybody who has chosen nothing else"
            onClick={() => void lookMemory.keepForAll(null)}
          >
            Undo that
          </button>
        )}
      </div>
    </>
  );
}
