/** The image's cells as a table: what its columns say, which rows are listed, in which order. */

import type { Box } from "../geometry/box";
import { meanOf, type Pixels } from "../geometry/intensity";
import { area, type Mask } from "../geometry/mask";
import { micrometres, type PixelSize, type Shape, shapeOf } from "../geometry/measure";
import type { Flag, FlagKind } from "../quality/flags";
import type { Cell } from "../store/types";
import type { LabelClass } from "./ports";

export type Value = number | string | null;

export interface Column {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  /** Fraction digits; none for words. */
  readonly digits?: number;
  value(cell: Cell): Value;
}

export interface TableContext {
  readonly classes: readonly LabelClass[];
  readonly flags: ReadonlyMap<string, readonly Flag[]>;
  readonly pixels: Pixels | null;
  readonly pixelUm: PixelSize | undefined;
  /** “Complete here” regions of the plane. */
  readonly regions: readonly NamedBox[];
}

export interface NamedBox extends Box {
  readonly id: string;
  readonly name: string;
}

export const FLAG_NAMES: Readonly<Record<FlagKind, string>> = {
  holes: "Holes",
  specks: "Specks",
  pieces: "Several pieces",
  size: "Unusual size",
  shape: "Unusual shape",
  "two-nuclei": "Two nuclei",
  touching: "Touching pair",
  border: "Cut by the border",
  duplicate: "Duplicate",
};

/** Shown until a person chooses others. */
export const FIRST_COLUMNS: readonly string[] = ["label", "class", "area", "flags"];

export function sourceOf({ provenance }: Cell): string {
  return provenance.source === "hand" ? "hand" : (provenance.engine ?? "");
}

const means = new WeakMap<Mask, { pixels: Pixels; values: (number | null)[] }>();

/** Once per mask and channel, unless the values were not here yet. */
function mean(mask: Mask, pixels: Pixels, channel: number): number | null {
  const kept = means.get(mask);
  const entry = kept?.pixels === pixels ? kept : { pixels, values: [] };
  means.set(mask, entry);
  entry.values[channel] ??= meanOf(mask, pixels, channel);
  return entry.values[channel] ?? null;
}

type Measure = readonly [
  id: string,
  name: string,
  kind: "length" | "ratio",
  digits: number,
  of: (shape: Shape) => number,
];

const SHAPES: readonly Measure[] = [
  ["perimeter", "Perimeter", "length", 1, (shape) => shape.perimeter],
  ["diameter", "Diameter", "length", 1, (shape) => shape.equivalentDiameter],
  ["major-axis", "Major axis", "length", 1, (shape) => shape.majorAxis],
  ["minor-axis", "Minor axis", "length", 1, (shape) => shape.minorAxis],
  ["eccentricity", "Eccentricity", "ratio", 3, (shape) => shape.eccentricity],
  ["orientation", "Orientation (rad)", "ratio", 3, (shape) => shape.orientation],
  ["solidity", "Solidity", "ratio", 3, (shape) => shape.solidity],
  ["extent", "Extent", "ratio", 3, (shape) => shape.extent],
  ["row", "Centre row", "ratio", 1, (shape) => shape.centroid.row],
  ["col", "Centre column", "ratio", 1, (shape) => shape.centroid.col],
  ["euler", "Euler number", "ratio", 0, (shape) => shape.euler],
  ["holes", "Holes", "ratio", 0, (shape) => shape.holes],
];

/** All columns, in pixels, and in micrometres too where pixels have a size. */
export function columnsOf({ classes, flags, pixels, pixelUm }: TableContext): Column[] {
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const um = micrometres(pixelUm);
  const columns: Column[] = [
    { id: "label", name: "Id", unit: "", digits: 0, value: (cell) => cell.label },
    { id: "class", name: "Class", unit: "", value: ({ classId }) => names.get(classId ?? -1) ?? "" },
    { id: "area", name: "Area", unit: "px", digits: 0, value: ({ mask }) => area(mask) },
  ];
  if (um)
    columns.push({
      id: "area-um",
      name: "Area",
      unit: "µm²",
      digits: 2,
      value: ({ mask }) => area(mask) * um.area,
    });
  columns.push(...intensityColumns(pixels));
  columns.push(
    { id: "source", name: "Source", unit: "", value: sourceOf },
    { id: "author", name: "Author", unit: "", value: (cell) => cell.createdBy },
    { id: "score", name: "Score", unit: "", digits: 2, value: (cell) => cell.provenance.score ?? null },
    { id: "flags", name: "Flags", unit: "", value: ({ id }) => wordsOf(flags.get(id)) },
  );
  for (const [id, name, kind, digits, of] of SHAPES) {
    const value = ({ mask }: Cell): number => of(shapeOf(mask));
    columns.push({ id, name, unit: kind === "length" ? "px" : "", digits, value });
    const scale = kind === "length" ? um?.length : null;
    if (scale)
      columns.push({ id: `${id}-um`, name, unit: "µm", digits: 2, value: (cell) => value(cell) * scale });
  }
  return columns;
}

