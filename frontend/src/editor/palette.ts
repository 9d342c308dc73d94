/**
 * Colours of cells. Classes take the Okabe–Ito palette in order (told apart by people who see colours differently);
 * cells of one class take shades of its colour, by golden angle from their slot, so that neighbours differ and a cell
 * keeps its shade.
 */

export type Rgb = readonly [number, number, number];

/** Without black, which would vanish on a microscope image. */
export const OKABE_ITO: readonly Rgb[] = [
  [86, 180, 233],
  [230, 159, 0],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

const GOLDEN = 0.618033988749895;
/** How far, in turns, a shade's hue moves away from its class's. */
const HUE_SPREAD = 0.07;
const LIGHTNESS_SPREAD = 0.22;

export function classColour(index: number): Rgb {
  return OKABE_ITO[((index % OKABE_ITO.length) + OKABE_ITO.length) % OKABE_ITO.length] as Rgb;
}

export function cssColour([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** #rgb or #rrggbb as numbers; null where it is neither. */
export function parseColour(text: string): Rgb | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  const parts = long ?? short;
  if (!parts) return null;
  const [red, green, blue] = parts
    .slice(1)
    .map((part) => Number.parseInt(part.length === 1 ? part + part : part, 16));
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** A number that stays the same for an id, spread over 0…1. */
export function fractionOf(id: string): number {
  let hash = 2166136261;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
  return ((hash >>> 8) * GOLDEN) % 1;
}

/** The shade of ``base`` for the cell with this id. */
export function shade(base: Rgb, id: string): Rgb {
  const turn = fractionOf(id);
  const [hue, saturation, lightness] = toHsl(base);
  const spread = turn - 0.5;
  const lighter = ((turn * 7) % 1) - 0.5;
  return fromHsl(
    (hue + spread * 2 * HUE_SPREAD + 1) % 1,
    Math.max(saturation, 0.45),
    Math.min(0.78, Math.max(0.38, lightness + lighter * LIGHTNESS_SPREAD)),
  );
}

/** A cell without a class: any hue, bright enough for a dark image. */
export function unclassified(id: string): Rgb {
  return fromHsl(fractionOf(id), 0.62, 0.62);
}

function toHsl([red, green, blue]: Rgb): [number, number, number] {
  const [r, g, b] = [red / 255, green / 255, blue / 255];
  const high = Math.max(r, g, b);
  const low = Math.min(r, g, b);
  const span = high - low;
  const lightness = (high + low) / 2;
  if (span === 0) return [0, 0, lightness];
  const saturation = span / (1 - Math.abs(2 * lightness - 1));
  const sector = high === r ? ((g - b) / span + 6) % 6 : high === g ? (b - r) / span + 2 : (r - g) / span + 4;
  return [sector / 6, saturation, lightness];
}

function fromHsl(hue: number, saturation: number, lightness: number): Rgb {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (offset + hue * 12) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
