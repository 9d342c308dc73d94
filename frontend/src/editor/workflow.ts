/** The way of an image: what this person may do with it next, and why it came back. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ImageStatus, Named, Step, WorkflowPort } from "./page-ports";
import { sentence } from "./sentence";

export const STATUS_WORDS: Readonly<Record<ImageStatus, string>> = {
  new: "New",
  assigned: "Assigned",
  in_progress: "In progress",
  submitted: "Submitted",
  in_review: "In review",
  accepted: "Accepted",
  returned: "Returned",
};

export interface Choice {
  readonly to: ImageStatus;
  readonly word: string;
}

const MANAGERS = ["owner", "manager"];
const REVIEWERS = [...MANAGERS, "reviewer"];
const ANNOTATORS = [...REVIEWERS, "annotator"];
const HAND_IN: readonly Choice[] = [{ to: "submitted", word: "Hand in" }];
const REVIEW: Readonly<Partial<Record<ImageStatus, readonly Choice[]>>> = {
  submitted: [{ to: "in_review", word: "Start review" }],
  in_review: [
    { to: "accepted", word: "Accept" },
    { to: "returned", word: "Send back…" },
  ],
  accepted: [{ to: "in_review", word: "Reopen" }],
};

/** What can be done with an image now, the usual thing first. `mine`: nobody else annotates it. */
export function choicesFor(status: ImageStatus, role: string, mine: boolean): readonly Choice[] {
  const reviews = REVIEWERS.includes(role) ? (REVIEW[status] ?? []) : [];
  const may = ANNOTATORS.includes(role) && (mine || MANAGERS.includes(role));
  if (status === "submitted") return may ? [...reviews, { to: "in_progress", word: "Take back" }] : reviews;
  if (status === "in_review" || status === "accepted") return reviews;
  return may ? HAND_IN : [];
}

interface Where {
  readonly status: ImageStatus;
  readonly assignee: Named | null;
  readonly due_on: string | null;
}

/** What the workflow needs of the page. `saved`: all of one's work has reached the server. */
interface WorkflowPage {
  readonly role: string;
  readonly me: ReadonlySignal<number | null>;
  saved(): boolean;
  say(message: string): void;
  go(imageId: string): void;
}

export class Workflow {
  readonly where: Signal<Where>;
  readonly steps: Signal<readonly Step[]> = signal([]);
  /** The person is asked why the image goes back. */
  readonly asking = signal(false);
  readonly choices: ReadonlySignal<readonly Choice[]>;
  readonly reviews: boolean;

  constructor(
    start: Where,
    private readonly port: WorkflowPort,
    private readonly page: WorkflowPage,
  ) {
    this.where = signal({ status: start.status, assignee: start.assignee, due_on: start.due_on });
    this.reviews = REVIEWERS.includes(page.role);
    this.choices = computed(() => {
      const { status, assignee } = this.where.value;
      return choicesFor(status, page.role, assignee === null || assignee.id === page.me.value);
    });
  }

  /** The step that sent the image back, as long as it is not handed in again. */
  readonly returned = computed(() => {
    if (!["returned", "in_progress"].includes(this.where.value.status)) return null;
    const last = this.steps.value.filter((one) => one.after !== "in_progress").at(-1);
    return last?.after === "returned" ? last : null;
  });

  async load(): Promise<void> {
    await this.tried(async () => {
      this.steps.value = await this.port.steps();
    });
  }

  /** The usual next thing. */
  next(): void {
    const [first] = this.choices.peek();
    if (first) void this.choose(first);
  }

  async choose(choice: Choice): Promise<void> {
    if (choice.to === "returned") this.asking.value = true;
    else await this.step(choice.to, "", null);
  }

  async sendBack(reason: string, cell: string | null): Promise<void> {
    if (await this.step("returned", reason, cell)) this.asking.value = false;
  }

  /** Go to the image that this person is given next. */
  async take(task: "annotate" | "review"): Promise<void> {
    await this.tried(async () => {
      const image = await this.port.next(task);
      if (image) this.page.go(image);
      else this.page.say(task === "review" ? "Nothing waits for review." : "There is no image left for you.");
    });
  }

  private async step(to: ImageStatus, reason: string, cell: string | null): Promise<boolean> {
    if (!this.page.saved()) {
      this.page.say("Not all of your work is saved yet. Wait a moment, then try again.");
      return false;
    }
    return this.tried(async () => {
      this.where.value = await this.port.step({ to, reason, cell });
      this.steps.value = await this.port.steps();
    });
  }

  private async tried(what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      this.page.say(sentence(error));
      return false;
    }
  }
}
