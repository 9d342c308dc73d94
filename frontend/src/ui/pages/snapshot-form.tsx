/** What goes into a new snapshot. */
import { type Signal, useSignal } from "@preact/signals";
import type { SnapshotIn } from "../../protocol/api.gen";
import type { Status } from "./api";
import type { DatasetsState } from "./datasets-state";
import { STATUSES } from "./parts";

type SplitName = "train" | "validation" | "test";
const SPLITS: readonly { readonly value: SplitName; readonly word: string }[] = [
  { value: "train", word: "Training" },
  { value: "validation", word: "Validation" },
  { value: "test", word: "Test" },
];

interface ChecksProps<T> {
  readonly legend: string;
  readonly items: readonly { readonly value: T; readonly word: string }[];
  readonly chosen: Signal<ReadonlySet<T>>;
}

function Checks<T extends string | number>({ legend, items, chosen }: ChecksProps<T>) {
  const toggle = (value: T) => {
    const next = new Set(chosen.value);
    if (!next.delete(value)) next.add(value);
    chosen.value = next;
  };
  return (
    <fieldset class="checks">
      <legend>{legend}</legend>
      {items.map((item) => (
        <label key={item.value}>
          <input type="checkbox" checked={chosen.value.has(item.value)} onChange={() => toggle(item.value)} />
          {item.word}
        </label>
      ))}
    </fieldset>
  );
}

export function SnapshotForm({ state }: { readonly state: DatasetsState }) {
  const name = useSignal("");
  const states = useSignal<ReadonlySet<Status>>(new Set(["accepted"] as const));
  const splits = useSignal<ReadonlySet<SplitName>>(new Set<SplitName>());
  const classes = useSignal<ReadonlySet<number>>(new Set<number>());
  const complete = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const body: SnapshotIn = {
      name: name.value,
      selection: {
        states: [...states.value],
        splits: [...splits.value],
        classes: classes.value.size ? [...classes.value] : null,
        complete_only: complete.value,
      },
    };
    await state.make(body);
    if (state.making.value === null) name.value = "";
  };
  const making = state.making.value;
  const named = state.classes.value.map((item) => ({ value: item.id, word: item.name }));
  return (
    <form class="panel snapshot-form" onSubmit={submit}>
      <h2>New snapshot</h2>
      <label>
        Name
        <input
          required
          maxLength={120}
          placeholder="Nuclei, November"
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <Checks legend="Images in these states (none ticked: all)" items={STATUSES} chosen={states} />
      <Checks legend="For (none ticked: all)" items={SPLITS} chosen={splits} />
      <Checks
        legend="Cells of these classes (none ticked: all)"
        items={[...named, { value: 0, word: "Without a class" }]}
        chosen={classes}
      />
      <fieldset class="checks">
        <label>
          <input
            type="checkbox"
            checked={complete.value}
            onChange={() => {
              complete.value = !complete.value;
            }}
          />
          Only inside of “complete here” regions
        </label>
      </fieldset>
      <p class="bad" role="alert">
        {making?.state === "failed" && making.message}
      </p>
      <div class="actions">
        <button type="submit" class="primary" disabled={making !== null && making.state !== "failed"}>
          {making && making.state !== "failed"
            ? `Freezing, ${Math.round(100 * making.progress)} %`
            : "Make snapshot"}
        </button>
      </div>
    </form>
  );
}
