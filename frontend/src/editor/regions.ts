import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Box } from "../geometry/box";
import { type PlaneAt, samePlane } from "../store/types";
import type { Point, Size } from "./camera";
import { sentence } from "./sentence";
import type { View } from "./view";

/** A rectangle of whole pixels, half-open, on a plane, in which all cells are annotated. */
export interface Region extends Box, PlaneAt {
  readonly id: string;
  readonly name: string;
  readonly author: string;
}

/** Where regions are kept. Every method rejects with an Error whose message is a sentence for the person. */
export interface RegionsPort {
  list(): Promise<readonly Region[]>;
  create(name: string, box: Box, plane: PlaneAt): Promise<Region>;
  change(id: string, change: { readonly name?: string; readonly box?: Box }): Promise<Region>;
  delete(id: string): Promise<void>;
}

/** Which sides of a region a hand holds: -1 the top or left one, 1 the bottom or right one, 0 none. */
export interface Grip {
  readonly row: -1 | 0 | 1;
  readonly col: -1 | 0 | 1;
}

const SIDES = [-1, 0, 1] as const;

/** The image's “complete here” regions. What is done here is shown at once and taken back where the server refuses it. */
export class Regions {
  private readonly all: Signal<readonly Region[]> = signal([]);
  /** Those of the plane that is looked at. */
  readonly list: ReadonlySignal<readonly Region[]> = computed(() =>
    this.all.value.filter((one) => samePlane(one, this.view.position.value)),
  );
  readonly selected: Signal<string | null> = signal(null);
  /** The rectangle under the hand: a new region, or the selected one as it will be. */
  readonly draft: Signal<Box | null> = signal(null);
  /** The share of the plane's pixels that lie in a region. */
  readonly share: ReadonlySignal<number> = computed(() => coverage(this.list.value, this.view.image));
  private port: RegionsPort | null = null;

  constructor(
    private readonly view: View,
    private readonly say: (message: string) => void,
  ) {}

  get chosen(): Region | undefined {
    return this.list.value.find((one) => one.id === this.selected.value);
  }

  /** From now on they are kept there. */
  connect(port: RegionsPort): void {
    this.port = port;
  }

  async load(): Promise<void> {
    await this.trying(async (port) => {
      this.all.value = await port.list();
      if (!this.chosen) this.selected.value = null;
    });
  }

  async create(box: Box): Promise<void> {
    await this.trying(async (port) => {
      const made = await port.create(this.freeName(), box, this.view.position.peek());
      this.all.value = [...this.all.peek().filter((one) => one.id !== made.id), made];
      this.selected.value = made.id;
    });
  }

  async change(id: string, change: { readonly name?: string; readonly box?: Box }): Promise<void> {
    const { name, box } = change;
    this.all.value = this.all
      .peek()
      .map((one) => (one.id === id ? { ...one, ...box, name: name ?? one.name } : one));
    await this.trying((port) => port.change(id, change));
  }

  async delete(id: string): Promise<void> {
    this.all.value = this.all.peek().filter((one) => one.id !== id);
    if (this.selected.peek() === id) this.selected.value = null;
    await this.trying((port) => port.delete(id));
  }

  /** The smallest region around a place. */
  at({ x, y }: Point): Region | undefined {
    return this.list
      .peek()
      .filter((one) => x >= one.left && x < one.right && y >= one.top && y < one.bottom)
      .sort((a, b) => areaOf(a) - areaOf(b))[0];
  }

  /** The rectangle between two places, in whole pixels of the image; null where it has none. */
  between(a: Point, b: Point): Box | null {
    const { width, height } = this.view.image;
    const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
    const box = {
      top: clamp(Math.min(a.y, b.y), height),
      left: clamp(Math.min(a.x, b.x), width),
      bottom: clamp(Math.max(a.y, b.y), height),
      right: clamp(Math.max(a.x, b.x), width),
    };
    return box.bottom > box.top && box.right > box.left ? box : null;
  }

  private freeName(): string {
    const names = new Set(this.list.peek().map((one) => one.name));
    let number = names.size + 1;
    while (names.has(`Region ${number}`)) number++;
    return `Region ${number}`;
  }

  private async trying(act: (port: RegionsPort) => Promise<unknown>): Promise<void> {
    if (!this.port) return;
    try {
      await act(this.port);
    } catch (error) {
      this.say(sentence(error, "The regions could not be saved. Try again."));
      this.all.value = await this.port.list().catch(() => this.all.peek());
    }
  }
}

/** Where the eight handles of a rectangle are. */
export function grips(box: Box): { readonly grip: Grip; readonly at: Point }[] {
  const between = (side: number, from: number, to: number): number => (from + to + side * (to - from)) / 2;
  return SIDES.flatMap((row) =>
    SIDES.filter((col) => row !== 0 || col !== 0).map((col) => ({
      grip: { row, col },
      at: { x: between(col, box.left, box.right), y: between(row, box.top, box.bottom) },
    })),
  );
}

function areaOf({ top, left, bottom, right }: Box): number {
  return (bottom - top) * (right - left);
}

/** The share of an image that lies in at least one of the boxes. */
export function coverage(boxes: readonly Box[], { width, height }: Size): number {
  const rows = [...new Set(boxes.flatMap(({ top, bottom }) => [top, bottom]))].sort((a, b) => a - b);
  let covered = 0;
  for (const [at, top] of rows.entries()) {
    const bottom = rows[at + 1] ?? top;
    const here = boxes
      .filter((box) => box.top <= top && box.bottom >= bottom)
      .sort((a, b) => a.left - b.left);
    let reached = 0;
    for (const { left, right } of here) {
      covered += Math.max(0, right - Math.max(left, reached)) * (bottom - top);
      reached = Math.max(reached, right);
    }
  }
  return width * height > 0 ? covered / (width * height) : 0;
}
