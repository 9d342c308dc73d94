import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { Bindings } from "../../commands/bindings";
import { type Command, commandsFor, type PageActions } from "../../commands/commands";
import { planeCommands } from "../../commands/plane-commands";
import { reviewCommands } from "../../commands/review-commands";
import { viewerCommands } from "../../commands/viewer-commands";
import { Across } from "../../editor/across";
import { CellList } from "../../editor/cell-list";
import { Comments } from "../../editor/comments";
import { Editor } from "../../editor/editor";
import { LookMemory } from "../../editor/look-memory";
import { firstLooks } from "../../editor/looks";
import type {
  AnnotatorApi,
  EngineInfo,
  ImageDetail,
  ImageRow,
  RunParameters,
  RunRequest,
} from "../../editor/page-ports";
import type { ImageSession, JobUpdate, LabelClass } from "../../editor/ports";
import { Review } from "../../editor/review";
import { sentence } from "../../editor/sentence";
import { View } from "../../editor/view";
import { Viewer } from "../../editor/viewer";
import { Workflow } from "../../editor/workflow";
import { samePlane } from "../../store/types";
import { nextTheme } from "../theme";
import { Tour } from "./tour";

/** A person who stays on a plane for so long will click there. */
const RESTING_MS = 500;

/** The annotator page without its elements: the editor, the image's place in the project, engines and jobs. */
export class Annotator implements PageActions {
  readonly editor: Editor;
  readonly viewer: Viewer;
  readonly across: Across;
  readonly lookMemory: LookMemory;
  readonly cells: CellList;
  readonly commands: readonly Command[];
  readonly bindings: Bindings;
  readonly tour: Tour;
  readonly workflow: Workflow;
  readonly review: Review;
  readonly comments: Comments;
  readonly image: Signal<ImageDetail>;
  readonly images: Signal<readonly ImageRow[]> = signal([]);
  readonly engines: Signal<readonly EngineInfo[]> = signal([]);
  readonly enginesProblem = signal("");
  readonly starting = signal(false);
  readonly segmenting: ReadonlySignal<JobUpdate | null>;
  readonly embedding: ReadonlySignal<JobUpdate | null>;
  readonly failed: ReadonlySignal<JobUpdate | null>;
  private readonly seenFailure: Signal<JobUpdate | null> = signal(null);
  private readonly stops: readonly (() => void)[];

