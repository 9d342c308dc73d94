import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ImageDetail } from "../editor/page-ports";
import { PixelTiles, type TileAt, tileKey } from "../editor/pixel-tiles";
import { View } from "../editor/view";
import { FakeTiles, SMALL } from "../testing/fake-tiles";
import { loadAhead } from "./ahead";

const CHANNEL = { name: "", colour: "#ffffff", low: 0, high: 9 };
const LOOK = { shown: true, colour: "#ffffff", min: 0, max: 9, gamma: 1 };
/** What is asked of the next image: two channels, of which the project shows the second. */
const DETAIL = {
  ...SMALL,
  channels: 2,
  rgb: false,
  channel_info: [CHANNEL, CHANNEL],
  opens_at: { t: 0, z: 1 },
  looks: {
    mine: null,
    project: {
      channels: [{ ...LOOK, shown: false }, LOOK],
      inverted: false,
      projected: false,
      same_contrast: false,
    },
  },
} as unknown as ImageDetail;

function scene(next: string | null) {
  const here = new FakeTiles(SMALL, () => 1);
  const tiles = new PixelTiles(SMALL, here.load);
  const view = new View(SMALL, { channels: [], inverted: false });
  view.resize({ width: 40, height: 20 });
  const asked: string[] = [];
  const api = {
    image: async (id: string) => {
      asked.push(id);
      return DETAIL;
    },
    tile: async (id: string, at: TileAt) => {
      asked.push(`${id} ${tileKey(at)}`);
      return new ArrayBuffer(0);
    },
  };
  const stop = loadAhead({ next, tiles, view, api });
  const at = { level: 0, t: 0, c: 0, z: 0, row: 0, col: 0 };
  tiles.want([at, { ...at, col: 1 }], []);
  return { asked, here, stop };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", { devicePixelRatio: 1 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("loads what the next image begins with once this one is complete", async () => {
  const { asked, here } = scene("b");
  here.waiting[0]?.answer();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([]);
  here.waiting[0]?.answer();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked[0]).toBe("b");
  expect(asked).toContain("b 0/0/1/1/1/2");
  expect(asked.slice(1).every((one) => one.startsWith("b 0/0/1/1/"))).toBe(true);
  expect(new Set(asked).size).toBe(asked.length);
});

it("loads nothing where there is no next image, or the page was left", async () => {
  for (const next of [null, "b"]) {
    const { asked, here, stop } = scene(next);
    for (const one of [...here.waiting]) one.answer();
    stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toEqual([]);
  }
});
