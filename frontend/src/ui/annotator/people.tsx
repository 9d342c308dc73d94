import { Eye, Hand, X } from "lucide";
import type { JSX } from "preact";
import type { PresentMember } from "../../editor/ports";
import { initials } from "../format";
import { Icon } from "../icon";
import { CommandButton } from "./controls";
import type { Annotator } from "./model";

const SHOWN = 4;

/** Each person once, even with several tabs: the one in which they point. */
function others({ editor }: Annotator): readonly PresentMember[] {
  const { members, me } = editor.session;
  const byPerson = new Map<number, PresentMember>();
  for (const one of members.value) {
    const known = byPerson.get(one.userId);
    if (one.userId !== me.value?.userId && (!known || known.row === null)) byPerson.set(one.userId, one);
  }
  return [...byPerson.values()];
}

/** Who is here; a click follows somebody's view. */
export function People({ model }: { model: Annotator }): JSX.Element {
  const { session, together } = model.editor;
  const people = others(model);
  const mine = session.me.value;
  return (
    <ul class="annotator-people" aria-label="People in this image">
      {mine && (
        <li class="annotator-person" style={{ "--person": mine.colour }} title={`${mine.name} (you)`}>
          {initials(mine.name)}
        </li>
      )}
      {people.slice(0, SHOWN).map((one) => (
        <li key={one.userId}>
          <button
            type="button"
            class="annotator-person"
            style={{ "--person": one.colour }}
            aria-pressed={together.following.value === one.clientId}
            aria-label={`Follow the view of ${one.name}`}
            title={`Follow the view of ${one.name}`}
            onClick={() => together.follow(one.clientId)}
          >
            {initials(one.name)}
          </button>
        </li>
      ))}
      {people.length > SHOWN && <li class="annotator-person more">+{people.length - SHOWN}</li>}
    </ul>
  );
}

/** Whose view mine goes along with, and who is changing the cell that I have selected. */
export function TogetherBar({ model }: { model: Annotator }): JSX.Element | null {
  const { session, together } = model.editor;
  const leader = session.members.value.find(({ clientId }) => clientId === together.following.value);
  const [heldId] = together.heldSelection.value;
  const holder = heldId ? together.holders.value.get(heldId) : undefined;
  if (!leader && !holder) return null;
  const command = model.commands.find((one) => one.id === "take-over");
  const person = holder ?? leader;
  return (
    <div class="together-bar" role="status" style={{ "--person": person?.colour }}>
      <Icon node={holder ? Hand : Eye} title="" />
      {holder ? (
        <>
          <span>{holder.name} is changing this cell</span>
          {together.mayTakeOver.value && (
            <CommandButton command={command} class="button">
              Take over
            </CommandButton>
          )}
        </>
      ) : (
        leader && (
          <>
            <span>You see what {leader.name} sees</span>
            <button type="button" class="button" onClick={() => together.follow(leader.clientId)}>
              <Icon node={X} title="" /> Stop
            </button>
          </>
        )
      )}
    </div>
  );
}
