/** Looking at an image with channels, slices and frames: what is loaded, which plane, how each channel is shown. */

import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Editor } from "./editor";
import { type Histogram, histogramOf } from "./histogram";
import {
  autoContrast,
  type ChannelInfo,
  type ChannelLook,
  type PresetName,
  preset,
  withAll,
  withChannel,
} from "./looks";
import type { ImageShape, LoadTile } from "./pixel-tiles";
import { PixelTiles } from "./pixel-tiles";
import { greyIn, pixelsOf, valuesAt } from "./plane-pixels";

export interface ImageContent extends ImageShape {
  readonly rgb: boolean;
  readonly channel_info: readonly ChannelInfo[];
}

export type Axis = "z" | "t";

/** Planes in a second, where they come in time. */
const PLAYED = 8;
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
};

export class Viewer {
  readonly tiles: PixelTiles;
  /** The channel whose contrast is being set. */
  readonly active: Signal<number> = signal(0);
  readonly playing: Signal<Axis | null> = signal(null);
  /** Of the active channel on the plane that is looked at; null until a part of it is here. */
  readonly histogram: ReadonlySignal<Histogram | null>;
  private timer: ReturnType<typeof setInterval> | null = null;
  private readonly stops: readonly (() => void)[];

  constructor(
    private readonly editor: Editor,
    readonly content: ImageContent,
    load: LoadTile,
  ) {
    this.tiles = new PixelTiles(content, load);
    this.histogram = computed(() => {
      this.tiles.arrivals.value;
      return this.histogramAt(this.active.value);
    });
    editor.grey = (part) => greyIn(this.tiles, part, this.plane, editor.view.looks.peek());
    this.stops = [
      // Cells are measured on the plane that is looked at, and once more when all that was missing has come.
      effect(() => {
        const plane = editor.view.position.value;
        untracked(() => editor.inspector.usePixels(pixelsOf(this.tiles, plane)));
      }),
      this.measureAgain(),
    ];
  }

  private measureAgain(): () => void {
    let waited = false;
    return this.tiles.arrivals.subscribe(() => {
      if (waited && !this.tiles.isAsked)
        untracked(() => this.editor.inspector.usePixels(pixelsOf(this.tiles, this.plane)));
      waited = this.tiles.isAsked;
    });
  }

  private get plane() {
    return this.editor.view.position.peek();
  }

  /** What is drawn: the slice, or the maximum over all of them. */
  private get drawn(): { t: number; z: number | "max" } {
    const { position, projected } = this.editor.view;
    const { t, z } = position.value;
    return { t, z: projected.value ? "max" : z };
  }

  private histogramAt(c: number): Histogram | null {
    const { levels, tile } = this.content;
    const level = levels.length - 1;
    const part = levels[level];
    const values = this.tiles.get({ level, c, row: 0, col: 0, ...this.drawn });
    return values && part ? histogramOf(values, part, tile) : null;
  }

  /** The values at a place in every channel; null outside of the image. */
  valuesAt(place: { readonly x: number; readonly y: number }): (number | null)[] | null {
    return valuesAt(this.tiles, place, this.drawn);
  }

  // --- planes -----------------------------------------------------------------------------------------------------

  count(axis: Axis): number {
    return axis === "z" ? this.content.size_z : this.content.size_t;
  }

  /** Another slice or frame: a number from 0, held within what there is. */
  go(axis: Axis, to: number): void {
    const at = Math.min(this.count(axis) - 1, Math.max(0, Math.round(to)));
    this.editor.look({ ...this.plane, [axis]: at });
  }

  step(axis: Axis, by: number): void {
    this.go(axis, this.plane[axis] + by);
  }

  /** Slices or frames one after another, round and round; the same axis again stops. */
  play(axis: Axis): void {
    const stopping = this.playing.peek() === axis;
    this.stop();
    if (stopping || this.count(axis) < 2) return;
    this.playing.value = axis;
    this.timer = setInterval(() => {
      // A slow connection shows every plane, later.
      if (this.tiles.missing.peek() === 0) this.go(axis, (this.plane[axis] + 1) % this.count(axis));
    }, 1000 / PLAYED);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.playing.value = null;
  }

  // --- looks ------------------------------------------------------------------------------------------------------

  /** From the smallest to the largest value that the sliders reach. */
  get limits(): { readonly low: number; readonly high: number } {
    const [low, high] = LIMITS[this.content.dtype] ?? [];
    if (low !== undefined && high !== undefined) return { low, high };
    const lows = this.content.channel_info.map((one) => one.low);
    const highs = this.content.channel_info.map((one) => one.high);
    const room = 0.5 * Math.max(1e-6, Math.max(...highs) - Math.min(...lows));
    return { low: Math.min(...lows) - room, high: Math.max(...highs) + room };
  }

  /** The active channel's look; a colour image has one contrast for its three. */
  change(change: Partial<ChannelLook>, index = this.active.peek()): void {
    const { looks } = this.editor.view;
    looks.value = this.content.rgb ? withAll(looks.peek(), change) : withChannel(looks.peek(), index, change);
  }

  toggle(index: number): void {
    const { looks } = this.editor.view;
    const look = looks.peek().channels[index];
    if (!look) return;
    looks.value = withChannel(looks.peek(), index, { shown: !look.shown });
    if (!look.shown) this.active.value = index;
  }

  /** From the darkest to the brightest pixels of the plane that is shown. */
  auto(): void {
    const histogram = this.histogram.peek();
    if (histogram) this.change({ ...autoContrast(histogram), gamma: 1 });
  }

  fullRange(): void {
    const { low, high } = this.limits;
    this.change({ min: low, max: high, gamma: 1 });
  }

  preset(name: PresetName): void {
    const { looks } = this.editor.view;
    const histograms = this.content.channel_info.map((_, c) => this.histogramAt(c));
    looks.value = preset(name, looks.peek(), {
      info: this.content.channel_info,
      histograms,
      limits: this.limits,
    });
  }

  get inverted(): boolean {
    return this.editor.view.looks.value.inverted;
  }

  invert(): void {
    const { looks } = this.editor.view;
    looks.value = { ...looks.peek(), inverted: !looks.peek().inverted };
  }

  close(): void {
    this.stop();
    for (const stop of this.stops) stop();
    this.tiles.close();
  }
}
