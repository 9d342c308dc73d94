import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { difference, type Mask } from "../geometry/mask";

/** A smart stroke begins: ask what is here. Plain strokes ask nothing. */
export function askSmart(editor: Editor, { image }: Pointer): void {
  if (!editor.smart.peek()) return;
  if (!editor.promptEngine.peek()) {
    editor.say("No engine for the smart brush is ready. “Find cells” on the right says what is missing.");
    return;
  }
  const { width, height } = editor.session.store;
  const { x, y } = image;
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  editor.prompting.hover({ row: y, col: x, positive: true });
}

/** The part of a stroke in or out of what the engine says is the cell where the stroke began; all of it where strokes are
 * plain, or before it has answered. */
export function smartStroke(editor: Editor, stroke: Mask, side: "inside" | "outside"): Mask {
  const mask = editor.smart.peek() ? editor.prompting.hoverCandidate.peek()?.mask : undefined;
  if (!mask) return stroke;
  const outside = difference(stroke, mask);
  return side === "outside" ? outside : difference(stroke, outside);
}
