import type { Comments } from "../editor/comments";
import type { Review } from "../editor/review";
import { adjudicationCommands } from "./adjudication-commands";
import type { Command } from "./commands";
import { commentCommands } from "./comment-commands";

/** From cell to cell, the word on each, and what is said of them. */
export function reviewCommands(review: Review, comments: Comments, selected: () => boolean): Command[] {
  const active = (): boolean => review.active.value;
  const judging = (): boolean => active() && selected();
  return [
    ...commentCommands(comments),
    ...adjudicationCommands(review.adjudication),
    {
      id: "next-review",
      name: "Next cell to review",
      group: "Review",
      keys: ["Shift+Right"],
      enabled: active,
      run: () => review.step(1),
    },
    {
      id: "previous-review",
      name: "Previous cell to review",
      group: "Review",
      keys: ["Shift+Left"],
      enabled: active,
      run: () => review.step(-1),
    },
    {
      id: "accept-cell",
      name: "Accept the cell",
      group: "Review",
      keys: ["I"],
      enabled: judging,
      run: () => void review.judge("accepted"),
    },
    {
      id: "reject-cell",
      name: "Reject the cell",
      group: "Review",
      keys: ["Z"],
      enabled: judging,
      run: () => void review.judge("rejected"),
    },
    {
      id: "accept-rest",
      name: "Accept all cells that were not looked at",
      group: "Review",
      keys: ["Shift+I"],
      enabled: () => active() && review.waiting.value.length > 0,
      run: () => void review.acceptRest(),
    },
  ];
}
