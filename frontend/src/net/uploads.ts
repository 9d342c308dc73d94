/** Uploads that survive a dropped connection: parts in order, going on where the server says it is. */
import { type Signal, signal } from "@preact/signals";
import type { QuestionOut, UploadOut } from "../protocol/api.gen";
import { HttpError, sentence } from "./http";

export const PART_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 2;
const MAX_WAIT_MS = 30_000;
const POLL_MS = 700;

/** What files leave open: the numbers of the images that are wanted, null for all; what the planes are, where they do
 * not say it; whether label images become cells. */
export interface Answer {
  readonly series: number[] | null;
  readonly planes: string;
  readonly labels: boolean;
}

/** What the queue needs of the server; rejects with HttpError. */
export interface UploadServer {
  create(name: string, size: number): Promise<UploadOut>;
  look(id: string): Promise<UploadOut>;
  append(id: string, offset: number, part: Blob): Promise<UploadOut>;
  list(): Promise<readonly UploadOut[]>;
  answer(ids: readonly string[], answer: Answer): Promise<readonly UploadOut[]>;
  remove(id: string): Promise<void>;
}

/** `stopped`: begun in another visit; it goes on when the same file is chosen again. */
export type Phase =
  | "waiting"
  | "sending"
  | "retrying"
  | "decoding"
  | "asking"
  | "done"
  | "failed"
  | "stopped";

export interface UploadItem {
  readonly key: number;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly phase: Phase;
  readonly message: string;
  readonly id: string | null;
  readonly file: File | null;
  readonly question: QuestionOut | null;
}

/** Files that leave the same open can be answered together. */
function kindOf({ series, planes, labels }: QuestionOut): string {
  return JSON.stringify([series.map(({ name, preview, problem, ...sizes }) => sizes), planes, labels]);
}

export type Sleep = (ms: number) => Promise<void>;
const realSleep: Sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function phaseOf(upload: UploadOut): Phase {
  return upload.state === "receiving" ? "stopped" : upload.state;
}

export class UploadQueue {
  readonly items: Signal<readonly UploadItem[]> = signal([]);
  private nextKey = 1;
  private active = 0;
  /** What was said of all files of a kind, those to come included. */
  private readonly said = new Map<string, Answer>();

  constructor(
    private readonly server: UploadServer,
    private readonly onImage: () => void,
    private readonly sleep: Sleep = realSleep,
  ) {}

  /** What this person has under way from earlier visits. */
  async load(): Promise<void> {
    for (const upload of await this.server.list()) {
      if (this.items.value.some((item) => item.id === upload.id)) continue;
      const item = this.push(upload.name, upload.size, null);
      this.take(item, upload);
      if (upload.state === "decoding") void this.watch(item, upload.id);
    }
  }

  /** Send these files; one that was begun earlier goes on. */
  add(files: Iterable<File>): void {
    for (const file of files) {
      const begun = this.items.value.find(
        (item) => item.phase === "stopped" && item.name === file.name && item.size === file.size,
      );
      if (begun) this.change(begun.key, { file, phase: "waiting", message: "" });
      else this.push(file.name, file.size, file);
    }
    this.start();
  }

  /** Files that wait for the same answer as this one, itself included. */
  alike(item: UploadItem): readonly UploadItem[] {
    const kind = item.question && kindOf(item.question);
    return this.items.value.filter((one) => one.question && kindOf(one.question) === kind);
  }

  /** Go on with a file that left something open; with `all` also with those like it, and with those that still come.
   * Rejects with HttpError where the answer does not fit. */
  async answer(item: UploadItem, answer: Answer, { all }: { readonly all: boolean }): Promise<void> {
    const items = all ? this.alike(item) : [item];
    if (all && item.question) this.said.set(kindOf(item.question), answer);
    await this.tell(items, answer);
  }

  private async tell(items: readonly UploadItem[], answer: Answer): Promise<void> {
    const ids = items.flatMap(({ id }) => id ?? []);
    for (const upload of await this.server.answer(ids, answer)) {
      const item = items.find((one) => one.id === upload.id);
      if (!item) continue;
      this.take(item.key, upload);
      void this.watch(item.key, upload.id);
    }
  }

