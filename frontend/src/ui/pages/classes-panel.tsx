/** What cells can be called in this project. */
import { useSignal } from "@preact/signals";
import { Plus, Trash2 } from "lucide";
import { sentence } from "../../net/http";
import type { ClassChangeIn, ClassOut } from "../../protocol/api.gen";
import { Icon } from "../icon";
import { api, may } from "./api";
import type { ProjectState } from "./project-state";

const KEYS = ["", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

interface PanelProps {
  readonly state: ProjectState;
}

function ClassRow({ state, item, free }: PanelProps & { readonly item: ClassOut; readonly free: boolean }) {
  const change = (what: ClassChangeIn) =>
    void state.change(api.changeClass(state.id, item.id, what), () => state.loadClasses());
  return (
    <li class="row">
      <input
        type="color"
        aria-label={`Colour of ${item.name}`}
        disabled={!free}
        value={item.colour}
        onChange={(event) => change({ colour: event.currentTarget.value })}
      />
      <input
        class="grow plain"
        aria-label={`Name of ${item.name}`}
        maxLength={60}
        required
        readOnly={!free}
        value={item.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <select
        aria-label={`Key of ${item.name}`}
        title="The key that gives this class"
        disabled={!free}
        value={item.key}
        onChange={(event) => change({ key: event.currentTarget.value })}
      >
        {KEYS.map((key) => (
          <option key={key} value={key}>
            {key || "–"}
          </option>
        ))}
      </select>
      {free && (
        <button type="button" class="quiet" onClick={() => state.deleteClass(item)}>
          <Icon node={Trash2} title={`Delete ${item.name}`} />
        </button>
      )}
    </li>
  );
}

function AddClass({ state }: PanelProps) {
  const name = useSignal("");
  const problem = useSignal("");
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await api.createClass(state.id, { name: name.value });
      problem.value = name.value = "";
      await state.loadClasses();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <form onSubmit={add}>
      <div class="row">
        <input
          class="grow"
          required
          maxLength={60}
          aria-label="Name of a new class"
          placeholder="New class"
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
        <button type="submit">
          <Icon node={Plus} title="" /> Add
        </button>
      </div>
      {problem.value && (
        <p class="bad" role="alert">
          {problem.value}
        </p>
      )}
    </form>
  );
}

export function ClassesPanel({ state }: PanelProps) {
  const free = may.manage(state.project.value?.role ?? "viewer");
  return (
    <section class="panel">
      <h2>Classes</h2>
      <ul class="rows">
        {state.shownClasses.value.map((item) => (
          <ClassRow key={item.id} state={state} item={item} free={free} />
        ))}
      </ul>
      {state.shownClasses.value.length === 0 && <p class="muted">No class yet: cells are just cells.</p>}
      {free && <AddClass state={state} />}
    </section>
  );
}
