import { beforeEach, expect, test } from "vitest";
import { FakeComments } from "../testing/fake-comments";
import { TestEditor } from "../testing/test-editor";
import { Comments, mention, suggested } from "./comments";

let at: TestEditor;
let port: FakeComments;
let comments: Comments;

beforeEach(() => {
  at = new TestEditor();
  port = new FakeComments();
  comments = new Comments(at.editor, port);
});

async function say(text: string): Promise<string> {
  comments.begin();
  await comments.say(text);
  return comments.chosen.value ?? "";
}

test("a thread is about the selected cell, else the place that is pointed at, else the image", async () => {
  const cell = at.cell(10, 20, 4, 6);
  await say("Sharp");
  at.move(30, 5);
  await say("Dust");
  at.editor.select([cell]);
  await say("Two?");
  expect(port.kept.map(({ cell, row, col }) => ({ cell, row, col }))).toEqual([
    { cell: null, row: null, col: null },
    { cell: null, row: 5, col: 30 },
    { cell, row: null, col: null },
  ]);
  expect(comments.threads.value.map(({ first }) => comments.placeOf(first))).toEqual([
    null,
    { x: 30, y: 5 },
    { x: 23, y: 12 },
  ]);
});

test("answers belong to their thread; what is resolved is out of sight until it is asked for", async () => {
  const thread = await say("Two?");
  await comments.answer(thread, "One.");
  expect(comments.shown.value[0]?.answers.map(({ text }) => text)).toEqual(["One."]);
  await comments.resolve(thread, true);
  expect(comments.shown.value).toEqual([]);
  comments.follow("comment-1");
  expect(comments.shown.value).toHaveLength(1);
  expect(comments.chosen.value).toBe(thread);
});

test("one goes from open thread to open thread, and its cell is selected", async () => {
  const cell = at.cell(10, 20, 4, 6);
  at.editor.select([cell]);
  const first = await say("One");
  at.editor.select([]);
  const second = await say("Two");
  comments.step(1);
  expect([comments.chosen.value, at.selected]).toEqual([first, [cell]]);
  comments.step(-1);
  expect(comments.chosen.value).toBe(second);
});

test("what the server refuses stays to be said again, with its sentence", async () => {
  port.refusal = "Write something that can be read.";
  comments.begin();
  expect(await comments.say("?")).toBe(false);
  expect(comments.draft.value).not.toBeNull();
  expect(at.editor.notices.value.at(-1)?.message).toBe(port.refusal);
});

test("others' words come when the session says so", async () => {
  port.kept = [await port.say("From elsewhere", {})];
  at.session.commentsChanged.value++;
  await Promise.resolve();
  expect(comments.open.value).toHaveLength(1);
});

test("names are proposed while they are typed", async () => {
  const members = await port.members();
  expect(suggested("Look, @gr", members).map(({ name }) => name)).toEqual(["Grace"]);
  expect(suggested("mail@gr", members)).toEqual([]);
  expect(suggested("@", members)).toHaveLength(2);
  expect(mention("Look, @gr", "Grace")).toBe("Look, @Grace ");
});
