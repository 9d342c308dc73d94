import type { JSX } from "preact";
import type { ImageDetail } from "../../editor/page-ports";
import { autoContrast, type Contrast } from "../../editor/plane";
import { Section, Slider } from "./controls";
import type { Annotator } from "./model";

const WIDTH = 268;
const HEIGHT = 56;

/** Which of an image's planes is on the canvas, where it has several. */
export function shownPlane({ plane, size_t, size_z, channel_info }: ImageDetail): string {
  const channels = channel_info.length;
  const name = channel_info[0]?.name || "channel 1";
  return [
    channels > plane.channels ? `${name}, the first of ${channels} channels` : "",
    size_z > 1 ? `slice ${plane.z + 1} of ${size_z}` : "",
    size_t > 1 ? `frame 1 of ${size_t}` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function ShownPlane({ model }: { model: Annotator }): JSX.Element | null {
  const words = shownPlane(model.image.value);
  return words ? <p class="note">Shown: {words}</p> : null;
}

export function ContrastPanel({ model }: { model: Annotator }): JSX.Element {
  const { contrast } = model.editor.view;
  const { min, max, gamma } = contrast.value;
  const { low, high } = model.histogram;
  const top = Math.max(high, max, low + 1);
  const set = (change: Partial<Contrast>): void => {
    contrast.value = { ...contrast.peek(), ...change };
  };
  return (
    <Section
      title="Contrast"
      note={`${Math.round(min).toLocaleString("en")}–${Math.round(max).toLocaleString("en")}`}
    >
      <HistogramChart model={model} />
      <ShownPlane model={model} />
      <Slider
        label="Minimum"
        value={Math.round(min)}
        min={0}
        max={top}
        step={1}
        onInput={(value) => set({ min: Math.min(value, max - 1) })}
      />
      <Slider
        label="Maximum"
        value={Math.round(max)}
        min={0}
        max={top}
        step={1}
        onInput={(value) => set({ max: Math.max(value, min + 1) })}
      />
      <Slider
        label="Gamma"
        value={gamma}
        min={0.2}
        max={3}
        step={0.05}
        shown={gamma.toFixed(2)}
        onInput={(value) => set({ gamma: value })}
      />
      <div class="row">
        <button type="button" class="button" onClick={() => set(autoContrast(model.histogram))}>
          Auto
        </button>
        <button
          type="button"
          class="button"
          onClick={() => set({ min: low, max: Math.max(high, low + 1), gamma: 1 })}
        >
          Full range
        </button>
      </div>
    </Section>
  );
}

/** How often each value occurs (a logarithm of it, or faint cells would not be seen), and the part that is shown. */
function HistogramChart({ model }: { model: Annotator }): JSX.Element {
  const { bins, low, high } = model.histogram;
  const { min, max } = model.editor.view.contrast.value;
  const peak = Math.log1p(Math.max(...bins));
  const step = WIDTH / bins.length;
  const path = Array.from(bins, (count, at) => {
    const height = peak ? (Math.log1p(count) / peak) * (HEIGHT - 4) : 0;
    return `M${(at * step).toFixed(2)} ${HEIGHT}v${(-height).toFixed(1)}h${step.toFixed(2)}V${HEIGHT}z`;
  }).join("");
  const place = (value: number): number => ((value - low) / Math.max(1, high - low)) * WIDTH;
  const from = Math.min(WIDTH, Math.max(0, place(min)));
  const to = Math.min(WIDTH, Math.max(0, place(max)));
  return (
    <svg
      class="histogram"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Pixel values from ${low} to ${high}`}
    >
      <rect class="histogram-shown" x={from} y="0" width={Math.max(1, to - from)} height={HEIGHT} />
      <path d={path} />
      <line x1={from} x2={to} y1={HEIGHT - 1} y2="1" />
    </svg>
  );
}
