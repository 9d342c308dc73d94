import { computed, type Signal, signal } from "@preact/signals";
import { type Box, isEmptyBox } from "../geometry/box";
import { FIRST_PLANE, type PlaneAt } from "../store/types";
import {
  type Camera,
  fitBox,
  fitImage,
  keepInSight,
  matchBox,
  type Point,
  pan,
  type Size,
  toImage,
  toScreen,
  zoomAt,
} from "./camera";
import type { Looks } from "./looks";
import type { Seen } from "./ports";

/** In image pixels; every mask is one. */
interface Rectangle extends Size {
  readonly top: number;
  readonly left: number;
}

/** How this person looks at the image. Nothing of it is shared or stored on the server. */
export class View {
  readonly camera: Signal<Camera> = signal({ x: 0, y: 0, scale: 1 });
  readonly viewport: Signal<Size> = signal({ width: 0, height: 0 });
  readonly looks: Signal<Looks>;
  /** The plane that is looked at and annotated. */
  readonly position: Signal<PlaneAt>;
  /** The maximum over all slices is shown instead of the slice. */
  readonly projected = signal(false);
  readonly fill = signal(0.18);
  readonly outline = signal(0.95);
  readonly masksHidden = signal(false);
  readonly panelsHidden = signal(false);
  readonly helpOpen = signal(false);
  readonly paletteOpen = signal(false);
  /** A place is being asked for. */
  readonly goingTo = signal(false);
  readonly percent = computed(() => Math.round(this.camera.value.scale * 100));
  private fitted = true;

  constructor(
    readonly image: Size,
    looks: Looks,
    position: PlaneAt = FIRST_PLANE,
  ) {
    this.looks = signal(looks);
    this.position = signal(position);
  }

  /** The canvas has another size now. An image that was fitted stays fitted; otherwise its middle stays. */
  resize(viewport: Size): void {
    const before = this.viewport.peek();
    this.viewport.value = viewport;
    if (viewport.width === 0 || viewport.height === 0) return;
    if (this.fitted) this.fit();
    else
      this.move(
        pan(this.camera.peek(), (viewport.width - before.width) / 2, (viewport.height - before.height) / 2),
      );
  }

  fit(): void {
    this.fitted = true;
    this.camera.value = fitImage(this.image, this.viewport.peek());
  }

  /** Bring a place to the middle of the canvas; without a scale it stays as large as it is. */
  goTo({ x, y }: Point, scale = this.camera.peek().scale): void {
    const { width, height } = this.viewport.peek();
    this.move({ x: x - width / 2 / scale, y: y - height / 2 / scale, scale });
  }

  /** Go near to a rectangle of the image. */
  show(box: Point & Size): void {
    this.move(fitBox(box, this.viewport.peek()));
  }

  /** Go near to cells, given by the rectangle that holds them; `margin` is in lengths of its longer side. */
  showAround({ top, left, height, width }: Rectangle, margin: number): void {
    const around = margin * Math.max(height, width);
    this.show({
      x: left - around,
      y: top - around,
      width: width + 2 * around,
      height: height + 2 * around,
    });
  }

  /** The same without a margin; all of it is on the canvas. */
  showExactly(box: Point & Size): void {
    if (box.width <= 0 || box.height <= 0) return;
    const { width, height } = this.viewport.peek();
    const next = keepInSight(matchBox(box, { width, height }), this.image, { width, height });
    const { x, y, scale } = this.camera.peek();
    const moved =
      (Math.abs(next.x - x) + Math.abs(next.y - y)) * scale + Math.abs(next.scale / scale - 1) * 100;
    if (moved > 0.5) this.move(next);
  }

  /** What is on the canvas, in image pixels, also where that is beyond the image. */
  get seen(): Seen | null {
    const { width, height } = this.viewport.peek();
    if (width === 0 || height === 0) return null;
    const [start, end] = [this.toImage({ x: 0, y: 0 }), this.toImage({ x: width, y: height })];
    return { top: start.y, left: start.x, bottom: end.y, right: end.x, ...this.position.peek() };
  }

  panBy(dx: number, dy: number): void {
    this.move(pan(this.camera.peek(), dx, dy));
  }

  zoom(factor: number, at?: Point): void {
    const { width, height } = this.viewport.peek();
    const whole = fitImage(this.image, this.viewport.peek()).scale;
    this.move(
      zoomAt(this.camera.peek(), at ?? { x: width / 2, y: height / 2 }, factor, Math.min(1, whole / 4)),
    );
  }

  /** The part of the image that is on the canvas, in image pixels; null where all of it is. */
  get visible(): Box | null {
    const { width, height } = this.viewport.peek();
    const start = this.toImage({ x: 0, y: 0 });
    const end = this.toImage({ x: width, y: height });
    const box = {
      top: Math.max(0, Math.floor(start.y)),
      left: Math.max(0, Math.floor(start.x)),
      bottom: Math.min(this.image.height, Math.ceil(end.y)),
      right: Math.min(this.image.width, Math.ceil(end.x)),
    };
    const all = box.bottom - box.top === this.image.height && box.right - box.left === this.image.width;
    return all || isEmptyBox(box) ? null : box;
  }

  toImage(screen: Point): Point {
    return toImage(this.camera.peek(), screen);
  }

  toScreen(image: Point): Point {
    return toScreen(this.camera.peek(), image);
  }

  private move(camera: Camera): void {
    this.fitted = false;
    this.camera.value = keepInSight(camera, this.image, this.viewport.peek());
  }
}
