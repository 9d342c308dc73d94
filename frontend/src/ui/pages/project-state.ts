/** What the project page knows and how it gets to know it. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { UploadQueue } from "../../net/uploads";
import type { ClassOut, ImageOut, MemberOut, MeOut, ProjectOut, WorkflowOut } from "../../protocol/api.gen";
import { complain, doLater } from "../notices";
import { api, may, type Status, uploadServer } from "./api";

export type View = "grid" | "table";
const VIEW_KEY = "cytomark.project-view";

/** Whose images: everybody's, nobody's, or one person's. */
export type Whose = "all" | "nobody" | number;

interface Filter {
  readonly text: string;
  readonly status: Status | "all";
  readonly whose: Whose;
}

/** The images whose name contains the text, in the state and of the person that are asked for. */
export function filtered(images: readonly ImageOut[], { text, status, whose }: Filter): readonly ImageOut[] {
  const wanted = text.trim().toLowerCase();
  const asked = whose === "nobody" ? null : whose;
  return images.filter(
    (image) =>
      (status === "all" || image.status === status) &&
      (asked === "all" || (image.assignee?.id ?? null) === asked) &&
      image.name.toLowerCase().includes(wanted),
  );
}

export class ProjectState {
  readonly me = signal<MeOut | null>(null);
  readonly project = signal<ProjectOut | null>(null);
  readonly images = signal<readonly ImageOut[] | null>(null);
  readonly members = signal<readonly MemberOut[]>([]);
  readonly classes = signal<readonly ClassOut[]>([]);
  readonly text = signal("");
  readonly status = signal<Status | "all">("all");
  readonly whose = signal<Whose>("all");
  readonly workflow = signal<WorkflowOut | null>(null);
  /** Ids of the images that are chosen for what is done with several. */
  readonly chosen: Signal<ReadonlySet<string>> = signal(new Set());
  readonly view = signal<View>(localStorage.getItem(VIEW_KEY) === "table" ? "table" : "grid");
  readonly uploads: UploadQueue;
  /** Ids of what is deleted here and not yet on the server: a reload does not bring it back. */
  readonly leaving: Signal<ReadonlySet<string | number>> = signal(new Set());
  readonly shown: ReadonlySignal<readonly ImageOut[]> = computed(() =>
    filtered(this.images.value ?? [], {
      text: this.text.value,
      status: this.status.value,
      whose: this.whose.value,
    }).filter((image) => !this.leaving.value.has(image.id)),
  );
  readonly shownClasses: ReadonlySignal<readonly ClassOut[]> = computed(() =>
    this.classes.value.filter((item) => !this.leaving.value.has(item.id)),
  );

  constructor(readonly id: string) {
    this.uploads = new UploadQueue(uploadServer(id), () => void this.loadImages());
  }

  async load(): Promise<void> {
    try {
      const [me, project, images] = await Promise.all([api.me(), api.project(this.id), api.images(this.id)]);
      this.me.value = me;
      this.project.value = project;
      this.images.value = images;
      await Promise.all([this.loadMembers(), this.loadClasses(), this.loadWorkflow()]);
      if (may.upload(project.role)) await this.uploads.load();
    } catch (error) {
      complain(error);
    }
  }

  async loadImages(): Promise<void> {
    try {
      [this.project.value, this.images.value] = await Promise.all([
        api.project(this.id),
        api.images(this.id),
      ]);
    } catch (error) {
      complain(error);
    }
  }

  async loadWorkflow(): Promise<void> {
    this.workflow.value = await api.workflow(this.id);
  }

  choose(image: string, chosen: boolean): void {
    const rest = [...this.chosen.value].filter((one) => one !== image);
    this.chosen.value = new Set(chosen ? [...rest, image] : rest);
  }

  /** Chooses all that are shown, or none. */
  chooseAll(chosen: boolean): void {
    this.chosen.value = new Set(chosen ? this.shown.value.map((image) => image.id) : []);
  }

  clearFilter(): void {
    this.text.value = "";
    this.status.value = "all";
    this.whose.value = "all";
  }

  async loadMembers(): Promise<void> {
    this.members.value = await api.members(this.id);
  }

  async loadClasses(): Promise<void> {
    this.classes.value = await api.classes(this.id);
  }

  setView(view: View): void {
    this.view.value = view;
    localStorage.setItem(VIEW_KEY, view);
  }

  /** Run a change, then read again what it touched; a refusal is shown. */
  async change(request: Promise<unknown>, reload: () => Promise<void>): Promise<void> {
    try {
      await request;
    } catch (error) {
      complain(error);
    }
    await reload().catch(complain);
  }

  /** Hide the image now; the server hears of it when the time for Undo is over. */
  deleteImage(image: ImageOut): void {
    this.deleteLater(image.id, `${image.name} was deleted.`, () =>
      this.change(api.deleteImage(image.id), () => this.loadImages()),
    );
  }

  /** As with images: hidden now, deleted when nobody has undone it. */
  deleteClass(item: ClassOut): void {
    this.deleteLater(item.id, `Class “${item.name}” was deleted. Cells that have it keep it.`, () =>
      this.change(api.deleteClass(this.id, item.id), () => this.loadClasses()),
    );
  }

  private deleteLater(id: string | number, text: string, request: () => Promise<void>): void {
    this.leaving.value = new Set([...this.leaving.value, id]);
    const stay = () => {
      this.leaving.value = new Set([...this.leaving.value].filter((other) => other !== id));
    };
    doLater(text, { undo: stay, commit: () => void request().then(stay) });
  }
}
