import { History, RefreshCw, RotateCcw } from "lucide";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Entry, wordsOf } from "../../editor/past";
import type { Cell } from "../../store/types";
import { exact, relative } from "../format";
import { Icon } from "../icon";
import { Section, Slider } from "./controls";
import type { Annotator } from "./model";

/** After a change, until the list is read again: several often come together. */
const SETTLE_MS = 800;

/** Who did what and when; a step is shown by a click, and can be brought back. */
export function HistoryPanel({ model }: { model: Annotator }): JSX.Element {
  return (
    <Section title="History" startsClosed>
      <Timeline model={model} />
    </Section>
  );
}

function Timeline({ model }: { model: Annotator }): JSX.Element {
  const { past, onlySelected, revision } = model.editor;
  const now = revision.value;
  const chosen = onlySelected?.id ?? null;
  const wanted = past.cell.value === null ? null : chosen;
  useEffect(() => {
    const timer = setTimeout(() => void past.load(), past.entries.peek().length === 0 ? 0 : SETTLE_MS);
    return () => clearTimeout(timer);
  }, [now]);
  useEffect(() => {
    if (past.cell.peek() !== wanted) past.only(wanted);
  }, [wanted]);
  const entries = past.entries.value;
  const newest = entries[0]?.last ?? 0;
  return (
    <>
      {newest > 0 && past.cell.value === null && (
        <Slider
          label="Step"
          value={past.at.value ?? newest}
          min={0}
          max={newest}
          step={1}
          onInput={(clock) => (clock === newest ? past.backToNow() : void past.look(clock))}
        />
      )}
      <label class="check-line">
        <input
          type="checkbox"
          checked={past.cell.value !== null}
          disabled={chosen === null}
          onChange={(event) => past.only(event.currentTarget.checked ? chosen : null)}
        />
        Only the selected cell
      </label>
      {onlySelected && <Origin model={model} cell={onlySelected} />}
      {entries.length === 0 && <p class="note">Nothing has been changed yet.</p>}
      <ol class="history">
        {entries.map((one) => (
          <Step key={one.id} model={model} entry={one} />
        ))}
      </ol>
      {past.hasMore.value && (
        <button type="button" class="button" onClick={() => void past.loadMore()}>
          Older
        </button>
      )}
    </>
  );
}

/** Who or what drew the cell, and the way to have its prompts decoded again. */
function Origin({ model, cell }: { model: Annotator; cell: Cell }): JSX.Element {
  const { redecoding, promptEngine, canEdit } = model.editor;
  const { source, engine, weights } = cell.provenance;
  const result = redecoding.result.value;
  const title = (name: string | null | undefined): string =>
    model.engineNamed(name ?? null)?.title ?? name ?? "";
  const drawn = weights ? `${title(engine)} (${weights.slice(0, 8)})` : title(engine);
  return (
    <div class="origin">
      <p class="note">
        {source === "hand"
          ? "Drawn by hand"
          : `Drawn by ${drawn}${source === "prompt" ? " from prompts" : ""}`}
        {cell.createdBy && `, ${cell.createdBy}`}
      </p>
      {redecoding.can(cell) && result?.id !== cell.id && (
        <button
          type="button"
          class="button"
          disabled={!canEdit.value || redecoding.waiting.value}
          title="The same prompts to the engine that is chosen now; what hands drew since is kept"
          onClick={() => void redecoding.start(cell)}
        >
          <Icon node={RefreshCw} title="" />
          {redecoding.waiting.value ? "Decoding…" : `Decode again with ${title(promptEngine.value)}`}
        </button>
      )}
      {result?.id === cell.id && (
        <>
          <p role="status">
            {result.comes} pixels come (green), {result.goes} go (hatched red); {result.kept} drawn by hand
            are kept.
          </p>
          <div class="row">
            <button type="button" class="button primary" onClick={() => redecoding.accept()}>
              Take it
            </button>
            <button type="button" class="button" onClick={() => redecoding.discard()}>
              Leave the cell as it is
            </button>
          </div>
        </>
      )}
    </div>
  );
}

function Step({ model, entry }: { model: Annotator; entry: Entry }): JSX.Element {
  const { past } = model.editor;
  const { actor, colour, created_at: at, first, last, id, undone } = entry;
  return (
    <li class={`history-step${past.at.value === last ? " chosen" : ""}${undone ? " undone" : ""}`}>
      <button
        type="button"
        class="history-what"
        title={`${exact(at)}. Show the image after this step.`}
        onClick={() => void past.look(last)}
      >
        <span class="history-person" style={{ "--person": colour }} aria-hidden="true" />
        <span>
          <b>{actor || "Somebody who left"}</b> {wordsOf(entry)}
        </span>
        <time dateTime={at}>{relative(at, Date.now())}</time>
      </button>
      <button
        type="button"
        class="icon-button"
        disabled={!model.editor.mayAnnotate.value}
        title="Bring these cells back to what they were before this step"
        aria-label="Bring these cells back to what they were before this step"
        onClick={() => void past.restore({ clock: first - 1, operation: id })}
      >
        <Icon node={RotateCcw} title="" />
      </button>
    </li>
  );
}

/** Over the canvas while it shows the past. */
export function PastBar({ model }: { model: Annotator }): JSX.Element | null {
  const { past, selection, mayAnnotate } = model.editor;
  const clock = past.at.value;
  if (clock === null) return null;
  const cells = [...selection.value];
  return (
    <div class="past-bar" role="status">
      <Icon node={History} title="" />
      <span>{past.shown.value ? `As it was after step ${clock}` : "Looking up…"}</span>
      {mayAnnotate.value && (
        <>
          <button type="button" class="button" onClick={() => void past.restore({ clock })}>
            Restore the image
          </button>
          {cells.length > 0 && (
            <button type="button" class="button" onClick={() => void past.restore({ clock, cells })}>
              Restore the selected {cells.length === 1 ? "cell" : "cells"}
            </button>
          )}
        </>
      )}
      <button type="button" class="button primary" onClick={() => past.backToNow()}>
        Back to now
      </button>
    </div>
  );
}
