/** Reviewing cell by cell, and for annotators what was rejected. */
import { Check, CheckCheck, ChevronLeft, ChevronRight, X } from "lucide";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Review, ReviewOrder } from "../../editor/review";
import { count, counted } from "../format";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import type { Annotator } from "./model";

const ORDERS: readonly { readonly value: ReviewOrder; readonly word: string }[] = [
  { value: "reading", word: "in reading order" },
  { value: "flags", word: "worst flag first" },
  { value: "score", word: "lowest score first" },
];

export function ReviewPanel({ model }: { model: Annotator }): JSX.Element | null {
  const { review } = model;
  const rejected = review.rejected.value;
  if (!review.active.value && rejected.length === 0) return null;
  const waiting = review.waiting.value.length;
  return (
    <Section title="Review" note={review.active.value ? `${count(waiting)} to look at` : ""}>
      {review.active.value && <Judging model={model} />}
      {rejected.length > 0 && (
        <ul class="rejected" aria-label="Rejected cells">
          {rejected.map(({ cell, reason }) => (
            <li key={cell.id}>
              <button type="button" class="link" onClick={() => review.show(cell)}>
                Cell {cell.label}
              </button>{" "}
              {reason || "rejected"}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Judging({ model }: { model: Annotator }): JSX.Element {
  const { review } = model;
  const { accepted, rejected, fixed } = review.counts.value;
  const command = (id: string) => model.commands.find((one) => one.id === id);
  return (
    <>
      <p class="note">
        {counted(accepted, "cell")} accepted · {count(rejected)} rejected · {count(fixed)} fixed by a reviewer
      </p>
      <div class="row">
        <CommandButton command={command("previous-review")}>
          <Icon node={ChevronLeft} title="" />
        </CommandButton>
        <CommandButton command={command("next-review")}>
          <Icon node={ChevronRight} title="" />
        </CommandButton>
        <CommandButton command={command("accept-cell")} class="button">
          <Icon node={Check} title="" /> Accept
        </CommandButton>
        <CommandButton command={command("reject-cell")} class="button">
          <Icon node={X} title="" /> Reject
        </CommandButton>
      </div>
      <Reason model={model} />
      <Choices review={review} />
      <CommandButton command={command("accept-rest")} class="button">
        <Icon node={CheckCheck} title="" /> Accept the rest
      </CommandButton>
    </>
  );
}

/** Rejects the selected cells with a reason: Enter sends it. */
function Reason({ model }: { model: Annotator }): JSX.Element {
  const [reason, setReason] = useState("");
  const none = model.editor.selection.value.size === 0;
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    void model.review.judge("rejected", reason);
    setReason("");
  };
  return (
    <form class="row" onSubmit={send}>
      <input
        type="text"
        class="grow"
        required
        maxLength={500}
        disabled={none}
        aria-label="Reject the selected cells because"
        placeholder="Reject because…"
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
    </form>
  );
}

function Choices({ review }: { review: Review }): JSX.Element {
  return (
    <>
      <select
        aria-label="Order of the review"
        value={review.order.value}
        onChange={(event) => {
          const chosen = ORDERS.find((one) => one.value === event.currentTarget.value);
          if (chosen) review.order.value = chosen.value;
        }}
      >
        {ORDERS.map((one) => (
          <option key={one.value} value={one.value}>
            {one.word}
          </option>
        ))}
      </select>
      <label class="choice">
        <input
          type="checkbox"
          checked={review.all.value}
          onChange={(event) => {
            review.all.value = event.currentTarget.checked;
          }}
        />
        Step through what was judged already, too
      </label>
    </>
  );
}
