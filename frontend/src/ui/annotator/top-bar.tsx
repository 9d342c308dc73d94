import {
  ArrowLeft,
  Check,
  ChevronLeft,
  ChevronRight,
  CloudOff,
  LoaderCircle,
  Redo2,
  TriangleAlert,
  Undo2,
} from "lucide";
import type { JSX } from "preact";
import type { SaveStatus } from "../../editor/ports";
import { Icon } from "../icon";
import { CommandButton } from "./controls";
import type { Annotator } from "./model";
import { PlaneSliders } from "./plane-sliders";

export function TopBar({ model }: { model: Annotator }): JSX.Element {
  const image = model.image.value;
  const command = (id: string) => model.commands.find((one) => one.id === id);
  return (
    <header class="annotator-bar">
      <CommandButton command={command("back")}>
        <Icon node={ArrowLeft} title="" />
      </CommandButton>
      <a class="top-project" href={`/projects/${image.project.id}/`}>
        {image.project.name}
      </a>
      <span class="top-slash">/</span>
      <h1 class="top-name" title={image.name}>
        {image.name}
      </h1>
      <CommandButton command={command("previous-image")}>
        <Icon node={ChevronLeft} title="" />
      </CommandButton>
      <span class="top-position">
        {image.position} of {image.total}
      </span>
      <CommandButton command={command("next-image")}>
        <Icon node={ChevronRight} title="" />
      </CommandButton>
      <PlaneSliders model={model} />
      <span class="top-space" />
      <CommandButton command={command("undo")}>
        <Icon node={Undo2} title="" />
      </CommandButton>
      <CommandButton command={command("redo")}>
        <Icon node={Redo2} title="" />
      </CommandButton>
      <Saved status={model.editor.session.status.value} />
      <People model={model} />
      <CommandButton
        command={command("toggle-done")}
        class={image.status === "done" ? "button" : "button primary"}
      >
        {image.status === "done" ? "Open again" : "Mark as done"}
      </CommandButton>
    </header>
  );
}

/** Where my work is; always there. */
function Saved({ status }: { status: SaveStatus }): JSX.Element {
  const [tone, icon, text] = savedWords(status);
  return (
    <output class={`saved ${tone}`} data-state={status.state} aria-live="polite">
      <Icon node={icon} title="" />
      {text}
    </output>
  );
}

function savedWords(status: SaveStatus): [string, typeof Check, string] {
  const count = "count" in status ? status.count : 0;
  switch (status.state) {
    case "opening":
      return ["muted", LoaderCircle, "Opening"];
    case "saved":
      return ["good", Check, "Saved"];
    case "saving":
      return ["muted", LoaderCircle, `Saving ${count}`];
    case "offline":
      return ["warn", CloudOff, count ? `Offline, ${count} kept here` : "Offline"];
    case "signin":
      return ["warn", TriangleAlert, "Signed out"];
    case "reload":
      return ["warn", TriangleAlert, "Reload needed"];
    case "gone":
      return ["bad", TriangleAlert, "Image is gone"];
  }
}

const SHOWN = 4;

/** Who else is here, each person once even with several tabs. */
function People({ model }: { model: Annotator }): JSX.Element {
  const { members, me } = model.editor.session;
  const people = [...new Map(members.value.map((one) => [one.userId, one])).values()].filter(
    (one) => one.userId !== me.value?.userId,
  );
  const mine = me.value;
  return (
    <ul class="annotator-people" aria-label="People in this image">
      {mine && (
        <li class="annotator-person" style={{ "--person": mine.colour }} title={`${mine.name} (you)`}>
          {initials(mine.name)}
        </li>
      )}
      {people.slice(0, SHOWN).map((one) => (
        <li key={one.userId} class="annotator-person" style={{ "--person": one.colour }} title={one.name}>
          {initials(one.name)}
        </li>
      ))}
      {people.length > SHOWN && <li class="annotator-person more">+{people.length - SHOWN}</li>}
    </ul>
  );
}

export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0]?.[0], words.at(-1)?.[0]] : [words[0]?.slice(0, 2)];
  return letters.join("").toUpperCase();
}
