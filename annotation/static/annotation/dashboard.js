// Keeps an open dashboard as it is now: a word over the project's socket has the page asked for again, and its figures
// are exchanged in their places. What may no longer be seen is taken away.
"use strict";
{
  const PING_MS = 15_000;
  const QUIET_MS = 2_000;
  const GONE = { 4401: "You are signed out. Sign in again.", 4403: "You are no longer a member of this project.", 4404: "This project is gone." };
  const main = document.querySelector("main");
  const state = document.querySelector("[data-live]");
  let socket = null;
  let tries = 0;
  let asked = false;
  let asking = false;
  let over = false;

  const end = (sentence) => {
    over = true;
    const words = document.createElement("p");
    words.className = "none";
    words.setAttribute("role", "alert");
    words.textContent = sentence;
    main.replaceChildren(words);
    state.textContent = "";
    socket?.close();
  };

  const exchange = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const place of main.querySelectorAll("[data-part]")) {
      const fresh = page.querySelector(`[data-part="${CSS.escape(place.dataset.part)}"]`);
      if (fresh && fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
    }
  };

  const ask = async () => {
    asked = true;
    if (asking || over) return;
    asking = true;
    while (asked && !over) {
      asked = false;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected) end(GONE[4401]);
        else if (answer.status === 403 || answer.status === 404) end(GONE[4403]);
        else if (answer.ok) exchange(await answer.text());
      } catch {
        // The network is away: the socket's next opening asks again.
      }
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    asking = false;
  };

  const showUnread = (unread) => {
    const bell = document.querySelector(".bell");
    const words = unread ? `${unread} ${unread === 1 ? "notification" : "notifications"} not read` : "Notifications";
    bell.title = words;
    bell.setAttribute("aria-label", words);
    const badge = bell.querySelector(".bell-count");
    badge.hidden = !unread;
    badge.textContent = unread > 99 ? "99+" : String(unread);
  };

  const hear = (text) => {
    const said = JSON.parse(text);
    if (said.type === "notified") showUnread(said.unread);
    if (said.type === "figures") ask();
  };

  const open = () => {
    const address = new URL(`/ws/projects/${main.dataset.project}/`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(address);
    socket = mine;
    mine.onopen = () => {
      state.textContent = "Live";
      // Whatever changed while it was away, or between the page's making and now.
      ask();
    };
    mine.onmessage = (event) => {
      tries = 0;
      hear(event.data);
    };
    mine.onclose = (event) => {
      if (over) return;
      if (GONE[event.code]) {
        end(GONE[event.code]);
        return;
      }
      state.textContent = "Not live: connecting…";
      tries += 1;
      setTimeout(open, Math.min(500 * 2 ** tries, 15_000));
    };
  };

  setInterval(() => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "ping" }));
  }, PING_MS);
  open();
}
