import type { JSX } from "preact";
import type { ImageRow, ImageStatus } from "../../editor/page-ports";
import { STATUS_WORDS } from "../../editor/workflow";
import { withKeys } from "./controls";
import type { Annotator } from "./model";

const SIGNS: Readonly<Record<ImageStatus, string>> = {
  new: "○",
  assigned: "○",
  in_progress: "◐",
  submitted: "◕",
  in_review: "◕",
  accepted: "●",
  returned: "↩",
};
/** Images to each side. */
const REACH = 6;

export function Filmstrip({ model }: { model: Annotator }): JSX.Element {
  const images = model.images.value;
  const { tuning, prompting, hint } = model.editor;
  const here = images.findIndex((one) => one.id === model.image.value.id);
  const start = Math.max(0, Math.min(here - REACH, images.length - 2 * REACH - 1));
  return (
    <footer class="bottom">
      <nav class="filmstrip" aria-label="Images of this project">
        {images.slice(start, start + 2 * REACH + 1).map((one) => (
          <Frame key={one.id} model={model} image={one} />
        ))}
      </nav>
      <p class="hint" aria-live="polite">
        {withKeys(
          model.commands,
          tuning.active.value && !prompting.active.value
            ? "Move the sliders · {accept-tuned} keeps all proposed cells · {discard-tuned} drops them"
            : hint.value,
        )}
      </p>
    </footer>
  );
}

function Frame({ model, image }: { model: Annotator; image: ImageRow }): JSX.Element {
  const current = image.id === model.image.value.id;
  const status = current ? model.workflow.where.value.status : image.status;
  const words = `${image.name}: ${STATUS_WORDS[status]}, ${image.cells.toLocaleString("en")} cells`;
  return (
    <a
      class="frame"
      href={`/images/${image.id}/`}
      aria-current={current ? "page" : undefined}
      title={words}
      aria-label={words}
    >
      <img src={model.api.thumbnail(image.id)} alt="" loading="lazy" />
      <span class={`frame-state ${status}`} aria-hidden="true">
        {SIGNS[status]}
      </span>
    </a>
  );
}
