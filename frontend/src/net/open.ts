/** A session in a real browser: its WebSocket, its database, its events. */

import { CellStore } from "../store/document";
import { connect, socketUrl } from "./browser-socket";
import { browserOwners } from "./owners";
import type { Queue } from "./queue";
import { MemoryQueue, openQueue } from "./queue";
import { Session } from "./session";
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

/** Opens one image. The cells come a moment later: `status` leaves `opening` then. */
export async function openSession({ imageId, width, height }: SessionOptions): Promise<ImageSession> {
  const session = new Session({
    imageId,
    store: new CellStore(width, height),
    queue: await queueOrMemory(),
    owners: browserOwners(browserTimers),
    timers: browserTimers,
    socket: {
      connect: () => connect(socketUrl(`images/${imageId}`)),
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
