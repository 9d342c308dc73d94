/** The conversation with the server about one image: who says what when. Parts with a job of their own are beside it: the
 * connection (socket), my operations (pusher), the order of everybody's (catch-up), clicks, presence, undo. */

import { signal } from "@preact/signals-core";
import { ProtocolError } from "../protocol/decode";
import type {
  Ack,
  ClientMessage,
  ErrorCode,
  News,
  Patch,
  Refusal,
  ServerMessage,
  Welcome,
} from "../protocol/messages.gen";
import {
  CLOSE_BAD_FRAME,
  CLOSE_FORBIDDEN,
  CLOSE_NOT_FOUND,
  CLOSE_NOT_SIGNED_IN,
  CLOSE_TOO_OLD,
  decodeServerMessage,
  VERSION,
} from "../protocol/messages.gen";
import type { PendingOperation } from "../store/types";
import { CatchUp } from "./catch-up";
import { CLOSING, MAY_EDIT, PASSING } from "./codes";
import { Hints } from "./hints";
import { newId } from "./ids";
import { type Jobs, withJob } from "./jobs";
import { LeftBehind } from "./left-behind";
import type { Link, SyncEvents, SyncParts } from "./parts";
import { Presence } from "./presence";
import { Prompts } from "./prompts";
import { Pusher } from "./pusher";
import type { QueuedOperation } from "./queue";
import { ReconnectingSocket } from "./socket";
import type { Me } from "./types";
import { Undo } from "./undo";

/** Between noticing a gap and asking: the missing patch is usually on its way. */
const GAP_MS = 250;
/** Twenty thousand cells from a busy server take a while, and asking again would make it busier; pings find a dead link. */
const WELCOME_WITHIN_MS = 60_000;
const SIGN_IN_AGAIN_MS = 15_000;

export class Sync {
  readonly clientId = newId();
  readonly link = signal<Link>("opening");
  readonly me = signal<Me | null>(null);
  readonly jobs = signal<Jobs>(new Map());
  readonly hints = new Hints();
  readonly prompts: Prompts;
  readonly presence: Presence;
  readonly pusher: Pusher;
  readonly undo: Undo;
  private readonly socket: ReconnectingSocket;
  private readonly catchUp: CatchUp;
  private readonly mine = new Set<string>();
  private readonly left: LeftBehind;
  private seq = 0;
  /** A hello of mine has no welcome yet. */
  private asked = false;
  private turnedAway = 0;
  private warnedOfQueue = false;
  private cancelGap: (() => void) | null = null;
  private cancelWelcome = () => {};
  private cancelSignIn = () => {};
  private readonly parts: SyncParts;
  private readonly events: SyncEvents;

  constructor(parts: SyncParts, events: SyncEvents) {
    this.parts = parts;
    this.events = events;
    const { timers } = parts;
    const send = (message: ClientMessage) => this.send(message);
    this.catchUp = new CatchUp(parts.store);
    this.prompts = new Prompts(send, timers);
    this.presence = new Presence(this.clientId, send, timers);
    this.pusher = new Pusher({ queue: parts.queue, timers, send, onQueueFailed: () => this.onQueueFailed() });
    this.undo = new Undo({
      undecided: () => this.pusher.undecided,
      invert: (kind, undo) => this.enqueue({ kind, changes: [], undo }),
    });
    this.left = new LeftBehind(parts, this.clientId, {
      onFound: (entries) => this.onLeft(entries),
      onTooOld: (entry) =>
        events.onRefused(
          entry,
          "client_too_old",
          "Drawn before an update of Cytomark: keep it, or let it go.",
        ),
      onQueueFailed: () => this.onQueueFailed(),
    });
    this.socket = new ReconnectingSocket(parts.socket, {
      onOpen: () => this.onOpen(),
      onText: (text) => this.onText(text),
      onClose: (code) => this.onClose(code),
    });
  }

  get mayEdit(): boolean {
    return this.me.value !== null && MAY_EDIT.has(this.me.value.role);
  }

  start(): void {
    this.socket.start();
  }

  /** The page came back to the foreground, or the network is back. */
  wake(): void {
    if (this.link.value === "signin") this.socket.start();
    else if (this.link.value !== "reload" && this.link.value !== "gone") this.socket.probe();
  }

