import { describe, expect, test } from "vitest";
import { meanOf } from "./intensity";
import { micrometres, type Shape, shapeOf } from "./measure";
import fixture from "./measures.fixture.json";

function numbers(shape: Shape): [string, number][] {
  return Object.entries(shape).flatMap(([name, value]): [string, number][] =>
    typeof value === "number"
      ? [[name, value]]
      : Object.entries(value).map(([part, number]) => [`${name}.${part}`, Number(number)]),
  );
}

describe("measurements", () => {
  test("are those of scikit-image, mask by mask", () => {
    for (const [index, { mask, shape }] of fixture.entries()) {
      const expected = new Map(numbers(shape));
      for (const [name, value] of numbers(shapeOf(mask))) {
        expect(value, `${name} of mask ${index}`).toBeCloseTo(expected.get(name) ?? Number.NaN, 8);
      }
    }
  });

  test("of the same mask are computed once", () => {
    const mask = { top: 2, left: 3, height: 2, width: 2, counts: [0, 4] };
    expect(shapeOf(mask)).toBe(shapeOf(mask));
  });

  test("count in micrometres where pixels have a size, lengths only where they are square", () => {
    expect(micrometres({ x: 0.5, y: 0.5 })).toEqual({ area: 0.25, length: 0.5 });
    expect(micrometres({ x: 0.5, y: 1 })).toEqual({ area: 0.5, length: null });
    expect(micrometres({ x: null, y: 1 })).toBeNull();
    expect(micrometres(undefined)).toBeNull();
  });

  test("of intensity are the mean over the mask alone", () => {
    const values = { channels: 1, values: () => [1, 9, 9, 3] };
    const mask = { top: 4, left: 4, height: 2, width: 2, counts: [0, 1, 2, 1] };
    expect(meanOf(mask, values, 0)).toBe(2);
    expect(meanOf(mask, { channels: 1, values: () => null }, 0)).toBeNull();
  });
});
