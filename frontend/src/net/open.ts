/** A session in a real browser: its WebSocket, its database, its events. */

import { CellStore } from "../store/document";
import { connectEarly, socketUrl } from "./browser-socket";
import { browserOwners } from "./owners";
import type { Queue } from "./queue";
import { MemoryQueue, openQueue } from "./queue";
import { Session } from "./session";
import { browserTimers } from "./timers";
import type { Opening } from "./types";

/** After which the image is shown though the server cannot be reached yet. */
const PATIENCE_MS = 500;

async function queueOrMemory(): Promise<Queue> {
  try {
    return await openQueue(indexedDB);
  } catch {
    // Some private windows have no database. Saving works; only what a crash leaves unsent would be lost.
    return new MemoryQueue();
  }
}

/** Connects for one image. The server is asked before the canvas is made: that may take the page seconds where there is
 * no graphics card, and the answer is on its way meanwhile. */
export function beginSession(imageId: string): Opening {
  const early = connectEarly(socketUrl(`images/${imageId}`));
  const queue = queueOrMemory();
  return {
    abandon: early.abandon,
    async session({ width, height }) {
      const patience = new Promise<void>((done) => browserTimers.after(PATIENCE_MS, done));
      await Promise.race([early.settled, patience]);
      const session = new Session({
        imageId,
        store: new CellStore(width, height),
        queue: await queue,
        owners: browserOwners(browserTimers),
        timers: browserTimers,
        socket: { connect: early.connect, timers: browserTimers, random: Math.random },
      });
      listen(session);
      return session;
    },
  };
}

/** What the browser says of the page, until the session is closed. */
function listen(session: Session): void {
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
}
