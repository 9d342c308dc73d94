/** Numbers, sizes and times as people read them. */

const NUMBER = new Intl.NumberFormat("en-US");
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** 12345 → “12,345”. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** (1, "image") → “1 image”, (1200, "cell") → “1,200 cells”. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Bytes as “840 B”, “1.2 MB”, in powers of a thousand. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let rest = value;
  let unit = 0;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${unit === 0 || rest >= 99.95 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** An ISO time as “3 minutes ago”, seen from `now` (milliseconds). */
export function relative(iso: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

/** An ISO time in full, in the reader's time zone. */
export function exact(iso: string): string {
  return EXACT.format(new Date(iso));
}

/** “Ada Lovelace” → AL, “grace.hopper” → GH, “sam” → SA. */
export function initials(name: string): string {
  const words = name.split(/[\s._+-]+/).filter(Boolean);
  const letters =
    words.length > 1
      ? words.slice(0, 2).map((word) => [...word][0] ?? "")
      : [...(words[0] ?? "?")].slice(0, 2);
  return letters.join("").toUpperCase();
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** “2030-01-05” → “5 Jan 2030”. */
export function day(iso: string): string {
  return DAY.format(new Date(`${iso}T00:00:00Z`));
}
