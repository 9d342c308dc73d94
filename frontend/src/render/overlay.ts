import type { Point, Size } from "../editor/camera";
import type { DragBox, Sketch } from "../editor/drawing";
import type { Editor } from "../editor/editor";
import type { PromptScribble } from "../editor/ports";
import { drawCompared } from "./compared";
import { HeldCells } from "./held";
import { SHADOW, square } from "./marks";
import { PastCells } from "./past";
import { drawRedecoded } from "./redecoded";
import { drawRegions } from "./regions";

/** Colours of what is not a cell: chosen to be seen on black, grey and white alike, always over a dark line. */
const ACCENT = "#4cc2ff";
const ADD = "#4fd18b";
const TAKE = "#ff6b6b";

/** Marks that belong to people: points, rectangles, the brush, other people's pointers. A plain 2D canvas over the image. */
export class Overlay {
  private readonly context: CanvasRenderingContext2D;
  private readonly held: HeldCells;
  private readonly past: PastCells;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly editor: Editor,
  ) {
    // Kept in main memory: on the graphics card, some Chromium builds go on to show the frame before when a frame only
    // clears, and a few marks are quickly drawn either way.
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("This browser has no 2D canvas. Use a recent Firefox, Chrome or Safari.");
    this.context = context;
    this.held = new HeldCells(editor);
    this.past = new PastCells(editor);
  }

  draw(viewport: Size, ratio: number): void {
    const { context, canvas, editor } = this;
    const width = Math.round(viewport.width * ratio);
    const height = Math.round(viewport.height * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, viewport.width, viewport.height);
    this.past.draw(context);
    drawRedecoded(context, editor);
    drawCompared(context, editor);
    drawRegions(context, editor);
    this.held.draw(context);
    const box = editor.prompting.box.value;
    if (box) {
      this.box({
        from: { x: box.left, y: box.top },
        to: { x: box.right, y: box.bottom },
        purpose: "prompt",
      });
    }
    if (editor.dragBox.value) this.box(editor.dragBox.value);
    if (editor.sketch.value) this.sketch(editor.sketch.value);
    const stroke = editor.prompting.stroke.value;
    for (const one of editor.prompting.scribbles.value) this.scribble(one);
    if (stroke) this.scribble(stroke);
    for (const point of editor.prompting.points.value) {
      this.point(editor.view.toScreen({ x: point.col, y: point.row }), point.positive);
    }
    this.brush();
    this.people();
  }

  private stroke(colour: string, width: number): void {
    const { context } = this;
    context.lineWidth = width + 2;
    context.strokeStyle = SHADOW;
    context.stroke();
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  private box({ from, to, purpose }: DragBox): void {
    const { context, editor } = this;
    const a = editor.view.toScreen(from);
    const b = editor.view.toScreen(to);
    context.beginPath();
    context.rect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(b.x - a.x), Math.abs(b.y - a.y));
    if (purpose === "select") {
      context.fillStyle = "rgb(76 194 255 / 0.1)";
      context.fill();
      context.setLineDash([5, 4]);
    }
    this.stroke(ACCENT, 1.5);
    context.setLineDash([]);
  }

  /** A line, dashed where it takes away. */
  private scribble({ places, positive }: PromptScribble): void {
    const { context, editor } = this;
    context.beginPath();
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const { row, col } of places) {
      const { x, y } = editor.view.toScreen({ x: col, y: row });
      context.lineTo(x, y);
    }
    if (!positive) context.setLineDash([7, 6]);
    this.stroke(positive ? ADD : TAKE, 3);
    context.setLineDash([]);
    context.lineCap = "butt";
    context.lineJoin = "miter";
  }

  /** A line drawn by hand; what it will enclose is filled faintly, its corners are squares. */
  private sketch({ points, purpose, corners }: Sketch): void {
    const { context, editor } = this;
    const places = points.map((point) => editor.view.toScreen(point));
    const open = purpose === "split";
    const colour = purpose === "cut" || open ? TAKE : purpose === "add" ? ADD : ACCENT;
    context.beginPath();
    for (const { x, y } of places) context.lineTo(x, y);
    if (!open) {
      context.fillStyle = `${colour}22`;
      context.fill("evenodd");
    }
    if (purpose === "select") context.setLineDash([5, 4]);
    this.stroke(colour, open ? 2 : 1.5);
    context.setLineDash([]);
    for (const corner of corners) square(context, editor.view.toScreen(corner), { reach: 3, colour });
  }

  /** A disc with a plus, or a square with a minus: shape and sign say it as well as the colour. */
  private point({ x, y }: Point, positive: boolean): void {
    const { context } = this;
    context.beginPath();
    if (positive) context.arc(x, y, 7, 0, 2 * Math.PI);
    else context.rect(x - 6, y - 6, 12, 12);
    context.fillStyle = positive ? ADD : TAKE;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = SHADOW;
    context.stroke();
    context.beginPath();
    context.moveTo(x - 3.5, y);
    context.lineTo(x + 3.5, y);
    if (positive) {
      context.moveTo(x, y - 3.5);
      context.lineTo(x, y + 3.5);
    }
    context.strokeStyle = "#0d1014";
    context.stroke();
  }

  private brush(): void {
    const { context, editor } = this;
    const tool = editor.toolId.value;
    const pointer = editor.pointer.value;
    if (!pointer || editor.cursor.value !== "none") return;
    const { x, y } = editor.view.toScreen(pointer);
    const radius = Math.max(1, editor.tipRadius.value * editor.view.camera.value.scale);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (tool === "eraser") context.setLineDash([4, 3]);
    this.stroke("#ffffff", 1.2);
    context.setLineDash([]);
    context.fillStyle = "#ffffff";
    context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
  }

  private people(): void {
    const { context, editor } = this;
    context.font = "600 11px ui-sans-serif, system-ui, sans-serif";
    context.textBaseline = "middle";
    const here = editor.view.position.value;
    for (const { row, col, seen, name, colour } of editor.session.members.value) {
      const elsewhere = seen !== null && (seen.t !== here.t || seen.z !== here.z);
      if (row === null || col === null || elsewhere) continue;
      const { x, y } = editor.view.toScreen({ x: col, y: row });
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + 4.5, y + 14);
      context.lineTo(x + 7.5, y + 8.5);
      context.lineTo(x + 13.5, y + 7.5);
      context.closePath();
      context.fillStyle = colour;
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = SHADOW;
      context.stroke();
      const width = context.measureText(name).width + 10;
      context.fillStyle = colour;
      context.beginPath();
      context.roundRect(x + 12, y + 14, width, 17, 4);
      context.fill();
      context.stroke();
      context.fillStyle = readableOn(colour);
      context.fillText(name, x + 17, y + 23);
    }
  }
}

/** Black or white, whichever is easier to read on a colour like #rrggbb. */
export function readableOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(
    (at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255,
  );
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? "#0d1014" : "#ffffff";
}
