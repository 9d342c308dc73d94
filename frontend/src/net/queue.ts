/** My operations in the browser's own database until the server has answered them: a reload, a crash or a signed-out
 * session loses none. They belong to a person and an image; another person's are never read (R12). */

import type { PendingOperation } from "../store/types";

/** `clientId` is the tab that made it: sent again by another tab it keeps its number, so that the server knows it. */
export interface QueuedOperation extends PendingOperation {
  readonly imageId: string;
  readonly userId: number;
  readonly clientId: string;
  readonly seq: number;
  /** The version of the protocol that `changes` are written in. */
  readonly protocol: number;
}

export interface Queue {
  /** Resolves when it would survive a crash. */
  put(entries: readonly QueuedOperation[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** What is there for this person and image, each tab's in order. */
  load(imageId: string, userId: number): Promise<QueuedOperation[]>;
  close(): void;
}

const NAME = "cytomark";
const STORE = "operations";
const BY_OWNER = "image and user";

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function inOrder(entries: QueuedOperation[]): QueuedOperation[] {
  return entries.sort((a, b) => a.clientId.localeCompare(b.clientId) || a.seq - b.seq);
}

class BrowserQueue implements Queue {
  constructor(private readonly database: IDBDatabase) {}

  put(entries: readonly QueuedOperation[]): Promise<void> {
    return this.write((store) => {
      for (const entry of entries) store.put(entry);
    });
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.write((store) => {
      for (const id of ids) store.delete(id);
    });
  }

  async load(imageId: string, userId: number): Promise<QueuedOperation[]> {
    const index = this.database.transaction(STORE).objectStore(STORE).index(BY_OWNER);
    return inOrder(await result<QueuedOperation[]>(index.getAll([imageId, userId])));
  }

  close(): void {
    this.database.close();
  }

  /** The transaction is begun before this returns: a page that is being closed still gets it written. */
  private async write(what: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = this.database.transaction(STORE, "readwrite");
    what(transaction.objectStore(STORE));
    transaction.commit();
    await finished(transaction);
  }
}

/** Rejects where the browser keeps nothing (some private windows): use a `MemoryQueue` then, and say so. */
export async function openQueue(factory: IDBFactory): Promise<Queue> {
  const request = factory.open(NAME, 1);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore(STORE, { keyPath: "id" });
    store.createIndex(BY_OWNER, ["imageId", "userId"]);
  };
  const database = await result(request);
  // A newer page wants to change the schema: let it.
  database.onversionchange = () => database.close();
  return new BrowserQueue(database);
}

/** For browsers that keep nothing, and for tests. */
export class MemoryQueue implements Queue {
  private readonly entries = new Map<string, QueuedOperation>();

  async put(entries: readonly QueuedOperation[]): Promise<void> {
    for (const entry of entries) this.entries.set(entry.id, entry);
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.entries.delete(id);
  }

  async load(imageId: string, userId: number): Promise<QueuedOperation[]> {
    const mine = (entry: QueuedOperation) => entry.imageId === imageId && entry.userId === userId;
    return inOrder([...this.entries.values()].filter(mine));
  }

  close(): void {}
}
