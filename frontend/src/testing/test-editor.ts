import { signal } from "@preact/signals";
import { type Command, commandsFor, type PageActions, runKey } from "../commands/commands";
import { Editor } from "../editor/editor";
import type { Button, Pointer } from "../editor/input";
import type { LabelClass } from "../editor/ports";
import { View } from "../editor/view";
import type { Mask } from "../geometry/mask";
import { toolsFor } from "../tools/tools";
import { FakeRegions } from "./fake-regions";
import { LocalSession } from "./local-session";

interface Held {
  readonly button?: Button;
  readonly shift?: boolean;
  readonly alt?: boolean;
  readonly pressure?: number;
}

export function rectangle(top: number, left: number, height: number, width: number): Mask {
  return { top, left, height, width, counts: [0, height * width] };
}

/** A real editor without a screen, driven as a person would: image pixels are screen pixels until it is zoomed. */
export class TestEditor {
  readonly session: LocalSession;
  readonly editor: Editor;
  readonly commands: Command[];
  readonly done: string[] = [];
  readonly regions = new FakeRegions();

  constructor(width = 100, height = 80) {
    this.session = new LocalSession(width, height);
    const view = new View(
      { width, height },
      { channels: [{ shown: true, colour: "#ffffff", min: 0, max: 255, gamma: 1 }], inverted: false },
    );
    const classes: LabelClass[] = [
      { id: 7, name: "Nucleus", colour: "#56b4e9", key: "1" },
      { id: 8, name: "Debris", colour: "#e69f00", key: "2" },
    ];
    this.editor = new Editor(this.session, view, signal(classes));
    this.editor.promptEngine.value = "starter";
    this.editor.regions.connect(this.regions);
    this.editor.useTools(toolsFor(this.editor));
    view.viewport.value = { width, height };
    this.commands = commandsFor(this.editor, this.page());
  }

  private page(): PageActions {
    const note = (what: string) => () => {
      this.done.push(what);
    };
    return {
      findCells: note("find"),
      canFindCells: () => true,
      canTune: () => true,
      acceptTuned: note("accept"),
      goToPrevious: note("previous"),
      goToNext: note("next"),
      hasPrevious: () => false,
      hasNext: () => true,
      toggleDone: note("done"),
      back: note("back"),
      nextTheme: note("theme"),
      startTour: note("tour"),
    };
  }

  /** A cell of mine, as a rectangle; its id. */
  cell(top: number, left: number, height: number, width: number): string {
    return this.session.create(rectangle(top, left, height, width), null, { source: "hand" }) ?? "";
  }

  mask(id: string): Mask | undefined {
    return this.session.store.get(id)?.mask;
  }

  private pointer(type: Pointer["type"], x: number, y: number, held: Held): this {
    const { button = "left", shift = false, alt = false, pressure = 0 } = held;
    this.editor.dispatch({
      type,
      screen: { x, y },
      image: this.editor.view.toImage({ x, y }),
      button,
      shift,
      alt,
      pressure,
    });
    return this;
  }

  down(x: number, y: number, held: Held = {}): this {
    return this.pointer("pointerdown", x, y, held);
  }

  move(x: number, y: number, held: Held = {}): this {
    return this.pointer("pointermove", x, y, held);
  }

  up(x: number, y: number, held: Held = {}): this {
    return this.pointer("pointerup", x, y, held);
  }

  click(x: number, y: number, held: Held = {}): this {
    return this.down(x, y, held).up(x, y, held);
  }

  doubleClick(x: number, y: number): this {
    return this.click(x, y).click(x, y).pointer("doubleclick", x, y, {});
  }

  drag(x0: number, y0: number, x1: number, y1: number, held: Held = {}): this {
    return this.down(x0, y0, held)
      .move((x0 + x1) / 2, (y0 + y1) / 2, held)
      .move(x1, y1, held)
      .up(x1, y1, held);
  }

  /** "Mod+Shift+Z", "Enter", "b" … False where the key means nothing. */
  key(name: string): boolean {
    const parts = name.split("+");
    const key = name === "+" ? "+" : (parts.at(-1) ?? "");
    return runKey(this.commands, this.editor, {
      key: key === "Esc" ? "Escape" : ["Left", "Right", "Up", "Down"].includes(key) ? `Arrow${key}` : key,
      ctrlKey: parts.includes("Mod"),
      metaKey: false,
      shiftKey: parts.includes("Shift"),
      altKey: parts.includes("Alt"),
    });
  }

  get path(): string {
    return this.editor.path.value;
  }

  get selected(): string[] {
    return [...this.editor.selection.value];
  }
}
