import type { Editor } from "../editor/editor";
import { grips } from "../editor/regions";
import type { Box } from "../geometry/box";
import { SHADOW, square } from "./marks";

const COMPLETE = "#4fd18b";

/** The “complete here” regions: a dashed line and a name; the chosen one has handles while its tool is in hand. */
export function drawRegions(context: CanvasRenderingContext2D, editor: Editor): void {
  const { regions, toolId } = editor;
  const chosen = toolId.value === "region" ? regions.chosen : undefined;
  const draft = regions.draft.value;
  for (const region of regions.list.value) {
    const box = draft && region === chosen ? draft : region;
    rectangle(context, editor, box, region === chosen);
    label(context, editor, box, region.name);
  }
  if (draft && !chosen) rectangle(context, editor, draft, true);
  if (chosen) handles(context, editor, draft ?? chosen);
}

function rectangle(context: CanvasRenderingContext2D, { view }: Editor, box: Box, strong: boolean): void {
  const a = view.toScreen({ x: box.left, y: box.top });
  const b = view.toScreen({ x: box.right, y: box.bottom });
  context.beginPath();
  context.rect(a.x, a.y, b.x - a.x, b.y - a.y);
  context.setLineDash([8, 5]);
  for (const [colour, width] of [
    [SHADOW, strong ? 4 : 3],
    [COMPLETE, strong ? 2 : 1],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
  context.setLineDash([]);
}

function label(context: CanvasRenderingContext2D, { view }: Editor, box: Box, name: string): void {
  const { x, y } = view.toScreen({ x: box.left, y: box.top });
  context.font = "12px ui-sans-serif, system-ui, sans-serif";
  const { width } = context.measureText(name);
  context.fillStyle = SHADOW;
  context.fillRect(x, y - 18, width + 12, 18);
  context.fillStyle = COMPLETE;
  context.fillText(name, x + 6, y - 5);
}

function handles(context: CanvasRenderingContext2D, { view }: Editor, box: Box): void {
  for (const { at } of grips(box)) square(context, view.toScreen(at), { reach: 4, colour: COMPLETE });
}