  /** Take it from the list; what the server has of an unfinished one is thrown away. */
  async dismiss(key: number): Promise<void> {
    const item = this.find(key);
    this.items.value = this.items.value.filter((other) => other.key !== key);
    if (item?.id && item.phase !== "done") await this.server.remove(item.id).catch(() => undefined);
  }

  /** Take everything that is done from the list. */
  dismissDone(): void {
    this.items.value = this.items.value.filter((item) => item.phase !== "done");
  }

  private push(name: string, size: number, file: File | null): number {
    const key = this.nextKey++;
    const item: UploadItem = {
      key,
      name,
      size,
      sent: 0,
      phase: "waiting",
      message: "",
      id: null,
      file,
      question: null,
    };
    this.items.value = [...this.items.value, item];
    return key;
  }

  private find(key: number): UploadItem | undefined {
    return this.items.value.find((item) => item.key === key);
  }

  private change(key: number, change: Partial<UploadItem>): void {
    this.items.value = this.items.value.map((item) => (item.key === key ? { ...item, ...change } : item));
  }

  private take(key: number, upload: UploadOut): void {
    const { id, received: sent, message, question } = upload;
    this.change(key, { id, sent, message, question, phase: phaseOf(upload) });
  }

  private start(): void {
    while (this.active < AT_ONCE) {
      const next = this.items.value.find((item) => item.phase === "waiting" && item.file !== null);
      if (!next?.file) return;
      this.active += 1;
      this.change(next.key, { phase: "sending" });
      void this.send(next.key, next.file, next.id).finally(() => {
        this.active -= 1;
        this.start();
      });
    }
  }

  private async send(key: number, file: File, begun: string | null): Promise<void> {
    try {
      let upload = await this.persist(key, () =>
        begun === null ? this.server.create(file.name, file.size) : this.server.look(begun),
      );
      while (upload.state === "receiving" && upload.received < file.size) {
        if (!this.find(key)) return;
        this.change(key, { id: upload.id, sent: upload.received, phase: "sending" });
        upload = await this.persist(key, (again) => this.part(upload, file, again));
      }
      this.change(key, { id: upload.id, sent: upload.received });
      // What comes now needs no hand on the file: the next one may go.
      void this.watch(key, upload.id);
    } catch (error) {
      this.change(key, { phase: "failed", message: sentence(error) });
    }
  }

  /** Send one part; after a failure ask first how much has arrived. */
  private async part(upload: UploadOut, file: File, again: boolean): Promise<UploadOut> {
    const known = again ? await this.server.look(upload.id) : upload;
    if (known.state !== "receiving" || known.received >= file.size) return known;
    const end = Math.min(known.received + PART_BYTES, file.size);
    return this.server.append(known.id, known.received, file.slice(known.received, end));
  }

  /** Try until it works or is refused for good; waits 1, 2, 4… up to 30 seconds in between. */
  private async persist(key: number, request: (again: boolean) => Promise<UploadOut>): Promise<UploadOut> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await request(attempt > 0);
      } catch (error) {
        if (!(error instanceof HttpError && error.passing) || !this.find(key)) throw error;
        const lost = "The connection was lost. It goes on by itself.";
        this.change(key, { phase: "retrying", message: error.status === 0 ? lost : error.message });
        await this.sleep(Math.min(1000 * 2 ** attempt, MAX_WAIT_MS));
        this.change(key, { message: "" });
      }
    }
  }

  /** Follow the decoding until it has ended. */
  private async watch(key: number, id: string): Promise<void> {
    try {
      for (;;) {
        const upload = await this.persist(key, () => this.server.look(id));
        if (!this.find(key)) return;
        this.take(key, upload);
        if (upload.state === "done") this.onImage();
        const said = upload.question && this.said.get(kindOf(upload.question));
        const item = this.find(key);
        if (said && item) return await this.tell([item], said);
        if (upload.state !== "decoding") return;
        await this.sleep(POLL_MS);
      }
    } catch (error) {
      this.change(key, { phase: "failed", message: sentence(error) });
    }
  }
}
