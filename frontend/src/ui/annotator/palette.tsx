import { effect, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { nameOf } from "../../commands/keys";
import { keyName } from "./controls";
import type { Annotator } from "./model";
import { findEntries, type PaletteMatch, paletteEntries } from "./palette-entries";

/** Every command, class and engine by a few letters of its name. The field is always there, so that what is typed right
 * after the key that opens it is not lost. */
export function Palette({ model }: { model: Annotator }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const query = useSignal("");
  const chosen = useSignal(0);
  const { paletteOpen } = model.editor.view;
  useEffect(
    () =>
      effect(() => {
        if (!paletteOpen.value) return dialog.current?.close();
        query.value = "";
        chosen.value = 0;
        dialog.current?.showModal();
      }),
    [paletteOpen],
  );
  const found = paletteOpen.value ? findEntries(paletteEntries(model), query.value) : [];
  const at = Math.min(chosen.value, found.length - 1);
  const run = (entry: PaletteMatch | undefined): void => {
    if (!entry?.enabled) return;
    // The dialog gives the focus back before the command looks at it.
    dialog.current?.close();
    entry.run();
  };
  const step = (by: number): void => {
    chosen.value = (at + by + found.length) % Math.max(1, found.length);
  };
  const onKey = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const by = steps[event.key];
    if (by !== undefined) step(by);
    else if (event.key === "Enter") run(found[at]);
    else if (nameOf(event) === "Mod+K") dialog.current?.close();
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      class="palette"
      ref={dialog}
      aria-label="Find a command"
      closedby="any"
      onClose={() => {
        paletteOpen.value = false;
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-label="Command, class or engine"
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        placeholder="Command, class or engine"
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          chosen.value = 0;
        }}
        onKeyDown={onKey}
      />
      <div id="palette-list" class="palette-list" role="listbox" aria-label="Commands">
        {found.map((entry, index) => (
          <Row key={entry.id} entry={entry} index={index} active={index === at} onRun={() => run(entry)} />
        ))}
      </div>
      <p class="palette-none" role="status">
        {paletteOpen.value && found.length === 0 ? "Nothing has these letters. Try fewer." : ""}
      </p>
    </dialog>
  );
}

interface RowProps {
  readonly entry: PaletteMatch;
  readonly index: number;
  readonly active: boolean;
  onRun(): void;
}

function Row({ entry, index, active, onRun }: RowProps): JSX.Element {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) row.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    // The field keeps the focus; its keys choose a row, as a combobox does.
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      id={`palette-${index}`}
      ref={row}
      class="palette-row"
      role="option"
      aria-selected={active}
      aria-disabled={!entry.enabled}
      onClick={onRun}
    >
      <span class="palette-name">
        {[...entry.name].map((sign, at) => (entry.at.includes(at) ? <b key={at}>{sign}</b> : sign))}
      </span>
      <span class="palette-group">{entry.group}</span>
      <span class="palette-keys">
        {entry.keys.map((key) => (
          <kbd key={key}>{keyName(key)}</kbd>
        ))}
      </span>
    </div>
  );
}
