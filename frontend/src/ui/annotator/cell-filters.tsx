import { useComputed, useSignal } from "@preact/signals";
import { Columns3, Download, Funnel, ListChecks, ListFilter } from "lucide";
import type { JSX } from "preact";
import { type CellFilter, csvOf, FLAG_NAMES, NO_FILTER, sourceOf } from "../../editor/cell-table";
import { FLAG_KINDS } from "../../quality/flags";
import { Icon } from "../icon";
import type { Annotator } from "./model";

/** Above the table: what is listed, which columns, and what can be done with all that is listed. */
export function CellFilters({ model }: { model: Annotator }): JSX.Element {
  const { cells, editor } = model;
  const open = useSignal<"filter" | "columns" | null>(null);
  const toggle = (what: "filter" | "columns") => () => {
    open.value = open.value === what ? null : what;
  };
  const listed = cells.rows.value.length;
  const narrowed = cells.filter.value !== NO_FILTER;
  return (
    <>
      <div class="list-bar">
        <input
          type="search"
          placeholder="Number, class, flag, author…"
          aria-label="List cells with these words"
          value={cells.filter.value.text}
          onInput={(event) => cells.setFilter({ text: event.currentTarget.value })}
        />
        <BarButton
          title="Filter"
          icon={Funnel}
          pressed={open.value === "filter"}
          onClick={toggle("filter")}
        />
        <BarButton
          title="Choose columns"
          icon={Columns3}
          pressed={open.value === "columns"}
          onClick={toggle("columns")}
        />
        <BarButton
          title={`Select all ${listed.toLocaleString("en")} listed cells`}
          icon={ListChecks}
          disabled={listed === 0}
          onClick={() => cells.selectListed()}
        />
        <BarButton
          title="Of the selected cells, keep those that are listed"
          icon={ListFilter}
          disabled={editor.selection.value.size === 0}
          onClick={() => cells.keepListed()}
        />
        <BarButton
          title="Save the listed cells as a CSV table, all columns"
          icon={Download}
          disabled={listed === 0}
          onClick={() => download(model)}
        />
      </div>
      {open.value === "filter" && <Filters model={model} />}
      {open.value === "columns" && <Columns model={model} />}
      {narrowed && (
        <p class="note list-note">
          {listed.toLocaleString("en")} of {editor.session.store.size.toLocaleString("en")} listed{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              cells.filter.value = NO_FILTER;
            }}
          >
            Show all
          </button>
        </p>
      )}
    </>
  );
}

interface BarButtonProps {
  readonly title: string;
  readonly icon: Parameters<typeof Icon>[0]["node"];
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  onClick(): void;
}

function BarButton({ title, icon, pressed, disabled = false, onClick }: BarButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button small"
      {...{ title, disabled, onClick }}
      aria-label={title}
      aria-pressed={pressed}
    >
      <Icon node={icon} title="" />
    </button>
  );
}

function Filters({ model }: { model: Annotator }): JSX.Element {
  const { cells, editor } = model;
  const { filter } = cells;
  const seen = useComputed(() => {
    const all = editor.revision.value >= 0 ? [...editor.session.store.cells()] : [];
    return {
      sources: [...new Set(all.map(sourceOf))].sort(),
      authors: [...new Set(all.map(({ createdBy }) => createdBy))].sort(),
    };
  });
  const choice = (
    name: string,
    key: "classId" | "flag" | "source" | "author" | "region",
    options: [string, string][],
  ) => (
    <label>
      <span>{name}</span>
      <select
        value={filter.value[key]}
        onChange={(event) => cells.setFilter({ [key]: event.currentTarget.value } as Partial<CellFilter>)}
      >
        <option value="">Any</option>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
  const number = (name: string, key: "least" | "most" | "leastScore" | "mostScore") => (
    <label>
      <span>{name}</span>
      <input
        type="number"
        min={0}
        step="any"
        value={filter.value[key] ?? ""}
        onInput={(event) => {
          const { value } = event.currentTarget;
          cells.setFilter({ [key]: value === "" ? null : Number(value) });
        }}
      />
    </label>
  );
  const regions = editor.regions.list.value.map(({ id, name }): [string, string] => [id, name]);
  const classes = editor.classes.value.map(({ id, name }): [string, string] => [String(id), name]);
  return (
    <div class="list-filters">
      {choice("Class", "classId", [...classes, ["none", "No class"]])}
      {choice("Flag", "flag", [["some", "Any flag"], ...FLAG_KINDS.map(flagOption)])}
      {choice("Source", "source", seen.value.sources.map(twice))}
      {choice("Author", "author", seen.value.authors.map(twice))}
      {number("Area from (px)", "least")}
      {number("Area to (px)", "most")}
      {number("Score from", "leastScore")}
      {number("Score to", "mostScore")}
      {regions.length > 0 && choice("Region", "region", [...regions, ["none", "Outside of all"]])}
    </div>
  );
}

function flagOption(kind: (typeof FLAG_KINDS)[number]): [string, string] {
  return [kind, FLAG_NAMES[kind]];
}

function twice(value: string): [string, string] {
  return [value, value];
}

function Columns({ model }: { model: Annotator }): JSX.Element {
  const { cells } = model;
  return (
    <fieldset class="list-columns">
      <legend>Columns</legend>
      {cells.columns.value.map(({ id, name, unit }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={cells.shown.value.includes(id)}
            onChange={() => cells.toggleColumn(id)}
          />
          {name}
          {unit ? ` (${unit})` : ""}
        </label>
      ))}
    </fieldset>
  );
}

function download({ cells, image }: Annotator): void {
  // The mark at its beginning tells spreadsheets that this is UTF-8.
  const text = `\ufeff${csvOf(cells.rows.peek(), cells.columns.peek())}`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${image.peek().name.replace(/\.[^.]*$/, "")} cells.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
