/** The project's images as a grid or as a table. */
import { Trash2 } from "lucide";
import type { ImageOut } from "../../protocol/api.gen";
import { count, counted } from "../format";
import { Icon } from "../icon";
import { api, may, type Status } from "./api";
import { STATUSES, StatusWord, Thumbnail, When } from "./parts";
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

function StatusChoice({ state, image }: ImagesProps & { readonly image: ImageOut }) {
  const role = state.project.value?.role;
  if (!role || !may.annotate(role)) return <StatusWord status={image.status} />;
  return (
    <select
      aria-label={`State of ${image.name}`}
      value={image.status}
      onChange={(event) => {
        const status = event.currentTarget.value as Status;
        void state.change(api.changeImage(image.id, { status }), () => state.loadImages());
      }}
    >
      {STATUSES.map((item) => (
        <option key={item.value} value={item.value}>
          {item.word}
        </option>
      ))}
    </select>
  );
}

export function ImageTable({ state }: ImagesProps) {
  return (
    <table class="images">
      <thead>
        <tr>
          <th class="narrow">
            <span class="unseen">Preview</span>
          </th>
          <th>Name</th>
          <th>State</th>
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
            <td class="narrow">
              <Thumbnail id={image.id} name="" />
            </td>
            <td class="name">
              <a href={`/images/${image.id}/`} title={image.name}>
                {image.name}
              </a>
            </td>
            <td>
              <StatusChoice state={state} image={image} />
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
