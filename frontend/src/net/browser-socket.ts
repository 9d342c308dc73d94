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

/** Hears what concerns me, and with a project who is there. */
export function openLobby(projectId: string | null): Lobby {
  const url = socketUrl(projectId ? `projects/${projectId}` : "me");
  return new Lobby({ connect: () => connect(url), timers: browserTimers, random: Math.random });
}
