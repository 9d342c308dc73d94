/** Other programs that are told what happens in the project, and what came of it. */
import { useSignal } from "@preact/signals";
import { RotateCw, Send, Webhook as WebhookIcon, X } from "lucide";
import { useEffect } from "preact/hooks";
import { sentence } from "../../net/http";
import type { DeliveryOut, WebhookIn, WebhookOut } from "../../protocol/api.gen";
import { Confirm, Dialog, FormEnd } from "../dialog";
import { exact } from "../format";
import { Icon } from "../icon";
import { complain, tell } from "../notices";
import { api } from "./api";
import { When } from "./parts";
import { SecretBox } from "./secret-box";

type EventName = WebhookOut["events"][number];

const EVENTS: readonly { readonly value: EventName; readonly word: string }[] = [
  { value: "image.state", word: "An image is taken up, handed in, accepted or sent back" },
  { value: "image.added", word: "An image is added" },
  { value: "run.ended", word: "An engine has looked for cells" },
  { value: "cells.added", word: "Cells of a file are added" },
  { value: "export.ended", word: "An export has ended" },
  { value: "snapshot.ended", word: "A snapshot is made" },
  { value: "notification", word: "Somebody is notified" },
];
const WORDS: Readonly<Record<DeliveryOut["state"], string>> = {
  waiting: "waiting",
  delivered: "arrived",
  failed: "given up",
};

const LOOK_AGAIN_MS = 2000;

function DeliveryRow({ item, onAgain }: { readonly item: DeliveryOut; readonly onAgain: () => void }) {
  return (
    <li>
      <strong>{item.event}</strong>
      <button type="button" class="quiet" onClick={onAgain}>
        <Icon node={RotateCw} title="Send again" />
      </button>
      <span class="muted">
        <span class={item.problem ? "over" : ""}>{WORDS[item.state]}</span> · <When iso={item.updated_at} />
        {item.problem && ` · ${item.problem}`}
        {item.state === "waiting" && item.attempts > 0 && ` Next try at ${exact(item.next_at)}.`}
      </span>
    </li>
  );
}

function Log({ webhook, onClose }: { readonly webhook: WebhookOut; readonly onClose: () => void }) {
  const items = useSignal<readonly DeliveryOut[] | null>(null);
  const load = async () => {
    try {
      items.value = await api.deliveries(webhook.id);
    } catch (error) {
      complain(error);
    }
  };
  useEffect(() => {
    void load();
    const again = setInterval(() => void load(), LOOK_AGAIN_MS);
    return () => clearInterval(again);
  }, [webhook.id]);
  const act = async (work: Promise<unknown>) => {
    await work.catch(complain);
    await load();
  };
  return (
    <Dialog title="What it was told" onClose={onClose}>
      <p class="muted">{webhook.url}</p>
      {items.value?.length === 0 && <p>Nothing yet.</p>}
      <ul class="things scrolled" aria-busy={items.value === null}>
        {items.value?.map((item) => (
          <DeliveryRow key={item.id} item={item} onAgain={() => void act(api.sendAgain(item.id))} />
        ))}
      </ul>
      <div class="actions">
        <button type="button" onClick={() => void act(api.pingWebhook(webhook.id))}>
          <Icon node={Send} title="" /> Try it
        </button>
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

interface RowProps {
  readonly webhook: WebhookOut;
  readonly onChange: (work: Promise<unknown>) => void;
}

function WebhookRow({ webhook, onChange }: RowProps) {
  const shown = useSignal<"log" | "remove" | null>(null);
  const close = () => {
    shown.value = null;
  };
  return (
    <li>
      <button
        type="button"
        class="link"
        title={webhook.url}
        onClick={() => {
          shown.value = "log";
        }}
      >
        {new URL(webhook.url).host}
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          shown.value = "remove";
        }}
      >
        <Icon node={X} title={`Remove ${webhook.url}`} />
      </button>
      <label class="choice muted">
        <input
          type="checkbox"
          checked={webhook.active}
          onChange={(event) =>
            onChange(api.changeWebhook(webhook.id, { active: event.currentTarget.checked }))
          }
        />
        {webhook.active ? "On" : "Off"} · {webhook.events.length ? webhook.events.join(", ") : "all events"}
      </label>
      {shown.value === "log" && <Log webhook={webhook} onClose={close} />}
      {shown.value === "remove" && (
        <Confirm
          title="Remove this webhook?"
          text={`${webhook.url} is told nothing from now on. Its secret cannot be brought back.`}
          action="Remove it"
          onConfirm={() => onChange(api.deleteWebhook(webhook.id))}
          onClose={close}
        />
      )}
    </li>
  );
}

interface NewProps {
  readonly id: string;
  readonly onMade: (secret: string) => void;
  readonly onClose: () => void;
}

function NewWebhook({ id, onMade, onClose }: NewProps) {
  const url = useSignal("");
  const events = useSignal<readonly EventName[]>(["image.state"]);
  const problem = useSignal("");
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    const all = events.value.length === EVENTS.length;
    const asked: WebhookIn = { url: url.value.trim(), events: all ? [] : events.value };
    try {
      onMade((await api.createWebhook(id, asked)).secret);
      onClose();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <Dialog title="Tell another program" onClose={onClose}>
      <form onSubmit={make}>
        <label>
          Its address
          <input
            required
            type="url"
            maxLength={500}
            placeholder="https://"
            value={url.value}
            onInput={(event) => {
              url.value = event.currentTarget.value;
            }}
          />
        </label>
        <fieldset class="choices">
          <legend>When</legend>
          {EVENTS.map((one) => (
            <label key={one.value} class="choice">
              <input
                type="checkbox"
                checked={events.value.includes(one.value)}
                onChange={(event) => {
                  const others = events.value.filter((name) => name !== one.value);
                  events.value = event.currentTarget.checked ? [...others, one.value] : others;
                }}
              />
              {one.word}
            </label>
          ))}
        </fieldset>
        <FormEnd problem={problem.value} disabled={events.value.length === 0} onClose={onClose}>
          Add webhook
        </FormEnd>
      </form>
    </Dialog>
  );
}

export function WebhooksPanel({ id }: { readonly id: string }) {
  const webhooks = useSignal<readonly WebhookOut[]>([]);
  const adding = useSignal(false);
  const secret = useSignal("");
  const load = async () => {
    webhooks.value = await api.webhooks(id);
  };
  useEffect(() => {
    void load().catch(complain);
  }, [id]);
  const change = async (work: Promise<unknown>) => {
    await work.catch(complain);
    await load().catch(complain);
  };
  return (
    <section class="panel">
      <h2>Webhooks</h2>
      <ul class="things">
        {webhooks.value.map((webhook) => (
          <WebhookRow key={webhook.id} webhook={webhook} onChange={(work) => void change(work)} />
        ))}
      </ul>
      {secret.value && (
        <SecretBox
          words="Copy the secret now: it is not shown again. By it the other program knows that it hears from here."
          label="Secret of the webhook"
          value={secret.value}
        />
      )}
      <div class="row">
        <button
          type="button"
          onClick={() => {
            adding.value = true;
          }}
        >
          <Icon node={WebhookIcon} title="" /> Tell another program…
        </button>
        <a class="muted" href="/docs/api/#webhooks">
          How
        </a>
      </div>
      {adding.value && (
        <NewWebhook
          id={id}
          onMade={(made) => {
            secret.value = made;
            tell("The webhook was added.");
            void change(Promise.resolve());
          }}
          onClose={() => {
            adding.value = false;
          }}
        />
      )}
    </section>
  );
}
