import { CircleQuestionMark } from "lucide";
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Command } from "../../commands/commands";
import { shown } from "../../commands/keys";
import { Icon } from "../icon";

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

export function keyName(key: string): string {
  return shown(key, MAC);
}

/** A sentence in which {command} stands for the key that the command has now. */
export function withKeys(commands: readonly Command[], text: string): string {
  return text.replace(/\{([\w-]+)\}/g, (_, id: string) => {
    const command = commands.find((one) => one.id === id);
    return command?.keys[0] ? keyName(command.keys[0]) : `“${command?.name ?? id}”`;
  });
}

interface CommandButtonProps {
  readonly command: Command | undefined;
  readonly class?: string;
  readonly pressed?: boolean;
  readonly children: ComponentChildren;
}

/** A button for a command: its name and key are the tooltip and what a screen reader says. */
export function CommandButton({
  command,
  class: kind = "icon-button",
  pressed,
  children,
}: CommandButtonProps): JSX.Element | null {
  if (!command) return null;
  const key = command.keys[0];
  const title = key ? `${command.name} (${keyName(key)})` : command.name;
  return (
    <button
      type="button"
      class={kind}
      title={title}
      aria-label={title}
      aria-pressed={pressed}
      disabled={!command.enabled()}
      onClick={() => command.run()}
    >
      {children}
    </button>
  );
}

/** Where the guides tell of a panel. */
const GUIDES: Readonly<Record<string, string>> = {
  "Find cells": "/docs/using/#choose-an-engine",
  "Complete here": "/docs/using/#complete-here",
  Object: "/docs/viewing/#cells-over-slices-and-frames",
  Channels: "/docs/viewing/#channels",
  Classes: "/docs/using/#change-the-selected-cells",
  History: "/docs/using/#history",
  Cells: "/docs/using/#change-the-selected-cells",
};

/** A part of the right column that opens and closes, and remembers it. */
export function Section({
  title,
  note,
  startsClosed = false,
  children,
}: {
  title: string;
  note?: ComponentChildren;
  startsClosed?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const place = `cytomark:section:${title}`;
  const [open, setOpen] = useState(
    () => (localStorage.getItem(place) ?? (startsClosed ? "closed" : "open")) === "open",
  );
  const toggle = (): void => {
    localStorage.setItem(place, open ? "closed" : "open");
    setOpen(!open);
  };
  return (
    <section class="section">
      <h2 class="section-head">
        <button type="button" class="section-title" aria-expanded={open} onClick={toggle}>
          <span class="section-arrow" aria-hidden="true">
            {open ? "▾" : "▸"}
          </span>
          <span>{title}</span>
          <span class="section-note">{note}</span>
        </button>
        {GUIDES[title] && (
          <a
            class="icon-button section-guide"
            href={GUIDES[title]}
            target="_blank"
            rel="noreferrer"
            title={`About “${title}” in the guide`}
            aria-label={`About “${title}” in the guide`}
          >
            <Icon node={CircleQuestionMark} title="" />
          </a>
        )}
      </h2>
      {open && <div class="section-body">{children}</div>}
    </section>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly shown?: string;
  onInput(value: number): void;
}

export function Slider({ label, value, min, max, step, shown: text, onInput }: SliderProps): JSX.Element {
  return (
    <label class="slider">
      <span class="slider-label">{label}</span>
      <input
        type="range"
        value={value}
        min={min}
        max={max}
        step={step}
        onInput={(event) => onInput(Number(event.currentTarget.value))}
      />
      <output class="slider-value">{text ?? value.toLocaleString("en")}</output>
    </label>
  );
}
