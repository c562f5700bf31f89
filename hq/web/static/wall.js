"use strict";
// Fetches the wall every two seconds and puts it in place of the old one. Without script the page reloads itself.
(() => {
  const PERIOD_MS = 2000;
  const TIMEOUT_MS = 5000;
  const wall = document.getElementById("wall");
  const cut = document.getElementById("cut");
  let shown = "";

  async function refresh() {
    try {
      const answer = await fetch(wall.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      // The same text again leaves the page alone: nothing flickers and a selection stays.
      if (text !== shown) {
        wall.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        shown = text;
      }
      cut.hidden = true;
    } catch {
      cut.hidden = false;
    }
    setTimeout(refresh, PERIOD_MS);
  }
  setTimeout(refresh, PERIOD_MS);
})();
