/** How each channel of an image is shown. Values are the image's own, whatever its type. */

import type { Histogram } from "./histogram";

export interface ChannelLook {
  readonly shown: boolean;
  /** #rrggbb: what the brightest value becomes. */
  readonly colour: string;
  readonly min: number;
  readonly max: number;
  /** What is shown is ((value − min) / (max − min)) ** gamma of the colour. */
  readonly gamma: number;
}

export interface Looks {
  readonly channels: readonly ChannelLook[];
  /** Bright becomes dark: white minus what would be shown. */
  readonly inverted: boolean;
}

/** A channel as the server describes it; `low` and `high` are the 0.1st and 99.9th percentile of its values. */
export interface ChannelInfo {
  readonly name: string;
  readonly colour: string;
  readonly low: number;
  readonly high: number;
}

/** More at once only make grey. */
const SHOWN_AT_FIRST = 6;

export function channelName({ name }: ChannelInfo, index: number): string {
  return name || `Channel ${index + 1}`;
}

/** The channels as the file describes them. The three of a colour image have one contrast in common. */
export function firstLooks(info: readonly ChannelInfo[], rgb: boolean): Looks {
  const low = Math.min(...info.map((one) => one.low));
  const high = Math.max(...info.map((one) => one.high));
  const channels = info.map((one, index) => ({
    shown: index < SHOWN_AT_FIRST,
    colour: one.colour,
    ...wide(rgb ? low : one.low, rgb ? high : one.high),
    gamma: 1,
  }));
  return { channels, inverted: false };
}

/** A contrast from a value to a larger one. */
function wide(min: number, max: number): { min: number; max: number } {
  return { min, max: max > min ? max : min + 1 };
}

/** The contrast that leaves out the darkest and the brightest 0.1 % of the pixels. */
export function autoContrast(histogram: Histogram, share = 0.001): { min: number; max: number } {
  return wide(histogram.quantile(share), histogram.quantile(1 - share));
}

export function withChannel(looks: Looks, index: number, change: Partial<ChannelLook>): Looks {
  return {
    ...looks,
    channels: looks.channels.map((one, at) => (at === index ? { ...one, ...change } : one)),
  };
}

export function withAll(looks: Looks, change: Partial<ChannelLook>): Looks {
  return { ...looks, channels: looks.channels.map((one) => ({ ...one, ...change })) };
}

export type PresetName = "fluorescence" | "brightfield" | "stained";

/** What a preset needs to know of a channel: its pixels where they are here, and what its type can hold. */
export interface PresetSource {
  readonly info: readonly ChannelInfo[];
  readonly histograms: readonly (Histogram | null)[];
  readonly limits: { readonly low: number; readonly high: number };
}

/** `fluorescence`: coloured light on black, each channel from its darkest to its brightest pixels. `brightfield`: grey,
 * the whole range of the pixels' type. `stained`: colours with the empty glass as white. */
export function preset(name: PresetName, looks: Looks, source: PresetSource): Looks {
  const { info, histograms, limits } = source;
  const channels = looks.channels.map((look, index): ChannelLook => {
    const histogram = histograms[index];
    const { low, high, colour } = info[index] ?? { low: limits.low, high: limits.high, colour: look.colour };
    if (name === "fluorescence")
      return { ...look, colour, gamma: 1, ...(histogram ? autoContrast(histogram) : wide(low, high)) };
    if (name === "brightfield") return { ...look, gamma: 1, ...wide(limits.low, limits.high) };
    return { ...look, colour, gamma: 1, ...wide(limits.low, histogram?.quantile(0.98) ?? high) };
  });
  return { channels, inverted: false };
}
