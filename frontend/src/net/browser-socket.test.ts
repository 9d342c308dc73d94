import { afterEach, expect, it, vi } from "vitest";
import { connectEarly } from "./browser-socket";
import type { SocketLike } from "./socket";

/** A browser's WebSocket, opened and closed by hand. */
class FakeSocket {
  static readonly made: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;

  constructor() {
    FakeSocket.made.push(this);
  }

  close(): void {
    this.closed = true;
  }
}

function begun() {
  FakeSocket.made.length = 0;
  vi.stubGlobal("WebSocket", FakeSocket);
  const early = connectEarly("ws://here/");
  const [socket] = FakeSocket.made;
  if (!socket) throw new Error("nothing was connected");
  return { early, socket };
}

/** What one hears who takes the connection now. */
async function heard(taken: SocketLike): Promise<string[]> {
  const said: string[] = [];
  taken.onopen = () => said.push("open");
  taken.onclose = ({ code }) => said.push(`close ${code}`);
  await Promise.resolve();
  return said;
}

afterEach(() => vi.unstubAllGlobals());

it("connects before anybody listens, and tells them that it is open", async () => {
  const { early, socket } = begun();
  socket.onopen?.();
  await early.settled;
  expect(await heard(early.connect())).toEqual(["open"]);
  expect(FakeSocket.made).toHaveLength(1);
});

it("is heard as any other connection when it opens later", async () => {
  const { early, socket } = begun();
  const taken = early.connect();
  const said = await heard(taken);
  socket.onopen?.();
  expect(said).toEqual(["open"]);
});

it("says that it was refused, and connects anew when it is asked again", async () => {
  const { early, socket } = begun();
  socket.onclose?.({ code: 4403 });
  await early.settled;
  expect(await heard(early.connect())).toEqual(["close 4403"]);
  early.connect();
  expect(FakeSocket.made).toHaveLength(2);
});

it("is closed when nobody will listen, and not when somebody does", () => {
  const { early, socket } = begun();
  early.abandon();
  expect(socket.closed).toBe(true);
  const other = begun();
  other.early.connect();
  other.early.abandon();
  expect(other.socket.closed).toBe(false);
});
