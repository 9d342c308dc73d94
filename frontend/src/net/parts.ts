/** What a conversation with the server is made of, and what it reports. */

import type { ErrorCode } from "../protocol/messages.gen";
import type { CellStore } from "../store/document";
import type { Owners } from "./owners";
import type { Queue, QueuedOperation } from "./queue";
import type { SocketParts } from "./socket";
import type { Timers } from "./timers";

export type Link = "opening" | "offline" | "live" | "signin" | "reload" | "gone";

export interface SyncParts {
  readonly imageId: string;
  readonly store: CellStore;
  readonly queue: Queue;
  readonly owners: Owners;
  readonly timers: Timers;
  readonly socket: SocketParts;
}

export interface SyncEvents {
  /** An operation of mine that will never be done. */
  onRefused(operation: QueuedOperation, code: ErrorCode, message: string): void;
  onNotice(message: string, code: ErrorCode | null): void;
}
