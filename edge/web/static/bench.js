// The device bench: presses go to the simulated devices, and what the devices do comes back every so often.
"use strict";

(() => {
  const POLL_MS = 700;
  const SAY_MS = 4000;
  const body = document.body;
  const lane = body.dataset.lane;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const saying = document.querySelector(".b-say");
  const steps = document.querySelector(".b-steps");
  let shown = { printed: Number(body.dataset.printed), hanging: Number(body.dataset.hanging), kicks: Number(body.dataset.kicks) };
  let quietAt = 0;

  const say = (words, isBad) => {
    saying.textContent = words;
    saying.toggleAttribute("data-bad", Boolean(isBad));
    quietAt = Date.now() + SAY_MS;
  };

  const ask = async (path, content) => {
    try {
      const printer = encodeURIComponent(body.dataset.printer);
      const answer = await fetch(`/bench/${lane}/${path}?printer=${printer}`, {
        method: content ? "POST" : "GET",
        headers: content ? { "Content-Type": "application/json", "X-CSRFToken": token } : {},
        body: content ? JSON.stringify(content) : undefined,
        cache: "no-store",
      });
      return answer.ok ? answer : null;
    } catch {
      return null;
    }
  };

  const flash = (place, isRead) => {
    const device = document.getElementById(place);
    device.removeAttribute("data-flash");
    void device.offsetWidth; // lets the same flash play once more
    device.dataset.flash = isRead ? "read" : "lost";
  };

  const scan = async (path, content) => {
    const answer = await ask(path, content);
    if (!answer) return say(body.dataset.lost, true);
    const told = await answer.json();
    flash("bench-scanner", told.is_read);
    document.querySelector(".b-label-place").innerHTML = told.label;
    say(told.words, !told.is_read);
  };

  const tap = async (card) => {
    const way = document.querySelector('.b-ways [aria-pressed="true"]')?.dataset.way;
    const usable = way && !card.classList.contains("b-badge") && (way === "both" || card.dataset.proves !== undefined);
    const answer = await ask("card", usable ? { uid: card.dataset.uid, way } : { uid: card.dataset.uid });
    if (!answer) return say(body.dataset.lost, true);
    const told = await answer.json();
    flash("bench-cards", told.is_read);
    const who = card.querySelector("b");
    say(who ? `${told.words}: ${who.textContent}` : told.words, !told.is_read);
  };

  const fail = async (content) => {
    const answer = await ask("fault", content);
    say(answer ? (await answer.json()).words : body.dataset.lost, !answer);
  };

  // The customer's phone: what a payment, its undoing and a refund meet next.
  const showNext = async () => {
    const answer = await ask("gateway");
    const chosen = answer ? (await answer.json()).chosen : {};
    for (const choice of document.querySelectorAll("[data-next]")) choice.value = chosen[choice.dataset.next] ?? choice.value;
  };
  const cutLine = async (button) => {
    const isCut = button.getAttribute("aria-checked") === "true";
    if (await ask("gateway", { is_cut: isCut })) button.setAttribute("aria-checked", String(!isCut));
  };
  document.addEventListener("change", (event) => {
    const { next } = event.target.dataset;
    if (next) ask("gateway", { what: next, outcome: event.target.value });
  });
  window.setInterval(() => document.querySelector("[data-next]") && !document.querySelector("[data-next]:focus") && showNext(), 3000);

  const paint = (state) => {
    for (const device of document.querySelectorAll(".b-device:not(.b-phone)")) {
      const now = state ? (state.devices[device.dataset.device] ?? "none") : device.dataset.state;
      device.dataset.state = now;
      const words = device.querySelector(".b-state");
      words.textContent = words.dataset[now] ?? now;
      device.querySelector(".b-plug")?.setAttribute("aria-checked", String(now !== "unplugged"));
    }
    if (!state) return;
    document.dispatchEvent(new CustomEvent("bench-state", { detail: state.counter }));
    document.querySelector(".b-drawer").dataset.open = state.is_drawer_open ? "yes" : "no";
    steps.dataset.step = state.step;
    steps.querySelectorAll("li").forEach((step, place) => {
      step.toggleAttribute("data-done", place + 1 < state.step);
      if (place + 1 === state.step) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    document.querySelector(".b-sold").hidden = state.step !== 5;
    steps.hidden = state.step === 5;
  };

  const follow = async () => {
    const answer = await ask("state");
    if (!answer) say(body.dataset.lost, true);
    else {
      const state = await answer.json();
      paint(state);
      if (state.printed !== shown.printed || state.hanging !== shown.hanging) {
        const paper = await ask("paper");
        if (paper) {
          const papers = document.querySelector(".b-papers");
          papers.innerHTML = await paper.text();
          if (state.printed > shown.printed) papers.querySelector(".b-sheet")?.setAttribute("data-new", "");
          shown = state;
        }
      }
      if (quietAt && Date.now() > quietAt) {
        saying.textContent = "";
        quietAt = 0;
      }
    }
    window.setTimeout(follow, POLL_MS);
  };

  // What is asked of the till's own page is asked of the newest state, so a press shows at once.
  const press = async (path, content) => {
    const answer = await ask(path, content);
    if (!answer) return say(body.dataset.lost, true);
    const state = await answer.json();
    paint(state);
    if (state.hanging !== shown.hanging) {
      const paper = await ask("paper");
      if (paper) document.querySelector(".b-papers").innerHTML = await paper.text();
      shown = state;
    }
  };

  const find = () => {
    const wanted = document.getElementById("bench-find").value.trim().toLowerCase();
    const category = document.querySelector('.b-tabs [aria-pressed="true"]').dataset.category;
    let found = 0;
    for (const item of document.querySelectorAll(".b-item")) {
      const fits = wanted ? item.dataset.words.includes(wanted) : !category || item.dataset.category === category;
      item.hidden = !fits;
      found += fits ? 1 : 0;
    }
    document.querySelector(".b-none").hidden = found > 0;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const data = button.dataset;
    if (data.sku) scan("item", { sku: data.sku, weight_g: Number(document.getElementById("bench-weight")?.value ?? 500) });
    else if (data.text) scan("code", { text: data.text });
    else if (data.uid) tap(button);
    else if (data.verb) press("printer", { verb: data.verb });
    else if (data.plug) press("plug", { device: data.plug, is_in: button.getAttribute("aria-checked") !== "true" });
    else if (data.phone) scan("phone", { channel: data.phone }).then(showNext);
    else if (data.line !== undefined) cutLine(button);
    else if (data.fault) fail({ device: data.of, fault: data.fault });
    else if (data.way !== undefined) {
      for (const way of document.querySelectorAll(".b-ways button")) way.setAttribute("aria-pressed", String(way === button));
    } else if (data.category !== undefined) {
      for (const tab of document.querySelectorAll(".b-tabs button")) tab.setAttribute("aria-pressed", String(tab === button));
      document.getElementById("bench-find").value = "";
      find();
    } else if (data.language) {
      document.cookie = `lang=${data.language}; path=/; max-age=31536000; samesite=strict`;
      window.location.reload();
    }
  });
  document.getElementById("bench-find").addEventListener("input", find);
  document.getElementById("bench-code").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = event.target.elements.text.value;
    if (text) scan("code", { text });
    event.target.elements.text.select();
  });
  paint(null);
  follow();
})();
