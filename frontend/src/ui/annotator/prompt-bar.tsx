import { Check, LoaderCircle, RefreshCw, X } from "lucide";
import type { JSX } from "preact";
import { Icon } from "../icon";
import { CommandButton } from "./controls";
import type { Annotator } from "./model";

/** While a mask is proposed: which candidate it is, and buttons for what the keys do. */
export function PromptBar({ model }: { model: Annotator }): JSX.Element | null {
  const { prompting } = model.editor;
  if (!prompting.active.value) return null;
  const command = (id: string) => model.commands.find((one) => one.id === id);
  const count = prompting.candidates.value.length;
  const candidate = prompting.candidate.value;
  return (
    <div class="prompt-bar" role="toolbar" aria-label="Proposed mask">
      <span class="prompt-text" aria-live="polite">
        {prompting.waiting.value && <Icon node={LoaderCircle} title="" />}
        {candidate
          ? `Candidate ${prompting.index.value + 1} of ${count} · ${Math.round(candidate.score * 100)} % sure`
          : prompting.waiting.value
            ? "Looking…"
            : "Nothing found here"}
      </span>
      {count > 1 && (
        <CommandButton command={command("next-candidate")} class="button">
          <Icon node={RefreshCw} title="" /> Next
        </CommandButton>
      )}
      <CommandButton command={command("accept")} class="button primary">
        <Icon node={Check} title="" /> Accept
      </CommandButton>
      <CommandButton command={command("cancel")} class="button">
        <Icon node={X} title="" /> Cancel
      </CommandButton>
    </div>
  );
}