function intensityColumns(pixels: Pixels | null): Column[] {
  return Array.from({ length: pixels?.channels ?? 0 }, (_, channel) => ({
    id: `mean-${channel + 1}`,
    name: pixels?.channels === 1 ? "Mean" : `Mean ${channel + 1}`,
    unit: "",
    digits: 1,
    value: ({ mask }: Cell) => (pixels ? mean(mask, pixels, channel) : null),
  }));
}

function wordsOf(flags: readonly Flag[] | undefined): string {
  return (flags ?? []).map(({ kind }) => FLAG_NAMES[kind]).join(", ");
}

export interface CellFilter {
  readonly text: string;
  /** "" for any, "none" for no class, otherwise its id. */
  readonly classId: string;
  /** "" for any cell, "some" for flagged ones. */
  readonly flag: "" | "some" | FlagKind;
  readonly source: string;
  readonly author: string;
  /** "" for any, "none" for outside of all, otherwise its id. A cell is where its centre is. */
  readonly region: string;
  readonly least: number | null;
  readonly most: number | null;
  /** Cells without a score are drawn by people: they count as 1. */
  readonly leastScore: number | null;
  readonly mostScore: number | null;
}

export const NO_FILTER: CellFilter = {
  text: "",
  classId: "",
  flag: "",
  source: "",
  author: "",
  region: "",
  least: null,
  most: null,
  leastScore: null,
  mostScore: null,
};

export function isListed(cell: Cell, filter: CellFilter, context: TableContext): boolean {
  const { classId, flag, source, author, least, most, leastScore, mostScore } = filter;
  if (classId !== "" && classId !== String(cell.classId ?? "none")) return false;
  if (source !== "" && sourceOf(cell) !== source) return false;
  if (author !== "" && cell.createdBy !== author) return false;
  const flags = context.flags.get(cell.id) ?? [];
  if (flag === "some" ? flags.length === 0 : flag !== "" && !flags.some(({ kind }) => kind === flag))
    return false;
  const score = cell.provenance.score ?? 1;
  if (score < (leastScore ?? 0) || score > (mostScore ?? Number.POSITIVE_INFINITY)) return false;
  if (filter.region !== "" && !isInRegion(cell, filter.region, context.regions)) return false;
  const size = least === null && most === null ? 0 : area(cell.mask);
  if (size < (least ?? 0) || size > (most ?? Number.POSITIVE_INFINITY)) return false;
  return hasText(cell, filter.text, context);
}

function isInRegion({ mask }: Cell, region: string, regions: readonly NamedBox[]): boolean {
  const { row, col } = shapeOf(mask).centroid;
  const around = regions.filter(
    ({ top, left, bottom, right }) =>
      row >= top - 0.5 && row < bottom - 0.5 && col >= left - 0.5 && col < right - 0.5,
  );
  return region === "none" ? around.length === 0 : around.some(({ id }) => id === region);
}

/** Every word is found in what the table says of the cell in words, or is its number. */
function hasText(cell: Cell, text: string, { classes, flags }: TableContext): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const name = classes.find(({ id }) => id === cell.classId)?.name ?? "";
  const said = [name, sourceOf(cell), cell.createdBy, wordsOf(flags.get(cell.id))].join(" ").toLowerCase();
  return words.every((word) => said.includes(word) || String(cell.label) === word);
}

export interface Sort {
  readonly column: string;
  readonly down: boolean;
}

/** Numbers by size, words by the alphabet with their numbers by size; what has no value comes last. */
export function sorted(cells: readonly Cell[], column: Column | undefined, down: boolean): Cell[] {
  if (!column) return [...cells];
  const order = new Intl.Collator("en", { numeric: true }).compare;
  const keyed = cells.map((cell) => ({ cell, value: column.value(cell) }));
  const missing = (value: Value): boolean => value === null || value === "";
  keyed.sort((a, b) => {
    if (missing(a.value) || missing(b.value)) return Number(missing(a.value)) - Number(missing(b.value));
    const by =
      typeof a.value === "number" && typeof b.value === "number"
        ? a.value - b.value
        : order(String(a.value), String(b.value));
    return down ? -by : by;
  });
  return keyed.map(({ cell }) => cell);
}

/** What begins like this, a spreadsheet may run: with an apostrophe before it, it is text. */
const FORMULA = /^[\s\p{Cc}=+\-@|%＝＋－＠]/u;

function field(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Comma-separated values (RFC 4180) of these cells, all columns. */
export function csvOf(cells: readonly Cell[], columns: readonly Column[]): string {
  const names = columns.map(({ name, unit }) => field(unit ? `${name} (${unit})` : name));
  const rows = cells.map((cell) => [field(cell.id), ...columns.map((column) => field(column.value(cell)))]);
  return [["Cell", ...names], ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}
