import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FrameLoop } from "./frame-loop";

let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", () => {
    frames = [];
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function next(): void {
  for (const callback of frames.splice(0)) callback();
}

it("draws once for many changes, and rests when nothing changes", () => {
  let drawn = 0;
  const loop = new FrameLoop(() => drawn++);
  loop.request();
  loop.request();
  next();
  next();
  expect(drawn).toBe(1);
  loop.request();
  next();
  expect(drawn).toBe(2);
});

it("draws again when a change comes while it draws", () => {
  let drawn = 0;
  const loop: FrameLoop = new FrameLoop(() => {
    drawn += 1;
    if (drawn === 1) loop.request();
  });
  loop.request();
  next();
  next();
  expect(drawn).toBe(2);
});

it("draws no more once it is stopped", () => {
  let drawn = 0;
  const loop = new FrameLoop(() => drawn++);
  loop.request();
  loop.stop();
  next();
  loop.request();
  next();
  expect(drawn).toBe(0);
});
