import { type Signal, signal } from "@preact/signals";
import type { Command } from "./commands";

/** Where a browser keeps what a person chose. */
export interface Memory {
  recall(name: string): string | null;
  remember(name: string, value: string): void;
}

/** Why a key cannot be given away, or whose it is now. */
export type Conflict =
  | { readonly kind: "reserved"; readonly message: string }
  | { readonly kind: "taken"; readonly by: readonly Command[] };

type Keys = readonly string[];

/** Keys that mean something before any command is asked. */
const RESERVED: readonly [RegExp, string][] = [
  [/^[0-9]$/, "The digits give cells their class. The classes' own keys are set on the project's page."],
  [/^Space$/, "Space moves the image while it is held."],
  [/^(Shift\+)?Tab$/, "Tab goes from one control to the next."],
  [/^Esc$/, "Esc always cancels."],
  [/^Mod\+(Shift\+)?[NQTW]$/, "The browser keeps this key for itself. Choose another one."],
  [/^(Mod\+(Shift\+)?R|Mod\+L|F5|F11|F12)$/, "The browser keeps this key for itself. Choose another one."],
];

/** Which keys a person gave to which command; without a choice a command has its own. */
export class Bindings {
  private readonly chosen: Signal<ReadonlyMap<string, Keys>> = signal(new Map());
  private readonly defaults = new Map<string, Keys>();
  private place: string | null = null;

  constructor(private readonly memory: Memory) {}

  /** From now on for this person. What was kept and can no longer be read counts as nothing. */
  open(person: string): void {
    this.place = `keys-${person}`;
    this.chosen.value = read(this.memory.recall(this.place));
  }

  /** The same commands; their keys are the chosen ones whenever they are looked at. */
  bind(commands: readonly Command[]): Command[] {
    const { chosen, defaults } = this;
    return commands.map((command) => {
      defaults.set(command.id, command.keys);
      return {
        ...command,
        get keys(): Keys {
          return chosen.value.get(command.id) ?? command.keys;
        },
      };
    });
  }

  get anyChosen(): boolean {
    return this.chosen.value.size > 0;
  }

  isChosen(id: string): boolean {
    return this.chosen.value.has(id);
  }

  /** What speaks against giving `key` to the command; null where nothing does. Commands that share a key from the start
   * are never meant at once. */
  conflict(commands: readonly Command[], id: string, key: string): Conflict | null {
    const own = this.defaults.get(id) ?? [];
    if (own.includes(key)) return this.taken(commands, id, key);
    const reserved = RESERVED.find(([pattern]) => pattern.test(key));
    return reserved ? { kind: "reserved", message: reserved[1] } : this.taken(commands, id, key);
  }

  private taken(commands: readonly Command[], id: string, key: string): Conflict | null {
    const shared = (one: Command): boolean =>
      [one.id, id].every((each) => this.defaults.get(each)?.includes(key) === true);
    const by = commands.filter((one) => one.id !== id && one.keys.includes(key) && !shared(one));
    return by.length > 0 ? { kind: "taken", by } : null;
  }

  /** The command's only key from now on; whoever had it loses it. */
  assign(commands: readonly Command[], id: string, key: string): void {
    const next = new Map(this.chosen.peek());
    const found = this.taken(commands, id, key);
    for (const one of found?.kind === "taken" ? found.by : [])
      next.set(
        one.id,
        one.keys.filter((other) => other !== key),
      );
    next.set(id, [key]);
    this.keep(next);
  }

  /** All keys as they were in the beginning. */
  reset(): void {
    this.keep(new Map());
  }

  private keep(chosen: ReadonlyMap<string, Keys>): void {
    this.chosen.value = chosen;
    if (this.place) this.memory.remember(this.place, JSON.stringify([...chosen]));
  }
}

function read(text: string | null): ReadonlyMap<string, Keys> {
  try {
    const parsed: unknown = JSON.parse(text ?? "[]");
    return new Map(Array.isArray(parsed) ? parsed.filter(isPair) : []);
  } catch {
    return new Map();
  }
}

function isPair(value: unknown): value is [string, Keys] {
  if (!Array.isArray(value) || typeof value[0] !== "string" || !Array.isArray(value[1])) return false;
  return value[1].every((key) => typeof key === "string");
}
