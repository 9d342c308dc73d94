import { Info, TriangleAlert, X } from "lucide";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { UnsavedShape } from "../../editor/ports";
import { Icon } from "../icon";
import { type Annotator, isActive } from "./model";

/** The thin line under the top bar: what is being computed for this image. */
export function JobLine({ model }: { model: Annotator }): JSX.Element | null {
  const segment = model.segmenting.value;
  const embed = model.embedding.value;
  const job = segment ?? (embed && isActive(embed) ? embed : null);
  if (!job) return null;
  const engine = model.engineNamed(job.engine)?.title ?? job.engine;
  const words = segment ? "Finding cells" : `${engine} reads the image…`;
  const share = Math.round(job.progress * 100);
  const unknown = job.state === "queued" || share === 0;
  return (
    <div class="job-line" role="status">
      <div class={`job-bar${unknown ? " waiting" : ""}`} style={{ width: unknown ? "100%" : `${share}%` }} />
      <span class="job-text">
        {job.message || words} {share > 0 ? `${share} %` : ""}
        {segment && (
          <button type="button" class="link" onClick={() => void model.cancel(job)}>
            Cancel
          </button>
        )}
      </span>
    </div>
  );
}

/** What stops the work until the person does something. */
export function Banner({ model }: { model: Annotator }): JSX.Element | null {
  const status = model.editor.session.status.value;
  const kept =
    "count" in status && status.count > 0 ? ` ${status.count} changes are kept in this browser.` : "";
  switch (status.state) {
    case "signin":
      return (
        <Bar text={`You are signed out.${kept}`}>
          <a class="button primary" href={`/sign-in/?next=${encodeURIComponent(location.pathname)}`}>
            Sign in again
          </a>
        </Bar>
      );
    case "reload":
      return (
        <Bar text={`Cytomark was updated, or somebody else signed in.${kept}`}>
          <button type="button" class="button primary" onClick={() => void reload(model)}>
            {kept ? "Keep them and reload" : "Reload"}
          </button>
        </Bar>
      );
    case "gone":
      return (
        <Bar text={`This image was deleted or is no longer shared with you.${kept}`}>
          <a class="button primary" href="/">
            To the projects
          </a>
        </Bar>
      );
    default:
      return null;
  }
}

/** Not before everything is in the browser's database: the page takes it from there. */
async function reload({ editor }: Annotator): Promise<void> {
  await editor.session.kept();
  location.reload();
}

function Bar({ text, children }: { text: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="banner" role="alert">
      <Icon node={TriangleAlert} title="" />
      <span>{text}</span>
      {children}
    </div>
  );
}

/** Sentences in the corner of the canvas: refusals, failures, shapes that the server did not take. */
export function Toasts({ model }: { model: Annotator }): JSX.Element {
  const { editor } = model;
  const { session } = editor;
  const failed = model.failed.value;
  const problem = session.preview.value.error ?? session.proposal.value.error;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {session.notices.value.map((one) => (
        <Toast
          key={`s${one.id}`}
          tone={one.tone}
          text={one.message}
          onClose={() => session.dismissNotice(one.id)}
        />
      ))}
      {editor.notices.value.map((one) => (
        <Toast key={`l${one.id}`} tone="info" text={one.message} onClose={() => editor.dismiss(one.id)} />
      ))}
      {problem && <Toast key={problem} tone="error" text={problem} onClose={() => forget(model)} stays />}
      {failed && failed.message !== problem && (
        <Toast
          tone="error"
          text={failed.message || "It failed."}
          onClose={() => model.dismissFailure()}
          stays
        />
      )}
      {session.unsaved.value.map((one) => (
        <Unsaved key={one.id} model={model} shape={one} />
      ))}
    </div>
  );
}

function forget({ editor }: Annotator): void {
  editor.prompting.clear();
  editor.session.cancelPrompt();
  editor.session.cancelTune();
}

const SHOWN_FOR = 8000;

interface ToastProps {
  readonly tone: "info" | "error";
  readonly text: string;
  readonly stays?: boolean;
  onClose(): void;
}

function Toast({ tone, text, stays = false, onClose }: ToastProps): JSX.Element {
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(onClose, SHOWN_FOR);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={`toast ${tone}`}>
      <Icon node={tone === "error" ? TriangleAlert : Info} title="" />
      <span class="toast-text">{text}</span>
      <button type="button" class="icon-button" aria-label="Close" title="Close" onClick={onClose}>
        <Icon node={X} title="" />
      </button>
    </div>
  );
}

function Unsaved({ model, shape }: { model: Annotator; shape: UnsavedShape }): JSX.Element {
  const { session, revision } = model.editor;
  const exists = revision.value >= 0 && session.store.get(shape.cellId) !== undefined;
  return (
    <div class="toast error choices">
      <Icon node={TriangleAlert} title="" />
      <span class="toast-text">{shape.message}</span>
      {exists && (
        <>
          <button type="button" class="button" onClick={() => model.editor.showCell(shape.cellId)}>
            Show theirs
          </button>
          <button type="button" class="button primary" onClick={() => session.putUnsavedOnTop(shape.id)}>
            Put mine on top
          </button>
        </>
      )}
      {shape.reshapes && (
        <button type="button" class="button" onClick={() => session.keepUnsaved(shape.id)}>
          Keep as a new cell
        </button>
      )}
      <button type="button" class="button" onClick={() => session.dismissUnsaved(shape.id)}>
        Let go
      </button>
    </div>
  );
}
