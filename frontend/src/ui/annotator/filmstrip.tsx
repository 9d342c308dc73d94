import type { JSX } from "preact";
import type { ImageRow, ImageStatus } from "../../editor/page-ports";
import { withKeys } from "./controls";
import type { Annotator } from "./model";

const WORDS: Readonly<Record<ImageStatus, string>> = { new: "New", in_progress: "In progress", done: "Done" };
const SIGNS: Readonly<Record<ImageStatus, string>> = { new: "○", in_progress: "◐", done: "●" };
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
  const words = `${image.name}: ${WORDS[image.status]}, ${image.cells.toLocaleString("en")} cells`;
  return (
    <a
      class="frame"
      href={`/images/${image.id}/`}
      aria-current={current ? "page" : undefined}
      title={words}
      aria-label={words}
    >
      <img src={model.api.thumbnail(image.id)} alt="" loading="lazy" />
      <span class={`frame-state ${image.status}`} aria-hidden="true">
        {SIGNS[image.status]}
      </span>
    </a>
  );
}
