import type { Command } from "../../commands/commands";
import { fuzzyFit } from "../../commands/fuzzy";
import type { Annotator } from "./model";

/** One line of the palette. */
export interface PaletteEntry {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly keys: readonly string[];
  readonly enabled: boolean;
  run(): void;
}

export interface PaletteMatch extends PaletteEntry {
  /** Which letters of the name were meant. */
  readonly at: readonly number[];
}

/** Everything that can be done or chosen on this page. */
export function paletteEntries(model: Annotator): PaletteEntry[] {
  return [
    ...model.commands.filter((one) => one.id !== "palette").map(fromCommand),
    ...classes(model),
    ...engines(model),
  ];
}

function fromCommand(command: Command): PaletteEntry {
  const { id, name, group, keys } = command;
  return { id, name, group, keys, enabled: command.enabled(), run: () => command.run() };
}

function classes({ editor }: Annotator): PaletteEntry[] {
  const all = [...editor.classes.value, { id: null, name: "No class", key: "0" }];
  return all.map(({ id, name, key }) => ({
    id: `class-${id}`,
    name: `Class: ${name}`,
    group: "Classes",
    keys: key ? [key] : [],
    enabled: editor.canEdit.value,
    run: () => editor.setClass(id),
  }));
}

function engines(model: Annotator): PaletteEntry[] {
  const entry = (does: string, title: string, available: boolean, run: () => void): PaletteEntry => {
    const name = `${does} ${title}`;
    return { id: name, name, group: "Engines", keys: [], enabled: available, run };
  };
  return model.engines.value.flatMap(({ name, title, capabilities, available }) => [
    ...(capabilities.includes("prompt")
      ? [entry("Clicks with", title, available, () => model.choosePromptEngine(name))]
      : []),
    ...(capabilities.includes("auto")
      ? [entry("Find all cells with", title, available, () => model.chooseFindEngine(name))]
      : []),
  ]);
}

/** What fits the query, best first; what cannot be done now comes last. */
export function findEntries(entries: readonly PaletteEntry[], query: string): PaletteMatch[] {
  return entries
    .flatMap((entry) => {
      const found = fuzzyFit(query, entry.name);
      return found ? [{ match: { ...entry, at: found.at }, score: found.score }] : [];
    })
    .sort(
      (a, b) => Number(b.match.enabled) - Number(a.match.enabled) || (query.trim() ? b.score - a.score : 0),
    )
    .map((one) => one.match);
}
