import type { Adjudication, Take } from "../editor/adjudication";
import type { Command } from "./commands";

const TAKES: readonly { readonly take: Take; readonly name: string; readonly key: string }[] = [
  { take: "a", name: "Take A's cell", key: "Shift+A" },
  { take: "b", name: "Take B's cell", key: "Shift+B" },
  { take: "union", name: "Take all that either drew", key: "Shift+U" },
  { take: "intersection", name: "Take what both drew", key: "Shift+X" },
];

/** One key for each way to decide between two annotations of a cell. */
export function adjudicationCommands(adjudication: Adjudication): Command[] {
  const active = (): boolean => adjudication.active.value;
  const asked = (): boolean => adjudication.current.value !== null;
  const group = "Review" as const;
  return [
    ...TAKES.map(
      ({ take, name, key }): Command => ({
        id: `take-${take}`,
        name,
        group,
        keys: [key],
        enabled: () =>
          asked() &&
          (take !== "a" || has("a")) &&
          (take !== "b" || has("b")) &&
          (take !== "intersection" || (has("a") && has("b"))),
        run: () => void adjudication.take(take),
      }),
    ),
    {
      id: "take-edit",
      name: "Take all and edit it",
      group,
      keys: ["Shift+E"],
      enabled: asked,
      run: () => void adjudication.edit(),
    },
    {
      id: "next-difference",
      name: "Next cell that they disagree on",
      group,
      keys: ["Y"],
      enabled: active,
      run: () => adjudication.step(1),
    },
    {
      id: "previous-difference",
      name: "Previous cell that they disagree on",
      group,
      keys: ["Shift+Y"],
      enabled: active,
      run: () => adjudication.step(-1),
    },
    {
      id: "turn-compared",
      name: "Show A, B, both or the difference",
      group,
      keys: ["Shift+D"],
      enabled: active,
      run: () => adjudication.turn(),
    },
    {
      id: "take-agreed",
      name: "Take all that agree",
      group,
      keys: [],
      enabled: () => active() && adjudication.agreed.value.length > 0,
      run: () => void adjudication.takeAgreed(),
    },
  ];

  function has(side: "a" | "b"): boolean {
    return Boolean(adjudication.current.value?.[side]);
  }
}
