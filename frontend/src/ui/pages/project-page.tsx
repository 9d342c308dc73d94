/** One project: its images, who works on them, what cells are called, uploads and exports. */
import { useSignal } from "@preact/signals";
import { ChartColumn, Download, LayoutGrid, Pencil, ScrollText, Table, Trash2, Upload } from "lucide";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ProjectOut } from "../../protocol/api.gen";
import { Confirm, Dialog, FormEnd } from "../dialog";
import { counted } from "../format";
import { Icon } from "../icon";
import { complain, Notices } from "../notices";
import { api, may, type Status } from "./api";
import { ClassesPanel } from "./classes-panel";
import { ExportDialog } from "./export-dialog";
import { HerePanel } from "./here-panel";
import { ImageGrid, ImageTable } from "./images-view";
import { MembersPanel } from "./members-panel";
import { Empty, Progress, ProjectBar, ProjectTabs, STATUSES } from "./parts";
import { ProjectState } from "./project-state";
import { DropAnywhere, UploadsPanel } from "./uploads-panel";
import { WebhooksPanel } from "./webhooks-panel";
import { AssignBar, WorkPanel } from "./work-panel";

const ACCEPT = ".png,.jpg,.jpeg,.webp,.tif,.tiff,.btf,.zip,.czi,.nd2,.lif,.dcm,.svs,.ndpi";

interface StateProps {
  readonly state: ProjectState;
}

function Rename({
  state,
  project,
  onClose,
}: StateProps & { readonly project: ProjectOut; readonly onClose: () => void }) {
  const name = useSignal(project.name);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    onClose();
    await state.change(api.renameProject(project.id, name.value), () => state.loadImages());
  };
  return (
    <Dialog title="Rename project" onClose={onClose}>
      <form onSubmit={save}>
        <label>
          Name
          <input
            required
            maxLength={120}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </label>
        <FormEnd onClose={onClose}>Rename</FormEnd>
      </form>
    </Dialog>
  );
}

type Asked = "rename" | "delete" | "export" | null;

