import { expect, it } from "vitest";
import { classColour, cssColour, OKABE_ITO, parseColour, shade, unclassified } from "./palette";

it("gives classes the Okabe–Ito colours in order and starts again after the last", () => {
  expect(classColour(0)).toEqual([86, 180, 233]);
  expect(classColour(OKABE_ITO.length)).toEqual(classColour(0));
  expect(cssColour(classColour(1))).toBe("rgb(230 159 0)");
});

it("keeps a cell's shade, and gives another cell of the class another one", () => {
  const base = classColour(2);
  expect(shade(base, "a1")).toEqual(shade(base, "a1"));
  const shades = new Set(Array.from({ length: 40 }, (_, n) => shade(base, `cell-${n}`).join()));
  expect(shades.size).toBeGreaterThan(30);
});

it("keeps shades near their class: greens stay green", () => {
  for (let n = 0; n < 60; n++) {
    const [red, green, blue] = shade([0, 158, 115], `id ${n}`);
    expect(green).toBeGreaterThanOrEqual(Math.max(red, blue) - 60);
    expect(green).toBeGreaterThan(red);
  }
});

it("makes every unclassified cell visible on black", () => {
  for (let n = 0; n < 60; n++) expect(Math.max(...unclassified(`${n}`))).toBeGreaterThan(150);
});

it("reads hexadecimal colours and nothing else", () => {
  expect(parseColour("#56B4E9")).toEqual([86, 180, 233]);
  expect(parseColour("#fff")).toEqual([255, 255, 255]);
  expect(parseColour("red")).toBeNull();
});
