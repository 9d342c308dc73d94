import type { ToolId } from "../editor/drawing";
import type { Editor } from "../editor/editor";
import { type KeyPress, nameOf } from "./keys";
import { qualityCommands } from "./quality-commands";
import { regionCommands, shapeCommands, sketchCommands } from "./shape-commands";
import { workspaceCommands } from "./workspace-commands";

/** Something that a person can do. Buttons, keys and the list of keys all read this. */
export interface Command {
  readonly id: string;
  readonly name: string;
  readonly group: "Tools" | "Cells" | "Objects" | "Shapes" | "Quality" | "Review" | "View" | "Image";
  readonly keys: readonly string[];
  enabled(): boolean;
  run(): void;
}

/** What the page around the editor can do. */
export interface PageActions {
  findCells(): void;
  canFindCells(): boolean;
  canTune(): boolean;
  acceptTuned(): void;
  goToPrevious(): void;
  goToNext(): void;
  hasPrevious(): boolean;
  hasNext(): boolean;
  nextStep(): void;
  canStep(): boolean;
  back(): void;
  nextTheme(): void;
  startTour(): void;
}

const TOOLS: readonly { id: ToolId; name: string; key: string }[] = [
  { id: "select", name: "Select", key: "V" },
  { id: "points", name: "Click a cell", key: "P" },
  { id: "box", name: "Box around a cell", key: "R" },
  { id: "scribble", name: "Scribble in a cell", key: "S" },
  { id: "brush", name: "Brush", key: "B" },
  { id: "eraser", name: "Eraser", key: "E" },
  { id: "hand", name: "Move the image", key: "G" },
  { id: "select-lasso", name: "Select with a lasso", key: "Q" },
  { id: "polygon", name: "Polygon", key: "O" },
  { id: "lasso", name: "Freehand outline", key: "L" },
  { id: "magnetic", name: "Magnetic outline", key: "U" },
  { id: "region", name: "Mark where all cells are annotated", key: "A" },
  { id: "split", name: "Split with a line", key: "X" },
  { id: "move", name: "Move cells", key: "D" },
];

const always = (): boolean => true;

export function commandsFor(editor: Editor, page: PageActions): Command[] {
  return [
    ...toolCommands(editor),
    ...sketchCommands(editor),
    ...tuneCommands(editor, page),
    ...regionCommands(editor),
    ...cellCommands(editor),
    ...shapeCommands(editor),
    ...qualityCommands(editor),
    ...viewCommands(editor),
    ...imageCommands(editor, page),
    ...workspaceCommands(editor, page),
  ];
}

function toolCommands(editor: Editor): Command[] {
  return TOOLS.map(({ id, name, key }) => ({
    id: `tool-${id}`,
    name,
    group: "Tools",
    keys: [key],
    enabled: always,
    run: () => editor.setTool(id),
  }));
}

function cellCommands(editor: Editor): Command[] {
  const { session, prompting, together } = editor;
  const proposed = (): boolean => prompting.candidate.value !== null;
  const selected = (): boolean => editor.selection.value.size > 0 && editor.canEdit.value;
  return [
    {
      id: "undo",
      name: "Undo my last change",
      group: "Cells",
      keys: ["Mod+Z"],
      enabled: () => session.canUndo.value,
      run: () => session.undo(),
    },
    {
      id: "redo",
      name: "Redo",
      group: "Cells",
      keys: ["Mod+Shift+Z", "Mod+Y"],
      enabled: () => session.canRedo.value,
      run: () => session.redo(),
    },
    {
      id: "accept",
      name: "Accept the proposed mask",
      group: "Cells",
      keys: ["Enter"],
      enabled: proposed,
      run: () => editor.dispatch({ type: "complete" }),
    },
    {
      id: "next-candidate",
      name: "Show the next candidate",
      group: "Cells",
      keys: ["Tab"],
      enabled: proposed,
      run: () => prompting.next(),
    },
    {
      id: "refine",
      name: "Refine the selected cell",
      group: "Cells",
      keys: ["M"],
      enabled: () => editor.selection.value.size === 1 && editor.canEdit.value,
      run: () => editor.refineSelected(),
    },
    {
      id: "take-over",
      name: "Take the selected cell over from whoever is changing it",
      group: "Cells",
      keys: [],
      enabled: () => together.mayTakeOver.value && together.heldSelection.value.length > 0,
      run: () => together.takeOver(),
    },
    {
      id: "remove-point",
      name: "Take the last point or stroke back",
      group: "Cells",
      keys: ["Backspace"],
      enabled: () => prompting.active.value,
      run: () => prompting.removeLast(),
    },
    {
      id: "cancel",
      name: "Cancel, or select nothing",
      group: "Cells",
      keys: ["Esc"],
      enabled: always,
      run: () => editor.dispatch({ type: "cancel" }),
    },
    {
      id: "delete",
      name: "Delete the selected cells",
      group: "Cells",
      keys: ["Delete", "Backspace"],
      enabled: selected,
      run: () => editor.deleteSelected(),
    },
    {
      id: "show-selected",
      name: "Go to the selected cell",
      group: "Cells",
      keys: ["Z"],
      enabled: () => editor.selection.value.size > 0,
      run: () => {
        const [id] = editor.selection.peek();
        if (id) editor.showCell(id);
      },
    },
    {
      id: "smaller-brush",
      name: "Smaller brush",
      group: "Cells",
      keys: ["["],
      enabled: always,
      run: () => editor.resizeBrush(1 / 1.25),
    },
    {
      id: "larger-brush",
      name: "Larger brush",
      group: "Cells",
      keys: ["]"],
      enabled: always,
      run: () => editor.resizeBrush(1.25),
    },
  ];
}

