import { expect, it } from "vitest";
import { type Grey, Wire } from "./livewire";

/** A bright disc of a radius around the middle of a square part of an image. */
function disc(size: number, radius: number): Grey {
  const values = new Float32Array(size * size);
  for (let row = 0; row < size; row++)
    for (let col = 0; col < size; col++)
      if (Math.hypot(row + 0.5 - size / 2, col + 0.5 - size / 2) < radius) values[row * size + col] = 200;
  return { top: 10, left: 20, width: size, height: size, values };
}

it("follows the edge of a disc instead of crossing it", () => {
  const wire = new Wire(disc(64, 20), { row: 10 + 32.5, col: 20 + 12.5 });
  const path = wire.to({ row: 10 + 32.5, col: 20 + 51.5 });
  expect(path.at(-1)).toEqual({ row: 42.5, col: 71.5 });
  for (const { row, col } of path) {
    const radius = Math.hypot(row - 42, col - 52);
    expect(Math.abs(radius - 20)).toBeLessThan(1.8);
  }
  expect(path.length).toBeGreaterThan(40);
});

it("goes straight where nothing changes", () => {
  const flat = { top: 0, left: 0, width: 40, height: 40, values: new Float32Array(1600).fill(7) };
  const path = new Wire(flat, { row: 5, col: 5 }).to({ row: 5, col: 25 });
  expect(path).toHaveLength(20);
  expect(path.every(({ row }) => row === 5.5)).toBe(true);
});

it("leads nowhere from or to a place outside", () => {
  const grey = disc(32, 8);
  expect(new Wire(grey, { row: 12, col: 22 }).to({ row: 5, col: 22 })).toEqual([]);
  expect(new Wire(grey, { row: 5, col: 22 }).to({ row: 12, col: 25 })).toEqual([]);
});

it("takes a step at a time", () => {
  const path = new Wire(disc(64, 20), { row: 12, col: 22 }).to({ row: 70, col: 80 });
  let last = { row: 12.5, col: 22.5 };
  for (const next of path) {
    expect(Math.max(Math.abs(next.row - last.row), Math.abs(next.col - last.col))).toBe(1);
    last = next;
  }
});
