/** The connection of a page that is no image: what concerns me, and on a project's page who is there. */

import { ProtocolError } from "../protocol/decode";
import {
  CLOSE_FORBIDDEN,
  CLOSE_NOT_FOUND,
  CLOSE_NOT_SIGNED_IN,
  decodeServerMessage,
} from "../protocol/messages.gen";
import { Hints } from "./hints";
import { ReconnectingSocket, type SocketParts } from "./socket";

const FINAL: ReadonlySet<number> = new Set([CLOSE_NOT_SIGNED_IN, CLOSE_FORBIDDEN, CLOSE_NOT_FOUND]);

export class Lobby {
  readonly hints = new Hints();
  private readonly socket: ReconnectingSocket;

  constructor(parts: SocketParts) {
    this.socket = new ReconnectingSocket(parts, {
      onOpen: () => this.hints.missed(),
      onText: (text) => this.hear(text),
      onClose: (code) => !FINAL.has(code),
    });
    this.socket.start();
  }

  close(): void {
    this.socket.stop();
  }

  private hear(text: string): void {
    this.socket.proven();
    try {
      const message = decodeServerMessage(text);
      if (message.type === "notified" || message.type === "people") this.hints.hear(message);
    } catch (error) {
      // A newer server says more than this page knows: what it does know goes on.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}
