/** Short messages in the corner; some offer Undo until they go. */
import { signal } from "@preact/signals";
import { CircleAlert, CircleCheck, X } from "lucide";
import { sentence } from "../net/http";
import { Icon } from "./icon";

const SHOWN_MS = 7000;

interface Notice {
  readonly key: number;
  readonly text: string;
  readonly bad: boolean;
  readonly undo: (() => void) | null;
  /** Runs once when the notice goes without Undo. */
  readonly commit: (() => void) | null;
}

const notices = signal<readonly Notice[]>([]);
let nextKey = 1;

function close(key: number, { undone }: { undone: boolean }): void {
  const notice = notices.value.find((other) => other.key === key);
  notices.value = notices.value.filter((other) => other.key !== key);
  if (undone) notice?.undo?.();
  else notice?.commit?.();
}

function show(notice: Omit<Notice, "key">): void {
  listen();
  const key = nextKey++;
  notices.value = [...notices.value, { ...notice, key }];
  setTimeout(() => close(key, { undone: false }), SHOWN_MS);
}

let listening = false;

/** What was decided before the page is left is done. */
function listen(): void {
  if (listening) return;
  listening = true;
  addEventListener("pagehide", () => {
    for (const notice of notices.value) close(notice.key, { undone: false });
  });
}

/** Something went well. */
export function tell(text: string, undo: (() => void) | null = null): void {
  show({ text, bad: false, undo, commit: null });
}

/** Something was refused; shows the sentence of whatever was thrown. */
export function complain(error: unknown): void {
  show({ text: sentence(error), bad: true, undo: null, commit: null });
}

/** Something that is done only when the time for Undo is over. */
export function doLater(text: string, { undo, commit }: { undo: () => void; commit: () => void }): void {
  show({ text, bad: false, undo, commit });
}

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.key} class={notice.bad ? "notice bad" : "notice"}>
          <Icon node={notice.bad ? CircleAlert : CircleCheck} title={notice.bad ? "Problem" : "Done"} />
          <span>{notice.text}</span>
          {notice.undo && (
            <button type="button" class="quiet" onClick={() => close(notice.key, { undone: true })}>
              Undo
            </button>
          )}
          <button type="button" class="quiet" onClick={() => close(notice.key, { undone: false })}>
            <Icon node={X} title="Close this message" />
          </button>
        </div>
      ))}
    </div>
  );
}
