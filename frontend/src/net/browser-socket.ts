/** WebSockets of a real browser. */

import { Lobby } from "./lobby";
import type { SocketLike } from "./socket";
import { browserTimers } from "./timers";

export function socketUrl(path: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/ws/${path}/`;
}

export function connect(url: string): SocketLike {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const like: SocketLike = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
  socket.onopen = () => like.onopen?.();
  socket.onmessage = (event) => like.onmessage?.(event);
  socket.onclose = (event) => like.onclose?.(event);
  return like;
}

/** A connection that is made before somebody listens. */
export interface EarlyConnection {
  /** That connection at the first call, a new one at each later call. What happened to it before is told at once. */
  readonly connect: () => SocketLike;
  /** Resolves when it is open, or cannot be opened. */
  readonly settled: Promise<void>;
  readonly abandon: () => void;
}

export function connectEarly(url: string): EarlyConnection {
  const socket = connect(url);
  const missed: (() => void)[] = [];
  let waiting: SocketLike | null = socket;
  const settled = new Promise<void>((resolve) => {
    socket.onopen = () => {
      missed.push(() => socket.onopen?.());
      resolve();
    };
    socket.onclose = (event) => {
      missed.push(() => socket.onclose?.(event));
      resolve();
    };
  });
  return {
    settled,
    connect: () => {
      if (!waiting) return connect(url);
      waiting = null;
      // Whoever takes it begins to listen in this same turn.
      queueMicrotask(() => {
        for (const tell of missed) tell();
      });
      return socket;
    },
    abandon: () => {
      if (waiting) socket.close();
      waiting = null;
    },
  };
}

/** Hears what concerns me, and with a project who is there. */
export function openLobby(projectId: string | null): Lobby {
  const url = socketUrl(projectId ? `projects/${projectId}` : "me");
  return new Lobby({ connect: () => connect(url), timers: browserTimers, random: Math.random });
}
