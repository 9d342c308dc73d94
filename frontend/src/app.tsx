import { type JSX, render } from "preact";
import { follow } from "./editor/links";
import type { AnnotatorApi } from "./editor/page-ports";
import { sentence } from "./editor/sentence";
import { annotatorApi } from "./net/annotator";
import { stayWhenSignedOut } from "./net/http";
import { beginSession } from "./net/open";
import { loadAhead } from "./render/ahead";
import { Renderer } from "./render/renderer";
import { toolsFor } from "./tools/tools";
import { Annotator } from "./ui/annotator/model";
import { AnnotatorPage } from "./ui/annotator/page";
import type { Draw } from "./ui/annotator/stage";
import "./ui/styles/annotator.css";
import "./ui/styles/cell-list.css";
import "./ui/styles/object.css";
import "./ui/styles/together.css";
import "./ui/styles/comments.css";
import "./ui/styles/tool-bar.css";
import "./ui/styles/dialogs.css";

export const draw: Draw = (canvas, overlay, model) => {
  const { editor, viewer, api } = model;
  const renderer = new Renderer(canvas, overlay, editor, viewer.tiles);
  const stop = loadAhead({ next: model.image.peek().next, tiles: viewer.tiles, view: editor.view, api });
  return () => {
    stop();
    renderer.close();
  };
};

/** The annotator of one image, in `root`. Returns what takes it away again. */
export function mountAnnotator(root: HTMLElement, imageId: string): () => void {
  let model: Annotator | null = null;
  let gone = false;
  let leave = (): void => {};
  const show = (page: JSX.Element): void => {
    if (!gone) render(page, root);
  };
  const start = async (): Promise<void> => {
    show(<Waiting words="Opening the image…" />);
    try {
      model = await openAnnotator(annotatorApi, imageId);
      if (gone) return model.close();
      // A request in the background must not take a half-drawn stroke away: the banner offers to sign in.
      leave = stayWhenSignedOut();
      document.title = `${model.image.peek().name} · Cytomark`;
      show(<AnnotatorPage model={model} draw={draw} root={root} />);
      await model.load();
      const [, comment] = /^#comment=([\w-]+)$/.exec(location.hash) ?? [];
      const [, a, b] = /^#compare=([\w-]+),([\w-]+)$/.exec(location.hash) ?? [];
      if (model.workflow.reviews) await model.review.adjudication.load(a && b ? [a, b] : null);
      if (comment) await model.comments.load().then(() => model?.comments.follow(comment));
    } catch (error) {
      show(<Failed words={sentence(error)} onAgain={() => void start()} />);
    }
  };
  void start();
  return () => {
    gone = true;
    leave();
    render(null, root);
    model?.close();
  };
}

async function openAnnotator(api: AnnotatorApi, imageId: string): Promise<Annotator> {
  const opening = beginSession(imageId);
  const detail = await api.image(imageId).catch((error: unknown) => {
    opening.abandon();
    throw error;
  });
  const session = await opening.session(detail);
  const model = new Annotator(detail, session, api);
  model.editor.useTools(toolsFor(model.editor));
  linked(model);
  return model;
}

/** Go where the address says, once the canvas has a size. */
function linked({ editor, viewer, lookMemory }: Annotator): void {
  const { hash } = location;
  if (hash.length < 2) return;
  let waiting = true;
  const stop = editor.view.viewport.subscribe(({ width }) => {
    if (width === 0 || !waiting) return;
    waiting = false;
    // The image is fitted to its new canvas first.
    queueMicrotask(() => {
      stop();
      follow(editor, hash, viewer.content);
      lookMemory.adopt();
    });
  });
}

/** The page's frame while its image comes, so that nothing jumps when it does. */
function Waiting({ words }: { words: string }): JSX.Element {
  return (
    <div class="annotator">
      <header class="annotator-bar" />
      <div class="tool-rail" />
      <main class="middle">
        <div class="tool-bar" />
        <p class="canvas-area waiting-words" role="status">
          {words}
        </p>
      </main>
      <div class="column" />
      <div class="bottom" />
    </div>
  );
}

function Failed({ words, onAgain }: { words: string; onAgain: () => void }): JSX.Element {
  return (
    <main class="annotator-message" aria-live="assertive">
      <h1>The image could not be opened</h1>
      <p>{words}</p>
      <div class="row">
        <button type="button" class="button primary" onClick={onAgain}>
          Try again
        </button>
        <a class="button" href="/">
          To the projects
        </a>
      </div>
    </main>
  );
}