  constructor(
    detail: ImageDetail,
    session: ImageSession,
    readonly api: AnnotatorApi,
  ) {
    this.image = signal(detail);
    const classes: Signal<readonly LabelClass[]> = signal(detail.classes);
    const looks = firstLooks(detail.channel_info, detail.rgb);
    this.editor = new Editor(session, new View(detail, looks, detail.opens_at), classes);
    this.viewer = new Viewer(this.editor, detail, (at, signal) => api.tile(detail.id, at, signal));
    this.lookMemory = new LookMemory(this.editor.view, looks, detail.looks, api.looks(detail.id), (message) =>
      this.editor.say(message),
    );
    this.cells = new CellList(this.editor);
    this.cells.pixelUm.value = detail.pixel_um;
    this.tour = new Tour(this);
    this.editor.regions.connect(api.regions(detail.id));
    this.editor.past.connect(api.history(detail.id));
    this.workflow = new Workflow(detail, api.workflow(detail.id, detail.project.id), {
      role: detail.project.role,
      me: computed(() => session.me.value?.userId ?? null),
      saved: () => session.status.peek().state === "saved",
      say: (message) => this.editor.say(message),
      go: (imageId) => this.open(imageId),
    });
    this.bindings = new Bindings(api);
    const judging = computed(() => {
      const { status } = this.workflow.where.value;
      return this.workflow.reviews && (status === "submitted" || status === "in_review");
    });
    this.review = new Review(this.editor, api.review(detail.id), judging);
    this.comments = new Comments(this.editor, api.comments(detail.id, detail.project.id));
    this.across = new Across(this.editor, this.viewer);
    this.commands = this.bindings.bind([
      ...reviewCommands(this.review, this.comments, () => this.editor.selection.value.size > 0),
      ...planeCommands(this.editor, this.across),
      ...commandsFor(this.editor, this),
      ...viewerCommands(this.editor, this.viewer, (hash) => void this.share(hash)),
    ]);
    const jobs = computed(() => [...session.jobs.value.values()].reverse());
    this.segmenting = computed(
      () => jobs.value.find((job) => job.kind === "segment" && isActive(job)) ?? null,
    );
    const { promptEngine, findEngine, polishing } = this.editor;
    const { position } = this.editor.view;
    const mine = (job: JobUpdate): boolean =>
      job.kind === "embed" &&
      samePlane(job, position.value) &&
      (job.engine === promptEngine.value || job.engine === findEngine.value);
    this.embedding = computed(
      () =>
        jobs.value.find((job) => mine(job) && isActive(job)) ??
        jobs.value.find((job) => mine(job) && job.engine === promptEngine.value) ??
        null,
    );
    this.failed = computed(
      () =>
        jobs.value.find(
          (job) =>
            job.state === "failed" && job !== this.seenFailure.value && (job.kind === "segment" || mine(job)),
        ) ?? null,
    );
    this.stops = [
      // Whenever there is a new connection, another engine or another plane: the first click shall not wait for it. A
      // plane that is only passed by is not prepared.
      effect(() => {
        if (!session.me.value) return;
        const engines = [promptEngine.value, polishing.by.value];
        const plane = position.value;
        const prepare = (): void => {
          for (const engine of engines) if (engine) session.prepare(engine);
        };
        if (samePlane(plane, detail.opens_at)) return prepare();
        const timer = setTimeout(prepare, RESTING_MS);
        return () => clearTimeout(timer);
      }),
      effect(() => {
        if (session.regionsChanged.value > 0) untracked(() => void this.editor.regions.load());
      }),
      effect(() => {
        const person = session.me.value?.userId;
        if (person !== undefined) untracked(() => this.bindings.open(String(person)));
      }),
    ];
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.tour.close();
    this.comments.close();
    this.lookMemory.close();
    this.viewer.close();
    this.editor.close();
  }

  /** What is not needed for the first picture. */
  async load(): Promise<void> {
    await Promise.all([this.loadEngines(), this.loadImages(), this.workflow.load(), this.review.load()]);
    this.tour.offer();
  }

  private async loadEngines(): Promise<void> {
    try {
      const engines = await this.api.engines();
      this.engines.value = engines;
      const ready = (capability: string, chosen: string | null): string | null => {
        const able = engines.filter((one) => one.available && one.capabilities.includes(capability));
        return (able.find((one) => one.name === chosen) ?? able[0])?.name ?? null;
      };
      this.editor.promptEngine.value = ready("prompt", this.api.recall("prompt-engine"));
      this.editor.findEngine.value = ready("auto", this.api.recall("find-engine"));
      this.editor.polishing.by.value = this.rememberedPolisher();
    } catch (error) {
      this.enginesProblem.value = sentence(error);
    }
  }

  private async loadImages(): Promise<void> {
    try {
      this.images.value = await this.api.images(this.image.peek().project.id);
    } catch (error) {
      this.editor.say(sentence(error));
    }
  }

  engineNamed(name: string | null): EngineInfo | undefined {
    return this.engines.value.find((one) => one.name === name);
  }

  choosePromptEngine(name: string): void {
    this.editor.prompting.clear();
    this.editor.promptEngine.value = name;
    this.api.remember("prompt-engine", name);
    this.editor.polishing.by.value = this.rememberedPolisher();
  }

  /** The engines that can draw an answer made of flows again; none where the answers are not made of flows. */
  get polishers(): readonly EngineInfo[] {
    const able = (one: EngineInfo): boolean =>
      one.available && one.capabilities.includes("prompt") && !one.capabilities.includes("flows");
    const asked = this.engineNamed(this.editor.promptEngine.value);
    return asked?.capabilities.includes("flows") ? this.engines.value.filter(able) : [];
  }

