import { expect, it } from "vitest";
import { placeOf } from "./coordinates";
import { barOf, lengthText } from "./scale-bar";

it("draws a scale bar of a round length, and finds places in what is typed", () => {
  expect(barOf(0.25)).toEqual({ length: 20, pixels: 80 });
  expect(barOf(1 / 64).length).toBe(2);
  expect([lengthText(0.5, "µm"), lengthText(2000, "µm"), lengthText(100, "px")]).toEqual([
    "500 nm",
    "2 mm",
    "100 px",
  ]);
  const image = { width: 40, height: 20 };
  expect([placeOf("12, 3.5", image), placeOf("x 1 y 2", image)]).toEqual([
    { x: 12, y: 3.5 },
    { x: 1, y: 2 },
  ]);
  for (const wrong of ["", "12", "1 2 3", "41, 2", "-1, 2", "one, two"])
    expect(placeOf(wrong, image)).toBeNull();
});
