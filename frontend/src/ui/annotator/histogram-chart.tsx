import type { JSX } from "preact";
import type { Histogram } from "../../editor/histogram";
import type { ChannelLook } from "../../editor/looks";

const WIDTH = 268;
const HEIGHT = 56;

/** How often each value occurs (a logarithm of it, or faint cells would not be seen), and the part that is shown. */
export function HistogramChart({
  histogram,
  look,
}: {
  histogram: Histogram | null;
  look: ChannelLook;
}): JSX.Element {
  if (!histogram) return <div class="histogram" aria-hidden="true" />;
  const { bins, low, high } = histogram;
  const peak = Math.log1p(bins.reduce((most, count) => Math.max(most, count), 0));
  const step = WIDTH / bins.length;
  const path = Array.from(bins, (count, at) => {
    const height = peak ? (Math.log1p(count) / peak) * (HEIGHT - 4) : 0;
    return `M${(at * step).toFixed(2)} ${HEIGHT}v${(-height).toFixed(1)}h${step.toFixed(2)}V${HEIGHT}z`;
  }).join("");
  const place = (value: number): number => ((value - low) / Math.max(1e-9, high - low)) * WIDTH;
  const from = Math.min(WIDTH, Math.max(0, place(look.min)));
  const to = Math.min(WIDTH, Math.max(0, place(look.max)));
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
