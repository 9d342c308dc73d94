/** One connection of a page to what happens elsewhere, as long as the page is open. */
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { openLobby } from "../net/browser-socket";
import type { Lobby } from "../net/lobby";
import { tell } from "./notices";

/** How many notifications are unread; null while nobody has said so. */
export const unread: Signal<number | null> = signal(null);

let lobby: Lobby | null = null;

/** Connect once: the page's address says which project's people are heard of. */
export function goLive(): Lobby {
  if (lobby) return lobby;
  const [, noun, id] = location.pathname.split("/");
  const opened = openLobby(noun === "projects" && id ? id : null);
  lobby = opened;
  effect(() => {
    const told = opened.hints.notified.value;
    if (!told) return;
    unread.value = told.unread;
    if (told.text) untracked(() => tell(told.text));
  });
  return opened;
}

/** Grows whenever others may be here. */
export function peopleChanged(): ReadonlySignal<number> {
  return computed(() => goLive().hints.peopleChanged.value);
}
