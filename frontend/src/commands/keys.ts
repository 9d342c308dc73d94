/** Keys as commands name them: "V", "Shift+R", "Mod+Z" (Ctrl, or ⌘ on a Mac), "Enter", "[", "?". */

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const NAMES: Readonly<Record<string, string>> = {
  " ": "Space",
  Escape: "Esc",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  ArrowUp: "Up",
  ArrowDown: "Down",
};

export function nameOf(press: KeyPress): string {
  const letter = press.key.length === 1 ? press.key.toUpperCase() : press.key;
  const key = NAMES[press.key] ?? letter;
  // Shift is part of a sign like "?", but not of a letter or a named key.
  const shift = press.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  const mod = press.ctrlKey || press.metaKey;
  return `${mod ? "Mod+" : ""}${press.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

/** For people: "Ctrl Shift Z", or "⌘ ⇧ Z". */
export function shown(key: string, mac: boolean): string {
  return key
    .split(/\+(?=.)/)
    .map((part) => (part === "Mod" ? (mac ? "⌘" : "Ctrl") : part === "Shift" && mac ? "⇧" : part))
    .join(" ");
}
