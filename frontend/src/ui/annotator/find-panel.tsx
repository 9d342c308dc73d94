import { Check, LoaderCircle, ScanSearch, SlidersHorizontal, X } from "lucide";
import type { JSX } from "preact";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import { EngineChoice, Missing, Notices, Problem } from "./engine-choice";
import { type Annotator, isActive } from "./model";
import { NetworkView } from "./network-view";
import { Parameters } from "./parameters";

export function FindPanel({ model }: { model: Annotator }): JSX.Element {
  const engines = model.engines.value;
  const { findEngine, promptEngine } = model.editor;
  const finder = model.engineNamed(findEngine.value);
  const prompter = model.engineNamed(promptEngine.value);
  return (
    <Section title="Find cells">
      {model.enginesProblem.value && <Problem text={model.enginesProblem.value} />}
      <EngineChoice
        label="Clicks, boxes and scribbles with"
        engines={engines.filter((one) => one.capabilities.includes("prompt"))}
        value={promptEngine.value}
        onChange={(name) => model.choosePromptEngine(name)}
      />
      {model.polishers.length > 0 && (
        <EngineChoice
          label="Outline drawn again by"
          engines={model.polishers}
          value={model.editor.polishing.by.value}
          none="Nothing: cells as the flows give them"
          onChange={(name) => model.choosePolisher(name)}
        />
      )}
      <EngineChoice
        label="All cells with"
        engines={engines.filter((one) => one.capabilities.includes("auto"))}
        value={findEngine.value}
        onChange={(name) => model.chooseFindEngine(name)}
      />
      <NetworkView model={model} />
      <Parameters model={model} />
      <Run model={model} />
      <Notices engines={[prompter, finder]} />
      <Missing engines={engines} />
    </Section>
  );
}

/** One row of two buttons whatever happens, and one line that says what does. */
function Run({ model }: { model: Annotator }): JSX.Element {
  const job = model.segmenting.value;
  const command = (id: string) => model.commands.find((one) => one.id === id);
  const { tuning } = model.editor;
  if (job && isActive(job) && tuning.accepting.value === null) {
    return (
      <div class="run">
        <div class="run-buttons">
          <progress
            max={1}
            value={job.state === "queued" ? undefined : job.progress}
            aria-label="Finding cells"
          />
          <button type="button" class="button" onClick={() => void model.cancel(job)}>
            Cancel
          </button>
        </div>
        <p class="run-text">{job.message || (job.state === "queued" ? "Waiting" : "Finding cells")}</p>
      </div>
    );
  }
  return (
    <div class="run">
      {tuning.active.value ? (
        <div class="run-buttons">
          <CommandButton command={command("accept-tuned")} class="button primary">
            <Icon node={Check} title="" /> {tuning.accepting.value ? "Keeping…" : "Accept"}
          </CommandButton>
          <CommandButton command={command("discard-tuned")} class="button">
            <Icon node={X} title="" /> Drop
          </CommandButton>
        </div>
      ) : (
        <div class="run-buttons">
          <CommandButton command={command("find-cells")} class="button primary">
            <Icon node={ScanSearch} title="" /> {model.starting.value ? "Starting…" : "Find cells"}
          </CommandButton>
          <CommandButton command={command("tune")} class="button">
            <Icon node={SlidersHorizontal} title="" /> Tune
          </CommandButton>
        </div>
      )}
      <TuneLine model={model} />
    </div>
  );
}

function TuneLine({ model }: { model: Annotator }): JSX.Element {
  const { tuning } = model.editor;
  const shown = tuning.shown.value;
  const count = shown?.added.toLocaleString("en");
  return (
    <p class="run-text" aria-live="polite">
      {tuning.active.value && tuning.waiting.value && <Icon node={LoaderCircle} title="" />}
      {tuning.active.value
        ? shown
          ? `${count} new ${shown.added === 1 ? "cell" : "cells"} at these thresholds`
          : "Looking…"
        : model.canTune()
          ? "Tune shows cells while sliders move."
          : "Cells that are there already are kept."}
    </p>
  );
}
