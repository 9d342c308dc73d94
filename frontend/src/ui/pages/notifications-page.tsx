/** What one was told: newest first, and how one wants to be told. */
import { type Signal, useSignal } from "@preact/signals";
import { AtSign, Check, CornerUpLeft, MessageCircle, UserPlus } from "lucide";
import { useEffect } from "preact/hooks";
import type { MeOut, NotificationChoiceOut, NotificationOut } from "../../protocol/api.gen";
import { Icon } from "../icon";
import { unread } from "../live";
import { complain, Notices } from "../notices";
import { api } from "./api";
import { Empty, TopBar, When } from "./parts";

const PAGE = 50;
const KINDS = {
  assigned: { word: "An image is assigned to me", icon: UserPlus },
  returned: { word: "An image of mine is sent back", icon: CornerUpLeft },
  mentioned: { word: "Somebody mentions me in a comment", icon: AtSign },
  answered: { word: "Somebody answers a comment of mine", icon: MessageCircle },
  job: { word: "A job of mine has ended", icon: Check },
} as const;
type Kind = NotificationOut["kind"];
const ALL: readonly Kind[] = ["assigned", "returned", "mentioned", "answered", "job"];
const MAILINGS: readonly { readonly value: NotificationChoiceOut["mailing"]; readonly word: string }[] = [
  { value: "at_once", word: "At once" },
  { value: "daily", word: "Once a day" },
  { value: "off", word: "Never" },
];

function Row({ one, onOpen }: { readonly one: NotificationOut; readonly onOpen: () => Promise<void> }) {
  return (
    <li class={one.read ? "told" : "told unread"}>
      <Icon node={KINDS[one.kind].icon} title={one.read ? "" : "Not read"} />
      <a
        href={one.address}
        onClick={(event) => {
          const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
          if (!elsewhere) event.preventDefault();
          // The page waits for the word that this was read: leaving would take it back.
          void onOpen().finally(() => !elsewhere && location.assign(one.address));
        }}
      >
        {one.text}
      </a>
      <span class="muted">
        <When iso={one.created_at} />
      </span>
    </li>
  );
}

function Choice({ choice }: { readonly choice: Signal<NotificationChoiceOut | null> }) {
  const now = choice.value;
  if (!now) return null;
  const change = async (next: Partial<NotificationChoiceOut>) => {
    const { mailing, muted } = { ...now, ...next };
    choice.value = { ...now, mailing, muted };
    try {
      choice.value = await api.chooseNotifications({ mailing, muted });
    } catch (error) {
      choice.value = now;
      complain(error);
    }
  };
  return (
    <section class="panel">
      <h2>What I am told</h2>
      <fieldset class="told-kinds">
        <legend class="unseen">Kinds of notifications</legend>
        {ALL.map((kind) => (
          <label key={kind} class="row">
            <input
              type="checkbox"
              checked={!now.muted.includes(kind)}
              onChange={(event) => {
                const others = now.muted.filter((one) => one !== kind);
                void change({ muted: event.currentTarget.checked ? others : [...others, kind] });
              }}
            />
            {KINDS[kind].word}
          </label>
        ))}
      </fieldset>
      <label class="row">
        By e-mail
        <select
          value={now.mailing}
          onChange={(event) => {
            const { value } = event.currentTarget;
            const chosen = MAILINGS.find((one) => one.value === value);
            if (chosen) void change({ mailing: chosen.value });
          }}
        >
          {MAILINGS.map(({ value, word }) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      {!now.mails && (
        <p class="muted">
          This server sends no e-mails yet. <a href="/docs/running/#e-mails">How to set that up</a>
        </p>
      )}
    </section>
  );
}

export function NotificationsPage() {
  const me = useSignal<MeOut | null>(null);
  const list = useSignal<readonly NotificationOut[] | null>(null);
  const more = useSignal(false);
  const choice = useSignal<NotificationChoiceOut | null>(null);
  const count = unread.value;
  const load = async (before: number | null) => {
    try {
      const found = await api.notifications(before);
      list.value = [...(before === null ? [] : (list.value ?? [])), ...found.notifications];
      more.value = found.notifications.length === PAGE;
      unread.value = found.unread;
    } catch (error) {
      complain(error);
    }
  };
  const readAll = async () => {
    try {
      const newest = list.value?.[0]?.id;
      if (newest !== undefined) await api.readNotifications({ up_to: newest });
      await load(null);
    } catch (error) {
      complain(error);
    }
  };
  useEffect(() => {
    void load(null);
  }, [count]);
  useEffect(() => {
    const start = async () => {
      try {
        [me.value, choice.value] = await Promise.all([api.me(), api.notificationChoice()]);
      } catch (error) {
        complain(error);
      }
    };
    void start();
  }, [me, choice]);
  const last = list.value?.at(-1)?.id ?? null;
  return (
    <>
      <TopBar me={me.value} />
      <main class="page with-side">
        <div class="main-column" aria-busy={list.value === null}>
          <div class="page-head">
            <h1>Notifications</h1>
            <span class="spacer" />
            <button type="button" disabled={!count} onClick={() => void readAll()}>
              <Icon node={Check} title="" /> Mark all as read
            </button>
          </div>
          {list.value?.length === 0 && (
            <Empty text="Nothing yet. You are told when images are assigned to you or sent back, and when somebody mentions you." />
          )}
          <ul class="told-list">
            {list.value?.map((one) => (
              <Row
                key={one.id}
                one={one}
                onOpen={async () => {
                  await api.readNotifications({ only: one.id }).catch(complain);
                }}
              />
            ))}
          </ul>
          {more.value && (
            <button type="button" onClick={() => void load(last)}>
              Older
            </button>
          )}
        </div>
        <aside>
          <Choice choice={choice} />
        </aside>
      </main>
      <Notices />
    </>
  );
}
