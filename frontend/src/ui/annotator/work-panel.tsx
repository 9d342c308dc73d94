/** Where the image is on its way, what can be done with it now, and the next one. */
import { ArrowRight, CornerUpLeft } from "lucide";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Step } from "../../editor/page-ports";
import { STATUS_WORDS } from "../../editor/workflow";
import { Dialog, FormEnd } from "../dialog";
import { day } from "../format";
import { Icon } from "../icon";
import { Section } from "./controls";
import type { Annotator } from "./model";

export function WorkPanel({ model }: { model: Annotator }): JSX.Element {
  const { workflow } = model;
  const { status, assignee, due_on } = workflow.where.value;
  const returned = workflow.returned.value;
  return (
    <Section title="This image" note={STATUS_WORDS[status]}>
      {returned && <Returned model={model} step={returned} />}
      <p class="note">
        {assignee ? `Annotated by ${assignee.name}` : "Nobody's yet"}
        {due_on && `, due ${day(due_on)}`}
      </p>
      <div class="row">
        {workflow.choices.value.map((choice, index) => (
          <button
            key={choice.to}
            type="button"
            class={index === 0 ? "button primary" : "button"}
            onClick={() => void workflow.choose(choice)}
          >
            {choice.word}
          </button>
        ))}
      </div>
      <div class="row">
        {model.editor.canEdit.value && <Next model={model} task="annotate" word="Next for me" />}
        {workflow.reviews && <Next model={model} task="review" word="Next review" />}
      </div>
    </Section>
  );
}

interface NextProps {
  readonly model: Annotator;
  readonly task: "annotate" | "review";
  readonly word: string;
}

function Next({ model, task, word }: NextProps): JSX.Element {
  return (
    <button type="button" class="button" onClick={() => void model.workflow.take(task)}>
      {word} <Icon node={ArrowRight} title="" />
    </button>
  );
}

function Returned({ model, step }: { model: Annotator; step: Step }): JSX.Element {
  const { editor } = model;
  const cell = step.cell && editor.session.store.get(step.cell) ? step.cell : null;
  const showCell = (id: string): void => {
    editor.select([id]);
    editor.showCell(id);
  };
  return (
    <p class="sent-back">
      <Icon node={CornerUpLeft} title="Sent back" />
      <span>
        {step.actor?.name ?? "Somebody"}: {step.reason}{" "}
        {cell && (
          <button type="button" class="link" onClick={() => showCell(cell)}>
            Show the cell
          </button>
        )}
      </span>
    </p>
  );
}

/** Why the image goes back; the reason is about the selected cell where one is selected. */
export function SendBack({ model }: { model: Annotator }): JSX.Element | null {
  const { workflow, editor } = model;
  const [reason, setReason] = useState("");
  if (!workflow.asking.value) return null;
  const selected = [...editor.selection.value];
  const cell = selected.length === 1 ? (selected[0] ?? null) : null;
  const close = (): void => {
    workflow.asking.value = false;
  };
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    void workflow.sendBack(reason, cell);
  };
  return (
    <Dialog title="Send back" onClose={close}>
      <form onSubmit={send}>
        <label class="field">
          What is to be mended{cell && " (about the selected cell)"}
          <textarea
            required
            maxLength={500}
            rows={4}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <FormEnd cancel="Keep it" onClose={close}>
          Send back
        </FormEnd>
      </form>
    </Dialog>
  );
}