  choosePolisher(name: string): void {
    this.api.remember("polish-engine", name);
    this.editor.polishing.by.value = this.rememberedPolisher();
  }

  private rememberedPolisher(): string | null {
    const name = this.api.recall("polish-engine");
    return this.polishers.some((one) => one.name === name) ? name : null;
  }

  chooseFindEngine(name: string): void {
    this.editor.tuning.discard();
    this.editor.findEngine.value = name;
    this.api.remember("find-engine", name);
  }

  /** Moving a threshold of an engine that can be tuned shows at once what comes of it. */
  setParameters(params: RunParameters): void {
    const { tuning } = this.editor;
    tuning.set(params);
    if (!tuning.active.peek() && this.canTune() && this.editor.canEdit.peek()) this.editor.tune();
  }

  dismissFailure(): void {
    this.seenFailure.value = this.failed.peek();
  }

  async cancel(job: JobUpdate): Promise<void> {
    if (job.job === null) return;
    try {
      await this.api.cancel(job.job);
    } catch (error) {
      this.editor.say(sentence(error));
    }
  }

  // --- what commands do ---

  canFindCells(): boolean {
    return (
      !this.segmenting.value &&
      !this.starting.value &&
      (this.engineNamed(this.editor.findEngine.value)?.available ?? false)
    );
  }

  canTune(): boolean {
    const engine = this.engineNamed(this.editor.findEngine.value);
    return this.canFindCells() && (engine?.capabilities.includes("flows") ?? false);
  }

  findCells(): void {
    this.editor.tuning.discard();
    void this.start({});
  }

  /** The run takes the thresholds that the proposal was made with, and the same flow field. */
  acceptTuned(): void {
    void this.accept();
  }

  private async accept(): Promise<void> {
    const { tuning } = this.editor;
    tuning.accepting.value = "starting";
    const job = await this.start({ cached: true });
    if (tuning.active.peek()) tuning.accepting.value = job;
  }

  /** The run's id, or null where it could not be started. */
  private async start(more: Pick<RunRequest, "cached">): Promise<string | null> {
    const { findEngine, tuning } = this.editor;
    const engine = findEngine.peek();
    if (!engine) return null;
    this.starting.value = true;
    try {
      const first = this.editor.view.visible;
      const request = { ...tuning.params.peek(), ...more, ...(first ? { first } : {}) };
      const { plane } = this.editor.session.store;
      return (await this.api.run(this.image.peek().id, engine, plane, request)).id;
    } catch (error) {
      this.editor.say(sentence(error));
      return null;
    } finally {
      this.starting.value = false;
    }
  }

  hasPrevious(): boolean {
    return this.image.value.previous !== null;
  }

  hasNext(): boolean {
    return this.image.value.next !== null;
  }

  goToPrevious(): void {
    this.open(this.image.peek().previous);
  }

  goToNext(): void {
    this.open(this.image.peek().next);
  }

  open(imageId: string | null): void {
    if (imageId) this.api.go(`/images/${imageId}/`);
  }

  back(): void {
    this.api.go(`/projects/${this.image.peek().project.id}/`);
  }

  /** The link in the clipboard; where the browser keeps that from pages, in the address bar. */
  private async share(hash: string): Promise<void> {
    const copied = await this.api.copy(hash).then(
      () => true,
      () => false,
    );
    this.editor.say(
      copied
        ? "The link is copied."
        : "Copy the link from the address bar: this browser does not let pages copy.",
    );
  }

  startTour(): void {
    this.editor.view.panelsHidden.value = false;
    this.tour.start();
  }

  nextTheme(): void {
    nextTheme();
  }

  nextStep(): void {
    this.workflow.next();
  }

  canStep(): boolean {
    return this.workflow.choices.value.length > 0;
  }
}

export function isActive(job: JobUpdate): boolean {
  return job.state === "queued" || job.state === "running";
}
