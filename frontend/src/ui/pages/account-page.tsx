/** One's own account: the tokens by which programs act for one. */
import { type Signal, useSignal } from "@preact/signals";
import { KeyRound, X } from "lucide";
import { useEffect } from "preact/hooks";
import { sentence } from "../../net/http";
import type { MeOut, TokenIn, TokenOut } from "../../protocol/api.gen";
import { Confirm } from "../dialog";
import { exact } from "../format";
import { Icon } from "../icon";
import { complain, Notices } from "../notices";
import { api } from "./api";
import { TopBar, When } from "./parts";
import { SecretBox } from "./secret-box";

type Scope = TokenOut["scopes"][number];

const SCOPES: readonly { readonly value: Scope; readonly word: string; readonly text: string }[] = [
  { value: "read", word: "Read", text: "See projects, images and cells. Every token may." },
  { value: "annotate", word: "Annotate", text: "Upload images, find and change cells." },
  { value: "export", word: "Export", text: "Make exports and take them home." },
  { value: "manage", word: "Manage", text: "Make projects; change their members and classes." },
];
const DAYS: readonly { readonly days: number; readonly word: string }[] = [
  { days: 7, word: "7 days" },
  { days: 30, word: "30 days" },
  { days: 90, word: "90 days" },
  { days: 365, word: "a year" },
];

function TokenRow({ token, onRemove }: { readonly token: TokenOut; readonly onRemove: () => void }) {
  const asking = useSignal(false);
  const over = Date.parse(token.expires_at) < Date.now();
  return (
    <li>
      <strong>{token.name}</strong>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          asking.value = true;
        }}
      >
        <Icon node={X} title={`Take back ${token.name}`} />
      </button>
      <span class="muted">
        {token.scopes.join(", ")} ·{" "}
        <span class={over ? "over" : ""}>
          {over ? "over since" : "until"} {exact(token.expires_at)}
        </span>{" "}
        · {token.last_used_at ? <When iso={token.last_used_at} /> : "never used"}
      </span>
      {asking.value && (
        <Confirm
          title={`Take back “${token.name}”?`}
          text="Programs that use this token are refused from now on. It cannot be brought back."
          action="Take it back"
          onConfirm={onRemove}
          onClose={() => {
            asking.value = false;
          }}
        />
      )}
    </li>
  );
}

function ScopeChoice({ chosen }: { readonly chosen: Signal<readonly Scope[]> }) {
  const toggle = (scope: Scope) => {
    const rest = chosen.value.filter((one) => one !== scope);
    chosen.value = rest.length < chosen.value.length ? rest : [...rest, scope];
  };
  return (
    <fieldset>
      <legend>What it may do, as far as you may</legend>
      {SCOPES.map((scope) => (
        <label key={scope.value} class="choice">
          <input
            type="checkbox"
            checked={chosen.value.includes(scope.value)}
            disabled={scope.value === "read"}
            onChange={() => toggle(scope.value)}
          />
          <span>
            <strong>{scope.word}</strong>
            <span>{scope.text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function NewToken({ onMade }: { readonly onMade: () => Promise<void> }) {
  const name = useSignal("");
  const scopes = useSignal<readonly Scope[]>(["read", "annotate", "export"]);
  const days = useSignal(30);
  const problem = useSignal("");
  const secret = useSignal("");
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    const asked: TokenIn = { name: name.value, scopes: scopes.value, days: days.value };
    try {
      secret.value = (await api.createToken(asked)).token;
      name.value = problem.value = "";
      await onMade();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <form class="wide-form" onSubmit={make}>
      <label>
        What it is for
        <input
          required
          maxLength={60}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <ScopeChoice chosen={scopes} />
      <div class="row">
        <label class="row">
          Ends after
          <select
            value={String(days.value)}
            onChange={(event) => {
              days.value = Number(event.currentTarget.value);
            }}
          >
            {DAYS.map((one) => (
              <option key={one.days} value={String(one.days)}>
                {one.word}
              </option>
            ))}
          </select>
        </label>
        <span class="spacer" />
        <button type="submit" class="primary">
          <Icon node={KeyRound} title="" /> Make token
        </button>
      </div>
      <p class="bad" role="alert">
        {problem.value}
      </p>
      {secret.value && (
        <SecretBox
          words="Copy the token now: it is not shown again. Whoever has it can do what it allows."
          label="New token"
          value={secret.value}
        />
      )}
    </form>
  );
}

export function AccountPage() {
  const me = useSignal<MeOut | null>(null);
  const tokens = useSignal<readonly TokenOut[] | null>(null);
  const load = async () => {
    tokens.value = await api.tokens();
  };
  const remove = async (token: TokenOut) => {
    await api.deleteToken(token.id).catch(complain);
    await load().catch(complain);
  };
  useEffect(() => {
    const start = async () => {
      try {
        [me.value, tokens.value] = await Promise.all([api.me(), api.tokens()]);
      } catch (error) {
        complain(error);
      }
    };
    void start();
  }, [me, tokens]);
  return (
    <>
      <TopBar me={me.value} />
      <main class="page narrow account">
        <div>
          <h1>{me.value?.username ?? "Account"}</h1>
          <p class="muted">{me.value?.email}</p>
        </div>
        <section class="panel" aria-busy={tokens.value === null}>
          <h2>Tokens</h2>
          <p>
            With a token a program does what you could do here: upload a folder, have cells found, export.{" "}
            <a href="/docs/api/">How to use them</a>
          </p>
          <ul class="things">
            {tokens.value?.map((token) => (
              <TokenRow key={token.id} token={token} onRemove={() => void remove(token)} />
            ))}
          </ul>
          <NewToken onMade={load} />
        </section>
      </main>
      <Notices />
    </>
  );
}