  close(): void {
    this.socket.stop();
    this.quiet();
    this.prompts.close();
    this.presence.close();
    this.left.close();
    this.cancelSignIn();
    this.parts.owners.release();
    this.parts.queue.close();
  }

  /** An operation of now, whose cells have room: the caller has seen to that. Returns its id. */
  enqueue(operation: Omit<PendingOperation, "id">): string {
    const me = this.me.value;
    if (!me) throw new Error("Nothing can be done before the server has said who I am.");
    this.seq = this.pusher.nextSeq(this.clientId, this.seq + 1);
    const { imageId } = this.parts;
    const { userId } = me;
    const sent = { id: newId(), imageId, userId, clientId: this.clientId, seq: this.seq, protocol: VERSION };
    const entry: QueuedOperation = { ...sent, ...operation };
    this.mine.add(entry.id);
    this.parts.store.push(entry);
    this.pusher.add(entry);
    this.undo.refresh();
    return entry.id;
  }

  // --- the connection -----------------------------------------------------------------------------------------

  send(message: ClientMessage): boolean {
    return this.socket.send(JSON.stringify(message));
  }

  private onOpen(): void {
    this.presence.clear();
    this.hello();
  }

  private hello(): void {
    this.cancelGap?.();
    this.cancelGap = null;
    this.asked = true;
    const { clock } = this.catchUp;
    this.send({ type: "hello", protocol: VERSION, client_id: this.clientId, clock, unpacks: true });
    this.cancelWelcome();
    this.cancelWelcome = this.parts.timers.after(WELCOME_WITHIN_MS, () => this.socket.drop());
  }

  private onClose(code: number): boolean {
    this.quiet();
    if (code === CLOSE_NOT_SIGNED_IN) {
      this.cancelSignIn = this.parts.timers.after(SIGN_IN_AGAIN_MS, () => this.wake());
      return this.stopAs("signin");
    }
    if (code === CLOSE_TOO_OLD) return this.stopAs("reload");
    // Being signed out looks like this at first: only a second time, on a fresh connection, means it.
    if ((code === CLOSE_FORBIDDEN || code === CLOSE_NOT_FOUND) && this.turnedAway++ > 0)
      return this.stopAs("gone");
    if (code === CLOSE_BAD_FRAME) {
      const culprit = this.pusher.narrow();
      if (culprit) this.giveUp(culprit, "bad_request", "The server could not read this change.");
    }
    if (this.link.value !== "opening") this.link.value = "offline";
    return true;
  }

  private stopAs(link: Link): false {
    this.link.value = link;
    return false;
  }

  private quiet(): void {
    this.pusher.pause();
    this.cancelGap?.();
    this.cancelGap = null;
    this.cancelWelcome();
  }

  private mindTheGap(): void {
    if (!this.catchUp.isBehind || this.cancelGap) return;
    this.cancelGap = this.parts.timers.after(GAP_MS, () => {
      this.cancelGap = null;
      if (this.catchUp.isBehind) this.hello();
    });
  }

  // --- what the server says -----------------------------------------------------------------------------------

  private onText(text: string): void {
    let message: ServerMessage;
    try {
      message = decodeServerMessage(text);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.halt();
      this.events.onNotice(`This page does not understand the server. Reload it. (${error.message})`, null);
      return;
    }
    this.dispatch(message);
    this.mindTheGap();
  }

  private dispatch(message: ServerMessage): void {
    if (message.type === "welcome") this.onWelcome(message);
    else if (message.type === "patch") this.onPatch(message);
    else if (message.type === "news") this.onNews(message);
    else if (message.type === "ack") this.onAck(message);
    else if (message.type === "pong") this.catchUp.hear(message.clock);
    else if (message.type === "presence") this.presence.onPresence(message);
    else if (message.type === "preview") this.prompts.onPreview(message);
    else if (message.type === "proposal") this.prompts.onProposal(message);
    else if (message.type === "job") this.jobs.value = withJob(this.jobs.value, message);
    else if (message.type === "error") this.onRefusal(message);
    else this.hints.hear(message);
  }

