/** A session in a real browser: its WebSocket, its database, its events. */

import { CellStore } from "../store/document";
import { browserOwners } from "./owners";
import type { Queue } from "./queue";
import { MemoryQueue, openQueue } from "./queue";
import { Session } from "./session";
import type { SocketLike } from "./socket";
import { browserTimers } from "./timers";
import type { ImageSession, SessionOptions } from "./types";

async function queueOrMemory(): Promise<Queue> {
  try {
    return await openQueue(indexedDB);
  } catch {
    // Some private windows have no database. Saving works; only what a crash leaves unsent would be lost.
    return new MemoryQueue();
  }
}

function socketUrl(imageId: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/ws/images/${imageId}/`;
}

function connect(url: string): SocketLike {
  const socket = new WebSocket(url);
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

/** Opens one image. The cells come a moment later: `status` leaves `opening` then. */
export async function openSession({ imageId, width, height }: SessionOptions): Promise<ImageSession> {
  const session = new Session({
    imageId,
    store: new CellStore(width, height),
    queue: await queueOrMemory(),
    owners: browserOwners(browserTimers),
    timers: browserTimers,
    socket: {
      connect: () => connect(socketUrl(imageId)),
      timers: browserTimers,
      random: Math.random,
    },
  });
  const listening = new AbortController();
  const { signal } = listening;
  const wake = () => {
    if (document.visibilityState === "visible") session.wake();
  };
  window.addEventListener("focus", wake, { signal });
  window.addEventListener("online", wake, { signal });
  window.addEventListener("pageshow", wake, { signal });
  document.addEventListener("visibilitychange", wake, { signal });
  const close = session.close.bind(session);
  session.close = () => {
    listening.abort();
    close();
  };
  return session;
}
