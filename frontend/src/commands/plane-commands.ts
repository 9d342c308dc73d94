import type { Across } from "../editor/across";
import type { Editor } from "../editor/editor";
import type { Axis } from "../editor/viewer";
import type { Command } from "./commands";

const STEPS: readonly { axis: Axis; by: 1 | -1; key: string; to: string; through: string }[] = [
  { axis: "z", by: 1, key: "Up", to: "next slice", through: "up through the slices" },
  { axis: "z", by: -1, key: "Down", to: "previous slice", through: "down through the slices" },
  { axis: "t", by: 1, key: "Right", to: "next frame", through: "on through the frames" },
  { axis: "t", by: -1, key: "Left", to: "previous frame", through: "back through the frames" },
];

/** Cells over several slices and frames. Commands for what an image does not have are not there. */
export function planeCommands(editor: Editor, across: Across): Command[] {
  const { axes } = across;
  if (axes.length === 0) return [];
  const { selection, canEdit } = editor;
  const selected = (): boolean => selection.value.size > 0 && canEdit.value;
  const one = (): boolean => selection.value.size === 1 && canEdit.value;
  const linking = (): boolean => selected() && across.anchor.value !== null;
  const command = (
    id: string,
    name: string,
    { key, when, run }: { key?: string; when: () => boolean; run: () => void },
  ): Command => ({ id, name, group: "Objects", keys: key ? [key] : [], enabled: when, run });
  const along = STEPS.filter(({ axis }) => axes.includes(axis));
  return [
    // Before the others that have this key: it ends what goes on.
    command("stop-following", "Stop following the cell", {
      key: "Esc",
      when: () => across.following.value,
      run: () => across.stopFollowing(),
    }),
    ...along.map(({ axis, by, key, to }) =>
      command(`copy-${axis}${by}`, `Copy the selected cells to the ${to}`, {
        key: `Mod+${key}`,
        when: selected,
        run: () => across.copy(axis, by),
      }),
    ),
    ...along.map(({ axis, by, key, to }) =>
      command(`propagate-${axis}${by}`, `Find the selected cell on the ${to}`, {
        key: `Mod+Shift+${key}`,
        when: one,
        run: () => void across.propagate(axis, by),
      }),
    ),
    ...along.map(({ axis, by, through }) =>
      command(`follow-${axis}${by}`, `Follow the selected cell ${through}`, {
        when: one,
        run: () => void across.propagate(axis, by, { on: true }),
      }),
    ),
    command("interpolate", "Fill the planes between the parts of the selected objects", {
      key: "Alt+I",
      when: selected,
      run: () => across.interpolate(),
    }),
    command("mark-object", "Remember the selected cell, to link others to it", {
      key: "Alt+O",
      when: one,
      run: () => across.mark(),
    }),
    command("join-object", "Make the selected cell a part of the remembered one’s object", {
      key: "Alt+J",
      when: linking,
      run: () => across.join(),
    }),
    command("divide-object", "The selected cells came of the remembered one’s division", {
      key: "Alt+Y",
      when: linking,
      run: () => across.divide(),
    }),
    command("separate-object", "Make the selected cells objects of their own", {
      key: "Alt+U",
      when: selected,
      run: () => across.separate(),
    }),
    command("link-objects", "Link the cells of all planes by their overlap", {
      when: () => canEdit.value,
      run: () => across.linkAll(),
    }),
  ];
}
