import { expect, it } from "vitest";
import { rectangle, TestEditor } from "../testing/test-editor";
import type { PresentMember } from "./ports";

const GRACE: PresentMember = {
  clientId: "g",
  userId: 2,
  name: "Grace",
  colour: "#62d6c4",
  row: null,
  col: null,
  seen: null,
  holds: [],
};

/** A selected cell of 20 × 20 pixels at (10, 10) that Grace is changing. */
function held(): { test: TestEditor; id: string } {
  const test = new TestEditor();
  const id = test.cell(10, 10, 20, 20);
  test.editor.select([id]);
  test.session.members.value = [{ ...GRACE, holds: [id] }];
  return { test, id };
}

it.each<[string, (test: TestEditor) => unknown]>([
  ["delete", (test) => test.key("Delete")],
  ["a class", (test) => test.key("1")],
  ["refining", (test) => test.key("m")],
  ["the brush", (test) => test.key("b") && test.drag(20, 20, 50, 20)],
  ["the move tool", (test) => test.key("d") && test.drag(20, 20, 50, 20)],
  ["the split tool", (test) => test.key("x") && test.drag(5, 20, 50, 20)],
])("a cell that somebody else is changing is not grabbed by %s, which says who it is", (_, act) => {
  const { test, id } = held();
  act(test);
  expect(test.mask(id)).toEqual(rectangle(10, 10, 20, 20));
  expect(test.session.store.size).toBe(1);
  expect(test.editor.notices.value.at(-1)?.message).toContain("Grace");
  test.session.members.value = [GRACE];
  expect(test.editor.changeable([id])).toHaveLength(1);
});

it("another tab of mine does not keep me from a cell", () => {
  const { test, id } = held();
  test.session.members.value = [{ ...GRACE, userId: 1, holds: [id] }];
  expect(test.editor.changeable([id])).toHaveLength(1);
});

it("a cell is held while it is changed, not while it is only selected", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 20, 20);
  test.editor.select([id]);
  expect(test.session.held.flat()).toEqual([]);
  test.key("b");
  test.down(20, 20).move(40, 20);
  expect(test.session.held.at(-1)).toEqual([id]);
  test.up(40, 20);
  expect(test.session.held.at(-1)).toEqual([]);
});

it("a stroke ends where a manager takes the cell over", () => {
  const test = new TestEditor();
  const id = test.cell(10, 10, 20, 20);
  test.editor.select([id]);
  test.key("b");
  test.down(20, 20).move(40, 20);
  test.session.taken.value = { by: "Grace", cells: [id] };
  expect(test.editor.draft.value).toBeNull();
  test.up(40, 20);
  expect(test.mask(id)).toEqual(rectangle(10, 10, 20, 20));
  expect(test.editor.notices.value.at(-1)?.message).toContain("Grace has taken");
});

it("managers take over what they have selected, others may not", () => {
  const { test, id } = held();
  const command = test.commands.find((one) => one.id === "take-over");
  expect(command?.enabled()).toBe(false);
  const me = test.session.me.value;
  test.session.me.value = me && { ...me, role: "manager" };
  expect(command?.enabled()).toBe(true);
  command?.run();
  expect(test.session.tookOver).toEqual([[id]]);
});

it("follows somebody's view until I move mine, or they leave", () => {
  const test = new TestEditor();
  const { view, together } = test.editor;
  const see = (left: number) => {
    const seen = { top: 20, left, bottom: 60, right: left + 50 };
    test.session.members.value = [{ ...GRACE, seen }];
  };
  see(10);
  together.follow("g");
  expect(view.camera.value).toMatchObject({ x: 10, y: 20, scale: 2 });
  see(30);
  expect(view.camera.value).toMatchObject({ x: 30, y: 20 });
  view.panBy(5, 5);
  expect(together.following.value).toBeNull();
  see(10);
  expect(view.camera.value.x).not.toBe(10);
  together.follow("g");
  expect(together.following.value).toBe("g");
  test.session.members.value = [];
  expect(together.following.value).toBeNull();
});
