/** The image's pixels in the browser: square tiles of all levels, channels, slices and frames, loaded when wanted. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Size } from "./camera";
import { sentence } from "./sentence";

/** What an image consists of. Level k has pixels that are 2^k image pixels wide, in tiles of `tile` pixels. */
export interface ImageShape extends Size {
  readonly dtype: string;
  readonly channels: number;
  readonly size_t: number;
  readonly size_z: number;
  readonly levels: readonly Size[];
  readonly tile: number;
}

/** A tile of channel `c`; `z` may be the maximum over all slices. */
export interface TileAt {
  readonly level: number;
  readonly t: number;
  readonly c: number;
  readonly z: number | "max";
  readonly row: number;
  readonly col: number;
}

/** `tile` × `tile` values, row by row; beyond the image they mean nothing. */
export type Values = Uint8Array | Uint16Array | Float32Array;

/** Rejects with an Error whose message is a sentence for the person. */
export type LoadTile = (at: TileAt, signal: AbortSignal) => Promise<ArrayBuffer>;

export function tileKey({ level, t, c, z, row, col }: TileAt): string {
  return `${level}/${t}/${c}/${z}/${row}/${col}`;
}

/** The values of a tile as the server sends them, little-endian. Throws where their number is wrong. */
export function valuesOf(bytes: ArrayBuffer, dtype: string, side: number): Values {
  const read = READERS[dtype];
  if (!read) throw new Error(`Images with pixels of type ${dtype} can't be shown.`);
  const size = side * side * Number(dtype.replace(/\D/g, "")) * 0.125;
  if (bytes.byteLength !== size)
    throw new Error(
      `A part of the image arrived with ${bytes.byteLength} of ${size} bytes. Reload the page.`,
    );
  return read(bytes);
}

const READERS: Readonly<Record<string, (bytes: ArrayBuffer) => Values>> = {
  uint8: (bytes) => new Uint8Array(bytes),
  uint16: (bytes) => new Uint16Array(bytes),
  int8: (bytes) => Float32Array.from(new Int8Array(bytes)),
  int16: (bytes) => Float32Array.from(new Int16Array(bytes)),
  int32: (bytes) => Float32Array.from(new Int32Array(bytes)),
  uint32: (bytes) => Float32Array.from(new Uint32Array(bytes)),
  float32: (bytes) => new Float32Array(bytes),
};

const AT_ONCE = 6;
const KEPT_BYTES = 400e6;
/** Waits before a tile that failed is asked for again; the last one counts for all later ones. */
const AGAIN_MS = [500, 2_000, 8_000];

/** Loads what is wanted, the most wanted first, and keeps what was used last. */
export class PixelTiles {
  /** Grows whenever a tile has come. */
  readonly arrivals: ReadonlySignal<number>;
  /** Why a part of the image is missing, empty while all goes well. */
  readonly problem: ReadonlySignal<string>;
  /** Tiles that are looked at and not here yet. */
  readonly missing: ReadonlySignal<number>;
  private readonly counted: Signal<number> = signal(0);
  private readonly failed: Signal<string> = signal("");
  private readonly awaited: Signal<number> = signal(0);
  /** In the order of their last use. */
  private readonly kept = new Map<string, Values>();
  private bytes = 0;
  private first: readonly TileAt[] = [];
  private next: readonly TileAt[] = [];
  private readonly asked = new Map<string, TileAt>();
  private readonly loading = new Map<string, AbortController>();
  private readonly failures = new Map<string, number>();
  private readonly resting = new Map<string, ReturnType<typeof setTimeout>>();
  private closed = false;

  constructor(
    readonly shape: ImageShape,
    private readonly load: LoadTile,
  ) {
    this.arrivals = this.counted;
    this.problem = this.failed;
    this.missing = this.awaited;
  }

  get(at: TileAt): Values | null {
    const key = tileKey(at);
    const values = this.kept.get(key);
    if (!values) return null;
    this.kept.delete(key);
    this.kept.set(key, values);
    return values;
  }

  has(at: TileAt): boolean {
    return this.kept.has(tileKey(at));
  }

  /** What is looked at, in the order of importance, and what may be next. What neither needs is no longer loaded. */
  want(first: readonly TileAt[], next: readonly TileAt[]): void {
    this.first = first;
    this.next = next;
    const keys = new Set([...first, ...next].map(tileKey));
    for (const [key, controller] of this.loading)
      if (!keys.has(key) && !this.asked.has(key)) controller.abort();
    this.pump();
  }

  /** Somebody waits for these, after what is looked at. */
  ask(tiles: readonly TileAt[]): void {
    for (const at of tiles) if (!this.has(at)) this.asked.set(tileKey(at), at);
    this.pump();
  }

  /** Whether somebody still waits for tiles that were asked for. */
  get isAsked(): boolean {
    return this.asked.size > 0;
  }

  close(): void {
    this.closed = true;
    for (const controller of this.loading.values()) controller.abort();
    for (const timer of this.resting.values()) clearTimeout(timer);
    this.kept.clear();
  }

  private pump(): void {
    if (this.closed) return;
    this.awaited.value = this.first.filter((at) => !this.has(at)).length;
    for (const at of this.waiting()) {
      if (this.loading.size >= AT_ONCE) return;
      void this.fetch(at);
    }
  }

  private *waiting(): Iterable<TileAt> {
    for (const list of [this.first, this.asked.values(), this.next])
      for (const at of list) {
        const key = tileKey(at);
        if (!this.kept.has(key) && !this.loading.has(key) && !this.resting.has(key)) yield at;
      }
  }

  private async fetch(at: TileAt): Promise<void> {
    const key = tileKey(at);
    const controller = new AbortController();
    this.loading.set(key, controller);
    try {
      const bytes = await this.load(at, controller.signal);
      this.keep(key, valuesOf(bytes, this.shape.dtype, this.shape.tile));
    } catch (error) {
      if (!controller.signal.aborted) this.fail(key, error);
    } finally {
      this.loading.delete(key);
      this.pump();
    }
  }

  private keep(key: string, values: Values): void {
    if (this.closed) return;
    this.kept.set(key, values);
    this.bytes += values.byteLength;
    this.asked.delete(key);
    this.failures.delete(key);
    this.failed.value = "";
    this.counted.value++;
    if (this.bytes > KEPT_BYTES) this.evict();
  }

  private evict(): void {
    const needed = new Set(this.first.map(tileKey));
    for (const [key, values] of this.kept) {
      if (this.bytes <= KEPT_BYTES * 0.8) return;
      if (needed.has(key)) continue;
      this.kept.delete(key);
      this.bytes -= values.byteLength;
    }
  }

  private fail(key: string, error: unknown): void {
    const count = this.failures.get(key) ?? 0;
    this.failures.set(key, count + 1);
    this.failed.value = sentence(error, "A part of the image could not be loaded.");
    const again = setTimeout(
      () => {
        this.resting.delete(key);
        this.pump();
      },
      AGAIN_MS[Math.min(count, AGAIN_MS.length - 1)],
    );
    this.resting.set(key, again);
  }
}
