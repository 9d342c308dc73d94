/** Two independent annotations of the image, and what is taken of them. */
import { ChevronLeft, ChevronRight, Pencil } from "lucide";
import type { JSX } from "preact";
import type { Adjudication, Copy, Shown } from "../../editor/adjudication";
import { count, counted } from "../format";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import type { Annotator } from "./model";

const SHOWN: readonly { readonly value: Shown; readonly word: string }[] = [
  { value: "both", word: "A and B" },
  { value: "a", word: "A" },
  { value: "b", word: "B" },
  { value: "difference", word: "Difference" },
];
const TAKES = [
  { id: "take-a", word: "A" },
  { id: "take-b", word: "B" },
  { id: "take-union", word: "Either" },
  { id: "take-intersection", word: "Common" },
];

export function AdjudicationPanel({ model }: { model: Annotator }): JSX.Element | null {
  const { adjudication } = model.review;
  if (adjudication.copies.value.length < 2 || !model.workflow.reviews) return null;
  const open = adjudication.open.value.length;
  return (
    <Section title="Adjudicate" note={adjudication.active.value ? `${count(open)} to decide` : ""}>
      <Side adjudication={adjudication} side="a" name="A, full" />
      <Side adjudication={adjudication} side="b" name="B, hatched" />
      {adjudication.active.value ? (
        <Deciding model={model} />
      ) : (
        <button type="button" class="button" onClick={() => void adjudication.start()}>
          Compare A and B
        </button>
      )}
    </Section>
  );
}

function Side({
  adjudication,
  side,
  name,
}: {
  adjudication: Adjudication;
  side: "a" | "b";
  name: string;
}): JSX.Element {
  return (
    <label class="row">
      <span class="note">{name}</span>
      <select
        class="grow"
        value={adjudication[side].value}
        onChange={(event) => adjudication.choose(side, event.currentTarget.value)}
      >
        {adjudication.copies.value.map((copy) => (
          <option key={copy.id} value={copy.id}>
            {nameOf(copy)}
          </option>
        ))}
      </select>
    </label>
  );
}

function nameOf({ name, take }: Copy): string {
  return take > 1 ? `${name}, ${take}.` : name;
}

function Deciding({ model }: { model: Annotator }): JSX.Element {
  const { adjudication } = model.review;
  const command = (id: string) => model.commands.find((one) => one.id === id);
  const current = adjudication.current.value;
  const agreed = adjudication.agreed.value.length;
  return (
    <>
      <fieldset class="row" aria-label="What lies over the image">
        {SHOWN.map(({ value, word }) => (
          <label key={value} class="choice">
            <input
              type="radio"
              name="compared"
              checked={adjudication.shown.value === value}
              onChange={() => adjudication.show(value)}
            />{" "}
            {word}
          </label>
        ))}
      </fieldset>
      <p class="note" role="status">
        {current ? wordsOf(current) : "Everything that they disagree on is decided."}
      </p>
      <div class="row">
        <CommandButton command={command("previous-difference")}>
          <Icon node={ChevronLeft} title="" />
        </CommandButton>
        <CommandButton command={command("next-difference")}>
          <Icon node={ChevronRight} title="" />
        </CommandButton>
      </div>
      <div class="row">
        {TAKES.map(({ id, word }) => (
          <CommandButton key={id} command={command(id)} class="button">
            {word}
          </CommandButton>
        ))}
        <CommandButton command={command("take-edit")}>
          <Icon node={Pencil} title="" />
        </CommandButton>
      </div>
      <div class="row">
        {agreed > 0 && (
          <CommandButton command={command("take-agreed")} class="button">
            Take {counted(agreed, "cell")} that agree
          </CommandButton>
        )}
        <button type="button" class="button" onClick={() => adjudication.stop()}>
          Done
        </button>
      </div>
    </>
  );
}

function wordsOf({ a, b, iou }: NonNullable<Adjudication["current"]["value"]>): string {
  if (!a) return "Only B has this cell.";
  if (!b) return "Only A has this cell.";
  return `Both have this cell: IoU ${iou.toFixed(2)}.`;
}
