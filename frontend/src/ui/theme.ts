/** Dark unless somebody wants it light, or as the system has it. */
import { signal } from "@preact/signals";

const THEMES = ["dark", "light", "auto"] as const;
export type Theme = (typeof THEMES)[number];
const KEY = "cytomark.theme";

export const theme = signal<Theme>("dark");

/** What was chosen; theme.js has the page show it already. */
export function readTheme(): void {
  const stored = localStorage.getItem(KEY);
  theme.value = THEMES.find((name) => name === stored) ?? "dark";
  document.documentElement.dataset.theme = theme.value;
}

/** Dark → light → like the system → dark, shown and remembered. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "dark";
  localStorage.setItem(KEY, theme.value);
  document.documentElement.dataset.theme = theme.value;
}
