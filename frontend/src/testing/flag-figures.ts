import { FLAG_KINDS, type FlagKind } from "../quality/flags";
import { Inspection } from "../quality/inspection";
import { faultyImage } from "./seeded-faults";

export interface Figures {
  readonly kind: FlagKind;
  readonly seeded: number;
  readonly right: number;
  readonly wrong: number;
}

/** How often each flag is right, over images with known faults. */
export function figuresOver(seeds: readonly number[]): { cells: number; figures: Figures[] } {
  const counts = new Map(FLAG_KINDS.map((kind) => [kind, { seeded: 0, right: 0, wrong: 0 }]));
  let cells = 0;
  for (const seed of seeds) {
    const { store, pixels, truth } = faultyImage(seed);
    const inspection = new Inspection(store);
    inspection.usePixels(pixels);
    while (inspection.next());
    const flags = inspection.flags();
    for (const [id, faults] of truth) {
      cells++;
      const raised = new Set((flags.get(id) ?? []).map(({ kind }) => kind));
      for (const [kind, count] of counts) {
        if (faults.has(kind)) count.seeded++;
        if (raised.has(kind) && faults.has(kind)) count.right++;
        if (raised.has(kind) && !faults.has(kind)) count.wrong++;
      }
    }
  }
  return { cells, figures: [...counts].map(([kind, count]) => ({ kind, ...count })) };
}

/** As the rows of the table in docs/quality-flags.md. */
export function tableOf(figures: readonly Figures[]): string[] {
  const share = (part: number, whole: number): string => (whole === 0 ? "–" : (part / whole).toFixed(2));
  return figures.map(
    ({ kind, seeded, right, wrong }) =>
      `| ${kind} | ${seeded} | ${right} | ${wrong} | ${share(right, right + wrong)} | ${share(right, seeded)} |`,
  );
}
