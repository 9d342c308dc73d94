/** Small pieces that both pages show. */
import { Circle, CircleCheck, CircleDot, CircleUser, CornerUpLeft, Eye, LogOut, Send } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { STATUS_WORDS } from "../../editor/workflow";
import { csrfToken } from "../../net/http";
import type { MeOut, PersonOut, ProjectOut } from "../../protocol/api.gen";
import { Bell } from "../bell";
import { count, exact, initials, relative } from "../format";
import { Icon } from "../icon";
import { goLive, unread } from "../live";
import { nextTheme, theme } from "../theme";
import { THEME_ICONS } from "../theme-icons";
import type { Status } from "./api";

interface TopBarProps {
  readonly me: MeOut | null;
  readonly children?: ComponentChildren;
}

export function TopBar({ me, children }: TopBarProps) {
  useEffect(() => void goLive(), []);
  return (
    <header class="top-bar">
      <a class="brand" href="/">
        Cytomark
      </a>
      {children}
      <span class="spacer" />
      <a href="/models/">Models</a>
      <Bell unread={unread.value} />
      <button type="button" class="quiet" onClick={nextTheme}>
        <Icon node={THEME_ICONS[theme.value]} title={`Theme: ${theme.value}. Change it`} />
      </button>
      <a class="muted" href="/account/">
        {me?.username ?? "Account"}
      </a>
      <form method="post" action="/sign-out/">
        <input type="hidden" name="csrfmiddlewaretoken" value={csrfToken()} />
        <button type="submit" class="quiet">
          <Icon node={LogOut} title="Sign out" />
        </button>
      </form>
    </header>
  );
}

/** The bar above the pages of a project. */
export function ProjectBar({ me }: { readonly me: MeOut | null }) {
  return (
    <TopBar me={me}>
      <a class="muted" href="/">
        Projects
      </a>
    </TopBar>
  );
}

export function When({ iso }: { readonly iso: string }) {
  return (
    <time dateTime={iso} title={exact(iso)}>
      {relative(iso, Date.now())}
    </time>
  );
}

interface ProgressProps {
  readonly total: number;
  readonly done: number;
  readonly submitted: number;
  readonly inProgress: number;
}

/** How many images are accepted, handed in, begun and not begun; the words below say the same. */
export function Progress({ total, done, submitted, inProgress }: ProgressProps) {
  const share = (part: number) => ({ width: `${total ? (100 * part) / total : 0}%` });
  const rest = total - done - submitted - inProgress;
  const words = `${count(done)} accepted · ${count(submitted)} handed in · ${count(inProgress)} begun · ${count(rest)} to begin`;
  return (
    <div class="progress">
      <div class="track" role="img" aria-label={words}>
        <div class="done" style={share(done)} />
        <div class="handed-in" style={share(submitted)} />
        <div class="begun" style={share(inProgress)} />
      </div>
      <span class="muted">{words}</span>
    </div>
  );
}

export function People({ members }: { readonly members: readonly PersonOut[] }) {
  const shown = members.slice(0, 5);
  return (
    <span class="people">
      {shown.map((member) => (
        <span
          key={member.id}
          class="person"
          style={{ borderColor: member.colour }}
          title={`${member.name}, ${member.role}`}
        >
          {initials(member.name)}
        </span>
      ))}
      {members.length > shown.length && <span class="muted">+{members.length - shown.length}</span>}
    </span>
  );
}

export const STATUSES: readonly { readonly value: Status; readonly word: string }[] = [
  { value: "new", word: STATUS_WORDS.new },
  { value: "assigned", word: STATUS_WORDS.assigned },
  { value: "in_progress", word: STATUS_WORDS.in_progress },
  { value: "submitted", word: STATUS_WORDS.submitted },
  { value: "in_review", word: STATUS_WORDS.in_review },
  { value: "returned", word: STATUS_WORDS.returned },
  { value: "accepted", word: STATUS_WORDS.accepted },
];
const STATUS_ICONS = {
  new: Circle,
  assigned: CircleUser,
  in_progress: CircleDot,
  submitted: Send,
  in_review: Eye,
  returned: CornerUpLeft,
  accepted: CircleCheck,
};

export function StatusWord({ status }: { readonly status: Status }) {
  return (
    <span class={`status ${status}`}>
      <Icon node={STATUS_ICONS[status]} title="" />
      {STATUS_WORDS[status]}
    </span>
  );
}

interface ThumbnailProps {
  readonly id: string;
  readonly name: string;
}

/** A preview that leaves its square empty where there is none. */
export function Thumbnail({ id, name }: ThumbnailProps) {
  return (
    <img
      src={`/api/images/${id}/thumbnail`}
      alt={name}
      loading="lazy"
      decoding="async"
      onError={(event) => event.currentTarget.classList.add("missing")}
    />
  );
}

interface TabsProps {
  readonly id: string;
  readonly here: "images" | "datasets" | "measurements";
}

/** The pages of a project. */
export function ProjectTabs({ id, here }: TabsProps) {
  const tabs = [
    { key: "images", word: "Images", href: `/projects/${id}/` },
    { key: "datasets", word: "Datasets", href: `/projects/${id}/datasets/` },
    { key: "measurements", word: "Measurements", href: `/projects/${id}/measurements/` },
  ];
  return (
    <nav class="tabs" aria-label="Project">
      {tabs.map((tab) => (
        <a key={tab.key} href={tab.href} aria-current={tab.key === here ? "page" : undefined}>
          {tab.word}
        </a>
      ))}
    </nav>
  );
}

interface ProjectHeadProps {
  readonly project: ProjectOut;
  readonly here: TabsProps["here"];
  /** What can be done on this page. */
  readonly children?: ComponentChildren;
}

/** Which project a page is of, and the way to its other pages. */
export function ProjectHead({ project, here, children }: ProjectHeadProps) {
  return (
    <>
      <div class="page-head">
        <h1 title={project.name}>{project.name}</h1>
        <span class="spacer" />
        {children}
      </div>
      <ProjectTabs id={project.id} here={here} />
    </>
  );
}

interface EmptyProps {
  readonly text: string;
  readonly children?: ComponentChildren;
}

/** Nothing here yet, and what to do next. */
export function Empty({ text, children }: EmptyProps) {
  return (
    <div class="empty">
      <p>{text}</p>
      {children}
    </div>
  );
}
