/** Connections to the fake server as bad as the fuzzer wants them. Frames keep their order, as TCP's do; what is lost in
 * the middle is what the server's own fan-out may lose, or what dies with a connection. */

import type { SocketLike } from "../net/socket";
import type { Timers } from "../net/timers";
import type { ClientMessage, ServerMessage } from "../protocol/messages.gen";
import type { Person } from "./fake-rows";
import type { FakeServer, Listener } from "./fake-server";
import type { Random } from "./random";

export interface Faults {
  /** Milliseconds that a frame may take. */
  delay: number;
  /** Of each frame but the first of a connection. */
  lose: number;
  double: number;
  /** No connection can be made. */
  down: boolean;
  /** The code with which the server closes each new connection; 0 for none. */
  turnAway: number;
}

export const PERFECT: Faults = { delay: 5, lose: 0, double: 0, down: false, turnAway: 0 };

export interface WireParts {
  readonly server: FakeServer;
  readonly person: Person;
  readonly timers: Timers;
  readonly random: Random;
  readonly faults: Faults;
}

export class FakeWire implements SocketLike, Listener {
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  readonly sent: ClientMessage[] = [];
  private isOpen = true;
  private upAt = 0;
  private downAt = 0;
  private readonly parts: WireParts;

  constructor(parts: WireParts) {
    this.parts = parts;
    const { server, timers, faults } = parts;
    timers.after(1, () => {
      if (faults.down) this.cut(1006);
      if (!this.isOpen) return;
      server.listeners.add(this);
      this.onopen?.();
      if (faults.turnAway) this.cut(faults.turnAway);
    });
  }

  get person(): Person {
    return this.parts.person;
  }

  send(text: string): void {
    const message = JSON.parse(text) as ClientMessage;
    this.sent.push(message);
    this.upAt = this.travel(
      this.upAt,
      () => this.parts.server.handle(this, message),
      message.type !== "hello",
    );
  }

  receive(message: ServerMessage): void {
    const text = JSON.stringify(message);
    const deliver = () => this.onmessage?.({ data: text });
    this.downAt = this.travel(this.downAt, deliver, message.type !== "welcome");
  }

  close(): void {
    this.isOpen = false;
    this.parts.server.listeners.delete(this);
  }

  /** The connection dies; what was under way is lost. */
  cut(code = 1006): void {
    if (!this.isOpen) return;
    this.close();
    this.onclose?.({ code });
  }

  private travel(after: number, deliver: () => void, mayFail: boolean): number {
    const { timers, random, faults } = this.parts;
    if (mayFail && random.chance(faults.lose)) return after;
    const at = Math.max(after, timers.now() + random.next() * faults.delay);
    const times = mayFail && random.chance(faults.double) ? 2 : 1;
    for (let time = 0; time < times; time++)
      timers.after(at - timers.now(), () => {
        if (this.isOpen) deliver();
      });
    return at;
  }
}
