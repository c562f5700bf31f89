// What makes selling easier: keypad modes, answers to what the till asks, more deeds, notes, and the editor of quick keys.
// It stands on what till.js offers as window.till, and listens before it.
(() => {
  "use strict";
  const { act, play, amount, show, open, stage, typed, chosen } = window.till;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const entry = find("#entry"), panel = find("#panel"), view = find("#view"), lane = document.body.dataset.lane;
  const csrf = find('meta[name="csrf-token"]').content;
  const isSelling = () => stage().stage === "selling";
  const isOver = () => Boolean(find("dialog[open]"));
  const isTyping = (target) => Boolean(target.closest?.("input, textarea, select"));

  // --- keypad modes: what a typed figure means for the chosen line, or the newest ------------------------------------
  let mode = "", isMoney = false;
  const row = () => chosen() || find(".line.newest");
  function name() {
    if (!mode) return "";
    if (mode !== "discount") return entry.dataset[mode];
    if (isMoney) return entry.dataset.off;
    const percent = Number(typed() || 0), tenths = Math.round((100 - percent) * 10) / 100;
    return entry.dataset.discount.replace("{percent}", typed() || "0").replace("{tenths}", String(tenths));
  }
  function paint() {
    entry.dataset.mode = mode;
    entry.dataset.says = name();
    for (const button of all("[data-mode]", find(".pad-modes"))) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  function choose(next) {
    if (next === "quantity" && !chosen()) return leave() ?? window.till.times(); // without a line it is for the next scan
    if (!row()) return play("error");
    if (typed()) {
      mode = next;
      isMoney = false;
      return apply();
    }
    isMoney = next === "discount" && mode === "discount" && !isMoney;
    mode = next;
    document.body.classList.add("with-pad");
    return paint();
  }
  function leave() {
    mode = "";
    isMoney = false;
    paint();
  }
  function apply() {
    const line = row(), wanted = mode;
    if (!line || !typed()) return play("error");
    const { line: line_id } = line.dataset;
    const value = wanted === "quantity" ? Number(typed()) : amount(wanted === "discount" && !isMoney ? 2 : undefined);
    if (value === null || !Number.isInteger(value) || (value === 0 && wanted !== "price")) return play("error");
    if (wanted === "quantity") act("change_quantity", { line_id, quantity: value });
    else if (wanted === "price" && line.dataset.open !== undefined) act("set_open_price", { line_id, amount: value });
    else byHand(line_id, wanted === "price" ? "price" : isMoney ? "amount" : "percent", typed());
    show("");
    return leave();
  }
  // The figure is there already; the reason is one touch, or arrow and Enter.
  function byHand(line_id, kind, value) {
    open(`by-hand/${line_id}`).then(() => {
      find(`[data-hand="${kind}"]`, panel)?.click();
      const field = find("#by-hand-value", panel);
      if (field) field.value = value;
    });
  }
  new MutationObserver(paint).observe(entry, { childList: true, characterData: true, subtree: true });

  // --- answers -------------------------------------------------------------------------------------------------------
  function answer() {
    const value = amount();
    if (!value) return play("error");
    act("answer_price", { amount: value });
    return show("");
  }
  const asksPrice = () => (stage().asks ?? "").startsWith("needs_price");

  // --- notes ---------------------------------------------------------------------------------------------------------
  function note(text) {
    act("note_line", { line_id: find(".jot").dataset.lineId, note: text });
    panel.close();
  }

  // --- the editor of quick keys: each change is asked for at once, and the panel comes afresh --------------------------
  const editor = () => find("#key-editor");
  async function change(deed, values, { page, key = -1 } = {}) {
    const answered = await fetch(`/lane/${lane}/do/${deed}`, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrf }, body: JSON.stringify(values),
    }).catch(() => null);
    if (!answered) return play("error"), find("#key-said")?.replaceChildren(window.waiting.words("unsure"));
    const said = answered.status === 204 ? null : await answered.json().catch(() => ({}));
    if (said && said.refusal !== "approval_needed") play("error");
    await reload(page ?? values.page_id, said ? Number(editor()?.dataset.chosen ?? -1) : key);
    if (said?.text && find("#key-said")) find("#key-said").textContent = said.text;
  }
  const reload = (page, key = -1) => htmx.ajax("GET", `/lane/${lane}/quick-keys?page=${page}&key=${key}`, { target: "#panel-body", swap: "innerHTML", source: "#panel" });
  function edit(button) {
    const { comfort: what, sku } = button.dataset, page_id = Number(editor().dataset.page), language = editor().dataset.lang;
    const keys = all("[data-comfort=key]"), key = keys.find((each) => each.getAttribute("aria-pressed") === "true");
    const at = Number(key?.dataset.at ?? -1), of = { page_id, at, sku: key?.dataset.sku }, own = Number(editor().dataset.own);
    const pageName = find("#page-name")?.value ?? "";
    if (what === "page") return reload(button.dataset.id);
    if (what === "page-new") return change("put_page", { page_id: 0, name: String(all("[data-comfort=page]").length + 1), language }, { page: 0 }).then(() => find("[data-comfort=page]:nth-last-of-type(2)", editor())?.click());
    if (what === "page-put") return change("put_page", { page_id, name: pageName, language, own });
    if (what === "page-own") return change("put_page", { page_id, name: pageName, language, own: 1 - own });
    if (what === "page-left" || what === "page-right") return change("move_page", { page_id, to: Math.max(0, Number(button.dataset.at) + (what === "page-left" ? -1 : 1)) });
    if (what === "page-drop") {
      if (button.dataset.sure && !button.classList.contains("accent")) {
        button.classList.add("accent");
        return (find("span", button).textContent = button.dataset.sure);
      }
      return change("drop_page", { page_id }, { page: 0 });
    }
    if (what === "key") {
      for (const each of keys) each.setAttribute("aria-pressed", String(each === button));
      find("#key-tools").hidden = false;
      return (editor().dataset.chosen = button.dataset.at);
    }
    if (what === "key-add") return change("add_key", { page_id, sku, colour: "grey" }, { key: keys.length });
    if (!key) return play("error");
    if (what === "key-left" || what === "key-right") {
      const to = Math.min(keys.length - 1, Math.max(0, at + (what === "key-left" ? -1 : 1)));
      return change("move_key", { ...of, to }, { key: to });
    }
    if (what === "key-colour") return change("colour_key", { ...of, colour: button.dataset.colour }, { key: at });
    if (what === "key-drop") return change("drop_key", of);
    return undefined;
  }

  // Dragging by the grip: the others make room under the finger, and letting go asks for the change.
  let held = null;
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".grip")) return;
    held = event.target.closest(".quick-key");
    held.classList.add("is-held");
    held.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("#key-grid .quick-key");
    if (!over || over === held) return;
    const box = over.getBoundingClientRect(), keys = all("#key-grid .quick-key");
    const isLater = keys.indexOf(over) > keys.indexOf(held);
    // Past the middle of the other one, or it would jump to and fro.
    if (isLater === event.clientX > box.left + box.width / 2 || event.clientY < box.top + 4 || event.clientY > box.bottom - 4) over[isLater ? "after" : "before"](held);
  });
  document.addEventListener("pointerup", () => {
    if (!held) return;
    const key = held, to = all("#key-grid .quick-key").indexOf(key);
    held = null;
    key.classList.remove("is-held");
    const { at, sku } = key.dataset;
    if (to !== Number(at)) change("move_key", { page_id: Number(editor().dataset.page), at: Number(at), sku, to }, { key: to });
  });
  document.addEventListener("pointercancel", () => {
    held?.classList.remove("is-held");
    held = null;
  });

  // --- touches and keys, before till.js sees them ----------------------------------------------------------------------
  window.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button || button.disabled) return;
    const { mode: next, pad, comfort } = button.dataset;
    if (next) choose(next);
    else if (pad === "enter" && isSelling() && asksPrice()) answer();
    else if (pad === "enter" && mode && isSelling()) apply();
    else if (comfort === "note" || comfort === "by-hand") {
      const line = comfort === "note" ? row() : chosen();
      if (comfort === "note" && !line) return play("error");
      open(line ? `${comfort}/${line.dataset.line}` : comfort);
    } else if (comfort === "phrase") {
      const field = find("#line-note");
      field.value = [field.value, button.dataset.words].filter(Boolean).join(" ").slice(0, field.maxLength);
    } else if (comfort === "note-put") note(find("#line-note").value);
    else if (comfort === "note-off") note("");
    else if (comfort) edit(button);
    else return;
    event.stopPropagation();
    if (next || pad) button.blur();
  }, true);

  const DEEDS = { a: ["use_all"], p: ["begin_check"], r: ["sell_again"], n: "note", k: "quick-keys", m: "more" };
  window.addEventListener("keydown", (event) => {
    const { key } = event;
    const done = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (panel.open) {
      if (key === "Enter" && event.target.id === "line-note") return done(), note(event.target.value);
      if (key === "Enter" && event.target.id === "page-name") return done(), find("[data-comfort=page-put]").click();
      if (key === "Enter" && event.target.id === "by-hand-value") return done(), find("[data-by-hand]", panel)?.focus();
      if (find("#more", panel) && /^[1-9]$/.test(key)) return done(), find(`button[value="${key}"]:not(:disabled)`, panel)?.click();
      return undefined;
    }
    if (isOver() || !isSelling()) return undefined;
    if (key === "Insert") return done(), open("more");
    if (event.altKey && !event.ctrlKey && DEEDS[key.toLowerCase()]) {
      const deed = DEEDS[key.toLowerCase()];
      done();
      if (Array.isArray(deed)) return act(deed[0]);
      if (deed !== "note") return open(deed);
      return row() ? open(`note/${row().dataset.line}`) : play("error");
    }
    if (isTyping(event.target)) return undefined;
    if (key === "Enter" && asksPrice() && !event.target.closest("button")) return done(), answer();
    if (key === "Enter" && mode && !event.target.closest("button")) return done(), apply();
    if (key === "Escape" && mode && !typed()) return done(), leave();
    if (key === "/" || key === "%") return done(), choose("discount");
    if (key === "=") return done(), choose("price");
    if (key === "F3" || key === "*") return done(), choose("quantity");
    return undefined;
  }, true);

  // --- what a repaint brings -------------------------------------------------------------------------------------------
  let keysNumber = stage().keys, asked = "", practises = stage().training;
  view.addEventListener("painted", () => {
    const now = stage();
    if (now.stage !== "selling" && mode) leave();
    if (asksPrice() && asked !== now.asks) {
      document.body.classList.add("with-pad");
      find("#seek").blur();
    }
    asked = now.asks;
    if (now.training !== practises && panel.open) panel.close();
    practises = now.training;
    if (now.keys !== keysNumber && now.keys !== undefined) {
      keysNumber = now.keys;
      const tab = find('#quick [aria-selected="true"]')?.dataset.tab;
      htmx.ajax("GET", `/lane/${lane}/quick`, { target: "#quick", swap: "innerHTML" }).then(() => find(`#quick [data-tab="${tab}"]`)?.click());
    }
  });
  paint();
})();
