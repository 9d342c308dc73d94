import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import { Prompted, Unprompted } from "./prompted";
import { Tool } from "./state-node";

/** A click is a point in the cell, Alt-click or right-click one outside of it; the engine answers with a mask. */
export class PointsTool extends Tool {
  readonly id = "points";

  constructor(editor: Editor) {
    super(editor);
    this.with(new Idle(editor, this), new Asked(editor, this));
  }
}

/** Adds the point that the event means. False where it could not. */
export function addPoint(editor: Editor, event: Pointer): boolean {
  if (event.button === "middle" || !editor.mayEdit()) return false;
  if (!editor.promptEngine.peek()) {
    editor.say("No engine for clicks is ready. “Find cells” on the right says what is missing.");
    return false;
  }
  const { width, height } = editor.session.store;
  const { x, y } = event.image;
  if (x < 0 || y < 0 || x >= width || y >= height) return false;
  const added = editor.prompting.addPoint({
    row: y,
    col: x,
    positive: event.button === "left" && !event.alt,
  });
  if (!added)
    editor.say("These are as many points as an engine takes. Accept, or take one back with Backspace.");
  return added;
}

class Idle extends Unprompted<PointsTool> {
  readonly hint = "Click in a cell to get its mask";

  override onPointerDown(event: Pointer): void {
    if (event.button === "left" && addPoint(this.editor, event)) this.tool.to("prompted");
  }
}

class Asked extends Prompted<PointsTool> {
  readonly hint =
    "{accept} accepts · click adds to it · Alt-click or right-click takes away · {next-candidate} shows the next candidate · {cancel} cancels";

  override onPointerDown(event: Pointer): void {
    if (!this.editor.prompting.active.peek()) this.tool.to("idle");
    addPoint(this.editor, event);
    if (this.editor.prompting.active.peek()) this.tool.to("prompted");
  }
}
