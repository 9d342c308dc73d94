import type { Editor } from "../editor/editor";
import { parseColour, shade, unclassified } from "../editor/palette";
import type { PastCell } from "../editor/past";
import { decode } from "../geometry/mask";
import { type PlaneAt, samePlane } from "../store/types";

/** Of the picture that is kept; a larger image is drawn coarser. */
const MOST_PIXELS = 4_000_000;
const INSIDE = 70;

/** The cells as they were, drawn once for each point that is looked at. */
export class PastCells {
  private picture: HTMLCanvasElement | null = null;
  private of: readonly PastCell[] | null = null;
  private plane: PlaneAt | null = null;

  constructor(private readonly editor: Editor) {}

  draw(context: CanvasRenderingContext2D): void {
    const { past, view } = this.editor;
    const cells = past.shown.value;
    const plane = view.position.value;
    if (cells !== this.of || plane !== this.plane)
      this.picture = cells && this.paint(cells.filter((cell) => samePlane(cell, plane)));
    this.of = cells;
    this.plane = plane;
    if (!this.picture) return;
    const { x, y } = view.toScreen({ x: 0, y: 0 });
    const { scale } = view.camera.value;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.picture, x, y, view.image.width * scale, view.image.height * scale);
  }

  private paint(cells: readonly PastCell[]): HTMLCanvasElement {
    const { width, height } = this.editor.view.image;
    const share = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
    const picture = document.createElement("canvas");
    picture.width = Math.max(1, Math.floor(width * share));
    picture.height = Math.max(1, Math.floor(height * share));
    const context = picture.getContext("2d");
    if (!context) return picture;
    const pixels = context.createImageData(picture.width, picture.height);
    const classes = new Map(this.editor.classes.peek().map(({ id, colour }) => [id, parseColour(colour)]));
    for (const { id, mask, class_id } of cells) {
      const base = class_id === null ? null : classes.get(class_id);
      fill(pixels, decode(mask), base ? shade(base, id) : unclassified(id), share);
    }
    context.putImageData(pixels, 0, 0);
    return picture;
  }
}

/** A faint inside and a full edge. */
function fill(
  pixels: ImageData,
  { top, left, width, height, data }: ReturnType<typeof decode>,
  colour: readonly [number, number, number],
  share: number,
): void {
  const has = (row: number, col: number): boolean =>
    row >= 0 && col >= 0 && row < height && col < width && data[row * width + col] === 1;
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      if (!has(row, col)) continue;
      const isEdge = !(has(row - 1, col) && has(row + 1, col) && has(row, col - 1) && has(row, col + 1));
      const x = Math.min(pixels.width - 1, Math.floor((left + col) * share));
      const y = Math.min(pixels.height - 1, Math.floor((top + row) * share));
      pixels.data.set([...colour, isEdge ? 255 : INSIDE], (y * pixels.width + x) * 4);
    }
}
