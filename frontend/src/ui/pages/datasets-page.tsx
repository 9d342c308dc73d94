/** Frozen states of a project, what changed between them, and taking them home. */
import { useSignal } from "@preact/signals";
import { Download, GitCompare, Trash2 } from "lucide";
import { useEffect, useMemo } from "preact/hooks";
import type { DifferenceOut, SnapshotOut } from "../../protocol/api.gen";
import { Confirm, Dialog } from "../dialog";
import { counted } from "../format";
import { Icon } from "../icon";
import { Notices } from "../notices";
import { may } from "./api";
import { DatasetsState } from "./datasets-state";
import { ExportDialog } from "./export-dialog";
import { ImportPanel } from "./import-panel";
import { Empty, ProjectBar, ProjectHead, When } from "./parts";
import { SnapshotForm } from "./snapshot-form";
import { SplitsPanel } from "./splits-panel";

interface StateProps {
  readonly state: DatasetsState;
}

function Changes({ found }: { readonly found: DifferenceOut }) {
  return (
    <>
      <p>
        {counted(found.added.length, "image")} more, {counted(found.removed.length, "image")} fewer,{" "}
        {counted(found.changed.length, "image")} changed, {counted(found.same, "image")} the same.
      </p>
      {found.added.length > 0 && <p class="muted">New: {found.added.join(", ")}</p>}
      {found.removed.length > 0 && <p class="muted">Gone: {found.removed.join(", ")}</p>}
      <ul class="rows changes">
        {found.changed.map((image) => (
          <li key={image.id}>
            <strong>{image.name}</strong>: {counted(image.added, "cell")} more,{" "}
            {counted(image.removed, "cell")} fewer, {image.changed_count} changed
            {image.changed.length > 0 && (
              <span class="muted">
                {" "}
                (
                {image.changed
                  .slice(0, 12)
                  .map(
                    (cell) =>
                      `${cell.label}: ${cell.class_changed ? "class, " : ""}${cell.object_changed ? "object, " : ""}IoU ${cell.iou.toFixed(2)}`,
                  )
                  .join("; ")}
                )
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function DifferenceDialog({ state }: StateProps) {
  const shown = state.difference.value;
  if (!shown) return null;
  const close = () => {
    state.difference.value = null;
  };
  return (
    <Dialog title={shown.title} onClose={close}>
      <Changes found={shown.found} />
      <div class="actions">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

interface RowProps extends StateProps {
  readonly snapshot: SnapshotOut;
  readonly older: SnapshotOut | undefined;
  readonly onExport: () => void;
  readonly onRemove: () => void;
}

function SnapshotRow({ state, snapshot, older, onExport, onRemove }: RowProps) {
  const role = state.project.value?.role;
  return (
    <tr>
      <td>
        <strong>{snapshot.name}</strong>
        <span class="muted hash" title={`SHA-256 of its content: ${snapshot.sha256}`}>
          {snapshot.sha256.slice(0, 12)}
        </span>
      </td>
      <td class="number">{counted(snapshot.images, "image")}</td>
      <td class="number">{counted(snapshot.cells, "cell")}</td>
      <td class="muted">
        <When iso={snapshot.created_at} /> {snapshot.created_by && `by ${snapshot.created_by}`}
      </td>
      <td class="buttons">
        {older && (
          <button type="button" class="quiet" onClick={() => void state.compare(snapshot, older)}>
            <Icon node={GitCompare} title={`What changed since “${older.name}”`} />
          </button>
        )}
        <button type="button" onClick={onExport}>
          <Icon node={Download} title="" /> Export
        </button>
        {role && may.manage(role) && (
          <button type="button" class="quiet" onClick={onRemove}>
            <Icon node={Trash2} title={`Delete “${snapshot.name}”`} />
          </button>
        )}
      </td>
    </tr>
  );
}

type Asked = { readonly what: "export" | "remove"; readonly snapshot: SnapshotOut } | null;

function Snapshots({ state }: StateProps) {
  const asked = useSignal<Asked>(null);
  const snapshots = state.snapshots.value;
  if (!snapshots) return null;
  if (snapshots.length === 0) {
    return (
      <Empty text="No snapshots yet. A snapshot keeps images and cells as they are now, for good: train on it, cite it, compare it." />
    );
  }
  const close = () => {
    asked.value = null;
  };
  const question = asked.value;
  return (
    <>
      <table class="snapshots">
        <tbody>
          {snapshots.map((snapshot, number) => (
            <SnapshotRow
              key={snapshot.id}
              state={state}
              snapshot={snapshot}
              older={snapshots[number + 1]}
              onExport={() => {
                asked.value = { what: "export", snapshot };
              }}
              onRemove={() => {
                asked.value = { what: "remove", snapshot };
              }}
            />
          ))}
        </tbody>
      </table>
      {question?.what === "export" && (
        <ExportDialog projectId={state.id} snapshot={question.snapshot} onClose={close} />
      )}
      {question?.what === "remove" && (
        <Confirm
          title={`Delete “${question.snapshot.name}”?`}
          text="Images and cells stay. What was trained or published with it can no longer be looked up."
          action="Delete snapshot"
          onConfirm={() => {
            close();
            void state.remove(question.snapshot);
          }}
          onClose={close}
        />
      )}
    </>
  );
}

export function DatasetsPage({ id }: { readonly id: string }) {
  const state = useMemo(() => new DatasetsState(id), [id]);
  const exporting = useSignal(false);
  useEffect(() => {
    void state.load();
  }, [state]);
  const project = state.project.value;
  return (
    <>
      <ProjectBar me={state.me.value} />
      <main class="page with-side">
        <div class="main-column" aria-busy={project === null}>
          {project && (
            <>
              <ProjectHead project={project} here="datasets">
                <button
                  type="button"
                  onClick={() => {
                    exporting.value = true;
                  }}
                >
                  <Icon node={Download} title="" /> Export as it is now
                </button>
              </ProjectHead>
              <Snapshots state={state} />
            </>
          )}
        </div>
        <aside>
          <SnapshotForm state={state} />
          {project && may.upload(project.role) && (
            <ImportPanel state={state} manages={may.manage(project.role)} />
          )}
          <SplitsPanel state={state} />
        </aside>
      </main>
      <DifferenceDialog state={state} />
      {exporting.value && (
        <ExportDialog
          projectId={id}
          onClose={() => {
            exporting.value = false;
          }}
        />
      )}
      <Notices />
    </>
  );
}
