/** What is said of cells, without a server. */
import type { ReviewPort, Verdict } from "../editor/page-ports";

export class FakeReview implements ReviewPort {
  private readonly said = new Map<string, Verdict>();

  async verdicts(): Promise<readonly Verdict[]> {
    return [...this.said.values()];
  }

  async judge(
    cells: Parameters<ReviewPort["judge"]>[0],
    judgement: "accepted" | "rejected",
    reason: string,
  ): Promise<readonly Verdict[]> {
    for (const { id, version } of cells)
      this.said.set(id, { cell: id, version, judgement, reason, actor: null });
    return this.verdicts();
  }
}
