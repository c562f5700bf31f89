// The scale and the pole display of the bench: what a hand puts on the one, and what stands on the other.
"use strict";

(() => {
  const lane = document.body.dataset.lane;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const find = (selector) => document.querySelector(selector);
  const slider = find(".b-slider"), number = find(".b-number");

  const paint = (state) => {
    if (state?.scale) {
      const { weight_g, trouble } = state.scale;
      find(".b-grams").textContent = weight_g;
      if (document.activeElement !== slider) slider.value = weight_g;
      if (document.activeElement !== number) number.value = weight_g;
      for (const button of document.querySelectorAll("[data-scale-trouble]")) button.setAttribute("aria-pressed", String(button.dataset.scaleTrouble === trouble));
    }
    if (state?.pole) {
      find(".b-vfd-upper").textContent = state.pole.upper;
      if (find(".b-vfd-lower")) find(".b-vfd-lower").textContent = state.pole.lower;
      for (const lamp of document.querySelectorAll("[data-lamp]")) lamp.toggleAttribute("data-on", Number(lamp.dataset.lamp) === state.pole.lamp);
      for (const button of document.querySelectorAll("[data-pole-trouble]")) button.setAttribute("aria-pressed", String(button.dataset.poleTrouble === state.pole.trouble));
    }
  };

  const send = async (path, content) => {
    const answer = await fetch(`/bench/${lane}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(content),
    }).catch(() => null);
    if (answer?.ok) paint(await answer.json());
  };

  // A slider gives more figures than the line to the daemon takes: the newest one wins.
  let wanted = null, isSending = false;
  const put = async (weight_g) => {
    wanted = weight_g;
    if (isSending) return;
    isSending = true;
    while (wanted !== null) {
      const next = wanted;
      wanted = null;
      await send("scale", { weight_g: next });
    }
    isSending = false;
  };

  slider?.addEventListener("input", () => put(Number(slider.value)));
  number?.addEventListener("change", () => number.value !== "" && put(Math.round(Number(number.value))));
  document.addEventListener("bench-state", (event) => paint(event.detail));
  document.addEventListener("click", (event) => {
    const data = event.target.closest("button")?.dataset ?? {};
    if (data.grams) put(Number(data.grams));
    else if (data.scaleTrouble !== undefined) send("scale", { trouble: data.scaleTrouble });
    else if (data.poleTrouble !== undefined) send("pole", { trouble: data.poleTrouble });
  });
})();
