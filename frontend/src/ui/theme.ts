/** Dark unless somebody wants it light, or as the system has it. */
import { signal } from "@preact/signals";

const THEMES = ["dark", "light", "auto"] as const;
export type Theme = (typeof THEMES)[number];
const KEY = "cytomark.theme";

const stored = localStorage.getItem(KEY);
export const theme = signal<Theme>(THEMES.find((name) => name === stored) ?? "dark");

/** Have the page show the theme that was chosen, and remember it. */
export function applyTheme(next: Theme = theme.value): void {
  theme.value = next;
  localStorage.setItem(KEY, next);
  document.documentElement.dataset.theme = next;
}

/** Dark → light → like the system → dark. */
export function nextTheme(): void {
  applyTheme(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "dark");
}
