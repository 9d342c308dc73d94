import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { type Column, FLAG_NAMES, type Value } from "../../editor/cell-table";
import type { Editor } from "../../editor/editor";
import { cssColour, parseColour, shade, unclassified } from "../../editor/palette";
import type { Cell } from "../../store/types";
import type { Annotator } from "./model";
import { VirtualRows } from "./virtual-rows";

/** The widths of columns by what they hold, in pixels. */
const WIDTHS: Readonly<Record<string, string>> = {
  label: "52px",
  class: "minmax(60px, 1fr)",
  area: "48px",
  flags: "minmax(84px, 1.4fr)",
  author: "minmax(64px, 1fr)",
};

/** The cells as a table that is sorted by a click on a column's name. */
export function CellTable({ model }: { model: Annotator }): JSX.Element {
  const { editor, cells } = model;
  const columns = useComputed(() => cells.columns.value.filter(({ id }) => cells.shown.value.includes(id)));
  const rows = cells.rows.value;
  const [only, more] = editor.selection.value;
  const chosen = only && !more ? only : null;
  const at = useComputed(() => {
    const [id, another] = editor.selection.value;
    return id && !another ? cells.rows.value.findIndex((cell) => cell.id === id) : -1;
  });
  const template = columns.value.map(({ id }) => WIDTHS[id] ?? "64px").join(" ");
  const onKey = (event: KeyboardEvent): boolean => {
    const by = STEPS[event.key];
    if (event.key === "Enter" && chosen) editor.showCell(chosen);
    else if (by !== undefined) cells.move(by, event.shiftKey ? "range" : "only", chosen);
    else return false;
    return true;
  };
  return (
    <div style={{ "--columns": template }} class="cell-table">
      <VirtualRows
        count={rows.length}
        at={at.value}
        label="Cells"
        active={chosen ? `cell-row-${chosen}` : undefined}
        head={<Head model={model} columns={columns.value} />}
        onKey={onKey}
        row={(index, offset) => {
          const cell = rows[index];
          return cell && <CellRow key={cell.id} {...{ model, cell, offset, columns: columns.value }} />;
        }}
      />
    </div>
  );
}

const PAGE = 12;
const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  PageUp: -PAGE,
  PageDown: PAGE,
  Home: -1e9,
  End: 1e9,
};

function Head({ model, columns }: { model: Annotator; columns: readonly Column[] }): JSX.Element {
  const { cells } = model;
  const { column, down } = cells.sort.value;
  return (
    <div class="cell-head">
      {columns.map(({ id, name, unit }) => {
        const title = `Sort by ${name.toLowerCase()}${unit ? ` in ${unit}` : ""}`;
        const order = column !== id ? "" : down ? ", largest first" : ", smallest first";
        return (
          <button
            key={id}
            type="button"
            title={title}
            aria-label={`${title}${order}`}
            onClick={() => cells.sortBy(id)}
          >
            {name}
            {unit.startsWith("µ") ? ` ${unit}` : ""}
            {column === id ? (down ? " ↓" : " ↑") : ""}
          </button>
        );
      })}
    </div>
  );
}

interface RowProps {
  readonly model: Annotator;
  readonly cell: Cell;
  readonly offset: number;
  readonly columns: readonly Column[];
}

function CellRow({ model, cell, offset, columns }: RowProps): JSX.Element {
  const { editor, cells } = model;
  const { id } = cell;
  const choose = (event: MouseEvent): void =>
    cells.choose(id, event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "only");
  return (
    <button
      type="button"
      role="option"
      id={`cell-row-${id}`}
      tabIndex={-1}
      aria-selected={editor.selection.value.has(id)}
      class={`cell-row${editor.hover.value === id ? " hovered" : ""}`}
      style={{ top: `${offset}px` }}
      title={`${origin(cell)} by ${cell.createdBy}. Double-click goes there.`}
      onClick={choose}
      onDblClick={() => editor.showCell(id)}
      onMouseEnter={() => {
        editor.hover.value = id;
      }}
    >
      {columns.map((column, index) => {
        const value = column.value(cell);
        return (
          <span key={column.id} class={typeof value === "number" ? "number" : "word"}>
            {index === 0 && <span class="swatch" style={{ background: colourOf(cell, editor) }} />}
            {column.id === "flags" ? <FlagWords model={model} id={id} /> : words(value, column.digits)}
          </span>
        );
      })}
    </button>
  );
}

function FlagWords({ model, id }: { model: Annotator; id: string }): JSX.Element | null {
  const flags = model.editor.inspector.flags.value.get(id);
  const [worst, ...others] = flags ?? [];
  if (!worst) return null;
  return (
    <span class={worst.severity >= 0.5 ? "flag bad" : "flag"}>
      {FLAG_NAMES[worst.kind]}
      {others.length > 0 ? ` +${others.length}` : ""}
    </span>
  );
}

function words(value: Value, digits = 0): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function colourOf(cell: Cell, { classes, session }: Editor): string {
  const base = parseColour(classes.value.find((one) => one.id === cell.classId)?.colour ?? "");
  const kin = session.store.kin(cell);
  return cssColour(base ? shade(base, kin) : unclassified(kin));
}

function origin({ provenance }: Cell): string {
  if (provenance.source === "hand") return "Drawn";
  return provenance.source === "prompt" ? `Clicked (${provenance.engine})` : `Found (${provenance.engine})`;
}
