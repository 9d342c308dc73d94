import { expect, test } from "vitest";
import { ManualTimers } from "../testing/manual-timers";
import { Lobby } from "./lobby";
import type { SocketLike } from "./socket";

function opened() {
  const sockets: SocketLike[] = [];
  const said: string[] = [];
  const timers = new ManualTimers();
  const connect = (): SocketLike => {
    const socket: SocketLike = {
      onopen: null,
      onmessage: null,
      onclose: null,
      send: (text) => said.push(text),
      close: () => undefined,
    };
    sockets.push(socket);
    return socket;
  };
  return { lobby: new Lobby({ connect, timers, random: () => 0.5 }), sockets, said, timers };
}

test("what is unread and who is here is heard, and asked for again after a lost connection", async () => {
  const { lobby, sockets, timers } = opened();
  sockets[0]?.onopen?.();
  expect(lobby.hints.peopleChanged.value).toBe(1);
  sockets[0]?.onmessage?.({ data: '{"type":"notified","unread":2,"text":"Bo mentions you"}' });
  expect(lobby.hints.notified.value).toEqual({ unread: 2, text: "Bo mentions you" });
  sockets[0]?.onmessage?.({ data: '{"type":"people"}' });
  sockets[0]?.onmessage?.({ data: '{"type":"something newer"}' });
  expect(lobby.hints.peopleChanged.value).toBe(2);
  sockets[0]?.onclose?.({ code: 1006 });
  await timers.pass(1_000);
  sockets[1]?.onopen?.();
  expect(lobby.hints.peopleChanged.value).toBe(3);
});

test("whoever may no longer look is not knocking at the door for ever", async () => {
  const { sockets, timers } = opened();
  sockets[0]?.onopen?.();
  sockets[0]?.onclose?.({ code: 4403 });
  await timers.pass(600_000);
  expect(sockets).toHaveLength(1);
});
