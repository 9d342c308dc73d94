/** One WebSocket after another: connects again with growing random delays, and notices a connection that is dead but not
 * closed. What is said over it is not its business. */

import type { Ping } from "../protocol/messages.gen";
import type { Timers } from "./timers";

const PING_EVERY_MS = 15_000;
const PONG_WITHIN_MS = 10_000;
const OPEN_WITHIN_MS = 15_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const CLOSED_WITHOUT_A_WORD = 1006;

/** What is used of a browser's WebSocket. */
export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onText(text: string): void;
  /** Returns whether to connect again. */
  onClose(code: number): boolean;
}

export interface SocketParts {
  readonly connect: () => SocketLike;
  readonly timers: Timers;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** The text of a gzipped frame. Rejects where it is none. */
function unpack(data: ArrayBuffer): Promise<string> {
  const unpacked = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).text();
}

export class ReconnectingSocket {
  private current: SocketLike | null = null;
  private isOpen = false;
  private attempts = 0;
  private stopped = true;
  private cancelWait = () => {};
  private cancelPing = () => {};
  private cancelDeadline = () => {};
  private waitsForPong = false;
  private unpacking: Promise<void> | null = null;
  private readonly parts: SocketParts;
  private readonly events: SocketEvents;

  constructor(parts: SocketParts, events: SocketEvents) {
    this.parts = parts;
    this.events = events;
  }

  /** Connects now, unless it is connected or about to be. */
  start(): void {
    this.stopped = false;
    if (this.current === null) this.open();
  }

  stop(): void {
    this.stopped = true;
    this.cancelWait();
    this.letGo();
  }

  /** Whether it went out; no promise that it arrived. */
  send(text: string): boolean {
    if (!this.current || !this.isOpen) return false;
    this.current.send(text);
    return true;
  }

  /** The other side has answered sensibly: the next failure is a first one. */
  proven(): void {
    this.attempts = 0;
  }

  /** Is it still there? Called when the page comes back to the foreground: a laptop may have slept. */
  probe(): void {
    if (this.stopped) return;
    if (this.current === null) this.open();
    else if (this.isOpen) this.ping();
  }

  /** Ends this connection as if it had been lost, and connects again. */
  drop(): void {
    this.lost(CLOSED_WITHOUT_A_WORD);
  }

  private open(): void {
    this.cancelWait();
    let socket: SocketLike;
    try {
      socket = this.parts.connect();
    } catch {
      this.wait();
      return;
    }
    this.current = socket;
    // A socket that was given up may still speak or close, minutes later: only the current one is heard.
    socket.onopen = () => {
      if (this.current === socket) this.opened();
    };
    socket.onmessage = (event) => {
      if (this.current === socket) this.heard(event.data);
    };
    socket.onclose = (event) => {
      if (this.current === socket) this.lost(event.code);
    };
    this.cancelDeadline = this.parts.timers.after(OPEN_WITHIN_MS, () => this.drop());
  }

  private opened(): void {
    this.cancelDeadline();
    this.isOpen = true;
    this.schedulePing();
    this.events.onOpen();
  }

  private heard(data: unknown): void {
    if (this.waitsForPong) {
      this.waitsForPong = false;
      this.cancelDeadline();
    }
    if (typeof data === "string" && !this.unpacking) this.events.onText(data);
    else this.unpackInOrder(data);
  }

  /** What is packed takes a moment; what comes after it waits. */
  private unpackInOrder(data: unknown): void {
    const socket = this.current;
    const turn = (this.unpacking ?? Promise.resolve())
      .then(() => (data instanceof ArrayBuffer ? unpack(data) : String(data)))
      .then(
        (text) => {
          if (this.current === socket) this.events.onText(text);
        },
        () => {
          if (this.current === socket) this.drop();
        },
      )
      .finally(() => {
        if (this.unpacking === turn) this.unpacking = null;
      });
    this.unpacking = turn;
  }

  private lost(code: number): void {
    this.letGo();
    if (this.events.onClose(code) && !this.stopped) this.wait();
  }

  private letGo(): void {
    const socket = this.current;
    this.current = null;
    this.isOpen = false;
    this.waitsForPong = false;
    this.unpacking = null;
    this.cancelPing();
    this.cancelDeadline();
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  /** Full jitter: many browsers that lost one server do not come back in step. */
  private wait(): void {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.attempts);
    this.attempts++;
    this.cancelWait();
    this.cancelWait = this.parts.timers.after(this.parts.random() * longest, () => {
      if (!this.stopped && this.current === null) this.open();
    });
  }

  private schedulePing(): void {
    this.cancelPing();
    this.cancelPing = this.parts.timers.after(PING_EVERY_MS, () => this.ping());
  }

  private ping(): void {
    this.schedulePing();
    if (!this.send(JSON.stringify({ type: "ping" } satisfies Ping)) || this.waitsForPong) return;
    this.waitsForPong = true;
    this.cancelDeadline = this.parts.timers.after(PONG_WITHIN_MS, () => this.drop());
  }
}
