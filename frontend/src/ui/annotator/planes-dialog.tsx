/** Puts right what the planes of an image are, as long as nothing is annotated. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { sentence } from "../../editor/sentence";
import { Dialog, FormEnd } from "../dialog";
import { PlanesChoice, planesFit } from "../planes-choice";
import type { Annotator } from "./model";

const UPLOADERS = ["owner", "manager", "annotator"];

/** Nothing where the planes are beyond doubt, or cells hang on them already. */
export function PlanesQuestion({ model }: { model: Annotator }): JSX.Element | null {
  const open = useSignal(false);
  const { planes_in_file: count, project, cells } = model.image.value;
  const { store } = model.editor.session;
  const untouched = model.editor.revision.value >= 0 && cells === 0 && store.planes().size === 0;
  if (count < 2 || !untouched || !UPLOADERS.includes(project.role)) return null;
  return (
    <>
      <button
        type="button"
        class="button planes-question"
        onClick={() => {
          open.value = true;
        }}
      >
        These planes are something else…
      </button>
      {open.value && (
        <PlanesDialog
          model={model}
          count={count}
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </>
  );
}

interface DialogProps {
  readonly model: Annotator;
  readonly count: number;
  readonly onClose: () => void;
}

function PlanesDialog({ model, count, onClose }: DialogProps): JSX.Element {
  const planes = useSignal(model.image.value.size_t > 1 ? "z" : "t");
  const busy = useSignal(false);
  const problem = useSignal("");
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    busy.value = true;
    try {
      await model.api.correctPlanes(model.image.peek().id, planes.value);
      model.open(model.image.peek().id);
    } catch (error) {
      problem.value = sentence(error);
      busy.value = false;
    }
  };
  return (
    <Dialog title="What are the planes of this image?" onClose={onClose}>
      <form class="question" onSubmit={(event) => void send(event)}>
        <PlanesChoice count={count} chosen={planes} />
        <FormEnd
          problem={problem.value}
          disabled={busy.value || !planesFit(planes.value, count)}
          onClose={onClose}
        >
          {busy.value ? "Reading the file…" : "Read it so"}
        </FormEnd>
      </form>
    </Dialog>
  );
}
