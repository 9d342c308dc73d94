/** How well a query fits a text whose letters it names in order: "fh" fits "Fill holes". */

export interface Fit {
  readonly score: number;
  /** Which letters of the text were meant. */
  readonly at: readonly number[];
}

const START = 8;
const NEXT = 5;
const FAR = 0.2;

/** The best way in which the query's letters occur in order in the text; null where they don't. Higher is better. */
export function fuzzyFit(query: string, text: string): Fit | null {
  const wanted = [...query.toLowerCase()].filter((sign) => sign.trim() !== "");
  const signs = [...text.toLowerCase()];
  let paths: Fit[] = [{ score: 0, at: [] }];
  for (const sign of wanted) {
    paths = signs.flatMap((one, at) => (one === sign ? best(paths, at, signs[at - 1]) : []));
    if (paths.length === 0) return null;
  }
  const found = paths.reduce((a, b) => (b.score > a.score ? b : a));
  return { ...found, score: found.score - signs.length * 0.01 };
}

/** The best of the paths, gone on to the letter at `at`. */
function best(paths: readonly Fit[], at: number, before: string | undefined): Fit[] {
  let top: Fit | null = null;
  const starts = before === undefined || /[^\p{L}\p{N}]/u.test(before);
  for (const path of paths) {
    const last = path.at.at(-1);
    if (last !== undefined && last >= at) continue;
    const step = last === at - 1 ? NEXT : -FAR * (at - (last ?? -1));
    const score = path.score + step + (starts ? START : 0);
    if (!top || score > top.score) top = { score, at: [...path.at, at] };
  }
  return top ? [top] : [];
}
