import { Check, MessageCircle, Pencil, Reply, RotateCcw, Trash2 } from "lucide";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Comment, mention, type Pin, suggested, type Thread } from "../../editor/comments";
import { exact, initials, relative } from "../format";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import type { Annotator } from "./model";

/** What people say of the image: threads, each about a cell, a place, or all of it. */
export function CommentsPanel({ model }: { model: Annotator }): JSX.Element {
  const { comments } = model;
  const open = comments.open.value.length;
  const resolved = comments.threads.value.length - open;
  return (
    <Section title="Comments" note={open > 0 && <span class="count">{open}</span>}>
      {comments.shown.value.length === 0 && (
        <p class="note">Select a cell, or point at a place, and say what you think of it.</p>
      )}
      <ul class="threads">
        {comments.shown.value.map((one) => (
          <ThreadRow key={one.first.id} model={model} thread={one} />
        ))}
      </ul>
      <div class="row">
        <CommandButton command={model.commands.find(({ id }) => id === "comment")} class="button">
          <Icon node={MessageCircle} title="" /> Comment
        </CommandButton>
        <button type="button" class="button" onClick={() => comments.beginAboutImage()}>
          On the image
        </button>
      </div>
      {resolved > 0 && (
        <label class="history-only">
          <input
            type="checkbox"
            checked={comments.withResolved.value}
            onChange={(event) => {
              comments.withResolved.value = event.currentTarget.checked;
            }}
          />
          With {resolved} resolved
        </label>
      )}
    </Section>
  );
}

/** A new thread, at the top of the panels whichever of them are open. */
export function CommentDraft({ model }: { model: Annotator }): JSX.Element | null {
  const { comments } = model;
  const pin = comments.draft.value;
  if (!pin) return null;
  return (
    <section class="section comment-draft" aria-label="New comment">
      <p class="note">{aboutWords(model, pin)}</p>
      <Composer
        model={model}
        label="New comment"
        button="Comment"
        onSay={(text) => comments.say(text)}
        onCancel={() => comments.cancel()}
      />
    </section>
  );
}

function aboutWords({ editor }: Annotator, pin: Pin | Comment): string {
  const cell = pin.cell ? editor.session.store.get(pin.cell) : undefined;
  if (pin.cell) return cell ? `Cell ${cell.label}` : "A cell that is gone or on another plane";
  if (typeof pin.row !== "number" || typeof pin.col !== "number") return "The whole image";
  return `At x ${Math.floor(pin.col)}, y ${Math.floor(pin.row)}`;
}

interface ComposerProps {
  readonly model: Annotator;
  readonly label: string;
  readonly button: string;
  readonly text?: string;
  onSay(text: string): Promise<boolean>;
  onCancel(): void;
}

