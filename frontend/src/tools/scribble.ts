import type { Point } from "../editor/camera";
import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import type { PromptScribble } from "../editor/ports";
import { Line } from "./line";
import { addPoint } from "./points";
import { Pointing, PressTool } from "./press";
import { Prompted, Unprompted } from "./prompted";
import { State } from "./state-node";

/** The most places that a stroke may have on its way to the server. */
const MOST_PLACES = 256;
/** Screen pixels between two places: closer ones say nothing new. */
const STEP = 3;

/** A stroke runs inside of a cell, or outside with Alt or the right button; a click without a stroke is a point. */
export class ScribbleTool extends PressTool {
  readonly id = "scribble";

  constructor(editor: Editor) {
    super(editor);
    this.with(
      new Idle(editor, this),
      new Clicking(editor, this, "Draw along the cell"),
      new Drawing(editor, this),
      new Asked(editor, this),
    );
  }
}

/** Says why not where it may not begin. */
function mayBegin(editor: Editor): boolean {
  if (!editor.mayEdit()) return false;
  if (!editor.promptEngine.peek()) {
    editor.say("No engine for scribbles is ready. “Find cells” on the right says what is missing.");
    return false;
  }
  if (editor.prompting.mayScribble) return true;
  editor.say("These are as many strokes as an engine takes. Accept, or take one back with Backspace.");
  return false;
}

class Idle extends Unprompted<ScribbleTool> {
  readonly hint = "Draw a stroke inside a cell to get its mask";

  override onPointerDown(event: Pointer): void {
    if (event.button === "left" && !event.alt && mayBegin(this.editor)) this.tool.begin(event);
  }
}

class Clicking extends Pointing<ScribbleTool> {
  override onPointerUp(): void {
    if (this.tool.start) addPoint(this.editor, this.tool.start);
    this.tool.to("idle");
  }
}

class Drawing extends State<ScribbleTool> {
  readonly id = "drawing";
  readonly hint = "Let go to end the stroke · {cancel} throws it away";
  private line: Line | null = null;

  override onEnter(): void {
    this.line = this.tool.start ? new Line(this.tool.start, STEP) : null;
  }

  private get stroke(): PromptScribble {
    const { width, height } = this.editor.session.store;
    const start = this.tool.start;
    const places = thinned(this.line?.points ?? []).map(({ x, y }) => ({
      row: round(Math.min(height, Math.max(0, y))),
      col: round(Math.min(width, Math.max(0, x))),
    }));
    return { places, positive: start?.button === "left" && !start.alt };
  }

  override onPointerMove(event: Pointer): void {
    if (this.line?.add(event)) this.editor.prompting.draw(this.stroke);
  }

  override onPointerUp(event: Pointer): void {
    this.line?.end(event);
    this.editor.prompting.addScribble(this.stroke);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.editor.prompting.dropStroke();
    this.tool.to("idle");
  }
}

class Asked extends Prompted<ScribbleTool> {
  readonly hint =
    "{accept} accepts · draw or click to add · Alt or the right button takes away · {next-candidate} shows the next candidate · {cancel} cancels";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "middle" && mayBegin(this.editor)) this.tool.begin(event);
  }
}

/** As many places as may travel, evenly along the stroke, its ends among them. */
function thinned(points: readonly Point[]): readonly Point[] {
  const every = Math.ceil(points.length / (MOST_PLACES - 1));
  return points.filter((_, at) => at % every === 0 || at === points.length - 1);
}

/** A tenth of a pixel is enough. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
