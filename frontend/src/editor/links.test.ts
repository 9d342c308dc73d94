import { expect, it } from "vitest";
import { TestEditor } from "../testing/test-editor";
import { follow, linkOf, spotOf } from "./links";

const PLANES = { size_t: 3, size_z: 5 };

it("takes another person to the same place, plane, channels and cell", () => {
  const mine = new TestEditor();
  mine.editor.look({ t: 1, z: 4 });
  const cell = mine.cell(10, 10, 5, 5);
  mine.editor.select([cell]);
  mine.editor.view.projected.value = true;
  mine.editor.view.looks.value = {
    channels: [{ shown: true, colour: "#12ab9f", min: -0.25, max: 4095, gamma: 1.5 }],
    inverted: true,
  };
  mine.editor.view.goTo({ x: 20, y: 30 }, 8);
  const theirs = new TestEditor();
  follow(theirs.editor, linkOf(mine.editor), PLANES);
  expect(theirs.editor.view.position.value).toEqual({ t: 1, z: 4 });
  expect(theirs.editor.view.looks.value).toEqual(mine.editor.view.looks.value);
  expect(theirs.editor.view.camera.value).toEqual(mine.editor.view.camera.value);
  expect(theirs.editor.view.projected.value).toBe(true);
  expect(theirs.selected).toEqual([]);
  expect(theirs.cell(10, 10, 5, 5)).toBe(cell);
  expect(theirs.selected).toEqual([cell]);
});

it("leaves alone what a link says wrongly", () => {
  expect(spotOf("#x=NaN&y=&zoom=1e999&t=a&z=max&c=1~zz0000~0~1~1&cell=")).toEqual({ projected: true });
  expect(spotOf("#c=1~ffffff~5~5~1").looks).toBeUndefined();
  const test = new TestEditor();
  const before = test.editor.view.looks.value;
  follow(test.editor, "#t=99&z=-7&c=1~ffffff~0~1~1_1~ffffff~0~1~1", PLANES);
  expect(test.editor.view.position.value).toEqual({ t: 2, z: 0 });
  expect(test.editor.view.looks.value).toEqual(before);
});
