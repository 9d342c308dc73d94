import type { JSX } from "preact";
import type { RunParameters } from "../../editor/page-ports";
import type { Annotator } from "./model";

interface Parameter {
  readonly key: keyof RunParameters;
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Where the slider stands while the engine decides. */
  readonly start: number;
}

const PARAMETERS: readonly Parameter[] = [
  {
    key: "cell_probability",
    label: "Cell probability",
    hint: "Threshold on the network's cell logit: lower finds more and larger cells",
    min: -6,
    max: 6,
    step: 0.1,
    start: 0,
  },
  {
    key: "flow_error",
    label: "Flow error",
    hint: "Higher keeps more irregular cells; 0 keeps all",
    min: 0,
    max: 3,
    step: 0.05,
    start: 0.4,
  },
  {
    key: "min_area",
    label: "Smallest, px",
    hint: "Cells of fewer pixels are left out",
    min: 0,
    max: 1000,
    step: 5,
    start: 15,
  },
  {
    key: "diameter",
    label: "Diameter, px",
    hint: "Typical cell diameter in pixels. While tuning: how far apart the middles of two cells are at least",
    min: 2,
    max: 200,
    step: 1,
    start: 30,
  },
];

/** Sliders for an engine that can be tuned, and for the next run of the others. An empty field is the engine's own choice. */
export function Parameters({ model }: { model: Annotator }): JSX.Element {
  const { params } = model.editor.tuning;
  const changed = Object.keys(params.value).length > 0;
  return (
    <fieldset class="parameters" aria-label="Thresholds">
      <div class="parameters-head">
        <span>Thresholds</span>
        <button
          type="button"
          class="link"
          disabled={!changed}
          title="Let the engine choose all of them"
          onClick={() => model.setParameters({})}
        >
          Reset
        </button>
      </div>
      {PARAMETERS.map((one) => (
        <Row key={one.key} model={model} parameter={one} />
      ))}
    </fieldset>
  );
}

function Row({ model, parameter }: { model: Annotator; parameter: Parameter }): JSX.Element {
  const { key, label, hint, min, max, step, start } = parameter;
  const value = model.editor.tuning.params.value[key] ?? null;
  const set = (text: string): void => {
    const { [key]: _old, ...rest } = model.editor.tuning.params.peek();
    const number = Number(text);
    model.setParameters(text === "" || Number.isNaN(number) ? rest : { ...rest, [key]: number });
  };
  return (
    <div class="parameter" title={hint}>
      <label class="slider-label" for={`parameter-${key}`}>
        {label}
      </label>
      <input
        type="range"
        id={`parameter-${key}`}
        class={value === null ? "unset" : ""}
        min={min}
        max={max}
        step={step}
        value={value ?? start}
        onInput={(event) => set(event.currentTarget.value)}
      />
      <input
        type="number"
        aria-label={label}
        placeholder="auto"
        min={min}
        step={step}
        value={value ?? ""}
        onChange={(event) => set(event.currentTarget.value)}
      />
    </div>
  );
}
