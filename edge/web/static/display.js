// The customer display's page: paints what the stream brings, turns the slides, changes the language. It knows no price.
(() => {
  "use strict";
  const SILENCE_MS = 12000; // something comes every 5 s
  const body = document.body, root = document.documentElement;
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const find = (selector) => document.querySelector(selector);
  const view = find("#view"), slides = find("#slides"), wait = find("#wait");
  let heardAt = performance.now();

  // --- language: the one thing that can be changed here ------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-language]");
    if (!button) return;
    button.blur();
    const answer = await fetch(`/display/${body.dataset.lane}/language/${button.dataset.language}`, {
      method: "POST",
      headers: { "X-CSRFToken": csrf },
      signal: AbortSignal.timeout(10000),
    }).catch(() => null);
    if (answer && (answer.status === 400 || answer.status === 401)) location.reload(); // the session or the pairing is gone
  });

  // --- slides ------------------------------------------------------------------------------------------------------
  let shown = -1;
  const isIdle = () => ["idle", "closed", "learning"].includes(find("#face")?.dataset.face);
  function load(slide) {
    const picture = slide?.querySelector("img[data-src]");
    if (!picture) return;
    picture.src = picture.dataset.src;
    delete picture.dataset.src;
  }
  function turn(by) {
    const all = [...slides.children];
    if (!all.length) return;
    shown = (shown + by + all.length) % all.length;
    for (const slide of all) slide.classList.toggle("is-shown", slide === all[shown]);
    load(all[shown]);
    load(all[(shown + 1) % all.length]); // it is there when its turn comes
  }
  turn(1);
  setInterval(() => isIdle() && turn(1), 1000 * Number(body.dataset.slideS));

  // --- painting ----------------------------------------------------------------------------------------------------
  function repaint() {
    const face = find("#face")?.dataset;
    if (!face) return;
    if (face.language) root.lang = face.language;
    const lines = find("#d-lines"), newest = find(".d-line.newest") ?? lines?.lastElementChild;
    newest?.scrollIntoView({ block: "nearest" });
  }
  function offline(is) {
    wait.hidden = !is;
    body.classList.toggle("is-offline", is);
  }
  view.addEventListener("htmx:sse:before:connection", (event) => event.detail.connection.attempt > 0 && offline(true));
  view.addEventListener("htmx:sse:error", () => offline(true));
  view.addEventListener("htmx:sse:after:connection", () => (heardAt = performance.now()));
  view.addEventListener("htmx:sse:before:message", () => (heardAt = performance.now()));
  view.addEventListener("htmx:sse:after:message", () => wait.hidden || offline(false));
  view.addEventListener("alive", (event) => {
    // A daemon of another version has another page.
    if (event.detail.data !== body.dataset.version) location.reload();
  });
  view.addEventListener("slides", (event) => {
    slides.innerHTML = event.detail.data;
    shown -= 1;
    turn(1);
  });
  view.addEventListener("htmx:after:swap", repaint);
  view.addEventListener("htmx:response:error", () => setTimeout(() => location.reload(), 2000));
  view.addEventListener("htmx:error", () => {
    offline(true);
    setTimeout(() => location.reload(), 2000);
  });
  setInterval(() => performance.now() - heardAt > SILENCE_MS && offline(true), 2000);
  repaint();
})();
