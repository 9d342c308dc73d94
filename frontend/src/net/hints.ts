/** What the server only hints at: something is to be asked for over HTTP. */

import { signal } from "@preact/signals-core";
import type {
  CommentsChanged,
  FiguresChanged,
  Notified,
  PeopleChanged,
  RegionsChanged,
} from "../protocol/messages.gen";
import type { Unread } from "./types";

export class Hints {
  /** These grow whenever what they are about may be other than it was. */
  readonly regionsChanged = signal(0);
  readonly commentsChanged = signal(0);
  readonly peopleChanged = signal(0);
  readonly notified = signal<Unread | null>(null);

  /** Figures are for the dashboards, which have a script of their own. */
  hear(message: RegionsChanged | CommentsChanged | PeopleChanged | FiguresChanged | Notified): void {
    if (message.type === "regions") this.regionsChanged.value++;
    else if (message.type === "comments") this.commentsChanged.value++;
    else if (message.type === "people") this.peopleChanged.value++;
    else if (message.type === "notified")
      this.notified.value = { unread: message.unread, text: message.text };
  }

  /** There is a new connection: hints may have been missed. */
  missed(): void {
    this.regionsChanged.value++;
    this.commentsChanged.value++;
    this.peopleChanged.value++;
  }
}
