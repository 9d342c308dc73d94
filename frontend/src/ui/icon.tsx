/** Outline icons, 16 pixels, always with words. */
import type { IconNode } from "lucide";
import { h } from "preact";

interface IconProps {
  readonly node: IconNode;
  /** What it means or does; empty where words stand beside it. */
  readonly title: string;
}

export function Icon({ node, title }: IconProps) {
  const shapes = node.map(([tag, attributes], index) => h(tag, { ...attributes, key: index }));
  const common = {
    class: "icon",
    viewBox: "0 0 24 24",
    width: 16,
    height: 16,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 2,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  } as const;
  if (!title) {
    return (
      <svg {...common} aria-hidden="true">
        {shapes}
      </svg>
    );
  }
  return (
    <svg {...common} role="img" aria-label={title}>
      <title>{title}</title>
      {shapes}
    </svg>
  );
}
