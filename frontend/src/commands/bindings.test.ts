import { expect, it } from "vitest";
import { TestEditor } from "../testing/test-editor";
import { Bindings, type Memory } from "./bindings";
import { runKey } from "./commands";

class Shelf implements Memory {
  readonly kept = new Map<string, string>();
  recall(name: string): string | null {
    return this.kept.get(name) ?? null;
  }
  remember(name: string, value: string): void {
    this.kept.set(name, value);
  }
}

function opened(shelf = new Shelf(), person = "1") {
  const test = new TestEditor();
  const bindings = new Bindings(shelf);
  bindings.open(person);
  const commands = bindings.bind(test.commands);
  const keysOf = (id: string) => commands.find((one) => one.id === id)?.keys;
  const press = (key: string) =>
    runKey(commands, test.editor, { key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false });
  return { test, bindings, commands, keysOf, press, shelf };
}

it("gives a command another key, which then works instead of the old one", () => {
  const { test, bindings, commands, keysOf, press } = opened();
  expect(bindings.conflict(commands, "tool-brush", "I")).toBeNull();
  bindings.assign(commands, "tool-brush", "I");
  expect(keysOf("tool-brush")).toEqual(["I"]);
  expect(press("b")).toBe(false);
  expect(press("i")).toBe(true);
  expect(test.editor.toolId.value).toBe("brush");
});

it("says whose key it is, and takes it away from there once that is wanted", () => {
  const { bindings, commands, keysOf } = opened();
  const found = bindings.conflict(commands, "tool-brush", "E");
  expect(found?.kind === "taken" && found.by.map((one) => one.id)).toEqual(["tool-eraser"]);
  bindings.assign(commands, "tool-brush", "E");
  expect(keysOf("tool-brush")).toEqual(["E"]);
  expect(keysOf("tool-eraser")).toEqual([]);
});

it("keeps the second key of a command that loses its first", () => {
  const { bindings, commands, keysOf } = opened();
  bindings.assign(commands, "fit", "+");
  expect(keysOf("zoom-in")).toEqual(["="]);
});

it("gives no key away that means something before any command", () => {
  const { bindings, commands } = opened();
  for (const key of ["3", "Space", "Tab", "Esc", "Mod+W", "F5"]) {
    expect(bindings.conflict(commands, "tool-brush", key)?.kind).toBe("reserved");
  }
});

it("lets commands share the keys that they share from the start", () => {
  const { bindings, commands } = opened();
  expect(bindings.conflict(commands, "accept", "Enter")).toBeNull();
  expect(bindings.conflict(commands, "tool-brush", "Enter")?.kind).toBe("taken");
});

it("remembers the keys of each person, and forgets them on reset", () => {
  const shelf = new Shelf();
  const ada = opened(shelf, "1");
  ada.bindings.assign(ada.commands, "tool-brush", "N");
  expect(opened(shelf, "1").keysOf("tool-brush")).toEqual(["N"]);
  expect(opened(shelf, "2").keysOf("tool-brush")).toEqual(["B"]);
  ada.bindings.reset();
  expect(ada.bindings.anyChosen).toBe(false);
  expect(opened(shelf, "1").keysOf("tool-brush")).toEqual(["B"]);
});

it("starts with its own keys where what was kept cannot be read", () => {
  for (const text of ["{", "7", '[["tool-brush",[1]],"x"]']) {
    const shelf = new Shelf();
    shelf.remember("keys-1", text);
    expect(opened(shelf).keysOf("tool-brush")).toEqual(["B"]);
  }
});
