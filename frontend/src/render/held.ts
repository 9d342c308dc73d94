import type { Editor } from "../editor/editor";
import { decode, type Mask } from "../geometry/mask";
import { SHADOW } from "./marks";

/** Along the edges of a mask's pixels, in image coordinates. */
function outlineOf(mask: Mask): Path2D {
  const { top, left, width, height, data } = decode(mask);
  const path = new Path2D();
  const has = (row: number, col: number): boolean =>
    row >= 0 && col >= 0 && row < height && col < width && data[row * width + col] === 1;
  for (let row = 0; row <= height; row++)
    for (let col = 0; col <= width; col++) {
      const inside = has(row, col);
      if (inside !== has(row - 1, col)) edge(path, left + col, top + row, 1, 0);
      if (inside !== has(row, col - 1)) edge(path, left + col, top + row, 0, 1);
    }
  return path;
}

function edge(path: Path2D, x: number, y: number, dx: number, dy: number): void {
  path.moveTo(x, y);
  path.lineTo(x + dx, y + dy);
}

/** The cells that others are changing, in the colour of whoever does. Outlines are kept as long as the masks stay. */
export class HeldCells {
  private readonly paths = new WeakMap<Mask, Path2D>();

  constructor(private readonly editor: Editor) {}

  draw(context: CanvasRenderingContext2D): void {
    const { session, view, together } = this.editor;
    const { x, y, scale } = view.camera.value;
    for (const [id, { colour }] of together.holders.value) {
      const mask = session.store.get(id)?.mask;
      if (!mask) continue;
      context.save();
      context.scale(scale, scale);
      context.translate(-x, -y);
      context.lineCap = "square";
      for (const [style, width] of [
        [SHADOW, 5],
        [colour, 3],
      ] as const) {
        context.strokeStyle = style;
        context.lineWidth = width / scale;
        context.stroke(this.pathOf(mask));
      }
      context.restore();
    }
  }

  private pathOf(mask: Mask): Path2D {
    let path = this.paths.get(mask);
    if (!path) {
      path = outlineOf(mask);
      this.paths.set(mask, path);
    }
    return path;
  }
}
