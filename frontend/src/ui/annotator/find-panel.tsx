import { Info, ScanSearch, TriangleAlert } from "lucide";
import type { JSX } from "preact";
import type { EngineInfo, RunParameters } from "../../editor/page-ports";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import { type Annotator, isActive } from "./model";

export function FindPanel({ model }: { model: Annotator }): JSX.Element {
  const engines = model.engines.value;
  const chosen = model.engineNamed(model.findEngine.value);
  const automatic = engines.filter((one) => one.capabilities.includes("auto"));
  const prompted = engines.filter((one) => one.capabilities.includes("prompt"));
  return (
    <Section title="Find cells">
      {model.enginesProblem.value && <Problem text={model.enginesProblem.value} />}
      <EngineChoice
        label="All cells with"
        engines={automatic}
        value={model.findEngine.value}
        onChange={(name) => {
          model.findEngine.value = name;
        }}
      />
      {chosen && !chosen.available && <Problem text={chosen.problem} />}
      {chosen?.notice && (
        <p class="note">
          <Icon node={Info} title="" /> <span>{chosen.notice}</span>
        </p>
      )}
      <Parameters model={model} />
      <Run model={model} />
      <EngineChoice
        label="Clicks with"
        engines={prompted}
        value={model.editor.promptEngine.value}
        onChange={(name) => {
          model.editor.prompting.clear();
          model.editor.promptEngine.value = name;
        }}
      />
    </Section>
  );
}

function Problem({ text }: { text: string }): JSX.Element {
  return (
    <p class="note warn">
      <Icon node={TriangleAlert} title="" /> <span>{text}</span>
    </p>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly engines: readonly EngineInfo[];
  readonly value: string | null;
  onChange(name: string): void;
}

function EngineChoice({ label, engines, value, onChange }: ChoiceProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value ?? ""}
        onChange={(event) => onChange(event.currentTarget.value)}
        disabled={!engines.length}
      >
        {value === null && (
          <option value="">{engines.length ? "No engine is ready" : "Loading engines…"}</option>
        )}
        {engines.map((one) => (
          <option key={one.name} value={one.name} disabled={!one.available}>
            {one.available ? one.title : `${one.title} (not ready)`}
          </option>
        ))}
      </select>
    </label>
  );
}

const FIELDS: readonly {
  key: keyof RunParameters;
  label: string;
  hint: string;
  min: number;
  max: number;
  step: number;
}[] = [
  {
    key: "diameter",
    label: "Diameter, px",
    hint: "Typical cell diameter in pixels; empty: found by the engine",
    min: 1,
    max: 2000,
    step: 1,
  },
  {
    key: "min_area",
    label: "Smallest area, px",
    hint: "Smaller cells are left out",
    min: 0,
    max: 100_000,
    step: 1,
  },
  {
    key: "cell_probability",
    label: "Cell probability",
    hint: "Lower finds more and larger cells (−6 to 6)",
    min: -6,
    max: 6,
    step: 0.1,
  },
  {
    key: "flow_error",
    label: "Flow error",
    hint: "Higher keeps more irregular cells (0 to 3)",
    min: 0,
    max: 3,
    step: 0.05,
  },
];

function Parameters({ model }: { model: Annotator }): JSX.Element {
  const { parameters } = model;
  const all = model.engines.value.length;
  const missing = model.engines.value.filter((one) => !one.available);
  const set = (key: keyof RunParameters, text: string): void => {
    const { [key]: _old, ...rest } = parameters.peek();
    parameters.value = text === "" ? rest : { ...rest, [key]: Number(text) };
  };
  return (
    <details class="parameters" open={all > 0 && missing.length === all}>
      <summary>Settings{missing.length > 0 && `, ${missing.length} of ${all} engines not ready`}</summary>
      {FIELDS.map(({ key, label, hint, min, max, step }) => (
        <label key={key} class="field inline" title={hint}>
          <span>{label}</span>
          <input
            type="number"
            placeholder="auto"
            min={min}
            max={max}
            step={step}
            value={parameters.value[key] ?? ""}
            onChange={(event) => set(key, event.currentTarget.value)}
          />
        </label>
      ))}
      {missing.map((one) => (
        <p key={one.name} class="note">
          {one.title}: {one.problem}
        </p>
      ))}
    </details>
  );
}

function Run({ model }: { model: Annotator }): JSX.Element {
  const job = model.segmenting.value;
  const command = model.commands.find((one) => one.id === "find-cells");
  if (!job || !isActive(job)) {
    return (
      <CommandButton command={command} class="button primary wide">
        <Icon node={ScanSearch} title="" /> {model.starting.value ? "Starting…" : "Find cells"}
      </CommandButton>
    );
  }
  return (
    <div class="run">
      <progress
        max={1}
        value={job.state === "queued" ? undefined : job.progress}
        aria-label="Finding cells"
      />
      <span class="run-text">{job.message || (job.state === "queued" ? "Waiting" : "Finding cells")}</span>
      <button type="button" class="button" onClick={() => void model.cancel(job)}>
        Cancel
      </button>
    </div>
  );
}
