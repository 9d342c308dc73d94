import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeTiles, SMALL } from "../testing/fake-tiles";
import { PixelTiles, type TileAt, valuesOf } from "./pixel-tiles";

const at = (row: number, col: number, z: number | "max" = 0): TileAt => ({
  level: 0,
  t: 0,
  c: 0,
  z,
  row,
  col,
});
const row = (count: number, of = 0): TileAt[] => Array.from({ length: count }, (_, col) => at(of, col));

function given(): { server: FakeTiles; tiles: PixelTiles } {
  const server = new FakeTiles(SMALL, (c, _z, y, x) => 1000 * c + 40 * y + x);
  return { server, tiles: new PixelTiles(SMALL, server.load) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = async (): Promise<void> => {
  for (let round = 0; round < 10; round++) await Promise.resolve();
};

it("loads six at once, the most wanted first, and what may be next at the end", async () => {
  const { server, tiles } = given();
  tiles.want(row(5), row(3, 1));
  expect(server.asked).toHaveLength(6);
  expect(server.asked.slice(0, 5)).toEqual(row(5).map((one) => `0/0/0/0/0/${one.col}`));
  expect(tiles.missing.value).toBe(5);
  for (const one of [...server.waiting]) one.answer();
  await turn();
  expect(tiles.missing.value).toBe(0);
  expect(server.asked).toHaveLength(8);
  expect(tiles.get(at(0, 3))?.[9]).toBe(40 + 3 * 8 + 1);
});

it("gives up what is no longer looked at, and never asks twice for what is here", async () => {
  const { server, tiles } = given();
  tiles.want(row(4), []);
  server.waiting[0]?.answer();
  await turn();
  tiles.want([at(0, 0), at(1, 0)], []);
  await turn();
  expect(server.aborted).toBe(3);
  expect(server.asked.at(-1)).toBe("0/0/0/0/1/0");
  expect(server.asked.filter((key) => key === "0/0/0/0/0/0")).toHaveLength(1);
});

it("keeps loading what somebody waits for, whatever is looked at", async () => {
  const { server, tiles } = given();
  tiles.ask([at(2, 0)]);
  tiles.want([at(0, 0)], []);
  tiles.want([at(0, 1)], []);
  expect(tiles.isAsked).toBe(true);
  for (const one of [...server.waiting]) one.answer();
  await turn();
  expect(tiles.isAsked).toBe(false);
  expect(tiles.has(at(2, 0))).toBe(true);
  expect(server.aborted).toBe(1);
});

it("tries again after a failure, says why meanwhile, and forgets it once it works", async () => {
  const { server, tiles } = given();
  tiles.want([at(0, 0)], []);
  server.waiting[0]?.fail("The server cannot be reached.");
  await turn();
  expect(tiles.problem.value).toBe("The server cannot be reached.");
  expect(server.waiting).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(600);
  expect(server.waiting).toHaveLength(1);
  server.waiting[0]?.answer();
  await turn();
  expect(tiles.problem.value).toBe("");
  expect(tiles.has(at(0, 0))).toBe(true);
});

it("reads every type that images are stored in, and refuses what is cut off", () => {
  expect(valuesOf(new Uint16Array([1, 65535, 3, 4]).buffer, "uint16", 2)[1]).toBe(65535);
  expect([...valuesOf(new Int16Array([-5, 7, 0, 1]).buffer, "int16", 2)]).toEqual([-5, 7, 0, 1]);
  expect(valuesOf(new Float32Array([0.25, 0, 0, 0]).buffer, "float32", 2)[0]).toBe(0.25);
  expect(valuesOf(new Int8Array([-1, 2, 3, 4]).buffer, "int8", 2)[0]).toBe(-1);
  expect(() => valuesOf(new ArrayBuffer(3), "uint8", 2)).toThrow("3 of 4 bytes");
  expect(() => valuesOf(new ArrayBuffer(4), "complex64", 2)).toThrow("complex64");
});
