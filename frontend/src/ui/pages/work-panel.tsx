/** Handing out work: the next image for oneself, who annotates what, and the project's rules for it. */
import { useSignal } from "@preact/signals";
import { ArrowRight, UserPlus } from "lucide";
import type { AssignmentIn, TwinsIn, WorkflowIn } from "../../protocol/api.gen";
import { Dialog, FormEnd } from "../dialog";
import { counted } from "../format";
import { Icon } from "../icon";
import { complain, tell } from "../notices";
import { api, may, type Role } from "./api";
import type { ProjectState } from "./project-state";

interface StateProps {
  readonly state: ProjectState;
}

async function take(state: ProjectState, task: "annotate" | "review"): Promise<void> {
  try {
    const { image } = await api.takeNext(state.id, task);
    if (image) location.assign(`/images/${image}/`);
    else tell(task === "review" ? "Nothing waits for review." : "There is no image left for you.");
  } catch (error) {
    complain(error);
  }
}

export function WorkPanel({ state, role }: StateProps & { readonly role: Role }) {
  return (
    <section class="panel">
      <h2>Work</h2>
      <div class="stack">
        {may.annotate(role) && (
          <button type="button" class="primary" onClick={() => void take(state, "annotate")}>
            Next image for me <Icon node={ArrowRight} title="" />
          </button>
        )}
        {may.review(role) && (
          <button type="button" onClick={() => void take(state, "review")}>
            Next image to review <Icon node={ArrowRight} title="" />
          </button>
        )}
        {may.manage(role) && <Rules state={state} />}
      </div>
    </section>
  );
}

type How = "in_turn" | "by_load" | "by_class" | "blind";

const HOWS: readonly { readonly value: How; readonly word: string }[] = [
  { value: "in_turn", word: "In turn" },
  { value: "by_load", word: "Always to whoever has the fewest" },
  { value: "by_class", word: "By the classes that they know best" },
  { value: "blind", word: "Each annotates all of them, without seeing the others’ cells" },
];

const ORDERS = [
  { value: "oldest", word: "oldest first" },
  { value: "worst", word: "lowest score first" },
  { value: "random", word: "in random order" },
] as const;

function Rules({ state }: StateProps) {
  const rules = state.workflow.value;
  if (!rules) return null;
  const change = (body: Partial<WorkflowIn>) =>
    void state.change(api.changeWorkflow(state.id, { ...rules, ...body }), () => state.loadWorkflow());
  return (
    <>
      <label class="field">
        New images are handed out
        <select
          value={rules.next_order}
          onChange={(event) => {
            const found = ORDERS.find((one) => one.value === event.currentTarget.value);
            if (found) change({ next_order: found.value });
          }}
        >
          {ORDERS.map((one) => (
            <option key={one.value} value={one.value}>
              {one.word}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Begun images per person, at most
        <input
          type="number"
          min={1}
          max={1000}
          placeholder="no limit"
          value={rules.work_limit ?? ""}
          onChange={(event) => change({ work_limit: Number(event.currentTarget.value) || null })}
        />
      </label>
    </>
  );
}

/** What is done with the chosen images. */
export function AssignBar({ state }: StateProps) {
  const asking = useSignal(false);
  const number = state.chosen.value.size;
  if (number === 0) return null;
  return (
    <div class="filters" role="toolbar" aria-label="Chosen images">
      <span>{counted(number, "image")} chosen</span>
      <button
        type="button"
        onClick={() => {
          asking.value = true;
        }}
      >
        <Icon node={UserPlus} title="" /> Assign…
      </button>
      <button type="button" class="quiet" onClick={() => state.chooseAll(false)}>
        Choose none
      </button>
      {asking.value && (
        <AssignDialog
          state={state}
          onClose={() => {
            asking.value = false;
          }}
        />
      )}
    </div>
  );
}

async function assignBlind(state: ProjectState, body: TwinsIn): Promise<void> {
  try {
    const { assigned } = await api.makeTwins(state.id, body);
    tell(`${counted(assigned, "independent annotation")} assigned.`);
    state.chooseAll(false);
    await state.loadImages();
  } catch (error) {
    complain(error);
  }
}

async function assign(state: ProjectState, body: AssignmentIn): Promise<void> {
  try {
    const { assigned } = await api.assign(state.id, body);
    const rest = body.images.length - assigned;
    const left = rest ? ` ${counted(rest, "image")} handed in already: left alone.` : "";
    tell(`${counted(assigned, "image")} ${body.people.length ? "assigned" : "taken back"}.${left}`);
    state.chooseAll(false);
    await state.loadImages();
  } catch (error) {
    complain(error);
  }
}

function AssignDialog({ state, onClose }: StateProps & { readonly onClose: () => void }) {
  const people = useSignal<readonly number[]>([]);
  const how = useSignal<How>("in_turn");
  const due = useSignal("");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    onClose();
    const images = [...state.chosen.value];
    const whom = { images, people: people.value, due_on: due.value || null };
    if (how.value === "blind" && people.value.length > 1) void assignBlind(state, whom);
    else void assign(state, { ...whom, how: how.value === "blind" ? "in_turn" : how.value });
  };
  return (
    <Dialog title={`Assign ${counted(state.chosen.value.size, "image")}`} onClose={onClose}>
      <form onSubmit={send}>
        <fieldset class="choices">
          <legend>To whom</legend>
          {state.members.value
            .filter((member) => may.annotate(member.role))
            .map((member) => (
              <label key={member.id} class="choice">
                <input
                  type="checkbox"
                  checked={people.value.includes(member.id)}
                  onChange={(event) => {
                    const others = people.value.filter((one) => one !== member.id);
                    people.value = event.currentTarget.checked ? [...others, member.id] : others;
                  }}
                />
                {member.name}
              </label>
            ))}
        </fieldset>
        {people.value.length > 1 && (
          <label class="field">
            How
            <select
              value={how.value}
              onChange={(event) => {
                how.value = HOWS.find((one) => one.value === event.currentTarget.value)?.value ?? "in_turn";
              }}
            >
              {HOWS.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.word}
                </option>
              ))}
            </select>
          </label>
        )}
        {people.value.length > 0 && (
          <label class="field">
            Due
            <input
              type="date"
              value={due.value}
              onInput={(event) => {
                due.value = event.currentTarget.value;
              }}
            />
          </label>
        )}
        <FormEnd onClose={onClose}>{people.value.length ? "Assign" : "Assign to nobody"}</FormEnd>
      </form>
    </Dialog>
  );
}
