/** Which tiles of a pyramid a camera sees. */

import type { Camera, Size } from "../editor/camera";
import type { ImageShape } from "../editor/pixel-tiles";

/** A tile of one level, whichever channel and plane. */
export interface TilePlace {
  readonly level: number;
  readonly row: number;
  readonly col: number;
}

/** In image pixels. */
export interface TileRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The level whose pixels are nearest to the screen's; `scale` is in device pixels for one image pixel. */
export function levelFor(scale: number, levels: number): number {
  if (scale >= 1) return 0;
  return Math.min(levels - 1, Math.max(0, Math.floor(Math.log2(1 / scale) + 0.25)));
}

/** The part of the image that a tile covers. */
export function rectOf(shape: ImageShape, { level, row, col }: TilePlace): TileRect {
  const side = shape.tile * 2 ** level;
  const x = col * side;
  const y = row * side;
  return { x, y, width: Math.min(side, shape.width - x), height: Math.min(side, shape.height - y) };
}

/** The tile one level above that covers this one. */
export function parentOf({ level, row, col }: TilePlace): TilePlace {
  return { level: level + 1, row: row >> 1, col: col >> 1 };
}

/** The tiles in sight at the level that suits the zoom, those in the middle first. */
export function tilesInSight(shape: ImageShape, camera: Camera, viewport: Size, ratio: number): TilePlace[] {
  const level = levelFor(camera.scale * ratio, shape.levels.length);
  const side = shape.tile * 2 ** level;
  const right = Math.min(shape.width, camera.x + viewport.width / camera.scale);
  const bottom = Math.min(shape.height, camera.y + viewport.height / camera.scale);
  const places: TilePlace[] = [];
  for (let row = Math.max(0, Math.floor(camera.y / side)); row * side < bottom; row++)
    for (let col = Math.max(0, Math.floor(camera.x / side)); col * side < right; col++)
      places.push({ level, row, col });
  const middle = {
    row: (camera.y + bottom) / 2 / side - 0.5,
    col: (camera.x + right) / 2 / side - 0.5,
  };
  const far = ({ row, col }: TilePlace): number => (row - middle.row) ** 2 + (col - middle.col) ** 2;
  return places.sort((a, b) => far(a) - far(b));
}
