// What a panel shows while its answer is awaited, and what it says when none comes. Nothing here moves what stands there:
// a bar and a note lie over the panel, and only a panel that was just opened and is empty still is filled.
(() => {
  "use strict";
  const LATE_MS = 200; // what comes sooner needs no word
  const GET_MS = 10000, POST_MS = 30000;
  const body = document.body;
  const panel = document.querySelector("#panel"), inside = document.querySelector("#panel-body");
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from) => [...from.querySelectorAll(selector)];
  const piece = (id) => find(id).content.firstElementChild.cloneNode(true);
  const words = (name) => find(`[data-word="${name}"]`, find("#waiting-words").content).textContent;
  const place = (ctx) => ctx?.target?.closest?.("dialog, #found"); // the view and the quick keys look after themselves
  const isRead = (ctx) => ctx.request.method === "GET";
  const isPoll = (ctx) => ctx.sourceEvent?.type === "every";
  let opened = 0; // another panel, another number: what was asked for by the one before comes too late
  const isLate = (ctx) => place(ctx) === panel && ctx.opened !== opened;

  // --- waiting -------------------------------------------------------------------------------------------------------
  const awaited = new Map(); // by request: when it becomes late, and where it shows
  function begin(ctx) {
    const where = place(ctx);
    ctx.opened = opened;
    if (isPoll(ctx)) return;
    const timer = setTimeout(() => {
      where.classList.add("is-waiting");
      ctx.target.setAttribute("aria-busy", "true");
      if (isEmptyPanel(ctx)) ctx.target.replaceChildren(...frame(ctx, "opening"));
    }, LATE_MS);
    awaited.set(ctx, { timer, where });
  }
  function end(ctx) {
    if (!awaited.has(ctx)) return;
    const { timer, where } = awaited.get(ctx);
    clearTimeout(timer);
    awaited.delete(ctx);
    if (![...awaited.values()].some((other) => other.where === where)) where.classList.remove("is-waiting");
    ctx.target.removeAttribute("aria-busy");
  }

  // --- no answer -----------------------------------------------------------------------------------------------------
  const isEmptyPanel = (ctx) => ctx.target.matches("#panel-body") && !ctx.target.querySelector(":scope > :not([data-frame])");
  function frame(ctx, heading) {
    const made = [piece("#waiting-head"), piece("#waiting-main")];
    find("h2", made[0]).textContent = words(heading);
    return made;
  }
  function why(ctx) {
    const status = ctx.response?.status ?? 0, isSent = !ctx.isUnsent;
    if (status === 403 || status === 404) return words("impossible");
    if (status === 503) return body.dataset.busy;
    if (!isSent) return words("unsent");
    if (isRead(ctx)) return words(status ? "failed" : "silent");
    return words(status ? "undone" : "unsure");
  }
  function again(ctx) {
    const { method, action } = ctx.request, { target, swap, sourceElement: source, sourceEvent: event } = ctx;
    if (!source) return read(action, target);
    return htmx.ajax(method, action, { target, swap, source, event, headers: ctx.request.headers });
  }
  function fail(ctx) {
    const where = place(ctx);
    if (!where || isLate(ctx)) return undefined;
    const note = piece("#waiting-note"), said = why(ctx);
    find("p", note).textContent = said;
    for (const button of all("button", note)) button.addEventListener("click", () => note.remove());
    find("[data-again]", note).addEventListener("click", () => again(ctx));
    if (isEmptyPanel(ctx)) {
      ctx.target.replaceChildren(...frame(ctx, "unopened"));
      find("[data-main]", ctx.target).replaceChildren(note);
      return find("[data-again]", note).focus();
    }
    if (find(".waiting-note p", where)?.textContent === said) return undefined; // a poll says it once
    clear(where);
    return where.append(note);
  }
  const clear = (where) => find(":scope > .waiting-note", where)?.remove();

  // --- what htmx says --------------------------------------------------------------------------------------------------
  const on = (name, listen) => document.addEventListener(`htmx:${name}`, (event) => place(event.detail.ctx) && listen(event.detail.ctx, event));
  on("config:request", (ctx) => {
    const isFile = ctx.sourceElement.matches?.("[hx-encoding]");
    ctx.request.timeout ??= isRead(ctx) ? GET_MS : isFile ? undefined : POST_MS;
  });
  on("before:request", (ctx, event) => {
    begin(ctx);
    // A second press of a form that has been answered meanwhile is none; and what certainly cannot arrive is not sent.
    const isGone = !ctx.sourceElement.isConnected;
    ctx.isUnsent = !isRead(ctx) && body.classList.contains("is-offline");
    if (!isGone && !ctx.isUnsent) return;
    event.preventDefault();
    end(ctx);
    if (ctx.isUnsent) fail(ctx);
  });
  function isTaken(ctx) {
    if (ctx.response.status === 401) location.reload(); // the pairing is gone
    else if (isLate(ctx)) return false;
    else if (ctx.response.status >= 400) fail(ctx);
    else return clear(place(ctx)), true;
    return false;
  }
  on("after:request", (ctx, event) => isTaken(ctx) || event.preventDefault());
  on("error", fail);
  document.addEventListener("htmx:finally:request", (event) => end(event.detail.ctx)); // its target may be gone

  panel.addEventListener("close", () => {
    if (panel.open) return; // it is told late, and another panel was opened meanwhile
    opened += 1;
    clear(panel);
    // What it showed goes once what the press brings is painted: the next press would have to take it away first.
    setTimeout(() => panel.open || inside.replaceChildren(), LATE_MS);
  });

  // --- what a cashier waits for ----------------------------------------------------------------------------------------
  // A panel that opens, and a search: htmx's own way of asking and of putting the answer in took a fifth of the time. What is
  // put in is made alive by htmx, if there is anything of it in there.
  const reading = new Map(); // by target: what ends it
  function drop(target) {
    reading.get(target)?.abort();
    reading.delete(target);
  }
  async function read(path, target) {
    drop(target);
    const mine = new AbortController(), signal = AbortSignal.any([mine.signal, AbortSignal.timeout(GET_MS)]);
    const ctx = { target, request: { method: "GET", action: path } };
    reading.set(target, mine);
    begin(ctx);
    try {
      ctx.response = await fetch(path, { signal });
      const html = await ctx.response.text();
      if (!isTaken(ctx)) return;
      target.innerHTML = html.trim(); // what is empty is empty
      if (html.includes(" hx-")) htmx.process(target);
      htmx.trigger(target, "htmx:after:swap", { ctx });
    } catch (error) {
      if (!mine.signal.aborted) fail(ctx);
    } finally {
      end(ctx);
    }
  }

  // A panel begins empty; the panel before it, if its answer is still awaited, is not waited for any longer.
  function load(path) {
    opened += 1;
    htmx.trigger(panel, "htmx:abort");
    clear(panel);
    inside.replaceChildren();
    const answered = read(path, inside);
    over.show(panel); // takes as long as the answer: asked first, both go on at once
    return answered;
  }
  window.waiting = { drop, load, read, words };
})();
