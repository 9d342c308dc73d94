/** How much happened that one has not seen; leads to it. */
import { Bell as BellIcon } from "lucide";
import type { JSX } from "preact";
import { counted } from "./format";
import { Icon } from "./icon";

export function Bell({ unread }: { readonly unread: number | null }): JSX.Element {
  const words = unread ? `${counted(unread, "notification")} not read` : "Notifications";
  return (
    <a class="bell" href="/notifications/" title={words} aria-label={words}>
      <Icon node={BellIcon} title="" />
      {unread ? (
        <span class="bell-count" aria-hidden="true">
          {unread > 99 ? "99+" : unread}
        </span>
      ) : null}
    </a>
  );
}
