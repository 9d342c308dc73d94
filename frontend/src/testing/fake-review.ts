/** What is said of cells, without a server. */
import type { Choice, Copy, Difference } from "../editor/adjudication";
import type { ReviewPort, Verdict } from "../editor/page-ports";

export class FakeReview implements ReviewPort {
  readonly chosen: Choice[] = [];
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

  async copies(): Promise<readonly Copy[]> {
    return this.annotated.length < 1 ? [] : ["ada", "grace"].map((name) => ({ id: name, name, take: 1 }));
  }

  async differences(): Promise<readonly Difference[]> {
    return this.annotated;
  }

  async adjudicate(_a: string, _b: string, choices: readonly Choice[]): Promise<readonly string[]> {
    this.chosen.push(...choices);
    return this.made(choices);
  }

  constructor(
    private readonly annotated: readonly Difference[] = [],
    private readonly made: (choices: readonly Choice[]) => readonly string[] = () => [],
  ) {}
}
