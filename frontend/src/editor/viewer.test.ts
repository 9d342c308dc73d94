import { beforeEach, expect, it, vi } from "vitest";
import { FakeTiles, SMALL } from "../testing/fake-tiles";
import { TestEditor } from "../testing/test-editor";
import { histogramOf } from "./histogram";
import { autoContrast, firstLooks } from "./looks";
import { greyIn, pixelsOf } from "./plane-pixels";
import { type ImageContent, Viewer } from "./viewer";

const INFO = [
  { name: "DNA", colour: "#0000ff", low: 0, high: 839 },
  { name: "", colour: "#00ff00", low: 1000, high: 1839 },
];
const CONTENT: ImageContent = { ...SMALL, rgb: false, channel_info: INFO };

function given(content = CONTENT): { test: TestEditor; server: FakeTiles; viewer: Viewer } {
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  const test = new TestEditor(40, 20);
  test.editor.view.looks.value = firstLooks(content.channel_info, content.rgb);
  const server = new FakeTiles(
    content,
    (c, z, row, col) => 1000 * c + (z === "max" ? 100 : 10 * z) + row + col,
  );
  return { test, server, viewer: new Viewer(test.editor, content, server.load) };
}

let page: ReturnType<typeof given>;
beforeEach(() => {
  page = given();
});

it("goes through slices and frames within what there is", () => {
  const { test, viewer } = page;
  viewer.step("z", 1);
  viewer.step("t", 5);
  expect(test.editor.view.position.value).toEqual({ t: 1, z: 1 });
  viewer.go("z", -3);
  expect(test.session.store.plane).toEqual({ t: 1, z: 0 });
});

it("lets go what was begun on the plane that is left", () => {
  const { test, viewer } = page;
  const below = test.cell(2, 2, 4, 4);
  test.editor.select([below]);
  test.key("p");
  test.click(10, 10);
  viewer.step("z", 1);
  expect(test.selected).toEqual([]);
  expect(test.editor.prompting.active.value).toBe(false);
  expect(test.session.store.size).toBe(0);
  const above = test.cell(2, 2, 4, 4);
  expect(test.mask(above)).toMatchObject({ width: 4 });
  viewer.step("z", -1);
  expect([...test.session.store.cells()].map((cell) => cell.id)).toEqual([below]);
});

it("reads the pixels under the pointer in every channel, of a coarser level until the finest has come", async () => {
  const { viewer, server } = page;
  viewer.tiles.want([{ level: 1, t: 0, c: 0, z: 0, row: 0, col: 1 }], []);
  await server.flush();
  expect(viewer.valuesAt({ x: 17.5, y: 3.5 })).toEqual([2 + 16, null]);
  expect(viewer.valuesAt({ x: 40, y: 0 })).toBeNull();
  viewer.tiles.want([{ level: 0, t: 0, c: 0, z: 0, row: 0, col: 2 }], []);
  await server.flush();
  expect(viewer.valuesAt({ x: 17.5, y: 3.5 })).toEqual([3 + 17, null]);
});

it("measures on the plane that is looked at, once its pixels have come", async () => {
  const { test, viewer, server } = page;
  const box = { top: 6, left: 6, bottom: 9, right: 10 };
  const seen: unknown[] = [];
  test.editor.inspector.pixels.subscribe((pixels) => seen.push(pixels));
  expect(pixelsOf(viewer.tiles, { t: 0, z: 1 }).values(box, 1)).toBeNull();
  const before = seen.length;
  await server.flush();
  expect(seen.length).toBeGreaterThan(before);
  const values = pixelsOf(viewer.tiles, { t: 0, z: 1 }).values(box, 1);
  expect(Array.from(values ?? [])).toEqual(
    [6, 7, 8].flatMap((row) => [6, 7, 8, 9].map((col) => 1000 + 10 + row + col)),
  );
});

it("gives tools the picture as it is shown", async () => {
  const { test, viewer, server } = page;
  const box = { top: 0, left: 0, bottom: 2, right: 2 };
  viewer.toggle(1);
  expect(test.editor.grey(box)).toBeNull();
  await server.flush();
  viewer.change({ min: 0, max: 2 }, 0);
  expect(Array.from(test.editor.grey(box)?.values ?? [])).toEqual([0, 127.5, 127.5, 255]);
  const looks = test.editor.view.looks.peek();
  expect(greyIn(viewer.tiles, box, { t: 0, z: 0 }, looks)?.width).toBe(2);
});

it("shows channels alone or together, each with its own contrast", () => {
  const { test, viewer } = page;
  viewer.toggle(0);
  viewer.change({ min: 5, max: 9 }, 1);
  const { channels } = test.editor.view.looks.value;
  expect(channels.map((one) => one.shown)).toEqual([false, true]);
  expect(channels.map((one) => one.min)).toEqual([0, 5]);
  viewer.toggle(0);
  expect(viewer.active.value).toBe(0);
});

it("gives the three of a colour image one contrast", () => {
  const info = ["#ff0000", "#00ff00", "#0000ff"].map((colour, c) => ({
    name: "",
    colour,
    low: c,
    high: 250 - c,
  }));
  const { test, viewer } = given({ ...CONTENT, channels: 3, rgb: true, channel_info: info });
  expect(test.editor.view.looks.value.channels.map((one) => [one.min, one.max])).toEqual(
    Array(3).fill([0, 250]),
  );
  viewer.change({ max: 100 }, 0);
  expect(test.editor.view.looks.value.channels.map((one) => one.max)).toEqual([100, 100, 100]);
});

it("finds the contrast of the plane by itself, and by presets", async () => {
  const { test, viewer, server } = page;
  viewer.tiles.want(
    [0, 1].map((c) => ({ level: 3, t: 0, c, z: 0, row: 0, col: 0 })),
    [],
  );
  await server.flush();
  viewer.auto();
  expect(test.editor.view.looks.value.channels[0]).toMatchObject({ min: 0, max: 48 });
  viewer.preset("brightfield");
  expect(test.editor.view.looks.value.channels.map((one) => one.max)).toEqual([65535, 65535]);
  viewer.invert();
  expect(viewer.inverted).toBe(true);
  viewer.preset("fluorescence");
  expect(test.editor.view.looks.value).toMatchObject({
    inverted: false,
    channels: [{ max: 48 }, { min: 1000 }],
  });
});

it("plays slices round and round until it is told to stop", () => {
  vi.useFakeTimers();
  const { test, viewer } = page;
  viewer.play("z");
  const seen: number[] = [];
  for (let tick = 0; tick < 4; tick++) {
    vi.advanceTimersByTime(125);
    seen.push(test.editor.view.position.value.z);
  }
  viewer.play("z");
  vi.advanceTimersByTime(1000);
  expect(seen).toEqual([1, 2, 0, 1]);
  expect(test.editor.view.position.value.z).toBe(1);
  expect(viewer.playing.value).toBeNull();
  vi.useRealTimers();
});

it("counts every value once and leaves out the extremes", () => {
  const values = new Uint16Array(64).map((_, index) => (index % 8 < 6 ? index : 60_000));
  const histogram = histogramOf(values, { width: 6, height: 8 }, 8);
  expect([histogram.low, histogram.high]).toEqual([0, 61]);
  expect(histogram.bins.reduce((sum, count) => sum + count, 0)).toBe(48);
  const { min, max } = autoContrast(histogram, 0.1);
  expect(min).toBeGreaterThan(0);
  expect(max).toBeLessThan(61);
  expect(autoContrast(histogramOf(new Uint8Array(4).fill(9), { width: 2, height: 2 }, 2))).toEqual({
    min: 9,
    max: 10,
  });
});
