// The pages of the rules: picking things by search, rows, and where problems and suggested names are shown.
// Everything that is worked out comes from the daemon; nothing here knows a price.
(() => {
  "use strict";
  const FIND_MS = 150;
  const TWICE_MS = 4000;
  const panel = document.querySelector("#panel");
  const find = (selector, from = panel) => from.querySelector(selector);
  const all = (selector, from = panel) => [...from.querySelectorAll(selector)];
  const base = `/lane/${document.body.dataset.lane}/rules`;
  const changed = (from) => from.dispatchEvent(new Event("change", { bubbles: true }));

  // --- picking -----------------------------------------------------------------------------------------------------
  let timer = 0, justPicked = null;
  async function look(input) {
    const { find: what } = input.dataset, asked = input.value;
    const answer = await fetch(`${base}/find?what=${what}&q=${encodeURIComponent(asked)}`).catch(() => null);
    if (!answer) find(".pick-found", input.closest(".picker")).textContent = window.waiting.words("silent");
    else if (answer.ok && input.value === asked) find(".pick-found", input.closest(".picker")).innerHTML = await answer.text();
  }
  panel.addEventListener("input", (event) => {
    if (!event.target.dataset.find) return;
    event.stopPropagation(); // a search is no change of the form
    clearTimeout(timer);
    timer = setTimeout(look, FIND_MS, event.target);
  }, true);
  panel.addEventListener("focusin", (event) => {
    const own = event.target.closest(".picker");
    for (const found of all(".pick-found")) if (found.closest(".picker") !== own) found.replaceChildren();
    const { find: what } = event.target.dataset;
    if (what && own !== justPicked && !["item", "member"].includes(what) && !event.target.value) look(event.target);
  });
  panel.addEventListener("change", (event) => event.target.dataset.find && event.stopPropagation(), true);

  function pick(button) {
    const picker = button.closest(".picker"), { picked, words } = button.dataset;
    if (picker.dataset.rows) row(picker.dataset.rows, picked, words, "weighed" in button.dataset);
    else {
      const chips = find(".picked", picker);
      if ("single" in picker.dataset) chips.replaceChildren();
      if (!all("input", chips).some((input) => input.value === picked)) chips.append(chip(picker.dataset.name, picked, words));
    }
    find("[data-find]", picker).value = "";
    find(".pick-found", picker).replaceChildren();
    justPicked = picker; // the list has done its work: it opens again when something is typed, or at the next tap
    find("[data-find]", picker).focus();
    justPicked = null;
    changed(picker);
  }

  function chip(name, value, words) {
    const made = document.createElement("span"), input = document.createElement("input"), out = document.createElement("button");
    made.className = "pick";
    Object.assign(input, { type: "hidden", name, value });
    Object.assign(out, { type: "button", className: "unpick", textContent: "×" });
    made.append(input, words, out);
    return made;
  }

  function row(template, sku, words, isWeighed) {
    const rows = find("#trial-rows"), same = all("[name=sku]", rows).find((input) => input.value === sku && !isWeighed);
    if (same) return step(find("[data-step='1']", same.closest(".trial-row")));
    const made = document.getElementById(template).content.firstElementChild.cloneNode(true);
    find("[name=sku]", made).value = sku;
    find("[data-words]", made).textContent = words;
    find("[data-pieces]", made).hidden = isWeighed;
    find("[data-grams]", made).hidden = !isWeighed;
    if (isWeighed) find("[name=weight]", made).value = "1";
    return rows.append(made);
  }

  function step(button) {
    const input = find("[name=quantity]", button.closest(".trial-row"));
    input.value = Math.max(1, Math.min(9999, (Number(input.value) || 0) + Number(button.dataset.step)));
    changed(input);
  }

  // --- presses -----------------------------------------------------------------------------------------------------
  function surely(button) {
    if (!button.dataset.twice || button.dataset.sure) return true;
    const words = button.textContent;
    button.textContent = button.dataset.twice;
    button.dataset.sure = "1";
    setTimeout(() => {
      button.textContent = words;
      delete button.dataset.sure;
    }, TWICE_MS);
    return false;
  }

  panel.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { dataset: data } = button;
    if (!surely(button)) {
      event.preventDefault();
      return event.stopPropagation();
    }
    // A page that was swapped in a moment ago may not be wired yet: no press is lost, and no form is sent by the browser.
    const wired = button.closest("[hx-get]") ?? button.form;
    if (wired && !wired._htmx) htmx.process(wired);
    if (data.picked !== undefined) pick(button);
    else if (data.step) step(button);
    else if (data.fill !== undefined) {
      const rates = data.fill.split(",");
      all(".ladder .field", button.closest(".rule-field")).forEach((input, at) => { input.value = rates[at] ?? ""; });
      changed(button);
    }
    else if (data.drop !== undefined) {
      const form = button.closest("form");
      button.closest(".trial-row").remove();
      changed(form);
    } else if (button.classList.contains("unpick")) {
      const picker = button.closest(".picker");
      button.closest(".pick").remove();
      changed(picker);
    } else if (data.clear !== undefined) {
      const own = button.closest(".rule-row, .table-row"), form = button.closest("form");
      for (const input of all("input, textarea", own)) if (input.type === "checkbox") input.checked = false; else if (input.type !== "radio") input.value = "";
      for (const chips of all(".picked", own)) chips.replaceChildren();
      if (own.matches(".table-row")) own.remove();
      changed(form);
    } else if (data.more) {
      htmx.ajax("POST", button.form.dataset.rows ?? `${base}/rows`, { target: "#rule-fields", swap: "innerMorph", source: "#rule-form", values: { more: data.more } });
    } else if (data.verb) {
      find("#rule-act [name=verb]").value = data.verb;
      find("#rule-act").requestSubmit();
    }
    return undefined;
  }, true);

  panel.addEventListener("submit", (event) => event.preventDefault());

  panel.addEventListener("change", (event) => {
    const { files } = event.target, shown = files && find("[data-file-name]", event.target.closest("label"));
    if (shown && files.length) shown.textContent = files[0].name;
    if (event.target.dataset.part || event.target.matches("select")) ask();
  });

  // What is not asked for is hidden: a part that is off, a key that another choice does not need.
  function ask() {
    for (const field of all("[data-inside], [data-only]")) {
      const { inside, only, where } = field.dataset, named = (name) => document.getElementsByName(name)[0];
      field.hidden = Boolean((inside && !named(inside)?.checked) || (only && !where.split(" ").includes(named(only)?.value)));
    }
  }

  // Rows that are open stay open when a row is added.
  panel.addEventListener("toggle", (event) => {
    const mark = event.target.matches(".table-row") && find("[name='@open']", event.target);
    if (mark) mark.disabled = !event.target.open;
  }, true);

  // Escape goes back one page before it closes the panel; a form that was filled in is not lost by one press.
  panel.addEventListener("cancel", (event) => {
    const back = find("[data-back]");
    if (!back) return;
    event.preventDefault();
    back.click();
  });

  // --- painting ----------------------------------------------------------------------------------------------------
  panel.addEventListener("htmx:after:swap", () => {
    const slips = find("#slips")?.content, names = find("#suggested")?.content;
    if (slips) {
      for (const slot of all("[data-slip]")) slot.textContent = "";
      for (const slip of all("[data-at]", slips)) {
        const slot = all("[data-slip]").find((each) => each.dataset.slip === slip.dataset.at) ?? find("[data-slip='']");
        slot.textContent = `${slot.textContent} ${slip.textContent}`.trim();
      }
      find("#slips").remove();
    }
    if (names) {
      for (const name of all("[data-at]", names)) for (const input of all(`[data-suggested="${name.dataset.at}"]`)) input.placeholder=name.textContent;
      find("#suggested").remove();
    }
    const first = find(".rule-field .slip:not(:empty)");
    if (first && !find("#rule-preview *")) first.scrollIntoView({ block: "center" });
  });

  // --- counts between zero and the most that are possible ------------------------------------------------------------
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-nudge]");
    if (!button) return;
    const input = find("input", button.parentElement), most = Number(input.dataset.most);
    input.value = Math.max(0, Math.min(most, (Number(input.value) || 0) + Number(button.dataset.nudge)));
    changed(input);
  });
})();
