import type { Comments } from "../editor/comments";
import type { Command } from "./commands";

/** Say something, and go from thread to thread. */
export function commentCommands(comments: Comments): Command[] {
  const some = (): boolean => comments.open.value.length > 0;
  return [
    {
      id: "comment",
      name: "Comment on the selected cell, or here",
      group: "Review",
      keys: ["Shift+C"],
      enabled: () => true,
      run: () => comments.begin(),
    },
    {
      id: "next-comment",
      name: "Next open comment",
      group: "Review",
      keys: ["Shift+Down"],
      enabled: some,
      run: () => comments.step(1),
    },
    {
      id: "previous-comment",
      name: "Previous open comment",
      group: "Review",
      keys: ["Shift+Up"],
      enabled: some,
      run: () => comments.step(-1),
    },
  ];
}
