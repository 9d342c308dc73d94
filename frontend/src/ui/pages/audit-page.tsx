/** Who did what in a project that is no change of cells: filtered, page by page, as a table to take home. */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import { Download } from "lucide";
import { useEffect } from "preact/hooks";
import type { AuditOut, MemberOut, MeOut, ProjectOut } from "../../protocol/api.gen";
import { Icon } from "../icon";
import { complain, Notices } from "../notices";
import { api } from "./api";
import { Empty, TopBar, When } from "./parts";

type Kind = AuditOut["kind"];

const KINDS: Readonly<Record<Kind, string>> = {
  sign_in: "Signed in",
  sign_in_failed: "Sign-in failed",
  sign_out: "Signed out",
  member_added: "Added a member",
  member_role: "Changed a role",
  member_removed: "Removed a member",
  member_link: "Made a sign-in link",
  project_created: "Created the project",
  project_renamed: "Renamed the project",
  project_deleted: "Deleted the project",
  settings: "Changed settings",
  class_created: "Created a class",
  class_changed: "Changed a class",
  class_deleted: "Deleted a class",
  image_renamed: "Renamed an image",
  image_deleted: "Deleted an image",
  image_reread: "Put the planes of an image right",
  export: "Exported",
  snapshot_deleted: "Deleted a snapshot",
  token_made: "Made a token",
  token_removed: "Removed a token",
};
const PAGE = 100;

interface Asked {
  readonly kind: string;
  readonly person: string;
  readonly since: string;
  readonly until: string;
}

function queryOf(asked: Asked): string {
  return new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== "")).toString();
}

interface ChoiceProps {
  readonly asked: Signal<Asked>;
}

function Choices({ asked, members }: ChoiceProps & { readonly members: readonly MemberOut[] }) {
  const set = (change: Partial<Asked>) => {
    asked.value = { ...asked.value, ...change };
  };
  return (
    <>
      <select
        aria-label="What"
        value={asked.value.kind}
        onChange={(event) => set({ kind: event.currentTarget.value })}
      >
        <option value="">Everything</option>
        {Object.entries(KINDS).map(([kind, words]) => (
          <option key={kind} value={kind}>
            {words}
          </option>
        ))}
      </select>
      <select
        aria-label="Who"
        value={asked.value.person}
        onChange={(event) => set({ person: event.currentTarget.value })}
      >
        <option value="">Everybody</option>
        {members.map((member) => (
          <option key={member.id} value={member.id}>
            {member.name}
          </option>
        ))}
      </select>
      <Days asked={asked} set={set} />
    </>
  );
}

function Days({ asked, set }: ChoiceProps & { readonly set: (change: Partial<Asked>) => void }) {
  return (
    <>
      {(["since", "until"] as const).map((name) => (
        <label key={name} class="row">
          {name === "since" ? "From" : "To"}
          <input
            type="date"
            value={asked.value[name]}
            onChange={(event) => set({ [name]: event.currentTarget.value })}
          />
        </label>
      ))}
    </>
  );
}

function said(details: AuditOut["details"]): string {
  const plain = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${plain(value)}`)
    .join(", ");
}

function Entries({ entries }: { readonly entries: readonly AuditOut[] }) {
  return (
    <table class="images">
      <thead>
        <tr>
          <th>When</th>
          <th>Who</th>
          <th>What</th>
          <th>To</th>
          <th>Details</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((one) => (
          <tr key={one.id}>
            <td>
              <When iso={one.created_at} />
            </td>
            <td>{one.actor_name || "Nobody known"}</td>
            <td>{KINDS[one.kind]}</td>
            <td class="name">{one.subject}</td>
            <td class="muted">{said(one.details)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The entries that are asked for, as many pages of them as were. */
function useEntries(id: string, asked: Signal<Asked>) {
  const entries = useSignal<readonly AuditOut[] | null>(null);
  const more = useSignal(false);
  const load = async (older: readonly AuditOut[]) => {
    try {
      const last = older.at(-1);
      const query = queryOf(asked.value) + (last ? `&before=${last.id}` : "");
      const found = await api.audit(id, query);
      entries.value = [...older, ...found];
      more.value = found.length === PAGE;
    } catch (error) {
      complain(error);
    }
  };
  const query = useComputed(() => queryOf(asked.value)).value;
  useEffect(() => void load([]), [query]);
  return { entries: entries.value, more: more.value, loadMore: () => void load(entries.value ?? []) };
}

export function AuditPage({ id }: { readonly id: string }) {
  const me = useSignal<MeOut | null>(null);
  const project = useSignal<ProjectOut | null>(null);
  const members = useSignal<readonly MemberOut[]>([]);
  const asked = useSignal<Asked>({ kind: "", person: "", since: "", until: "" });
  const { entries, more, loadMore } = useEntries(id, asked);
  useEffect(() => {
    const load = async () => {
      try {
        [me.value, project.value, members.value] = await Promise.all([
          api.me(),
          api.project(id),
          api.members(id),
        ]);
      } catch (error) {
        complain(error);
      }
    };
    void load();
  }, [id, me, project, members]);
  return (
    <>
      <TopBar me={me.value}>
        <a class="muted" href={`/projects/${id}/`}>
          {project.value?.name ?? "Project"}
        </a>
      </TopBar>
      <main class="page">
        <div class="page-head">
          <h1>Log</h1>
          <span class="spacer" />
          <a class="button" href={api.auditFile(id, queryOf(asked.value))}>
            <Icon node={Download} title="" /> CSV
          </a>
        </div>
        <div class="filters">
          <Choices asked={asked} members={members.value} />
        </div>
        {entries?.length === 0 ? <Empty text="Nothing of that kind was done." /> : null}
        {entries && entries.length > 0 && <Entries entries={entries} />}
        {more && (
          <button type="button" onClick={loadMore}>
            Older entries
          </button>
        )}
      </main>
      <Notices />
    </>
  );
}
