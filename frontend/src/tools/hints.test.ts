import { expect, it } from "vitest";
import { TestEditor } from "../testing/test-editor";

it("names in its hints only commands that there are", () => {
  const test = new TestEditor();
  const ids = new Set(test.commands.map((one) => one.id));
  const hints: string[] = [];
  for (const { id, run } of test.commands.filter((one) => one.group === "Tools")) {
    run();
    hints.push(test.editor.hint.value);
    test.down(20, 20);
    hints.push(test.editor.hint.value);
    test.move(40, 30);
    hints.push(test.editor.hint.value);
    test.up(40, 30).key("Esc");
    expect(hints.at(-3), id).toBeTruthy();
  }
  const named = hints.flatMap((hint) => [...hint.matchAll(/\{([\w-]+)\}/g)].map((match) => match[1] ?? ""));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
});
