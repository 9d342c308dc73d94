/** What is on its way in, each with its progress; and the place to drop files, which is anywhere. */
import { useSignal } from "@preact/signals";
import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, ListX, X } from "lucide";
import { useEffect } from "preact/hooks";
import type { UploadItem, UploadQueue } from "../../net/uploads";
import { bytes, counted } from "../format";
import { Icon } from "../icon";
import { QuestionDialog } from "./question-dialog";

const WORDS: Record<UploadItem["phase"], string> = {
  waiting: "Waiting",
  sending: "Uploading",
  retrying: "No connection",
  decoding: "Reading the image",
  asking: "Waits for an answer",
  done: "Done",
  failed: "Not taken",
  stopped: "Interrupted",
};

function describe(item: UploadItem): string {
  if (item.phase === "stopped")
    return `${bytes(item.sent)} of ${bytes(item.size)} are here. Choose the same file again to go on.`;
  if (item.message) return item.message;
  if (item.phase === "sending") return `${bytes(item.sent)} of ${bytes(item.size)}`;
  return WORDS[item.phase];
}

interface RowProps {
  readonly queue: UploadQueue;
  readonly item: UploadItem;
  readonly onAsk: (item: UploadItem) => void;
}

function Row({ queue, item, onAsk }: RowProps) {
  const moving = item.phase === "sending" || item.phase === "retrying" || item.phase === "stopped";
  const longer = item.message !== "" || item.phase === "stopped";
  return (
    <li class={`upload ${item.phase}`}>
      <div class="row">
        {item.phase === "done" && <Icon node={CircleCheck} title="Done" />}
        {item.phase === "failed" && <Icon node={CircleAlert} title="Not taken" />}
        <span class="grow" title={item.name}>
          {item.name}
        </span>
        {!longer && item.phase !== "done" && <span class="muted">{describe(item)}</span>}
        {item.phase === "asking" && (
          <button type="button" onClick={() => onAsk(item)}>
            Answer…
          </button>
        )}
        <button type="button" class="quiet" onClick={() => void queue.dismiss(item.key)}>
          <Icon
            node={X}
            title={item.phase === "done" || item.phase === "failed" ? "Dismiss" : `Cancel ${item.name}`}
          />
        </button>
      </div>
      {(moving || item.phase === "decoding") && (
        <progress
          max={item.size}
          {...(moving ? { value: item.sent } : {})}
          aria-label={`${item.name}: ${WORDS[item.phase]}`}
        />
      )}
      {longer && <p class={item.phase === "failed" ? "bad" : "muted"}>{describe(item)}</p>}
    </li>
  );
}

export function UploadsPanel({ queue }: { readonly queue: UploadQueue }) {
  const open = useSignal(true);
  const asked = useSignal<number | null>(null);
  const items = queue.items.value;
  if (items.length === 0) return null;
  const done = items.filter((item) => item.phase === "done").length;
  const failed = items.filter((item) => item.phase === "failed").length;
  const waiting = items.filter((item) => item.phase === "asking");
  const question = waiting.find((item) => item.key === asked.value);
  return (
    <section class="panel uploads" aria-label="Uploads">
      <div class="row">
        <h2 class="grow">
          {done} of {counted(items.length, "upload")}
          {failed > 0 && ` · ${failed} not taken`}
          {waiting.length > 0 && ` · ${waiting.length} to answer`}
        </h2>
        {done > 0 && (
          <button type="button" class="quiet" onClick={() => queue.dismissDone()}>
            <Icon node={ListX} title="Clear what is done" />
          </button>
        )}
        <button
          type="button"
          class="quiet"
          aria-expanded={open.value}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          <Icon node={open.value ? ChevronDown : ChevronUp} title={open.value ? "Show less" : "Show more"} />
        </button>
      </div>
      {open.value && (
        <ul class="rows" aria-live="polite">
          {items.map((item) => (
            <Row
              key={item.key}
              queue={queue}
              item={item}
              onAsk={({ key }) => {
                asked.value = key;
              }}
            />
          ))}
        </ul>
      )}
      {question?.question && (
        <QuestionDialog
          key={question.key}
          queue={queue}
          item={question}
          question={question.question}
          onClose={() => {
            asked.value = null;
          }}
        />
      )}
    </section>
  );
}

/** Files may be dropped anywhere on the page while this is shown. */
export function DropAnywhere({ onFiles }: { readonly onFiles: (files: FileList) => void }) {
  const over = useSignal(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) over.value = false;
    };
    const onDrop = (event: DragEvent) => {
      over.value = false;
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      onFiles(event.dataTransfer.files);
    };
    addEventListener("dragover", onOver, { signal });
    addEventListener("dragleave", onLeave, { signal });
    addEventListener("drop", onDrop, { signal });
    return () => stop.abort();
  }, [onFiles, over]);
  return over.value ? <div class="drop">Drop the images to upload them</div> : null;
}
