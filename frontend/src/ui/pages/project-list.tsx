/** All projects of the person: cards, and a way to begin one. */
import { useSignal } from "@preact/signals";
import { Plus } from "lucide";
import { useEffect } from "preact/hooks";
import { sentence } from "../../net/http";
import type { MeOut, ProjectOut } from "../../protocol/api.gen";
import { Dialog, FormEnd } from "../dialog";
import { counted } from "../format";
import { Icon } from "../icon";
import { complain, Notices } from "../notices";
import { api } from "./api";
import { Empty, People, Progress, Thumbnail, TopBar, When } from "./parts";

function Card({ project }: { readonly project: ProjectOut }) {
  return (
    <a class="card" href={`/projects/${project.id}/`}>
      <div class={`mosaic of-${Math.min(project.thumbnails.length, 4)}`}>
        {project.thumbnails.map((id) => (
          <Thumbnail key={id} id={id} name="" />
        ))}
      </div>
      <div class="card-body">
        <h2 title={project.name}>{project.name}</h2>
        <p class="muted">
          {counted(project.images, "image")} · {counted(project.cells, "cell")}
        </p>
        <Progress
          total={project.images}
          done={project.done}
          submitted={project.submitted}
          inProgress={project.in_progress}
        />
        <p class="card-foot muted">
          <People members={project.members} />
          <When iso={project.updated_at} />
        </p>
      </div>
    </a>
  );
}

function NewProject({ onClose }: { readonly onClose: () => void }) {
  const name = useSignal("");
  const problem = useSignal("");
  const busy = useSignal(false);
  const create = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    try {
      const project = await api.createProject(name.value);
      location.assign(`/projects/${project.id}/`);
    } catch (error) {
      problem.value = sentence(error);
      busy.value = false;
    }
  };
  return (
    <Dialog title="New project" onClose={onClose}>
      <form onSubmit={create}>
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
        <FormEnd problem={problem.value} disabled={busy.value} onClose={onClose}>
          Make project
        </FormEnd>
      </form>
    </Dialog>
  );
}

export function ProjectList() {
  const projects = useSignal<readonly ProjectOut[] | null>(null);
  const me = useSignal<MeOut | null>(null);
  const making = useSignal(false);
  const make = () => {
    making.value = true;
  };
  useEffect(() => {
    const load = async () => {
      try {
        [me.value, projects.value] = await Promise.all([api.me(), api.projects()]);
      } catch (error) {
        complain(error);
      }
    };
    void load();
  }, [me, projects]);
  return (
    <>
      <TopBar me={me.value} />
      <main class="page">
        <div class="page-head">
          <h1>Projects</h1>
          <span class="spacer" />
          <button type="button" class="primary" onClick={make}>
            <Icon node={Plus} title="" /> New project
          </button>
        </div>
        {projects.value?.length === 0 && (
          <Empty text="You have no project yet. Make one, then drop microscope images into it.">
            <button type="button" class="primary" onClick={make}>
              <Icon node={Plus} title="" /> New project
            </button>
          </Empty>
        )}
        <div class="cards" aria-busy={projects.value === null}>
          {projects.value?.map((project) => (
            <Card key={project.id} project={project} />
          ))}
        </div>
      </main>
      {making.value && (
        <NewProject
          onClose={() => {
            making.value = false;
          }}
        />
      )}
      <Notices />
    </>
  );
}
