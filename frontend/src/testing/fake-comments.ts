import type { Comment, CommentsPort, Pin } from "../editor/comments";

/** Comments as a server keeps them; with a refusal it keeps none. */
export class FakeComments implements CommentsPort {
  kept: Comment[] = [];
  refusal = "";

  async list(): Promise<readonly Comment[]> {
    return this.kept;
  }

  async say(text: string, where: Pin | { readonly thread: string }): Promise<Comment> {
    this.check();
    const pin = "thread" in where ? {} : where;
    const made: Comment = {
      id: `comment-${this.kept.length}`,
      thread: "thread" in where ? where.thread : null,
      author: { id: 1, name: "Ada", colour: "#56b4e9" },
      text,
      cell: pin.cell ?? null,
      row: pin.row ?? null,
      col: pin.col ?? null,
      t: pin.t ?? 0,
      z: pin.z ?? 0,
      created_at: "2026-01-01T00:00:00Z",
      edited_at: null,
      deleted: false,
      resolved_at: null,
      resolved_by: "",
    };
    this.kept = [...this.kept, made];
    return made;
  }

  async change(
    id: string,
    change: { readonly text?: string; readonly resolved?: boolean },
  ): Promise<undefined> {
    this.check();
    const { text, resolved } = change;
    this.kept = this.kept.map((one) =>
      one.id === id
        ? { ...one, text: text ?? one.text, resolved_at: resolved ? "2026-01-02T00:00:00Z" : null }
        : one,
    );
  }

  async delete(id: string): Promise<undefined> {
    this.check();
    this.kept = this.kept.filter((one) => one.id !== id);
  }

  async members() {
    return [
      { id: 1, name: "Ada" },
      { id: 2, name: "Grace" },
    ];
  }

  private check(): void {
    if (this.refusal) throw new Error(this.refusal);
  }
}