  private onWelcome(welcome: Welcome): void {
    if (!this.asked) return;
    this.asked = false;
    const before = this.me.value;
    if (welcome.protocol !== VERSION || (before && before.userId !== welcome.user_id)) {
      // Another person signed in: what waits here is not theirs to send (R12).
      this.halt();
      return;
    }
    this.cancelWelcome();
    this.socket.proven();
    this.turnedAway = 0;
    const { user_id: userId, name, colour, role, last_seq: lastSeq } = welcome;
    this.parts.store.author = name;
    this.me.value = { clientId: this.clientId, userId, name, colour, role };
    this.catchUp.onWelcome(welcome, this.pusher.decideUpTo(this.clientId, lastSeq));
    this.seq = this.pusher.nextSeq(this.clientId, lastSeq + 1) - 1;
    const wasLive = this.link.value === "live";
    this.link.value = "live";
    this.undo.hear(welcome, welcome.clock);
    if (!this.mayEdit) this.keepQuietly();
    else if (!wasLive || before?.role !== role) this.pusher.resume();
    this.hints.missed();
    if (!wasLive) this.prompts.resume();
    if (!before) this.left.start(userId);
  }

  /** Somebody whose role allows only looking: sending would end the connection. */
  private keepQuietly(): void {
    this.pusher.pause();
    if (this.pusher.count.value > 0)
      this.events.onNotice(
        "Your role no longer lets you change cells. Unsaved work stays in this browser.",
        "forbidden",
      );
  }

  /** Nothing more is sent or shown until the page is loaded again. */
  private halt(): void {
    this.socket.stop();
    this.quiet();
    this.link.value = "reload";
  }

  private onNews({ clock, patches, presence }: News): void {
    for (const patch of patches) this.onPatch(patch);
    this.catchUp.hear(clock);
    this.presence.onMany(presence);
  }

  private onPatch(patch: Patch): void {
    this.catchUp.onPatch(patch);
    const fromMe = patch.actor === this.me.value?.name && !this.mine.has(patch.operation);
    const isLeft = this.pusher.entries.some(({ id }) => id === patch.operation);
    if (fromMe && !isLeft && this.undo.hearPatch(patch)) this.hello();
  }

  private onAck(ack: Ack): void {
    const isNews = !this.pusher.isDecided(ack.id);
    const entry = this.pusher.answered(ack);
    if (!entry) return;
    if (ack.outcome === "commit") {
      this.catchUp.onCommit(ack);
    } else {
      this.catchUp.hear(ack.clock);
      this.parts.store.settle(new Set([ack.id]));
      this.events.onRefused(entry, ack.code ?? "internal", ack.message);
    }
    if (isNews) this.undo.hear(ack, ack.clock);
    else this.undo.refresh();
  }

  private onRefusal(refusal: Refusal): void {
    const { code, message, number, push } = refusal;
    if (number !== null) this.prompts.onRefusal(refusal);
    else if (CLOSING.has(code)) return;
    else if (push !== null) this.onPushRefused(push, code, message);
    else if (PASSING.has(code)) this.pusher.retryLater();
    else this.events.onNotice(message, code);
  }

  private onPushRefused(id: string, code: ErrorCode, message: string): void {
    const entry = this.pusher.entries.find((waiting) => waiting.id === id);
    if (!entry) return;
    const hopeless = !PASSING.has(code) && (code !== "internal" || this.pusher.failed(id));
    if (hopeless) this.giveUp(entry, code, message);
    else this.pusher.retryLater();
    if (code !== "out_of_order" || this.pusher.entries[0]?.id !== id) return;
    // Its number is not the one that the server waits for. For mine the welcome says which that is; for another tab's
    // nobody does: they go under mine. The server refuses an operation's id twice, so this doubles none.
    if (entry.clientId !== this.clientId)
      this.seq = this.pusher.reissue(entry.clientId, { clientId: this.clientId, seq: this.seq + 1 });
    else this.hello();
  }

  private giveUp(entry: QueuedOperation, code: ErrorCode, message: string): void {
    this.pusher.giveUp(entry.id);
    if (entry.clientId === this.clientId) this.seq = this.pusher.nextSeq(this.clientId, this.seq) - 1;
    this.parts.store.settle(new Set([entry.id]));
    this.events.onRefused(entry, code, message);
    this.undo.refresh();
  }

  private onLeft(entries: readonly QueuedOperation[]): void {
    for (const entry of entries) this.parts.store.push(entry);
    this.pusher.addLeft(entries);
    this.undo.refresh();
  }

  private onQueueFailed(): void {
    if (this.warnedOfQueue) return;
    this.warnedOfQueue = true;
    this.events.onNotice(
      "This browser keeps nothing when it is closed. Wait for “Saved” before you close the page.",
      null,
    );
  }
}
