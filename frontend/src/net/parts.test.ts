import { IDBFactory } from "fake-indexeddb";
import { describe, expect, test, vi } from "vitest";
import type { ClientMessage, Preview } from "../protocol/messages.gen";
import { FIRST_PLANE } from "../store/types";
import { ManualTimers } from "../testing/manual-timers";
import { newId } from "./ids";
import { BeatOwners } from "./owners";
import { Presence } from "./presence";
import { Prompts } from "./prompts";
import type { QueuedOperation } from "./queue";
import { openQueue } from "./queue";
import type { SocketLike } from "./socket";
import { ReconnectingSocket } from "./socket";

function operation(id: string, more: Partial<QueuedOperation> = {}): QueuedOperation {
  const common = { imageId: "i", userId: 1, clientId: "tab", seq: 1, protocol: 1 };
  return { id, kind: "edit", changes: [], undo: null, ...common, ...more };
}

class ScriptedSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  readonly sent: string[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
}

function socketSetup(random = 1) {
  const timers = new ManualTimers();
  const made: ScriptedSocket[] = [];
  const heard: string[] = [];
  const codes: number[] = [];
  const connect = () => {
    const socket = new ScriptedSocket();
    made.push(socket);
    return socket;
  };
  const events = {
    onOpen: () => {},
    onText: (text: string) => void heard.push(text),
    onClose: (code: number) => codes.push(code) > 0,
  };
  const socket = new ReconnectingSocket({ connect, timers, random: () => random }, events);
  const last = () => made.at(-1) ?? new ScriptedSocket();
  socket.start();
  return { timers, made, heard, codes, socket, last };
}

describe("the socket", () => {
  test("waits longer after each failure, never longer than 30 s, and starts anew once proven", async () => {
    const { timers, made, socket, last } = socketSetup();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const [count, since] = [made.length, timers.now()];
      last().onclose?.({ code: 1006 });
      while (made.length === count) await timers.pass(100);
      waits.push(timers.now() - since);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    socket.proven();
    last().onclose?.({ code: 1006 });
    await timers.pass(500);
    expect(made).toHaveLength(11);
  });

  test("spreads the waits of many browsers (full jitter)", async () => {
    const { timers, made, last } = socketSetup(0.1);
    last().onclose?.({ code: 1006 });
    await timers.pass(49);
    expect(made).toHaveLength(1);
    await timers.pass(1);
    expect(made).toHaveLength(2);
  });

  test("notices a dead connection within 30 s, and connects again", async () => {
    const { timers, made, codes, last } = socketSetup(0);
    last().onopen?.();
    await timers.pass(15_000);
    expect(made[0]?.sent).toEqual(['{"type":"ping"}']);
    await timers.pass(10_001);
    expect([codes, made.length, made[0]?.closed]).toEqual([[1006], 2, true]);
  });

  test("stays with a connection on which anything is heard", async () => {
    const { timers, made, heard, last } = socketSetup();
    last().onopen?.();
    for (let round = 0; round < 10; round++) {
      await timers.pass(15_000);
      last().onmessage?.({ data: "pong" });
    }
    expect([made.length, heard.length]).toEqual([1, 10]);
  });

  test("an old connection that closes or speaks late does not disturb the new one (R11)", async () => {
    const { timers, made, heard, codes, socket } = socketSetup(0);
    const [first] = made;
    const late = { close: first?.onclose, message: first?.onmessage };
    first?.onopen?.();
    socket.drop();
    await timers.pass(1);
    late.close?.({ code: 1006 });
    late.message?.({ data: "from the grave" });
    await timers.pass(1);
    expect([made.length, codes, heard]).toEqual([2, [1006], []]);
  });

  test("a packed message is unpacked, and what comes after it waits; a damaged one ends the connection", async () => {
    const { timers, made, heard, codes, socket, last } = socketSetup(0);
    last().onopen?.();
    const whole = await new Response(
      new Blob(["welcome"]).stream().pipeThrough(new CompressionStream("gzip")),
    ).arrayBuffer();
    last().onmessage?.({ data: whole });
    last().onmessage?.({ data: "patch" });
    await vi.waitFor(() => expect(heard).toEqual(["welcome", "patch"]));
    last().onmessage?.({ data: "at once again" });
    expect(heard).toHaveLength(3);
    last().onmessage?.({ data: whole });
    socket.drop();
    await timers.pass(1);
    last().onopen?.();
    last().onmessage?.({ data: whole.slice(0, 9) });
    await vi.waitFor(() => expect(codes).toEqual([1006, 1006]));
    expect([heard.length, made.length]).toEqual([3, 2]);
  });

  test("a connection that never opens is given up, one that cannot be made is tried again", async () => {
    const timers = new ManualTimers();
    let tries = 0;
    const connect = () => {
      tries++;
      if (tries === 1) throw new Error("blocked");
      return new ScriptedSocket();
    };
    const events = { onOpen: () => {}, onText: () => {}, onClose: () => true };
    new ReconnectingSocket({ connect, timers, random: () => 0.5 }, events).start();
    await timers.pass(300);
    expect(tries).toBe(2);
    await timers.pass(16_000);
    expect(tries).toBe(3);
  });

  test("a probe pings at once, or connects at once", async () => {
    const { timers, made, socket, last } = socketSetup();
    last().onopen?.();
    socket.probe();
    expect(last().sent).toHaveLength(1);
    last().onclose?.({ code: 1006 });
    socket.probe();
    expect(made).toHaveLength(2);
    socket.stop();
    socket.probe();
    await timers.pass(100_000);
    expect(made).toHaveLength(2);
  });
});

