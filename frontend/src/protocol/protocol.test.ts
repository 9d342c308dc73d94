import { describe, expect, test } from "vitest";
import { ProtocolError } from "./decode";
import fixtures from "./fixtures.json";
import { decodeServerMessage } from "./messages.gen";

const server = Object.entries(fixtures.server);
const welcome = fixtures.server["welcome (snapshot)"];

function decode(value: unknown) {
  return decodeServerMessage(JSON.stringify(value));
}

describe("what the server says", () => {
  test.each(server)("%s is understood and unchanged", (_name, message) => {
    expect(decode(message)).toEqual(message);
  });

  test.each(server)(
    "%s without any one of its fields is refused, or that field has a default",
    (_name, message) => {
      for (const field of Object.keys(message)) {
        const { [field]: _left, ...rest } = message as Record<string, unknown>;
        try {
          expect(decode(rest)).toHaveProperty(field);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(String(error)).toContain(field);
        }
      }
    },
  );

  test.each(server)("%s with a field of another type is refused", (_name, message) => {
    for (const field of Object.keys(message))
      expect(() => decode({ ...message, [field]: { not: "this" } })).toThrow(ProtocolError);
  });

  test("what is left out and has a default is filled in", () => {
    const ack = { type: "ack", id: "x", seq: 1, outcome: "commit", clock: 2 };
    expect(decode(ack)).toMatchObject({ code: null, message: "", cells: [], removed: [], undoable: null });
  });

  test("a wrong value deep inside says where it is", () => {
    const [cell] = welcome.snapshot;
    const wrong = { ...welcome, snapshot: [{ ...cell, mask: { ...cell?.mask, counts: [1, "4"] } }] };
    expect(() => decode(wrong)).toThrow("snapshot.0.mask.counts.1: expected a whole number.");
  });

  test.each([
    "",
    "nonsense",
    "null",
    "[]",
    "7",
    '{"type":"constructor"}',
    '{"type":"gossip"}',
    '{"clock":1}',
    '{"type":"pong","clock":1.5}',
  ])("%s is refused", (text) => {
    expect(() => decodeServerMessage(text)).toThrow(ProtocolError);
  });

  test("a field that is not known yet is let through", () => {
    expect(decode({ type: "pong", clock: 1, mood: "good" })).toMatchObject({ clock: 1 });
  });
});
