/** The project's images as a grid or as a table. */
import { Trash2 } from "lucide";
import type { ImageOut } from "../../protocol/api.gen";
import { count, counted, day } from "../format";
import { Icon } from "../icon";
import { may, type Status } from "./api";
import { StatusWord, Thumbnail, When } from "./parts";
import type { ProjectState } from "./project-state";

interface ImagesProps {
  readonly state: ProjectState;
}

function DeleteButton({ state, image }: ImagesProps & { readonly image: ImageOut }) {
  const role = state.project.value?.role;
  if (!role || !may.manage(role)) return null;
  return (
    <button type="button" class="quiet" onClick={() => state.deleteImage(image)}>
      <Icon node={Trash2} title={`Delete ${image.name}`} />
    </button>
  );
}

export function ImageGrid({ state }: ImagesProps) {
  return (
    <ul class="grid">
      {state.shown.value.map((image) => (
        <li key={image.id} class="tile">
          <a href={`/images/${image.id}/`} aria-label={image.name}>
            <Thumbnail id={image.id} name="" />
            <span class="tile-name" title={image.name}>
              {image.name}
            </span>
          </a>
          <div class="tile-foot">
            <StatusWord status={image.status} />
            <span class="spacer" />
            <span class="muted">{counted(image.cells, "cell")}</span>
            <DeleteButton state={state} image={image} />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Chosen({ state, image }: ImagesProps & { readonly image: ImageOut }) {
  return (
    <input
      type="checkbox"
      aria-label={`Choose ${image.name}`}
      checked={state.chosen.value.has(image.id)}
      onChange={(event) => state.choose(image.id, event.currentTarget.checked)}
    />
  );
}

function AllChosen({ state }: ImagesProps) {
  const shown = state.shown.value;
  return (
    <input
      type="checkbox"
      aria-label="Choose all images shown"
      checked={shown.length > 0 && shown.every((image) => state.chosen.value.has(image.id))}
      onChange={(event) => state.chooseAll(event.currentTarget.checked)}
    />
  );
}

const HANDED_IN: readonly Status[] = ["submitted", "in_review", "accepted"];

function Due({ image }: { readonly image: ImageOut }) {
  if (!image.due_on) return null;
  const late = image.due_on < new Date().toISOString().slice(0, 10) && !HANDED_IN.includes(image.status);
  return <span class={late ? "late" : ""}>{late ? `${day(image.due_on)}, late` : day(image.due_on)}</span>;
}

export function ImageTable({ state }: ImagesProps) {
  const role = state.project.value?.role;
  const manages = role !== undefined && may.manage(role);
  return (
    <table class="images">
      <thead>
        <tr>
          {manages && (
            <th class="narrow">
              <AllChosen state={state} />
            </th>
          )}
          <th class="narrow">
            <span class="unseen">Preview</span>
          </th>
          <th>Name</th>
          <th>State</th>
          <th>Annotates</th>
          <th>Due</th>
          <th class="number">Cells</th>
          <th class="number">Size</th>
          <th>Updated</th>
          <th class="narrow">
            <span class="unseen">Delete</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {state.shown.value.map((image) => (
          <tr key={image.id}>
            {manages && (
              <td class="narrow">
                <Chosen state={state} image={image} />
              </td>
            )}
            <td class="narrow">
              <Thumbnail id={image.id} name="" />
            </td>
            <td class="name">
              <a href={`/images/${image.id}/`} title={image.name}>
                {image.name}
              </a>
            </td>
            <td>
              <StatusWord status={image.status} />
            </td>
            <td>{image.assignee?.name}</td>
            <td>
              <Due image={image} />
            </td>
            <td class="number">{count(image.cells)}</td>
            <td class="number">
              {count(image.width)} × {count(image.height)} px
            </td>
            <td>
              <When iso={image.updated_at} />
            </td>
            <td class="narrow">
              <DeleteButton state={state} image={image} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
