import {
  ArrowLeft,
  Check,
  ChevronLeft,
  ChevronRight,
  CloudOff,
  Link,
  LoaderCircle,
  Redo2,
  TriangleAlert,
  Undo2,
} from "lucide";
import type { JSX } from "preact";
import type { SaveStatus } from "../../editor/ports";
import { Bell } from "../bell";
import { Icon } from "../icon";
import { CommandButton } from "./controls";
import type { Annotator } from "./model";
import { People } from "./people";
import { PlaneSliders } from "./plane-sliders";

export function TopBar({ model }: { model: Annotator }): JSX.Element {
  const image = model.image.value;
  const [first] = model.workflow.choices.value;
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
      <CommandButton command={command("copy-link")}>
        <Icon node={Link} title="" />
      </CommandButton>
      <CommandButton command={command("undo")}>
        <Icon node={Undo2} title="" />
      </CommandButton>
      <CommandButton command={command("redo")}>
        <Icon node={Redo2} title="" />
      </CommandButton>
      <Saved status={model.editor.session.status.value} />
      <People model={model} />
      <Bell unread={model.editor.session.notified.value?.unread ?? null} />
      {first && (
        <CommandButton command={command("next-step")} class="button primary">
          {first.word}
        </CommandButton>
      )}
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
