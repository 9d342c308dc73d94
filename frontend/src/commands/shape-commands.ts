import type { Editor } from "../editor/editor";
import { mergeSelected, type Reshape, reshapeSelected } from "../editor/shapes";
import type { Command } from "./commands";

const RESHAPES: readonly { id: Reshape; name: string; key: string }[] = [
  { id: "fill-holes", name: "Fill holes", key: "Shift+H" },
  { id: "remove-specks", name: "Remove specks: keep the largest piece", key: "Shift+K" },
  { id: "smooth", name: "Smooth the outline", key: "Shift+S" },
  { id: "grow", name: "Grow by a pixel", key: "." },
  { id: "shrink", name: "Shrink by a pixel", key: "," },
  { id: "convex-hull", name: "Fill all bays (convex hull)", key: "Shift+X" },
];

/** What changes the shapes of the selected cells, and how new shapes treat other cells. */
export function shapeCommands(editor: Editor): Command[] {
  const selected = (): boolean => editor.selection.value.size > 0 && editor.canEdit.value;
  return [
    {
      id: "merge",
      name: "Merge the selected cells",
      group: "Shapes",
      keys: ["C"],
      enabled: () => editor.selection.value.size > 1 && editor.canEdit.value,
      run: () => mergeSelected(editor),
    },
    ...RESHAPES.map(({ id, name, key }) => ({
      id,
      name,
      group: "Shapes" as const,
      keys: [key],
      enabled: selected,
      run: () => reshapeSelected(editor, id),
    })),
    {
      id: "lock",
      name: "Lock or unlock the selected cells",
      group: "Cells",
      keys: ["K"],
      enabled: selected,
      run: () => editor.toggleLock(),
    },
    {
      id: "write-mode",
      name: "New shapes keep or overwrite other cells",
      group: "Shapes",
      keys: ["W"],
      enabled: () => editor.canEdit.value,
      run: () => editor.writer.toggle(),
    },
  ];
}

/** While the tool for regions is in hand, Delete is about them. */
export function regionCommands({ regions, toolId, canEdit }: Editor): Command[] {
  return [
    {
      id: "delete-region",
      name: "Delete the chosen region",
      group: "Shapes",
      keys: ["Delete", "Backspace"],
      enabled: () => toolId.value === "region" && regions.chosen !== undefined && canEdit.value,
      run: () => {
        if (regions.chosen) void regions.delete(regions.chosen.id);
      },
    },
  ];
}

/** While corners are being set, Enter and Backspace are about them. */
export function sketchCommands(editor: Editor): Command[] {
  const open = (): boolean => (editor.sketch.value?.corners.length ?? 0) > 0;
  return [
    {
      id: "close-outline",
      name: "Close the polygon",
      group: "Shapes",
      keys: ["Enter"],
      enabled: open,
      run: () => editor.dispatch({ type: "complete" }),
    },
    {
      id: "remove-corner",
      name: "Take the last corner back",
      group: "Shapes",
      keys: ["Backspace"],
      enabled: open,
      run: () => editor.dispatch({ type: "back" }),
    },
  ];
}