/** Before the others: while all cells are proposed, Enter and Esc are about them. */
function tuneCommands(editor: Editor, page: PageActions): Command[] {
  const { tuning, prompting } = editor;
  const only = (): boolean => tuning.active.value && !prompting.active.value;
  return [
    {
      id: "tune",
      name: "Tune thresholds and watch all cells",
      group: "Image",
      keys: ["T"],
      enabled: () => editor.canEdit.value && page.canTune(),
      run: () => editor.tune(),
    },
    {
      id: "accept-tuned",
      name: "Keep all proposed cells",
      group: "Image",
      keys: ["Enter"],
      enabled: () => only() && tuning.shown.value !== null && tuning.accepting.value === null,
      run: () => page.acceptTuned(),
    },
    {
      id: "discard-tuned",
      name: "Drop all proposed cells",
      group: "Image",
      keys: ["Esc"],
      enabled: only,
      run: () => tuning.discard(),
    },
  ];
}

function viewCommands(editor: Editor): Command[] {
  const { view } = editor;
  return [
    {
      id: "fit",
      name: "Show the whole image",
      group: "View",
      keys: ["F"],
      enabled: always,
      run: () => view.fit(),
    },
    {
      id: "zoom-in",
      name: "Zoom in",
      group: "View",
      keys: ["+", "="],
      enabled: always,
      run: () => view.zoom(1.4),
    },
    {
      id: "zoom-out",
      name: "Zoom out",
      group: "View",
      keys: ["-"],
      enabled: always,
      run: () => view.zoom(1 / 1.4),
    },
    {
      id: "hide-masks",
      name: "Hide or show masks",
      group: "View",
      keys: ["H"],
      enabled: always,
      run: () => {
        view.masksHidden.value = !view.masksHidden.peek();
      },
    },
    {
      id: "hide-panels",
      name: "Hide or show the panels",
      group: "View",
      keys: ["\\"],
      enabled: always,
      run: () => {
        view.panelsHidden.value = !view.panelsHidden.peek();
      },
    },
  ];
}

function imageCommands(editor: Editor, page: PageActions): Command[] {
  return [
    {
      id: "find-cells",
      name: "Find all cells",
      group: "Image",
      keys: ["Shift+F"],
      enabled: () => editor.canEdit.value && page.canFindCells(),
      run: () => page.findCells(),
    },
    {
      id: "previous-image",
      name: "Previous image",
      group: "Image",
      keys: ["Alt+Left", "PageUp"],
      enabled: () => page.hasPrevious(),
      run: () => page.goToPrevious(),
    },
    {
      id: "next-image",
      name: "Next image",
      group: "Image",
      keys: ["Alt+Right", "PageDown"],
      enabled: () => page.hasNext(),
      run: () => page.goToNext(),
    },
    {
      id: "next-step",
      name: "Hand in, or the next step of this image",
      group: "Image",
      keys: ["Mod+Enter"],
      enabled: () => page.canStep(),
      run: () => page.nextStep(),
    },
    {
      id: "back",
      name: "Back to the project",
      group: "Image",
      keys: [],
      enabled: always,
      run: () => page.back(),
    },
  ];
}

/** Runs the first enabled command of a key, or the class of a digit. False where the key means nothing here. */
export function runKey(commands: readonly Command[], editor: Editor, press: KeyPress): boolean {
  const key = nameOf(press);
  const command = commands.find((one) => one.keys.includes(key) && one.enabled());
  if (command) {
    command.run();
    return true;
  }
  if (/^[0-9]$/.test(key)) return runDigit(editor, key);
  return false;
}

/** 1 to 9 are the classes' own keys, 0 is no class. */
function runDigit(editor: Editor, key: string): boolean {
  const found = editor.classes.peek().find((one) => one.key === key);
  if (!found && key !== "0") return false;
  if (editor.mayEdit()) editor.setClass(found?.id ?? null);
  return true;
}