describe("the queue", () => {
  test("outlives the page, in order, and keeps people and images apart (R12)", async () => {
    const factory = new IDBFactory();
    const first = await openQueue(factory);
    await first.put([operation("b", { seq: 2 }), operation("a", { seq: 1 })]);
    await first.put([operation("c", { userId: 2 }), operation("d", { imageId: "j" })]);
    first.close();
    const second = await openQueue(factory);
    const ids = async (image: string, user: number) => (await second.load(image, user)).map(({ id }) => id);
    expect([await ids("i", 1), await ids("i", 2), await ids("j", 1)]).toEqual([["a", "b"], ["c"], ["d"]]);
    await second.remove(["a", "c"]);
    expect([await ids("i", 1), await ids("i", 2)]).toEqual([["b"], []]);
    await second.put([operation("b", { seq: 7 })]);
    expect(await second.load("i", 1)).toEqual([operation("b", { seq: 7 })]);
  });
});

describe("owners by time stamp", () => {
  test("a living tab keeps its own, a dead one's can be had", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const timers = new ManualTimers();
    const owners = () => new BeatOwners(storage, timers, () => 1_000_000 + timers.now());
    const [alive, other] = [owners(), owners()];
    expect([await alive.claim("a"), await other.claim("a"), await alive.claim("a")]).toEqual([
      true,
      false,
      false,
    ]);
    await timers.pass(300_000);
    expect(await other.claim("a")).toBe(false);
    kept.set("cytomark-tab-crashed", String(1_000_000 + timers.now()));
    expect(await other.claim("crashed")).toBe(false);
    await timers.pass(90_000);
    expect(await other.claim("crashed")).toBe(true);
    alive.release();
    expect(await other.claim("a")).toBe(true);
  });
});

describe("prompts", () => {
  const asked = { points: [{ row: 1, col: 2, positive: true }] };
  const answer = (number: number): Preview => ({
    type: "preview",
    number,
    candidates: [{ mask: { top: 0, left: 0, height: 1, width: 1, counts: [0, 1] }, score: 0.9 }],
    engine: "starter",
    weights: "w",
    preprocessing: "p",
    engine_ms: 7,
  });

  function setup() {
    const timers = new ManualTimers();
    const sent: ClientMessage[] = [];
    return { timers, sent, prompts: new Prompts((message) => sent.push(message) > 0, timers) };
  }

  test("only the newest is answered; the older answer stays visible until then", () => {
    const { prompts } = setup();
    prompts.ask("starter", asked, FIRST_PLANE);
    prompts.onPreview(answer(1));
    prompts.ask("starter", asked, FIRST_PLANE);
    prompts.ask("starter", asked, FIRST_PLANE);
    prompts.onPreview(answer(2));
    expect(prompts.preview.value).toMatchObject({ number: 3, waiting: true, engineMs: 7 });
    expect(prompts.preview.value.candidates).toHaveLength(1);
    prompts.onPreview(answer(3));
    expect(prompts.preview.value).toMatchObject({ number: 3, waiting: false, prompts: asked, error: null });
  });

  test("is asked once more after five seconds, and given up after eleven minutes", async () => {
    const { prompts, sent, timers } = setup();
    prompts.ask("starter", asked, FIRST_PLANE);
    await timers.pass(60_000);
    expect(sent).toHaveLength(2);
    await timers.pass(610_000);
    expect(prompts.preview.value).toMatchObject({
      waiting: false,
      error: expect.stringContaining("Try again"),
    });
  });

  test("a refusal of the newest is its error, cancelling forgets everything", () => {
    const { prompts, sent } = setup();
    prompts.ask("starter", asked, FIRST_PLANE);
    const refusal = { type: "error", code: "engine", message: "No weights.", push: null } as const;
    prompts.onRefusal({ ...refusal, number: 7 });
    expect(prompts.preview.value.waiting).toBe(true);
    prompts.onRefusal({ ...refusal, number: 1 });
    expect(prompts.preview.value).toMatchObject({ waiting: false, error: "No weights." });
    prompts.ask("starter", asked, FIRST_PLANE);
    prompts.cancel();
    prompts.onPreview(answer(2));
    expect(prompts.preview.value).toMatchObject({ candidates: [], waiting: false, error: null });
    expect(sent.at(-1)).toEqual({ type: "cancel", number: 2 });
  });
});

describe("presence", () => {
  const NOTHING = { seen: null, cells: [], take: false };
  const member = { client_id: "b", user_id: 2, name: "grace", colour: "#62d6c4" };

  test("others come, move and leave; this tab is not one of them", () => {
    const presence = new Presence("a", () => true, new ManualTimers());
    const say = (event: "here" | "moved" | "left", row: number | null, client_id = "b") =>
      presence.onPresence({
        type: "presence",
        event,
        member: { ...member, client_id },
        row,
        col: row,
        ...NOTHING,
      });
    say("here", null);
    say("here", null, "a");
    say("moved", 4);
    say("here", null);
    expect(presence.members.value).toEqual([
      { clientId: "b", userId: 2, name: "grace", colour: "#62d6c4", row: 4, col: 4, seen: null, holds: [] },
    ]);
    say("left", null);
    expect(presence.members.value).toEqual([]);
  });

  test("my pointer goes out at most ten times a second, its last place always", async () => {
    const timers = new ManualTimers();
    const sent: ClientMessage[] = [];
    const presence = new Presence("a", (cursor) => sent.push(cursor) > 0, timers);
    for (let step = 0; step < 100; step++) {
      presence.cursor(step, step, null);
      await timers.pass(10);
    }
    await timers.pass(200);
    expect(sent.length).toBeLessThanOrEqual(11);
    expect(sent.at(-1)).toEqual({ type: "cursor", row: 99, col: 99, seen: null });
  });
});

test("ids are version 4 UUIDs and differ", () => {
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
