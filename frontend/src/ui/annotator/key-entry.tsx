import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Conflict } from "../../commands/bindings";
import type { Command } from "../../commands/commands";
import { nameOf } from "../../commands/keys";
import { keyName } from "./controls";
import type { Annotator } from "./model";

/** Which command waits for its new key, and what speaks against the key that was pressed. */
export interface Listening {
  readonly command: string;
  readonly key: string;
  readonly conflict: Conflict | null;
}

const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "AltGraph"];

/** A key was pressed while a command waits for one. Returns what it waits for now. */
export function listenFor(model: Annotator, now: Listening, event: KeyboardEvent): Listening | null {
  const key = nameOf(event);
  if (MODIFIERS.includes(event.key) || key === "Esc" || now.conflict?.kind === "taken") return now;
  event.preventDefault();
  const conflict = model.bindings.conflict(model.commands, now.command, key);
  if (conflict) return { ...now, key, conflict };
  model.bindings.assign(model.commands, now.command, key);
  return null;
}

interface Props {
  readonly model: Annotator;
  readonly command: Command;
  readonly listening: Signal<Listening | null>;
}

/** A command whose key is a button: press it, then the key that is wanted. */
export function KeyEntry({ model, command, listening }: Props): JSX.Element {
  const now = listening.value?.command === command.id ? listening.value : null;
  const words = command.keys.map(keyName).join(", ") || "none";
  return (
    <div class="help-entry">
      <dt>
        <button
          type="button"
          class={`key-button${model.bindings.isChosen(command.id) ? " chosen" : ""}`}
          aria-pressed={now !== null}
          aria-label={`Change the key of ${command.name}, now ${words}`}
          title={`Change the key of “${command.name}”`}
          onClick={() => {
            listening.value = now ? null : { command: command.id, key: "", conflict: null };
          }}
        >
          {now ? "Press a key" : words}
        </button>
      </dt>
      <dd>
        {command.name}
        <span role="status">{now?.conflict && <Problem {...{ model, command, listening, now }} />}</span>
      </dd>
    </div>
  );
}

function Problem({ model, command, listening, now }: Props & { now: Listening }): JSX.Element | null {
  const { conflict, key } = now;
  if (conflict?.kind === "reserved") return <span class="key-problem">{conflict.message}</span>;
  if (!conflict) return null;
  return (
    <span class="key-problem">
      {keyName(key)} is the key of {conflict.by.map((one) => `“${one.name}”`).join(", ")}.
      <button
        type="button"
        class="button"
        onClick={() => {
          model.bindings.assign(model.commands, command.id, key);
          listening.value = null;
        }}
      >
        Take it
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          listening.value = null;
        }}
      >
        Leave it
      </button>
    </span>
  );
}
