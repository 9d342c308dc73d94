/** What may be wrong with a cell. Pure functions over masks, values and the label raster. */

import type { Box } from "../geometry/box";
import type { Pixels } from "../geometry/intensity";
import type { SlotRaster } from "../geometry/many";
import type { Mask } from "../geometry/mask";
import { area } from "../geometry/mask";
import { shapeOf } from "../geometry/measure";
import { fillHoles, parts } from "../geometry/parts";
import type { Point } from "../geometry/raster";
import { neckOf, valleyOf } from "./halves";

export const FLAG_KINDS = [
  "holes",
  "specks",
  "pieces",
  "size",
  "shape",
  "two-nuclei",
  "touching",
  "border",
  "duplicate",
] as const;

export type FlagKind = (typeof FLAG_KINDS)[number];

export interface Flag {
  readonly kind: FlagKind;
  /** 0 to 1: how likely and how large the fault is. */
  readonly severity: number;
  /** One short sentence with the number behind it. */
  readonly detail: string;
  /** Where to cut, for what is two cells. */
  readonly line?: readonly Point[];
  /** The cell that this is a rest of. */
  readonly other?: string;
  /** Of an unusual size: it is smaller than the others. */
  readonly smaller?: boolean;
}

/** A piece of less than this share of the largest, or of fewer pixels than the second number, is a speck. */
const SPECK_SHARE = 0.1;
const SPECK_PIXELS = 10;

function upTo1(value: number): number {
  return Math.min(1, value);
}

function percent(share: number): string {
  return `${Math.max(1, Math.round(100 * share))} %`;
}

const clean = new WeakMap<Mask, Mask>();

/** The mask that the cell probably means: its largest piece, without holes. Outliers and halves are judged by it, so that
 * one fault is not counted as three. The same object for the same mask. */
export function cleaned(mask: Mask): Mask {
  const { pieces, holes } = shapeOf(mask);
  if (pieces === 1 && holes === 0) return mask;
  const found = clean.get(mask) ?? fillHoles(parts(mask)[0] ?? mask);
  clean.set(mask, found);
  return found;
}

/** What can be said of a cell without its neighbours. `bounds` is the image; `pixels` null leaves intensities out. */
export function ownFlags(mask: Mask, bounds: Box, pixels: Pixels | null): Flag[] {
  const found: Flag[] = [...holeFlags(mask), ...pieceFlags(mask)];
  const border = borderFlag(mask, bounds);
  if (border) found.push(border);
  const whole = cleaned(mask);
  const nuclei = pixels ? valleyOf(whole, pixels) : null;
  if (nuclei) {
    const detail = `Two bright middles, ${percent(nuclei.depth)} darker between them`;
    found.push({ kind: "two-nuclei", severity: upTo1(0.4 + 0.6 * nuclei.depth), detail, line: nuclei.line });
  }
  const neck = neckOf(whole);
  if (neck) {
    const detail = `A neck ${percent(neck.depth)} narrower than both sides`;
    found.push({ kind: "touching", severity: upTo1(0.4 + 0.6 * neck.depth), detail, line: neck.line });
  }
  return found;
}

function holeFlags(mask: Mask): Flag[] {
  const { holes } = shapeOf(mask);
  if (holes === 0) return [];
  const share = area(fillHoles(mask)) / area(mask) - 1;
  const detail = `${holes} ${holes === 1 ? "hole" : "holes"}, ${percent(share)} of the cell`;
  return [{ kind: "holes", severity: upTo1(0.3 + 3 * share), detail }];
}

function pieceFlags(mask: Mask): Flag[] {
  if (shapeOf(mask).pieces === 1) return [];
  const [largest = 0, ...others] = parts(mask).map(area);
  const specks = others.filter((size) => size < Math.max(SPECK_PIXELS, SPECK_SHARE * largest));
  const large = others.filter((size) => !specks.includes(size));
  const found: Flag[] = [];
  if (specks.length > 0) {
    const share = specks.reduce((sum, size) => sum + size, 0) / largest;
    const detail = `${specks.length} ${specks.length === 1 ? "speck" : "specks"} beside the cell`;
    found.push({ kind: "specks", severity: upTo1(0.3 + 2 * share), detail });
  }
  if (large[0] !== undefined) {
    const detail = `${large.length + 1} separate pieces`;
    found.push({ kind: "pieces", severity: upTo1(0.6 + (0.4 * large[0]) / largest), detail });
  }
  return found;
}

/** The parts that a cell in several pieces stands for; specks belong to none. */
export function largePieces(mask: Mask): Mask[] {
  const all = parts(mask);
  const least = all[0] ? Math.max(SPECK_PIXELS, SPECK_SHARE * area(all[0])) : 0;
  return all.filter((part, index) => index === 0 || area(part) >= least);
}

function borderFlag(mask: Mask, bounds: Box): Flag | null {
  const { top, left, bottom, right } = shapeOf(mask).box;
  const cut = top <= bounds.top || left <= bounds.left || bottom >= bounds.bottom || right >= bounds.right;
  return cut ? { kind: "border", severity: 0.15, detail: "Reaches the border of the image" } : null;
}

export interface Contact {
  readonly slot: number;
  /** The share of the outline beyond which this neighbour lies. */
  readonly share: number;
}

/** The neighbour with which a cell has the longest border; null where it has none. */
export function closestNeighbour(mask: Mask, own: number, raster: SlotRaster): Contact | null {
  const steps = new Map<number, number>();
  let outline = 0;
  const { top, left, height: rows, width: cols } = mask;
  for (let row = top; row < top + rows; row++)
    for (let col = left; col < left + cols; col++) {
      if (raster.slotAt(row, col) !== own) continue;
      for (const [y, x] of [
        [row - 1, col],
        [row + 1, col],
        [row, col - 1],
        [row, col + 1],
      ] as const) {
        const slot = raster.slotAt(y, x);
        if (slot === own) continue;
        outline++;
        if (slot !== 0) steps.set(slot, (steps.get(slot) ?? 0) + 1);
      }
    }
  let best: Contact | null = null;
  for (const [slot, count] of steps)
    if (count / outline > (best?.share ?? 0)) best = { slot, share: count / outline };
  return best;
}

const BESIDE = 0.35;
const ENCLOSED = 0.5;
const REST = 0.25;

/** A cell that lies with much of its outline along one larger cell, and is much smaller than it or lies in its bays: what
 * is left of a second mask of the same cell after it had to keep clear of the first. */
export function duplicateFlag(mask: Mask, share: number, other: { id: string; mask: Mask }): Flag | null {
  if (share < BESIDE) return null;
  const mine = shapeOf(mask).area;
  const theirs = shapeOf(other.mask);
  if (mine >= theirs.area) return null;
  if (mine > REST * theirs.area && theirs.convexArea - theirs.area < ENCLOSED * mine) return null;
  const detail = `${percent(share)} of its outline is another cell's`;
  return { kind: "duplicate", severity: upTo1(share), detail, other: other.id };
}
