import { effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Memory } from "../../commands/bindings";
import type { Editor } from "../../editor/editor";
import type { ImageStatus } from "../../editor/page-ports";

/** What the tour watches of the page. */
export interface Toured {
  readonly editor: Editor;
  readonly segmenting: ReadonlySignal<object | null>;
  readonly image: ReadonlySignal<{ readonly project: { readonly name: string } }>;
  readonly workflow: { readonly where: ReadonlySignal<{ readonly status: ImageStatus }> };
  readonly api: Memory;
}

/** How things were when a step began. */
interface Before {
  readonly scale: number;
  readonly size: number;
  readonly revision: number;
}

export interface Step {
  readonly title: string;
  /** `key` names the key of a command as it is now. */
  text(key: (command: string) => string): string;
  /** Whether the person has done it. Reads signals, so that it is asked again when one of them changes. */
  done(model: Toured, before: Before): boolean;
}

/** From looking to handing in, each ended by doing it. */
export const STEPS: readonly Step[] = [
  {
    title: "Look around",
    text: (key) =>
      `Turn the wheel over the image, or press ${key("zoom-in")}. ${key("fit")} shows all of it again.`,
    done: ({ editor }, { scale }) => editor.view.camera.value.scale !== scale,
  },
  {
    title: "Take the tool for clicks",
    text: (key) => `Press ${key("tool-points")}, or its button on the left.`,
    done: ({ editor }) => editor.toolId.value === "points",
  },
  {
    title: "Click a cell",
    text: () => "Click the middle of a bright cell. The dashed outline is what the engine takes for it.",
    done: ({ editor }) => editor.prompting.candidates.value.length > 0,
  },
  {
    title: "Keep it",
    text: (key) =>
      `${key("accept")} keeps the outline, ${key("cancel")} drops it. Another click would correct it.`,
    done: ({ editor }, { size }) => editor.revision.value >= 0 && editor.session.store.size > size,
  },
  {
    title: "Paint",
    text: (key) => `Press ${key("tool-brush")} and paint over the cell's edge: the selected cell grows.`,
    done: ({ editor }, { revision }) => editor.revision.value > revision && editor.toolId.value === "brush",
  },
  {
    title: "Take it back",
    text: (key) => `${key("undo")} takes back your last change, never somebody else's.`,
    done: ({ editor }) => editor.session.canRedo.value,
  },
  {
    title: "Find the others",
    text: (key) => `${key("find-cells")} finds all cells. What is there already is kept.`,
    done: ({ editor, segmenting }, { size }) =>
      segmenting.value !== null || (editor.revision.value >= 0 && editor.session.store.size > size + 1),
  },
  {
    title: "Give a class",
    text: (key) =>
      `Press ${key("tool-select")}, click a cell, and press 1: the number of a class on the right.`,
    done: ({ editor }) =>
      editor.revision.value >= 0 && [...editor.session.store.cells()].some((cell) => cell.classId !== null),
  },
  {
    title: "Done",
    text: (key) =>
      `When an image is finished, ${key("next-step")} hands it in. ${key("help")} shows all keys, ${key("palette")} finds every command.`,
    done: ({ workflow }) => workflow.where.value.status === "submitted",
  },
];

const PLACE = "tour";

/** The first-run tour: which step it is at, or none. */
export class Tour {
  /** The step's number, null while there is no tour. */
  readonly at: Signal<number | null> = signal(null);
  private stop = (): void => {};

  constructor(private readonly model: Toured) {}

  get step(): Step | undefined {
    return this.at.value === null ? undefined : STEPS[this.at.value];
  }

  /** Once for each browser, where there is something to try on that nobody misses. */
  offer(): void {
    const { project } = this.model.image.peek();
    if (project.name.startsWith("Demo:") && this.model.api.recall(PLACE) === null) this.start();
  }

  start(): void {
    this.go(0);
  }

  leave(): void {
    this.go(null);
  }

  next(): void {
    const next = (this.at.peek() ?? 0) + 1;
    this.go(next < STEPS.length ? next : null);
  }

  close(): void {
    this.stop();
  }

  private go(at: number | null): void {
    this.stop();
    this.stop = () => {};
    this.at.value = at;
    if (at === null) {
      this.model.api.remember(PLACE, "seen");
      return;
    }
    const { editor } = this.model;
    const before = {
      scale: editor.view.camera.peek().scale,
      size: editor.session.store.size,
      revision: editor.revision.peek(),
    };
    let over = false;
    const stop = effect(() => {
      if (over || !this.step?.done(this.model, before)) return;
      over = true;
      // Not before this effect is over: it is taken away by the next step.
      queueMicrotask(() => untracked(() => this.at.peek() === at && this.next()));
    });
    this.stop = stop;
  }
}
