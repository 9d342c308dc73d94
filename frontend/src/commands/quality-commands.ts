import type { Editor } from "../editor/editor";
import { fixAll, fixCurrent, goTo } from "../editor/fixes";
import type { Command } from "./commands";

/** From flag to flag, and what is proposed for them. */
export function qualityCommands(editor: Editor): Command[] {
  const { inspector } = editor;
  const some = (): boolean => inspector.findings.value.length > 0;
  const shown = (): boolean => inspector.current.value !== null && editor.canEdit.value;
  return [
    {
      id: "next-flag",
      name: "Next flag",
      group: "Quality",
      keys: ["N"],
      enabled: some,
      run: () => goTo(editor, inspector.step(1)),
    },
    {
      id: "previous-flag",
      name: "Previous flag",
      group: "Quality",
      keys: ["Shift+N"],
      enabled: some,
      run: () => goTo(editor, inspector.step(-1)),
    },
    {
      id: "fix-flag",
      name: "Apply what is proposed for this flag",
      group: "Quality",
      keys: ["J"],
      enabled: shown,
      run: () => fixCurrent(editor),
    },
    {
      id: "fix-all",
      name: "Fix all flags of this kind",
      group: "Quality",
      keys: ["Shift+J"],
      enabled: () => (inspector.kind.value !== null && some() && editor.canEdit.value) || shown(),
      run: () => {
        const kind = inspector.kind.peek() ?? inspector.current.peek()?.flag.kind;
        if (kind) fixAll(editor, kind);
      },
    },
    {
      id: "hide-flag",
      name: "Leave the flag",
      group: "Quality",
      keys: ["Esc"],
      enabled: () => inspector.current.value !== null && editor.selection.value.size === 0,
      run: () => inspector.choose(null),
    },
  ];
}
