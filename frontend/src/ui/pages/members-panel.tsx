/** Who belongs to the project. */
import { useSignal } from "@preact/signals";
import { Link, UserPlus, X } from "lucide";
import { sentence } from "../../net/http";
import type { MemberOut } from "../../protocol/api.gen";
import { initials } from "../format";
import { Icon } from "../icon";
import { complain, tell } from "../notices";
import { api, may, type Role } from "./api";
import type { ProjectState } from "./project-state";
import { SecretBox } from "./secret-box";

const ROLES: readonly { readonly value: Role; readonly word: string }[] = [
  { value: "owner", word: "Owner" },
  { value: "manager", word: "Manager" },
  { value: "annotator", word: "Annotator" },
  { value: "reviewer", word: "Reviewer" },
  { value: "viewer", word: "Viewer" },
];

interface PanelProps {
  readonly state: ProjectState;
}

interface RoleProps {
  readonly label: string;
  readonly mine: Role;
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}

function RoleChoice({ label, mine, value, onChange }: RoleProps) {
  const offered = ROLES.filter((role) => role.value !== "owner" || may.own(mine) || value === "owner");
  const fixed = !may.manage(mine) || (value === "owner" && !may.own(mine));
  return (
    <select
      aria-label={label}
      disabled={fixed}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as Role)}
    >
      {offered.map((role) => (
        <option key={role.value} value={role.value}>
          {role.word}
        </option>
      ))}
    </select>
  );
}

/** A one-time link, shown once, to be handed over. */
function LinkBox({ path }: { readonly path: string }) {
  return (
    <SecretBox
      words="Hand over this link. It opens the account once, within three days."
      label="One-time link"
      value={new URL(path, location.href).href}
    />
  );
}

function AddMember({ state, mine }: PanelProps & { readonly mine: Role }) {
  const who = useSignal("");
  const role = useSignal<Role>("annotator");
  const problem = useSignal("");
  const link = useSignal<string | null>(null);
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = who.value.trim();
    const whom = name.includes("@") ? { email: name } : { username: name };
    try {
      const added = await api.addMember(state.id, { ...whom, role: role.value });
      link.value = added.link;
      problem.value = who.value = "";
      await state.loadMembers();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <form onSubmit={add}>
      <input
        required
        aria-label="Name or e-mail address"
        placeholder="Name or e-mail address"
        value={who.value}
        onInput={(event) => {
          who.value = event.currentTarget.value;
        }}
      />
      <div class="row">
        <RoleChoice
          label="Role"
          mine={mine}
          value={role.value}
          onChange={(next) => {
            role.value = next;
          }}
        />
        <button type="submit">
          <Icon node={UserPlus} title="" /> Add
        </button>
      </div>
      {problem.value && (
        <p class="bad" role="alert">
          {problem.value}
        </p>
      )}
      {link.value && <LinkBox path={link.value} />}
    </form>
  );
}

/** The classes that somebody knows best: images can be dealt out by them. */
function Knows({ state, mine, member }: PanelProps & { readonly mine: Role; readonly member: MemberOut }) {
  const classes = state.classes.value;
  const known = classes.filter((one) => member.classes.includes(one.id));
  if (classes.length < 2 || (known.length === 0 && !may.manage(mine))) return null;
  const choose = (id: number, chosen: boolean) => {
    const others = member.classes.filter((one) => one !== id);
    const next = chosen ? [...others, id] : others;
    void state.change(api.setClasses(state.id, member.id, next), () => state.loadMembers());
  };
  const words = known.length ? known.map((one) => one.name).join(", ") : "no class in particular";
  if (!may.manage(mine)) return <p class="muted">Knows {words}</p>;
  return (
    <details class="knows">
      <summary class="muted" aria-label={`Classes that ${member.name} knows best`}>
        Knows {words}
      </summary>
      {classes.map((one) => (
        <label key={one.id} class="choice">
          <input
            type="checkbox"
            checked={member.classes.includes(one.id)}
            onChange={(event) => choose(one.id, event.currentTarget.checked)}
          />
          {one.name}
        </label>
      ))}
    </details>
  );
}

function MemberRow({
  state,
  mine,
  member,
}: PanelProps & { readonly mine: Role; readonly member: MemberOut }) {
  const link = useSignal<string | null>(null);
  const free = may.manage(mine) && (member.role !== "owner" || may.own(mine));
  const add = (role: Role) => api.addMember(state.id, { username: member.name, role });
  const remove = async () => {
    try {
      await api.removeMember(state.id, member.id);
      tell(
        `${member.name} was removed.`,
        () => void state.change(add(member.role), () => state.loadMembers()),
      );
    } catch (error) {
      complain(error);
    }
    await state.loadMembers().catch(complain);
  };
  const showLink = async () => {
    try {
      link.value = (await api.memberLink(state.id, member.id)).link;
    } catch (error) {
      complain(error);
    }
  };
  return (
    <li>
      <div class="row">
        <span class="person" style={{ borderColor: member.colour }} aria-hidden="true">
          {initials(member.name)}
        </span>
        <span class="grow" title={member.email || member.name}>
          {member.name}
          {member.invited && <span class="muted"> · invited</span>}
        </span>
        {free && member.invited && (
          <button type="button" class="quiet" onClick={showLink}>
            <Icon node={Link} title={`Make a sign-in link for ${member.name}`} />
          </button>
        )}
        <RoleChoice
          label={`Role of ${member.name}`}
          mine={mine}
          value={member.role}
          onChange={(role) =>
            void state.change(api.changeMember(state.id, member.id, role), () => state.loadMembers())
          }
        />
        {free && (
          <button type="button" class="quiet" onClick={remove}>
            <Icon node={X} title={`Remove ${member.name}`} />
          </button>
        )}
      </div>
      {may.annotate(member.role) && <Knows state={state} mine={mine} member={member} />}
      {link.value && <LinkBox path={link.value} />}
    </li>
  );
}

export function MembersPanel({ state }: PanelProps) {
  const mine = state.project.value?.role ?? "viewer";
  return (
    <section class="panel">
      <h2>Members</h2>
      <ul class="rows">
        {state.members.value.map((member) => (
          <MemberRow key={member.id} state={state} mine={mine} member={member} />
        ))}
      </ul>
      {may.manage(mine) && <AddMember state={state} mine={mine} />}
    </section>
  );
}
