import { runKey } from "../../commands/commands";
import { nameOf } from "../../commands/keys";
import type { Annotator } from "./model";

/** The page's keys. Whoever types into a field keeps their keys; a focused button keeps Enter and Space. */
export function listenToKeys(model: Annotator): () => void {
  const { editor, commands } = model;
  const down = (event: KeyboardEvent): void => {
    if (isTyping(event.target) && nameOf(event) !== "Mod+K") return;
    // What moves in a list or on a slider moves there only.
    if (event.defaultPrevented || (isSlider(event.target) && event.key.startsWith("Arrow"))) return;
    // A dialog has its own keys, and the browser closes it with Esc, also where the focused button in it has gone.
    if (document.querySelector("dialog[open]")) return;
    const onControl =
      event.target instanceof HTMLElement && event.target.closest("button, a, summary") !== null;
    if (onControl && (event.key === "Enter" || event.key === " ")) return;
    if (event.key === " ") {
      editor.hold();
      event.preventDefault();
      return;
    }
    if (runKey(commands, editor, event)) event.preventDefault();
  };
  const up = (event: KeyboardEvent): void => {
    if (event.key === " ") editor.release();
  };
  const away = (): void => editor.release();
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  window.addEventListener("blur", away);
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
    window.removeEventListener("blur", away);
  };
}

function isSlider(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "range";
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "range" && target.type !== "checkbox";
  return (
    target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
  );
}
