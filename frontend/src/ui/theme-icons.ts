import { Monitor, Moon, Sun } from "lucide";

/** What stands for each theme. */
export const THEME_ICONS = { dark: Moon, light: Sun, auto: Monitor };
