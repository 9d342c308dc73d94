/** The way of one image, without a server: what is asked is done, and told to `note`, which may refuse. */
import type { ImageRow, ImageStatus, Step, WorkflowPort } from "../editor/page-ports";

export class FakeWorkflow implements WorkflowPort {
  readonly taken: Step[] = [];
  private status: ImageStatus = "in_progress";

  constructor(
    private readonly image: string,
    private readonly note: (what: string) => Promise<void>,
  ) {}

  async steps(): Promise<readonly Step[]> {
    return [...this.taken];
  }

  async step({ to, reason, cell }: Parameters<WorkflowPort["step"]>[0]): Promise<ImageRow> {
    await this.note(`${this.image} ${to}`);
    const actor = { id: 2, name: "bea" };
    const at = "2030-01-01T00:00:00Z";
    this.taken.push({ actor, before: this.status, after: to, reason, cell, clock: 3, created_at: at });
    this.status = to;
    return { id: this.image, name: "", status: to, assignee: null, due_on: null, cells: 0 };
  }

  async next(): Promise<string | null> {
    return "next";
  }
}
