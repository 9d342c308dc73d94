import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Point } from "./camera";
import type { Editor } from "./editor";
import type { Named } from "./page-ports";
import { sentence } from "./sentence";

/** What a thread is about: a cell, a point of a plane, or, with neither, the whole image. */
export interface Pin {
  readonly cell?: string;
  readonly row?: number;
  readonly col?: number;
  readonly t?: number;
  readonly z?: number;
}

/** One comment; answers name the `thread` that they belong to. Of a deleted one only the place is left. */
export interface Comment {
  readonly id: string;
  readonly thread: string | null;
  readonly author: { readonly id: number; readonly name: string; readonly colour: string } | null;
  readonly text: string;
  readonly cell: string | null;
  readonly row: number | null;
  readonly col: number | null;
  readonly t: number;
  readonly z: number;
  readonly created_at: string;
  readonly edited_at: string | null;
  readonly deleted: boolean;
  readonly resolved_at: string | null;
  readonly resolved_by: string;
}

export interface Thread {
  readonly first: Comment;
  readonly answers: readonly Comment[];
}

/** Where comments are kept. Every method rejects with an Error whose message is a sentence for the person. */
export interface CommentsPort {
  list(): Promise<readonly Comment[]>;
  say(text: string, where: Pin | { readonly thread: string }): Promise<Comment>;
  change(id: string, change: { readonly text?: string; readonly resolved?: boolean }): Promise<unknown>;
  delete(id: string): Promise<unknown>;
  /** Who can be mentioned. */
  members(): Promise<readonly Named[]>;
}

/** So many pixels are seen on each side of a place at least. */
const AROUND = 40;

/** What people say of the image, by thread. */
export class Comments {
  private readonly all: Signal<readonly Comment[]> = signal([]);
  readonly withResolved = signal(false);
  /** The thread that is looked at. */
  readonly chosen: Signal<string | null> = signal(null);
  /** What a new thread will be about, while it is written. */
  readonly draft: Signal<Pin | null> = signal(null);
  readonly members: Signal<readonly Named[]> = signal([]);
  readonly threads: ReadonlySignal<readonly Thread[]> = computed(() => threadsOf(this.all.value));
  readonly open: ReadonlySignal<readonly Thread[]> = computed(() =>
    this.threads.value.filter(({ first }) => first.resolved_at === null),
  );
  readonly shown: ReadonlySignal<readonly Thread[]> = computed(() =>
    this.withResolved.value ? this.threads.value : this.open.value,
  );
  private readonly stop: () => void;

  constructor(
    private readonly editor: Editor,
    private readonly port: CommentsPort,
  ) {
    this.stop = effect(() => {
      if (editor.session.commentsChanged.value > 0) untracked(() => void this.load());
    });
  }

  close(): void {
    this.stop();
  }

  async load(): Promise<void> {
    await this.tried(async () => {
      this.all.value = await this.port.list();
    });
  }

  /** Begin a thread about the selected cell, else the place under the pointer, else the whole image. */
  begin(): void {
    const { onlySelected, pointer, view } = this.editor;
    const at = pointer.peek();
    const { width, height } = view.image;
    const inside = at && at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height;
    if (onlySelected) this.draft.value = { cell: onlySelected.id };
    else this.draft.value = inside ? { row: at.y, col: at.x, ...view.position.peek() } : {};
    if (this.members.peek().length === 0)
      void this.tried(async () => {
        this.members.value = await this.port.members();
      });
  }

  beginAboutImage(): void {
    this.begin();
    this.draft.value = {};
  }

  cancel(): void {
    this.draft.value = null;
  }

  async say(text: string): Promise<boolean> {
    const pin = this.draft.peek();
    if (!pin) return false;
    return this.tried(async () => {
      const made = await this.port.say(text, pin);
      this.draft.value = null;
      this.chosen.value = made.id;
      await this.load();
    });
  }

  answer(thread: string, text: string): Promise<boolean> {
    return this.tried(async () => {
      await this.port.say(text, { thread });
      await this.load();
    });
  }

  resolve(thread: string, resolved: boolean): Promise<boolean> {
    return this.tried(async () => {
      await this.port.change(thread, { resolved });
      await this.load();
    });
  }

  rewrite(id: string, text: string): Promise<boolean> {
    return this.tried(async () => {
      await this.port.change(id, { text });
      await this.load();
    });
  }

  delete(id: string): Promise<boolean> {
    return this.tried(async () => {
      await this.port.delete(id);
      await this.load();
    });
  }

  /** Look at a thread: its cell is selected, its plane and its place come in sight. */
  go(id: string): void {
    const thread = this.threads.peek().find(({ first }) => first.id === id);
    if (!thread) return;
    this.chosen.value = id;
    const { editor } = this;
    const { cell, row, col, t, z } = thread.first;
    if (cell && editor.session.store.get(cell)) {
      editor.select([cell]);
      editor.showCell(cell);
    } else if (row !== null && col !== null) {
      editor.look({ t, z });
      editor.view.show({ x: col - AROUND, y: row - AROUND, width: 2 * AROUND, height: 2 * AROUND });
    }
  }

  /** Open threads one after another. */
  step(by: 1 | -1): void {
    const ids = this.open.peek().map(({ first }) => first.id);
    if (ids.length === 0) return;
    const at = ids.indexOf(this.chosen.peek() ?? "");
    const next = at < 0 ? (by > 0 ? 0 : ids.length - 1) : (at + by + ids.length) % ids.length;
    this.go(ids[next] ?? "");
  }

  /** The thread that a comment belongs to, once there are any: for links. */
  follow(commentId: string): void {
    const found = this.all.peek().find(({ id }) => id === commentId);
    if (!found) return;
    const thread = found.thread ?? found.id;
    if (!this.open.peek().some(({ first }) => first.id === thread)) this.withResolved.value = true;
    this.go(thread);
  }

  /** Where a thread stands in the image; null where it is about all of it, or on another plane, or its cell is gone. */
  placeOf(pin: Pin | Comment): Point | null {
    const { view, session } = this.editor;
    const here = view.position.value;
    if (pin.cell) {
      const mask = session.store.get(pin.cell)?.mask;
      return mask ? { x: mask.left + mask.width / 2, y: mask.top + mask.height / 2 } : null;
    }
    if (typeof pin.row !== "number" || typeof pin.col !== "number") return null;
    return (pin.t ?? 0) === here.t && (pin.z ?? 0) === here.z ? { x: pin.col, y: pin.row } : null;
  }

  private async tried(what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      this.editor.say(sentence(error, "The comments could not be read. Try again."));
      return false;
    }
  }
}

function threadsOf(comments: readonly Comment[]): readonly Thread[] {
  const answers = new Map<string, Comment[]>();
  for (const one of comments) {
    if (one.thread === null) answers.set(one.id, []);
    else if (!one.deleted) answers.get(one.thread)?.push(one);
  }
  return comments
    .filter(({ thread }) => thread === null)
    .map((first) => ({ first, answers: answers.get(first.id) ?? [] }));
}

/** The members whose names go on from what is typed after the last @; none where nobody is being mentioned. */
export function suggested(text: string, members: readonly Named[]): readonly Named[] {
  const typed = /(?:^|[\s(])@([\w.+-]*)$/.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  return members.filter(({ name }) => name.toLowerCase().startsWith(typed)).slice(0, 5);
}

/** The text with the name in the place of what was typed of it. */
export function mention(text: string, name: string): string {
  return text.replace(/@[\w.+-]*$/, `@${name} `);
}
