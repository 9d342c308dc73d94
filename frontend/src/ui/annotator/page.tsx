import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { AdjudicationPanel } from "./adjudication-panel";
import { CellsPanel, ClassesPanel } from "./cells-panel";
import { ChannelsPanel } from "./channels-panel";
import { CommentDraft, CommentPins, CommentsPanel } from "./comments-panel";
import { Filmstrip } from "./filmstrip";
import { FindPanel } from "./find-panel";
import { FlagsPanel } from "./flags-panel";
import { Help } from "./help";
import { HistoryPanel, PastBar } from "./history-panel";
import { listenToKeys } from "./keyboard";
import { Banner, JobLine, Toasts } from "./messages";
import { type Annotator, isActive } from "./model";
import { ObjectPanel } from "./object-panel";
import { Palette } from "./palette";
import { TogetherBar } from "./people";
import { PlanesQuestion } from "./planes-dialog";
import { PromptBar } from "./prompt-bar";
import { RegionsPanel } from "./regions-panel";
import { ReviewPanel } from "./review-panel";
import { type Draw, Stage } from "./stage";
import { rememberTools, ToolBar } from "./tool-bar";
import { ToolRail } from "./tool-rail";
import { TopBar } from "./top-bar";
import { TourCard } from "./tour-card";
import { SendBack, WorkPanel } from "./work-panel";

/** The annotator: top bar, tools, canvas, panels, filmstrip. Panels never cover the image. */
export function AnnotatorPage({
  model,
  draw,
  root,
}: {
  model: Annotator;
  draw: Draw;
  root: HTMLElement;
}): JSX.Element {
  useEffect(() => listenToKeys(model), [model]);
  useEffect(() => publish(model, root), [model, root]);
  useEffect(() => rememberTools(model.editor), [model]);
  const hidden = model.editor.view.panelsHidden.value;
  return (
    <div class={`annotator${hidden ? " bare" : ""}`}>
      <TopBar model={model} />
      <Banner model={model} />
      {!hidden && <ToolRail model={model} />}
      <main class="middle">
        {!hidden && <ToolBar model={model} />}
        <div class="canvas-area">
          <Stage model={model} draw={draw} />
          <CommentPins model={model} />
          <JobLine model={model} />
          <TogetherBar model={model} />
          <PastBar model={model} />
          <PromptBar model={model} />
          <Toasts model={model} />
        </div>
      </main>
      {!hidden && (
        <aside class="column" aria-label="Panels">
          <TourCard model={model} />
          <CommentDraft model={model} />
          <WorkPanel model={model} />
          <ReviewPanel model={model} />
          <AdjudicationPanel model={model} />
          <CommentsPanel model={model} />
          <ChannelsPanel model={model} />
          <PlanesQuestion model={model} />
          <FindPanel model={model} />
          <ClassesPanel model={model} />
          <RegionsPanel model={model} />
          <ObjectPanel model={model} />
          <CellsPanel model={model} />
          <FlagsPanel model={model} />
          <HistoryPanel model={model} />
        </aside>
      )}
      <Filmstrip model={model} />
      <Help model={model} />
      <SendBack model={model} />
      <Palette model={model} />
    </div>
  );
}

/**
 * What a test in a browser can read from the page's root, so that it knows where an image pixel is on the screen and
 * when to go on. See about.md in this folder.
 */
function proposalOf({ tuning }: Annotator["editor"]): string {
  if (!tuning.active.value) return "none";
  return tuning.waiting.value ? "waiting" : String(tuning.shown.value?.added ?? 0);
}

function publish(
  { editor, comments, viewer, embedding, segmenting }: Annotator,
  root: HTMLElement,
): () => void {
  const stop = effect(() => {
    const { x, y, scale } = editor.view.camera.value;
    const data: Record<string, string> = {
      ready: editor.session.me.value ? "true" : "false",
      save: editor.session.status.value.state,
      cells: String(editor.revision.value >= 0 ? editor.session.store.size : 0),
      revision: String(editor.revision.value),
      selected: String(editor.selection.value.size),
      flags: editor.inspector.waiting.value > 0 ? "waiting" : String(editor.inspector.findings.value.length),
      embedding: embedding.value?.state ?? "none",
      segmenting: segmenting.value && isActive(segmenting.value) ? segmenting.value.state : "none",
      engine: editor.promptEngine.value ?? "",
      finder: editor.findEngine.value ?? "",
      proposal: proposalOf(editor),
      tool: editor.path.value,
      plane: `${editor.view.position.value.t} ${editor.view.position.value.z}`,
      loading: String(viewer.tiles.missing.value),
      write: editor.writer.mode.value,
      preview: editor.prompting.waiting.value ? "waiting" : String(editor.prompting.candidates.value.length),
      hover: editor.prompting.hoverCandidate.value ? "shown" : "none",
      past: editor.past.at.value === null ? "now" : editor.past.shown.value ? "shown" : "waiting",
      role: editor.session.me.value?.role ?? "",
      people: String(editor.session.members.value.length),
      comments: String(comments.open.value.length),
      held: String(editor.together.holders.value.size),
      scale: String(scale),
      left: String(x),
      top: String(y),
    };
    Object.assign(root.dataset, data);
  });
  return stop;
}
