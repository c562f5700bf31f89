// The stream of a lane: every view comes whole, with its number, and between them the strip, a weight, a second person's panel.
// The browser keeps it open and asks again by itself; only where it was answered with a no does this page ask whether there is a
// page for it still, as a door before the till says no as well while the till starts.
(() => {
  "use strict";
  const AGAIN_MS = 1000, ANSWER_MS = 10000;
  let source = null;

  // `on` says what happens: `open`, `lost`, `view` with its number and HTML, and what comes under a name, by that name.
  function listen(path, on) {
    source = new EventSource(path);
    source.onopen = on.open;
    source.onmessage = ({ lastEventId, data }) => on.view(Number(lastEventId), data);
    for (const [name, take] of Object.entries(on.named)) source.addEventListener(name, ({ data }) => take(data));
    source.onerror = () => {
      on.lost();
      if (source.readyState === EventSource.CLOSED) setTimeout(ask, AGAIN_MS, path, on);
    };
  }
  async function ask(path, on) {
    const page = await fetch(location.pathname, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
    if (page?.ok) listen(path, on);
    else if (page && page.status < 500) location.reload(); // the pairing or the lane is gone
    else setTimeout(ask, AGAIN_MS, path, on);
  }
  window.stream = { listen, isOpen: () => source?.readyState === EventSource.OPEN, source: () => source };
})();
