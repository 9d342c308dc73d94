import { useSignal } from "@preact/signals";
import { BookOpen, Pencil, RotateCcw, Route, X } from "lucide";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Command } from "../../commands/commands";
import { nameOf } from "../../commands/keys";
import { Icon } from "../icon";
import { keyName } from "./controls";
import { KeyEntry, type Listening, listenFor } from "./key-entry";
import type { Annotator } from "./model";

const GROUPS: readonly Command["group"][] = [
  "Tools",
  "Cells",
  "Objects",
  "Shapes",
  "Quality",
  "Review",
  "View",
  "Image",
];
const MOUSE: readonly [string, string][] = [
  ["Wheel", "Zoom to the pointer"],
  ["Shift Wheel", "Move sideways"],
  ["Alt Wheel", "Brush size"],
  ["Space or middle button", "Hold and drag to move the image"],
  ["Two fingers", "Move and zoom the image"],
  ["Alt Click, right click", "Point or stroke outside of the cell"],
  ["Shift, Alt", "While selecting or outlining: add, take away"],
  ["1 … 9, 0", "Class of the selected cells and the next one; none"],
];

export function Help({ model }: { model: Annotator }): JSX.Element | null {
  return model.editor.view.helpOpen.value ? <OpenHelp model={model} /> : null;
}

/** Every command with its keys, read from the same list that the keys are; they can be changed here. */
function OpenHelp({ model }: { model: Annotator }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const changing = useSignal(false);
  const listening = useSignal<Listening | null>(null);
  const { helpOpen } = model.editor.view;
  useEffect(() => dialog.current?.showModal(), []);
  const onKey = (event: KeyboardEvent): void => {
    if (listening.value) listening.value = listenFor(model, listening.value, event);
    else if (nameOf(event) === "?") dialog.current?.close();
  };
  return (
    <dialog
      class="help"
      ref={dialog}
      aria-label="Keys"
      onKeyDown={onKey}
      onCancel={(event) => {
        // Esc first ends the waiting for a key.
        if (listening.value) event.preventDefault();
        listening.value = null;
      }}
      onClose={() => {
        helpOpen.value = false;
      }}
    >
      <div class="help-head">
        <h2>Keys</h2>
        <span class="top-space" />
        <a class="button" href="/docs/using/#keys" target="_blank" rel="noreferrer">
          <Icon node={BookOpen} title="" /> Guide
        </a>
        <button
          type="button"
          class="button"
          onClick={() => {
            dialog.current?.close();
            model.startTour();
          }}
        >
          <Icon node={Route} title="" /> Take the tour
        </button>
        {model.bindings.anyChosen && (
          <button type="button" class="button" onClick={() => model.bindings.reset()}>
            <Icon node={RotateCcw} title="" /> Reset all keys
          </button>
        )}
        <button
          type="button"
          class="button"
          aria-pressed={changing.value}
          onClick={() => {
            changing.value = !changing.value;
            listening.value = null;
          }}
        >
          <Icon node={Pencil} title="" /> Change keys
        </button>
        <button
          type="button"
          class="icon-button"
          autofocus
          aria-label="Close (Esc)"
          title="Close (Esc)"
          onClick={() => dialog.current?.close()}
        >
          <Icon node={X} title="" />
        </button>
      </div>
      <div class="help-groups">
        {GROUPS.map((group) => (
          <div key={group}>
            <h3>{group}</h3>
            <dl>
              {model.commands
                .filter((one) => one.group === group && (changing.value || one.keys.length > 0))
                .map((one) =>
                  changing.value ? (
                    <KeyEntry key={one.id} model={model} command={one} listening={listening} />
                  ) : (
                    <Entry key={one.id} keys={one.keys.map(keyName)} text={one.name} />
                  ),
                )}
            </dl>
          </div>
        ))}
        <div>
          <h3>Mouse, fingers and classes</h3>
          <dl>
            {MOUSE.map(([key, text]) => (
              <Entry key={key} keys={[key]} text={text} />
            ))}
          </dl>
        </div>
      </div>
    </dialog>
  );
}

function Entry({ keys, text }: { keys: readonly string[]; text: string }): JSX.Element {
  return (
    <div class="help-entry">
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </div>
  );
}
