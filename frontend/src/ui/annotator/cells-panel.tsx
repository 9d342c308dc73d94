import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import type { LabelClass } from "../../editor/ports";
import { CellFilters } from "./cell-filters";
import { CellTable } from "./cell-table";
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
        <>
          <CellFilters model={model} />
          <CellTable model={model} />
        </>
      )}
    </Section>
  );
}
