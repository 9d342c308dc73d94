import type { ImageShape, LoadTile, TileAt } from "../editor/pixel-tiles";
import { tileKey } from "../editor/pixel-tiles";

/** A server of tiles that answers when it is told to. The value of a pixel is `pixelAt` its place at level 0. */
export class FakeTiles {
  /** What was asked for and is not answered, oldest first. */
  waiting: { readonly at: TileAt; answer(): void; fail(message: string): void }[] = [];
  readonly asked: string[] = [];
  aborted = 0;

  constructor(
    readonly shape: ImageShape,
    readonly pixelAt: (c: number, z: number | "max", row: number, col: number) => number,
  ) {}

  readonly load: LoadTile = (at, signal) =>
    new Promise((resolve, reject) => {
      this.asked.push(tileKey(at));
      const entry = {
        at,
        answer: () => this.settle(entry, () => resolve(this.bytes(at))),
        fail: (message: string) => this.settle(entry, () => reject(new Error(message))),
      };
      this.waiting.push(entry);
      signal.addEventListener("abort", () => {
        this.aborted++;
        this.settle(entry, () => reject(new DOMException("", "AbortError")));
      });
    });

  private settle(entry: (typeof this.waiting)[number], how: () => void): void {
    this.waiting = this.waiting.filter((one) => one !== entry);
    how();
  }

  /** Answers everything, also what is asked for because of an answer. */
  async flush(): Promise<void> {
    for (let round = 0; this.waiting.length > 0 && round < 1000; round++) {
      for (const one of [...this.waiting]) one.answer();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  private bytes({ level, c, z, row, col }: TileAt): ArrayBuffer {
    const { tile } = this.shape;
    const values = new Uint16Array(tile * tile);
    for (let y = 0; y < tile; y++)
      for (let x = 0; x < tile; x++)
        values[y * tile + x] = this.pixelAt(
          c,
          z,
          (row * tile + y) * 2 ** level,
          (col * tile + x) * 2 ** level,
        );
    return values.buffer;
  }
}

/** 40 × 20 pixels of 16 bits in tiles of 8, so that the coarsest level is one tile. */
export const SMALL: ImageShape = {
  width: 40,
  height: 20,
  dtype: "uint16",
  channels: 2,
  size_t: 2,
  size_z: 3,
  levels: [
    { width: 40, height: 20 },
    { width: 20, height: 10 },
    { width: 10, height: 5 },
    { width: 5, height: 3 },
  ],
  tile: 8,
};
