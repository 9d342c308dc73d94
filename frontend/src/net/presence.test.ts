import { expect, test } from "vitest";
import type { Cursor, Hold, Presence as PresenceMessage } from "../protocol/messages.gen";
import { ManualTimers } from "../testing/manual-timers";
import { HELD_FOR_MS, HOLD_AGAIN_MS, LINGER_MS, Presence } from "./presence";

function opened() {
  const timers = new ManualTimers();
  const sent: (Cursor | Hold)[] = [];
  const presence = new Presence("me", (message) => sent.push(message) > 0, timers);
  const hear = (client_id: string, more: Partial<PresenceMessage>) =>
    presence.onPresence({
      type: "presence",
      event: "holds",
      member: { client_id, user_id: 2, name: client_id, colour: "#62d6c4" },
      row: null,
      col: null,
      seen: null,
      cells: [],
      take: false,
      ...more,
    });
  const holds = () => presence.members.value.flatMap((member) => member.holds);
  return { timers, sent, presence, hear, holds };
}

test("what I hold is said at once, again every few seconds, and let go a little after", async () => {
  const { timers, sent, presence } = opened();
  presence.hold(["a"]);
  presence.hold(["a"]);
  expect(sent).toEqual([{ type: "hold", cells: ["a"], take: false }]);
  await timers.pass(HOLD_AGAIN_MS + 10);
  expect(sent).toHaveLength(2);
  presence.hold([]);
  await timers.pass(LINGER_MS - 10);
  expect(sent).toHaveLength(2);
  await timers.pass(20);
  expect(sent.at(-1)).toEqual({ type: "hold", cells: [], take: false });
  await timers.pass(60_000);
  expect(sent).toHaveLength(3);
});

test("what others hold is free when they let go, leave or fall silent", async () => {
  const { timers, hear, holds } = opened();
  hear("grace", { cells: ["a", "b"] });
  hear("grace", { event: "moved", row: 1, col: 2 });
  expect(holds()).toEqual(["a", "b"]);
  hear("grace", {});
  expect(holds()).toEqual([]);
  hear("grace", { cells: ["a"] });
  hear("grace", { event: "left" });
  expect(holds()).toEqual([]);
  hear("grace", { cells: ["a"] });
  await timers.pass(HELD_FOR_MS - 100);
  hear("grace", { cells: ["a"] });
  await timers.pass(HELD_FOR_MS - 100);
  expect(holds()).toEqual(["a"]);
  await timers.pass(200);
  expect(holds()).toEqual([]);
});

test("a cell taken over is mine no longer, nor anybody else's", async () => {
  const { timers, sent, presence, hear } = opened();
  presence.hold(["a", "b"]);
  hear("grace", { cells: ["c"] });
  hear("boss", { cells: ["a", "c"], take: true });
  expect(presence.taken.value).toEqual({ by: "boss", cells: ["a"] });
  expect(presence.members.value.map((member) => member.holds)).toEqual([[], ["a", "c"]]);
  await timers.pass(LINGER_MS + 10);
  expect(sent.at(-1)).toEqual({ type: "hold", cells: [], take: false });
});

test("taking over says so, and lets go by itself when nothing is done", async () => {
  const { timers, sent, presence } = opened();
  presence.take(["a"]);
  expect(sent).toEqual([{ type: "hold", cells: ["a"], take: true }]);
  await timers.pass(LINGER_MS + 10);
  expect(sent).toHaveLength(2);
});
