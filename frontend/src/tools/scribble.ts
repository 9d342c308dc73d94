import type { Editor } from "../editor/editor";
import type { Pointer } from "../editor/input";
import type { Place, PromptScribble } from "../editor/ports";
import { addPoint } from "./points";
import { isDrag } from "./select";
import { State, Tool } from "./state-node";

/** The most places that a stroke may have on its way to the server. */
const MOST_PLACES = 256;
/** Screen pixels between two places: closer ones say nothing new. */
const STEP = 3;

/** A stroke runs inside of a cell, or outside with Alt or the right button; a click without a stroke is a point. */
export class ScribbleTool extends Tool {
  readonly id = "scribble";
  start: Pointer | null = null;

  constructor(editor: Editor) {
    super(editor);
    this.with(
      new Idle(editor, this),
      new Pointing(editor, this),
      new Drawing(editor, this),
      new Prompted(editor, this),
    );
  }

  begin(event: Pointer): void {
    this.start = event;
    this.to("pointing");
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

class Idle extends State<ScribbleTool> {
  readonly id = "idle";
  readonly hint = "Draw a stroke inside a cell to get its mask";

  override onEnter(): void {
    if (this.editor.prompting.active.peek()) this.tool.to("prompted");
  }

  override onPointerDown(event: Pointer): void {
    if (event.button === "left" && !event.alt && mayBegin(this.editor)) this.tool.begin(event);
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

class Pointing extends State<ScribbleTool> {
  readonly id = "pointing";
  readonly hint = "Draw along the cell";

  override onPointerMove(event: Pointer): void {
    if (!this.tool.start || !isDrag(this.tool.start, event)) return;
    this.tool.to("drawing");
    this.tool.handle(event);
  }

  override onPointerUp(): void {
    if (this.tool.start) addPoint(this.editor, this.tool.start);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.tool.to("idle");
  }
}

class Drawing extends State<ScribbleTool> {
  readonly id = "drawing";
  readonly hint = "Let go to end the stroke · Esc throws it away";
  private places: Place[] = [];
  private last: Pointer | null = null;

  override onEnter(): void {
    this.places = [];
    this.last = null;
    if (this.tool.start) this.add(this.tool.start);
  }

  private add(event: Pointer): void {
    const { width, height } = this.editor.session.store;
    const row = round(Math.min(height, Math.max(0, event.image.y)));
    const col = round(Math.min(width, Math.max(0, event.image.x)));
    this.places.push({ row, col });
    this.last = event;
    // A long stroke keeps its course with every second place.
    if (this.places.length === MOST_PLACES) this.places = this.places.filter((_, at) => at % 2 === 0);
  }

  private get stroke(): PromptScribble {
    const start = this.tool.start;
    return { places: [...this.places], positive: start?.button === "left" && !start.alt };
  }

  override onPointerMove(event: Pointer): void {
    if (this.last && distance(this.last, event) < STEP) return;
    this.add(event);
    this.editor.prompting.draw(this.stroke);
  }

  override onPointerUp(event: Pointer): void {
    if (!this.last || distance(this.last, event) > 0) this.add(event);
    this.editor.prompting.addScribble(this.stroke);
    this.tool.to("idle");
  }

  override onCancel(): void {
    this.editor.prompting.dropStroke();
    this.tool.to("idle");
  }
}

class Prompted extends State<ScribbleTool> {
  readonly id = "prompted";
  readonly hint =
    "Enter accepts · draw or click to add · Alt or the right button takes away · Tab shows the next candidate · Esc cancels";

  override onPointerDown(event: Pointer): void {
    if (event.button !== "middle" && mayBegin(this.editor)) this.tool.begin(event);
  }

  override onComplete(): void {
    this.editor.acceptPreview();
    if (!this.editor.prompting.active.peek()) this.tool.to("idle");
  }

  override onCancel(): void {
    this.editor.prompting.clear();
    this.tool.to("idle");
  }
}

/** A tenth of a pixel is enough. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function distance(a: Pointer, b: Pointer): number {
  return Math.hypot(a.screen.x - b.screen.x, a.screen.y - b.screen.y);
}
