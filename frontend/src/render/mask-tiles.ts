/** What of a plane's label raster is held in which texture of the graphics card. */

import type { Box } from "../geometry/box";
import { boxWithin } from "../geometry/box";
import type { LabelSquare } from "../store/types";

/** A rectangle that is drawn from one texture, and what of the plane the texture holds: texel (i, j) is pixel
 * (stride * i, stride * j) from its corner on. */
export interface Held {
  readonly box: Box;
  readonly held: Box;
  readonly stride: number;
}

/** A plane up to this side is one texture. */
const WHOLE = 4096;
const SIDE = 2048;
/** How far around a tile its texture reaches: outlines near its border see what is beyond. */
const AROUND = 32;

/** Rectangles that cover the plane without overlap, in full resolution; `most` is the largest side of a texture. */
export function tilesHeld({ width, height }: { width: number; height: number }, most: number): Held[] {
  const isSmall = Math.max(width, height) <= Math.min(WHOLE, most);
  const side = isSmall ? WHOLE : Math.min(SIDE, most - 2 * AROUND);
  const bounds = { top: 0, left: 0, bottom: height, right: width };
  const tiles: Held[] = [];
  for (let top = 0; top < height; top += side)
    for (let left = 0; left < width; left += side) {
      const box = boxWithin({ top, left, bottom: top + side, right: left + side }, bounds);
      const around = {
        top: top - AROUND,
        left: left - AROUND,
        bottom: box.bottom + AROUND,
        right: box.right + AROUND,
      };
      tiles.push({ box, held: boxWithin(around, bounds), stride: 1 });
    }
  return tiles;
}

/** The whole plane at a lower resolution, for looking at it from afar; null where it is small enough without. */
export function overviewHeld({ width, height }: { width: number; height: number }): Held | null {
  const stride = Math.ceil(Math.max(width, height) / WHOLE);
  if (stride <= 2) return null;
  const box = { top: 0, left: 0, bottom: height, right: width };
  return { box, held: box, stride };
}

/** Texels of what a texture holds. */
export function sizeOf({ held, stride }: Held): { readonly width: number; readonly height: number } {
  return {
    width: Math.ceil((held.right - held.left) / stride),
    height: Math.ceil((held.bottom - held.top) / stride),
  };
}

/** What goes from a square of labels into a texture: a rectangle of texels, and where they are in memory. */
export interface Upload {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly labels: Uint32Array;
  readonly stride: number;
  readonly first: number;
}

/** `square` lies within what the texture holds. Null where none of its pixels is a texel. */
export function uploadOf({ held, stride }: Held, square: LabelSquare): Upload | null {
  if (stride === 1) {
    const { top, left, bottom, right, labels, first } = square;
    const place = { x: left - held.left, y: top - held.top, width: right - left, height: bottom - top };
    return { ...place, labels, stride: square.stride, first };
  }
  const x = Math.ceil((square.left - held.left) / stride);
  const y = Math.ceil((square.top - held.top) / stride);
  const width = Math.ceil((square.right - held.left) / stride) - x;
  const height = Math.ceil((square.bottom - held.top) / stride) - y;
  if (width <= 0 || height <= 0) return null;
  const labels = new Uint32Array(width * height);
  const [top, left] = [held.top + y * stride - square.top, held.left + x * stride - square.left];
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const at = square.first + (top + row * stride) * square.stride + left + col * stride;
      labels[row * width + col] = square.labels[at] ?? 0;
    }
  return { x, y, width, height, labels, stride: width, first: 0 };
}
