/** What somebody looks at, as the part of an address behind “#”: place, zoom, plane, channels, the selected cell. */

import type { Editor } from "./editor";
import type { ChannelLook, Looks } from "./looks";

/** What a link may say; what it leaves out, or says wrongly, stays as it is. */
interface Spot {
  readonly x?: number;
  readonly y?: number;
  readonly zoom?: number;
  readonly t?: number;
  readonly z?: number;
  readonly projected?: boolean;
  readonly looks?: Looks;
  readonly cell?: string;
}

export function linkOf(editor: Editor): string {
  const { view } = editor;
  const { width, height } = view.viewport.peek();
  const middle = view.toImage({ x: width / 2, y: height / 2 });
  const { t, z } = view.position.peek();
  const { channels, inverted } = view.looks.peek();
  const parts = new URLSearchParams({
    x: middle.x.toFixed(1),
    y: middle.y.toFixed(1),
    zoom: view.camera.peek().scale.toPrecision(4),
    t: String(t),
    z: view.projected.peek() ? `${z}max` : String(z),
    c: channels.map(textOf).join("_"),
  });
  if (inverted) parts.set("inverted", "1");
  const cell = editor.onlySelected;
  if (cell) parts.set("cell", cell.id);
  return `#${parts}`;
}

function textOf({ shown, colour, min, max, gamma }: ChannelLook): string {
  return [shown ? 1 : 0, colour.slice(1), short(min), short(max), short(gamma)].join("~");
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function lookOf(text: string): ChannelLook | null {
  const [shown, colour = "", ...numbers] = text.split("~");
  const [min = Number.NaN, max = Number.NaN, gamma = Number.NaN] = numbers.map(Number);
  const sound = /^[0-9a-f]{6}$/i.test(colour) && Number.isFinite(min) && Number.isFinite(max) && max > min;
  if (!sound || !(gamma >= 0.05 && gamma <= 20)) return null;
  return { shown: shown === "1", colour: `#${colour}`, min, max, gamma };
}

export function spotOf(hash: string): Spot {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name: string): { [key: string]: number } => {
    const text = parts.get(name)?.replace("max", "");
    const value = text ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? { [name]: value } : {};
  };
  const looks = parts.get("c")?.split("_").map(lookOf);
  const cell = parts.get("cell");
  return {
    ...number("x"),
    ...number("y"),
    ...number("zoom"),
    ...number("t"),
    ...number("z"),
    ...(parts.get("z")?.endsWith("max") ? { projected: true } : {}),
    ...(looks?.every((one) => one !== null)
      ? { looks: { channels: looks, inverted: parts.has("inverted") } }
      : {}),
    ...(cell ? { cell } : {}),
  };
}

/** Look at what a link says. The cell is selected once it has come. */
export function follow(editor: Editor, hash: string, planes: { size_t: number; size_z: number }): void {
  const { view, session } = editor;
  const { x, y, zoom, t, z, projected, looks, cell } = spotOf(hash);
  const now = view.position.peek();
  const within = (value: number, count: number): number =>
    Math.min(count - 1, Math.max(0, Math.round(value)));
  editor.look({ t: within(t ?? now.t, planes.size_t), z: within(z ?? now.z, planes.size_z) });
  if (projected) view.projected.value = true;
  if (looks && looks.channels.length === view.looks.peek().channels.length) view.looks.value = looks;
  if (x !== undefined && y !== undefined)
    view.goTo({ x, y }, zoom && zoom > 0 ? Math.min(64, zoom) : undefined);
  if (!cell) return;
  const choose = (): boolean => {
    if (!session.store.get(cell)) return false;
    editor.select([cell]);
    return true;
  };
  if (choose()) return;
  const stop = session.store.subscribe(() => {
    if (choose()) stop();
  });
}
