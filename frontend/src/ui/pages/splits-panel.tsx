/** Training, validation and test images: how many there are, and giving the rest their place. */
import { useSignal } from "@preact/signals";
import type { SplitsIn } from "../../protocol/api.gen";
import { count, counted } from "../format";
import { may } from "./api";
import type { DatasetsState } from "./datasets-state";

const GROUPINGS: readonly { readonly value: NonNullable<SplitsIn["group_by"]>; readonly text: string }[] = [
  { value: "file", text: "images of one file" },
  { value: "first_part", text: "names alike up to the first _ - . or space" },
  { value: "without_last_part", text: "names alike up to the last _ - . or space" },
  { value: "image", text: "nothing: every image for itself" },
];

interface ShareProps {
  readonly word: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function Share({ word, value, onChange }: ShareProps) {
  return (
    <label>
      {word}, %
      <input
        type="number"
        min={0}
        max={100}
        required
        value={value}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

function AssignForm({ state }: { readonly state: DatasetsState }) {
  const validation = useSignal(15);
  const test = useSignal(15);
  const grouping = useSignal<NonNullable<SplitsIn["group_by"]>>("file");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const [second, third] = [validation.value / 100, test.value / 100];
    await state.assign({
      train: Math.max(0, 1 - second - third),
      validation: second,
      test: third,
      group_by: grouping.value,
    });
  };
  return (
    <form class="split-form" onSubmit={submit}>
      <Share
        word="Validation"
        value={validation.value}
        onChange={(value) => {
          validation.value = value;
        }}
      />
      <Share
        word="Test"
        value={test.value}
        onChange={(value) => {
          test.value = value;
        }}
      />
      <label class="wide">
        Stays together
        <select
          value={grouping.value}
          onChange={(event) => {
            grouping.value = event.currentTarget.value as NonNullable<SplitsIn["group_by"]>;
          }}
        >
          {GROUPINGS.map((item) => (
            <option key={item.value} value={item.value}>
              {item.text}
            </option>
          ))}
        </select>
      </label>
      <p class="muted wide">The rest is for training. An image keeps its place for good.</p>
      <button type="submit">Give the others their place</button>
    </form>
  );
}

export function SplitsPanel({ state }: { readonly state: DatasetsState }) {
  const splits = state.splits.value;
  const role = state.project.value?.role;
  if (!splits) return null;
  const rows = [
    ["Training", splits.train],
    ["Validation", splits.validation],
    ["Test", splits.test],
    ["No place yet", splits.none],
  ] as const;
  return (
    <section class="panel">
      <h2>Training and test</h2>
      <dl class="figures">
        {rows.map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
      {splits.twins.length > 0 && (
        <details class="warn">
          <summary>{counted(splits.twins.length, "pair")} of images look alike across places</summary>
          <ul>
            {splits.twins.map((twin) => (
              <li key={`${twin.one} ${twin.other}`}>
                {twin.one} ({twin.one_split}) · {twin.other} ({twin.other_split})
              </li>
            ))}
          </ul>
        </details>
      )}
      {role && may.manage(role) && splits.none > 0 && <AssignForm state={state} />}
    </section>
  );
}
