/** A question that waits for its answer: the browser's own dialog keeps the focus inside and closes with Escape. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

interface FormEndProps {
  /** What went wrong; left out where a form has no place of its own for it. */
  readonly problem?: string;
  readonly cancel?: string;
  readonly disabled?: boolean;
  readonly onClose: () => void;
  /** The words on the button that sends the form. */
  readonly children: ComponentChildren;
}

/** What a form in a dialog ends with: what went wrong, the way out, and the button that sends it. */
export function FormEnd({ problem, cancel = "Cancel", disabled = false, onClose, children }: FormEndProps) {
  return (
    <>
      {problem !== undefined && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {cancel}
        </button>
        <button type="submit" class="primary" disabled={disabled}>
          {children}
        </button>
      </div>
    </>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Only for what cannot be undone. */
export function Confirm({ title, text, action, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" class="danger" onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
