import type { Editor } from "../editor/editor";
import type { Command, PageActions } from "./commands";

/** The page itself: finding commands, its look, help. */
export function workspaceCommands({ view }: Editor, page: PageActions): Command[] {
  const command = (id: string, name: string, keys: readonly string[], run: () => void): Command => ({
    id,
    name,
    group: "View",
    keys,
    enabled: () => true,
    run,
  });
  return [
    command("palette", "Find a command", ["Mod+K"], () => {
      view.paletteOpen.value = !view.paletteOpen.peek();
    }),
    command("help", "Show all keys", ["?"], () => {
      view.helpOpen.value = !view.helpOpen.peek();
    }),
    command("theme", "Dark or light colours", [], () => page.nextTheme()),
  ];
}