function UploadButton({ onFiles }: { readonly onFiles: (files: FileList) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        class="unseen"
        type="file"
        multiple
        accept={ACCEPT}
        aria-label="Images to upload"
        tabIndex={-1}
        onChange={(event) => {
          if (event.currentTarget.files) onFiles(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="primary" onClick={() => input.current?.click()}>
        <Icon node={Upload} title="" /> Upload images
      </button>
    </>
  );
}

interface HeadProps extends StateProps {
  readonly project: ProjectOut;
  readonly onAsk: (what: Asked) => void;
  readonly onFiles: (files: FileList) => void;
}

function Head({ project, onAsk, onFiles }: HeadProps) {
  return (
    <div class="page-head">
      <h1 title={project.name}>{project.name}</h1>
      {may.manage(project.role) && (
        <button type="button" class="quiet" onClick={() => onAsk("rename")}>
          <Icon node={Pencil} title="Rename this project" />
        </button>
      )}
      {may.own(project.role) && (
        <button type="button" class="quiet" onClick={() => onAsk("delete")}>
          <Icon node={Trash2} title="Delete this project" />
        </button>
      )}
      <span class="spacer" />
      <a class="button" href={`/projects/${project.id}/dashboards/overview/`}>
        <Icon node={ChartColumn} title="" /> Figures
      </a>
      {may.manage(project.role) && (
        <a class="button" href={`/projects/${project.id}/audit/`}>
          <Icon node={ScrollText} title="" /> Log
        </a>
      )}
      {may.export(project.role) && (
        <button type="button" onClick={() => onAsk("export")}>
          <Icon node={Download} title="" /> Export
        </button>
      )}
      {may.upload(project.role) && <UploadButton onFiles={onFiles} />}
    </div>
  );
}

function WhoseChoice({ state }: StateProps) {
  const mine = state.me.value?.id;
  return (
    <select
      aria-label="Who annotates"
      value={String(state.whose.value)}
      onChange={(event) => {
        const { value } = event.currentTarget;
        state.whose.value = value === "all" || value === "nobody" ? value : Number(value);
      }}
    >
      <option value="all">Everybody’s</option>
      <option value="nobody">Nobody’s yet</option>
      {state.members.value.map((member) => (
        <option key={member.id} value={member.id}>
          {member.id === mine ? `Mine (${member.name})` : member.name}
        </option>
      ))}
    </select>
  );
}

function Filters({ state }: StateProps) {
  const view = state.view.value;
  return (
    <div class="filters">
      <input
        type="search"
        placeholder="Find an image by name"
        aria-label="Find an image by name"
        value={state.text.value}
        onInput={(event) => {
          state.text.value = event.currentTarget.value;
        }}
      />
      <select
        aria-label="State"
        value={state.status.value}
        onChange={(event) => {
          state.status.value = event.currentTarget.value as Status | "all";
        }}
      >
        <option value="all">Every state</option>
        {STATUSES.map((item) => (
          <option key={item.value} value={item.value}>
            {item.word}
          </option>
        ))}
      </select>
      <WhoseChoice state={state} />
      <span class="muted">{counted(state.shown.value.length, "image")}</span>
      <span class="spacer" />
      <button
        type="button"
        class="quiet"
        aria-pressed={view === "grid"}
        onClick={() => state.setView("grid")}
      >
        <Icon node={LayoutGrid} title="Show as grid" />
      </button>
      <button
        type="button"
        class="quiet"
        aria-pressed={view === "table"}
        onClick={() => state.setView("table")}
      >
        <Icon node={Table} title="Show as table" />
      </button>
    </div>
  );
}

function Images({ state, onFiles }: StateProps & { readonly onFiles: (files: FileList) => void }) {
  const role = state.project.value?.role;
  if (state.images.value?.length === 0) {
    const uploads = role && may.upload(role);
    return (
      <Empty
        text={
          uploads
            ? "No images yet. Drop image files (TIFF, OME-Zarr in a zip, CZI, PNG and others) anywhere on this page."
            : "No images yet."
        }
      >
        {uploads && <UploadButton onFiles={onFiles} />}
      </Empty>
    );
  }
  if (state.images.value && state.shown.value.length === 0) {
    return (
      <Empty text="No image fits the filter.">
        <button type="button" onClick={() => state.clearFilter()}>
          Show all images
        </button>
      </Empty>
    );
  }
  return state.view.value === "grid" ? <ImageGrid state={state} /> : <ImageTable state={state} />;
}

function Questions({
  state,
  asked,
  onClose,
}: StateProps & { readonly asked: Asked; readonly onClose: () => void }) {
  const project = state.project.value;
  if (!project || !asked) return null;
  if (asked === "rename") return <Rename state={state} project={project} onClose={onClose} />;
  if (asked === "export") return <ExportDialog projectId={project.id} onClose={onClose} />;
  const remove = async () => {
    try {
      await api.deleteProject(project.id);
      location.assign("/");
    } catch (error) {
      onClose();
      complain(error);
    }
  };
  return (
    <Confirm
      title={`Delete “${project.name}”?`}
      text={`${counted(project.images, "image")} and ${counted(project.cells, "cell")} go with it, for all members.`}
      action="Delete project"
      onConfirm={() => void remove()}
      onClose={onClose}
    />
  );
}

export function ProjectPage({ id }: { readonly id: string }) {
  const state = useMemo(() => new ProjectState(id), [id]);
  const asked = useSignal<Asked>(null);
  const onFiles = useMemo(() => (files: FileList) => state.uploads.add(files), [state]);
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
              <Head
                state={state}
                project={project}
                onFiles={onFiles}
                onAsk={(what) => {
                  asked.value = what;
                }}
              />
              {may.export(project.role) && <ProjectTabs id={project.id} here="images" />}
              <Progress
                total={project.images}
                done={project.done}
                submitted={project.submitted}
                inProgress={project.in_progress}
              />
              <Filters state={state} />
              <AssignBar state={state} />
              <Images state={state} onFiles={onFiles} />
            </>
          )}
        </div>
        <aside>
          <UploadsPanel queue={state.uploads} />
          {project && <WorkPanel state={state} role={project.role} />}
          {project && <HerePanel id={id} me={state.me.value?.id ?? null} />}
          {project && <ClassesPanel state={state} />}
          {project && <MembersPanel state={state} />}
          {project && may.manage(project.role) && <WebhooksPanel id={project.id} />}
        </aside>
      </main>
      {project && may.upload(project.role) && <DropAnywhere onFiles={onFiles} />}
      <Questions
        state={state}
        asked={asked.value}
        onClose={() => {
          asked.value = null;
        }}
      />
      <Notices />
    </>
  );
}
