import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { cssColour, parseColour, shade, unclassified } from "../../editor/palette";
import type { LabelClass } from "../../editor/ports";
import { area } from "../../geometry/mask";
import type { Cell } from "../../store/types";
import { Section, Slider } from "./controls";
import type { Annotator } from "./model";

export function ClassesPanel({ model }: { model: Annotator }): JSX.Element {
  const { editor } = model;
  const counts = useComputed(() => {
    const found = new Map<number | null, number>();
    if (editor.revision.value >= 0) {
      for (const { classId } of editor.session.store.cells())
        found.set(classId, (found.get(classId) ?? 0) + 1);
    }
    return found;
  });
  const choose = (id: number | null): void => {
    if (editor.mayEdit()) editor.setClass(id);
  };
  const rows: readonly (LabelClass | null)[] = [...editor.classes.value, null];
  return (
    <Section title="Classes">
      <ul class="classes">
        {rows.map((one) => (
          <li key={one?.id ?? "none"}>
            <button
              type="button"
              class="class-row"
              aria-pressed={editor.activeClass.value === (one?.id ?? null)}
              onClick={() => choose(one?.id ?? null)}
              title="For the selected cells and the next one"
            >
              <span class="swatch" style={{ background: one?.colour ?? "transparent" }} />
              <span class="class-name">{one?.name ?? "No class"}</span>
              <span class="count">{(counts.value.get(one?.id ?? null) ?? 0).toLocaleString("en")}</span>
              <kbd>{one ? one.key : "0"}</kbd>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const ROW = 26;
const EXTRA = 4;

export function CellsPanel({ model }: { model: Annotator }): JSX.Element {
  const { editor } = model;
  const { view } = editor;
  const count = editor.revision.value >= 0 ? editor.session.store.size : 0;
  return (
    <Section title="Cells" note={<span class="count">{count.toLocaleString("en")}</span>}>
      <Slider
        label="Fill"
        value={view.fill.value}
        min={0}
        max={0.8}
        step={0.02}
        shown={`${Math.round(view.fill.value * 100)} %`}
        onInput={(value) => {
          view.fill.value = value;
        }}
      />
      <Slider
        label="Outline"
        value={view.outline.value}
        min={0}
        max={1}
        step={0.05}
        shown={`${Math.round(view.outline.value * 100)} %`}
        onInput={(value) => {
          view.outline.value = value;
        }}
      />
      {count === 0 ? (
        <p class="note">No cells yet. Click one with “Click a cell” (P), or press “Find cells”.</p>
      ) : (
        <CellList model={model} />
      )}
    </Section>
  );
}

/** Only the rows that are seen are elements, however many cells there are. */
function CellList({ model }: { model: Annotator }): JSX.Element {
  const { editor } = model;
  const list = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const ids = useComputed(() =>
    editor.revision.value >= 0 ? [...editor.session.store.cells()].map((cell) => cell.id) : [],
  );
  const height = list.current?.clientHeight ?? 300;
  const first = Math.max(0, Math.floor(top.value / ROW) - EXTRA);
  const last = Math.min(ids.value.length, Math.ceil((top.value + height) / ROW) + EXTRA);
  const selection = editor.selection.value;
  useEffect(() => {
    const [id, more] = selection;
    const at = id && !more ? ids.value.indexOf(id) : -1;
    const element = list.current;
    if (at < 0 || !element) return;
    if (at * ROW < element.scrollTop || (at + 1) * ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = at * ROW - element.clientHeight / 2;
    }
  }, [selection]);
  return (
    <div
      class="cells"
      ref={list}
      onScroll={(event) => {
        top.value = event.currentTarget.scrollTop;
      }}
    >
      <div
        role="listbox"
        aria-label="Cells"
        aria-multiselectable="true"
        style={{ height: `${ids.value.length * ROW}px`, position: "relative" }}
      >
        {ids.value.slice(first, last).map((id, at) => (
          <CellRow key={id} model={model} id={id} offset={(first + at) * ROW} number={first + at + 1} />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly model: Annotator;
  readonly id: string;
  readonly offset: number;
  readonly number: number;
}

function CellRow({ model, id, offset, number }: RowProps): JSX.Element | null {
  const { editor } = model;
  const cell = editor.session.store.get(id);
  if (!cell) return null;
  const classes = editor.classes.value;
  const selected = editor.selection.value.has(id);
  const choose = (event: MouseEvent): void => {
    if (event.shiftKey) editor.toggle(id);
    else editor.select([id]);
  };
  return (
    <button
      type="button"
      role="option"
      aria-selected={selected}
      class={`cell-row${editor.hover.value === id ? " hovered" : ""}`}
      style={{ top: `${offset}px` }}
      title={`${origin(cell)} by ${cell.createdBy}. Double-click goes there.`}
      onClick={choose}
      onDblClick={() => editor.showCell(id)}
      onMouseEnter={() => {
        editor.hover.value = id;
      }}
    >
      <span class="swatch" style={{ background: colourOf(cell, classes) }} />
      <span class="class-name">
        {cell.label ?? number} {classes.find((one) => one.id === cell.classId)?.name ?? ""}
      </span>
      <span class="count">{area(cell.mask).toLocaleString("en")} px</span>
    </button>
  );
}

function colourOf(cell: Cell, classes: readonly LabelClass[]): string {
  const base = parseColour(classes.find((one) => one.id === cell.classId)?.colour ?? "");
  return cssColour(base ? shade(base, cell.id) : unclassified(cell.id));
}

function origin({ provenance }: Cell): string {
  if (provenance.source === "hand") return "Drawn";
  return provenance.source === "prompt" ? `Clicked (${provenance.engine})` : `Found (${provenance.engine})`;
}
