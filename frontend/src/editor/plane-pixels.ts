/** Values of one plane of the image, out of the tiles that are here. */

import type { Box } from "../geometry/box";
import type { Pixels } from "../geometry/intensity";
import type { Grey } from "../geometry/livewire";
import type { PlaneAt } from "../store/types";
import type { Looks } from "./looks";
import type { PixelTiles, TileAt, Values } from "./pixel-tiles";

/** A plane larger than this in all its channels together is not loaded just to be measured. */
const MEASURED_BYTES = 200e6;

/** The tiles of level 0 that a box of a channel touches. */
function tilesIn(tiles: PixelTiles, box: Box, c: number, { t, z }: PlaneAt): TileAt[] {
  const { tile } = tiles.shape;
  const found: TileAt[] = [];
  for (let row = Math.floor(box.top / tile); row * tile < box.bottom; row++)
    for (let col = Math.floor(box.left / tile); col * tile < box.right; col++)
      found.push({ level: 0, t, c, z, row, col });
  return found;
}

/** The values of a box inside the image, row by row; null, and asked for, where a tile of it is not here. */
function valuesIn(tiles: PixelTiles, box: Box, c: number, plane: PlaneAt): Float32Array | null {
  const { tile } = tiles.shape;
  const needed = tilesIn(tiles, box, c, plane);
  if (needed.some((at) => !tiles.has(at))) {
    tiles.ask(needed);
    return null;
  }
  const width = box.right - box.left;
  const found = new Float32Array((box.bottom - box.top) * width);
  for (const at of needed) {
    const values = tiles.get(at) as Values;
    const y = at.row * tile;
    const x = at.col * tile;
    const left = Math.max(box.left, x);
    const right = Math.min(box.right, x + tile);
    for (let row = Math.max(box.top, y); row < Math.min(box.bottom, y + tile); row++)
      found.set(
        values.subarray((row - y) * tile + left - x, (row - y) * tile + right - x),
        (row - box.top) * width + left - box.left,
      );
  }
  return found;
}

/** The plane's channels as measurements read them. */
export function pixelsOf(tiles: PixelTiles, plane: PlaneAt): Pixels {
  const { width, height, channels, dtype } = tiles.shape;
  const bytes = width * height * channels * Number(dtype.replace(/\D/g, "")) * 0.125;
  return {
    channels,
    values: (box, channel) => (bytes > MEASURED_BYTES ? null : valuesIn(tiles, box, channel, plane)),
  };
}

/** A part of the plane as it is shown, 0 to 255: the mean of the shown channels; null while it loads. */
export function greyIn(tiles: PixelTiles, box: Box, plane: PlaneAt, looks: Looks): Grey | null {
  const { top, left } = box;
  const width = box.right - left;
  const mean = new Float32Array((box.bottom - top) * width);
  const shown = looks.channels.flatMap((look, index) => (look.shown ? [{ look, index }] : []));
  for (const { look, index } of shown) {
    const values = valuesIn(tiles, box, index, plane);
    if (!values) return null;
    const scale = 255 / (look.max - look.min) / shown.length;
    for (let at = 0; at < mean.length; at++) {
      const value = Math.min(look.max, Math.max(look.min, values[at] ?? 0));
      mean[at] = (mean[at] ?? 0) + (value - look.min) * scale;
    }
  }
  return { top, left, width, height: box.bottom - top, values: mean };
}

/** The value of each channel at a place of the image: from level 0, or the nearest that is here; null where none is. */
export function valuesAt(
  tiles: PixelTiles,
  place: { readonly x: number; readonly y: number },
  { t, z }: { readonly t: number; readonly z: number | "max" },
): (number | null)[] | null {
  const { width, height, channels, levels, tile } = tiles.shape;
  const { x, y } = place;
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  return Array.from({ length: channels }, (_, c) => {
    for (let level = 0; level < levels.length; level++) {
      const col = Math.floor(x / 2 ** level);
      const row = Math.floor(y / 2 ** level);
      const at = { level, t, c, z, row: Math.floor(row / tile), col: Math.floor(col / tile) };
      const values = tiles.get(at);
      if (values) return values[(row % tile) * tile + (col % tile)] ?? null;
    }
    return null;
  });
}