/** Words, and the names of those who are to read them. Mod+Enter sends, Esc lets go. */
function Composer({ model, label, button, text: before = "", onSay, onCancel }: ComposerProps): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(before);
  const [sending, setSending] = useState(false);
  useEffect(() => area.current?.focus(), []);
  const send = async (): Promise<void> => {
    if (!text.trim() || sending) return;
    setSending(true);
    const said = await onSay(text);
    setSending(false);
    if (said) onCancel();
  };
  const key = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
  };
  const people = suggested(text, model.comments.members.value);
  return (
    <div class="composer">
      <textarea
        ref={area}
        aria-label={label}
        placeholder="@name tells somebody"
        rows={3}
        maxLength={4000}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={key}
      />
      {people.length > 0 && (
        <ul class="mentions" aria-label="Mention">
          {people.map(({ id, name }) => (
            <li key={id}>
              <button
                type="button"
                class="button"
                onClick={() => {
                  setText(mention(text, name));
                  area.current?.focus();
                }}
              >
                @{name}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <button
          type="button"
          class="button primary"
          disabled={!text.trim() || sending}
          onClick={() => void send()}
        >
          {button}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}

function ThreadRow({ model, thread }: { model: Annotator; thread: Thread }): JSX.Element {
  const { comments, editor } = model;
  const { first, answers } = thread;
  const [answering, setAnswering] = useState(false);
  const chosen = comments.chosen.value === first.id;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const mine = first.author?.id === editor.session.me.value?.userId;
  const done = first.resolved_at !== null;
  return (
    <li ref={row} class={`thread${chosen ? " chosen" : ""}${done ? " resolved" : ""}`}>
      <button type="button" class="thread-place" title="Go there" onClick={() => comments.go(first.id)}>
        {aboutWords(model, first)}
        {done && ` · resolved by ${first.resolved_by || "somebody who left"}`}
      </button>
      {[first, ...answers].map((one) => (
        <Said key={one.id} model={model} comment={one} />
      ))}
      {answering ? (
        <Composer
          model={model}
          label="Answer"
          button="Answer"
          onSay={(text) => comments.answer(first.id, text)}
          onCancel={() => setAnswering(false)}
        />
      ) : (
        <div class="row">
          <button type="button" class="button" onClick={() => setAnswering(true)}>
            <Icon node={Reply} title="" /> Answer
          </button>
          {(mine || editor.mayAnnotate.value) && (
            <button type="button" class="button" onClick={() => void comments.resolve(first.id, !done)}>
              <Icon node={done ? RotateCcw : Check} title="" /> {done ? "Open again" : "Resolve"}
            </button>
          )}
        </div>
      )}
    </li>
  );
}

function Said({ model, comment }: { model: Annotator; comment: Comment }): JSX.Element {
  const { comments, editor } = model;
  const [changing, setChanging] = useState(false);
  const { id, author, text, created_at: at, edited_at: edited, deleted } = comment;
  const mine = author !== null && author.id === editor.session.me.value?.userId;
  if (deleted) return <p class="note">A comment that was taken back.</p>;
  if (changing)
    return (
      <Composer
        model={model}
        label="Change the comment"
        button="Save"
        text={text}
        onSay={(words) => comments.rewrite(id, words)}
        onCancel={() => setChanging(false)}
      />
    );
  return (
    <div class="said">
      <span class="annotator-person" style={{ "--person": author?.colour ?? "#8b95a1" }} aria-hidden="true">
        {initials(author?.name ?? "?")}
      </span>
      <div>
        <b>{author?.name ?? "Somebody who left"}</b>{" "}
        <time dateTime={at} title={exact(at)}>
          {relative(at, Date.now())}
          {edited && ", changed"}
        </time>
        <p class="said-words">{text}</p>
      </div>
      {mine && (
        <span class="said-tools">
          <button
            type="button"
            class="icon-button"
            title="Change this comment"
            aria-label="Change this comment"
            onClick={() => setChanging(true)}
          >
            <Icon node={Pencil} title="" />
          </button>
          <button
            type="button"
            class="icon-button"
            title="Delete this comment"
            aria-label="Delete this comment"
            onClick={() => void comments.delete(id)}
          >
            <Icon node={Trash2} title="" />
          </button>
        </span>
      )}
    </div>
  );
}

/** Where the threads are, over the canvas: a click leads to what was said. */
export function CommentPins({ model }: { model: Annotator }): JSX.Element {
  const { comments, editor } = model;
  const { viewport } = editor.view;
  const { width, height } = viewport.value;
  const pins = comments.shown.value.flatMap(({ first, answers }) => {
    const place = comments.placeOf(first);
    if (!place) return [];
    const at = editor.view.toScreen(place);
    const seen = at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height;
    return seen ? [{ first, at, count: answers.length + 1 }] : [];
  });
  return (
    <div class="comment-pins">
      {pins.map(({ first, at, count }) => (
        <button
          key={first.id}
          type="button"
          class={`comment-pin${comments.chosen.value === first.id ? " chosen" : ""}`}
          style={{ "--person": first.author?.colour ?? "#8b95a1", left: `${at.x}px`, top: `${at.y}px` }}
          title={`${first.author?.name ?? "Somebody"}: ${first.text.slice(0, 120)}`}
          aria-label={`Comment by ${first.author?.name ?? "somebody who left"}: ${first.text.slice(0, 60)}`}
          onClick={() => comments.go(first.id)}
        >
          {count > 1 ? count : initials(first.author?.name ?? "?")}
        </button>
      ))}
    </div>
  );
}
