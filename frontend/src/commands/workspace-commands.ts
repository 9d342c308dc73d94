import type { Editor } from "../editor/editor";
import type { Command, PageActions } from "./commands";

/** The page itself: finding commands, its look, help. */
export function workspaceCommands(editor: Editor, page: PageActions): Command[] {
  const command = (id: string, name: string, keys: readonly string[], run: () => void): Command => ({
    id,
    name,
    group: "View",
    keys,
    enabled: () => true,
    run,
  });
  const { view, hovering, smart } = editor;
  return [
    command("hover-preview", "Show what a click would give while the pointer rests", ["Y"], () => {
      hovering.on.value = !hovering.on.peek();
    }),
    command("smart", "Smart brush and eraser: strokes snap to the proposed mask", ["Shift+B"], () => {
      smart.value = !smart.peek();
    }),
    command("palette", "Find a command", ["Mod+K"], () => {
      view.paletteOpen.value = !view.paletteOpen.peek();
    }),
    command("help", "Show all keys", ["?"], () => {
      view.helpOpen.value = !view.helpOpen.peek();
    }),
    command("tour", "Take the tour: two minutes from looking to handing in", [], () => page.startTour()),
    command("theme", "Dark or light colours", [], () => page.nextTheme()),
  ];
}
