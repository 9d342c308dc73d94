/**
 * Where the image lies on the screen. Pure arithmetic: a camera is a value, every movement gives a new one.
 * Image coordinates are (x, y) in pixels, a pixel's square running from its index to its index plus one; screen
 * coordinates are CSS pixels from the top left of the canvas.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** (x, y): the image point at the canvas's top left corner; scale: screen pixels for one image pixel. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export const MAX_SCALE = 64;
/** How much of the canvas's shorter side a fitted image leaves free on each side. */
const MARGIN = 0.02;
/** The part of the canvas, in CSS pixels, on which the image can't be pushed away. */
const KEEP = 48;

export function toImage(camera: Camera, screen: Point): Point {
  return { x: camera.x + screen.x / camera.scale, y: camera.y + screen.y / camera.scale };
}

export function toScreen(camera: Camera, image: Point): Point {
  return { x: (image.x - camera.x) * camera.scale, y: (image.y - camera.y) * camera.scale };
}

/** The whole image in the middle of the canvas. */
export function fitImage(image: Size, viewport: Size): Camera {
  const room = 1 - 2 * MARGIN;
  const scale = Math.min(
    MAX_SCALE,
    Math.max(1e-4, Math.min((viewport.width * room) / image.width, (viewport.height * room) / image.height)),
  );
  return centred({ x: image.width / 2, y: image.height / 2 }, scale, viewport);
}

/** An image rectangle in the middle of the canvas, not larger than ``largest``. */
export function fitBox(box: Point & Size, viewport: Size, largest = 16): Camera {
  const scale = Math.min(largest, viewport.width / (box.width * 2), viewport.height / (box.height * 2));
  return centred({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, scale, viewport);
}

/** An image rectangle in the middle of the canvas, all of it and as large as it goes. */
export function matchBox(box: Point & Size, viewport: Size): Camera {
  const scale = Math.min(MAX_SCALE, viewport.width / box.width, viewport.height / box.height);
  return centred({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, scale, viewport);
}

function centred(middle: Point, scale: number, viewport: Size): Camera {
  return { x: middle.x - viewport.width / 2 / scale, y: middle.y - viewport.height / 2 / scale, scale };
}

/** Move the image by (dx, dy) screen pixels. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale };
}

/** Scale by ``factor`` so that what is under ``screen`` stays under it. */
export function zoomAt(camera: Camera, screen: Point, factor: number, smallest = 0.01): Camera {
  const scale = Math.min(MAX_SCALE, Math.max(smallest, camera.scale * factor));
  const fixed = toImage(camera, screen);
  return { x: fixed.x - screen.x / scale, y: fixed.y - screen.y / scale, scale };
}

/** The same camera, moved back as far as needed for a strip of the image to stay on the canvas. */
export function keepInSight(camera: Camera, image: Size, viewport: Size): Camera {
  const strip = KEEP / camera.scale;
  const x = clamp(camera.x, strip - viewport.width / camera.scale, image.width - strip);
  const y = clamp(camera.y, strip - viewport.height / camera.scale, image.height - strip);
  return { x, y, scale: camera.scale };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, Math.min(low, high)), Math.max(low, high));
}
