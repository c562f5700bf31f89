// The till's page: keypad, keyboard, scanners that type, sounds, and the presses that go to the daemon.
// What is shown comes from the stream; nothing here knows a price.
(() => {
  "use strict";
  const WEDGE_GAP_MS = 50; // people do not type eight characters as fast as that, scanners do
  const WEDGE_MIN = 8;
  const GUARD_MS = 450; // a second press of one finger ends well within this
  const SILENCE_MS = 12000; // the strip comes every 5 s
  const ENTRY_MAX = 24;
  const QUEUED_MAX = 20;
  const body = document.body;
  const root = document.documentElement;
  const lane = body.dataset.lane;
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const stage = () => find("#stage")?.dataset ?? {};
  const view = find("#view"), panel = find("#panel"), help = find("#help"), approve = find("#approve"), seek = find("#seek"), results = find("#found");

  // --- sounds ------------------------------------------------------------------------------------------------------
  const TUNES = { // [Hz, from s, for s, wave]
    scan: [[1320, 0, 0.07, "sine"]],
    tap: [[660, 0, 0.03, "sine"]],
    error: [[196, 0, 0.2, "square"], [165, 0.26, 0.32, "square"]],
    paid: [[880, 0, 0.1, "sine"], [1175, 0.11, 0.2, "sine"]],
  };
  let audio = null;
  function play(name) {
    const volume = Number(body.dataset.volume) / 100;
    if (!volume || !TUNES[name]) return;
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume().catch(() => {});
    for (const [hertz, start, length, wave] of TUNES[name]) {
      const tone = audio.createOscillator(), gain = audio.createGain(), at = audio.currentTime + start;
      tone.type = wave;
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(volume * (wave === "square" ? 0.12 : 0.3), at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + length);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  }

  function flash(name) {
    const colour = { scan: "--accent", paid: "--accent", error: "--bad", tap: "--line" }[name];
    if (!colour || root.dataset.flash === "off") return;
    const glow = find("#flash");
    glow.style.color = `var(${colour})`;
    glow.animate([{ opacity: 1 }, { opacity: 0 }], 320);
  }

  // --- presses -----------------------------------------------------------------------------------------------------
  // A PIN needs no such guard: the press that sends it empties its field, and the same wrong one may come again at once.
  const ONCE = new Set(["to_pay", "pay", "next_sale", "void_basket", "undo_tender", "undo_tenders", "cancel_charge", "ask_again", "settle_by_hand", "reprint", "reprint_slip", "reprint_kitchen_slip", "paper_is_there", "print_test", "open_drawer", "move_cash", "begin_shift", "close_shift", "print_x", "keep_change", "print_statement", "hold", "resume", "discard_held", "drop_back", "reprint_z", "confirm_age", "sell_expired", "answer_price", "sell_again", "sell_checked", "begin_training", "end_training", "take_weight", "type_weight", "use_all"]);
  const NUMBERS = new Set(["quantity", "amount", "given", "points", "off_bp", "keeps", "weight_g", "tare_g", "seen"]);
  const running = new Set();
  let line = Promise.resolve(), queued = 0, isOffline = false;

  async function send(name, values) {
    const answer = await fetch(`/lane/${lane}/do/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify(values),
      priority: "low", // the answer waits behind the view, which is what somebody looks at
      signal: AbortSignal.timeout(10000),
    });
    if (answer.status === 400 || answer.status === 401) return location.reload(); // the session or the pairing is gone
    if (!answer.ok) alarm(body.dataset.busy);
  }

  // Presses go one after the other, so that two quick ones arrive in their order.
  function act(name, values = {}) {
    const once = ONCE.has(name) ? name + JSON.stringify(values) : "";
    if (isOffline || queued >= QUEUED_MAX || running.has(once)) return play("error");
    if (once) {
      running.add(once);
      setTimeout(() => running.delete(once), GUARD_MS);
    }
    queued += 1;
    line = line.then(() => send(name, values)).catch(() => offline(true)).finally(() => (queued -= 1));
  }

  function alarm(text) {
    play("error");
    find("#offline span").textContent = text;
    find("#offline").hidden = false;
    setTimeout(() => isOffline || (find("#offline").hidden = true), 4000);
  }

  function press(button) {
    const { do: name, guard, key, closes, by, found, ...values } = button.dataset;
    for (const field of NUMBERS) if (field in values) values[field] = Number(values[field]);
    if (name === "add_item") return add(values, by);
    act(name, values);
    if (closes !== undefined) panel.close();
    if (found !== undefined) clearSeek();
  }

  // --- what was typed ----------------------------------------------------------------------------------------------
  let entry = "", chosen = "", person = "";
  function show(text = entry) {
    entry = text.slice(0, ENTRY_MAX);
    const { stage: step, next } = stage();
    const times = step === "selling" && Number(next) > 1 ? `${next} × ` : "";
    find("#entry").textContent = step === "locked" ? "●".repeat(entry.length) : times + entry;
    find("#entry").classList.toggle("is-empty", !entry && !times);
  }

  function amount(decimals = Number(body.dataset.decimals), typed = entry) {
    const parts = /^(\d{1,8})(?:\.(\d*))?$/.exec(typed);
    if (!parts || (parts[2] ?? "").length > decimals) return null;
    return Number(parts[1]) * 10 ** decimals + Number((parts[2] ?? "").padEnd(decimals, "0") || 0);
  }

  // What was typed before an item is tapped is its price, its kilograms, or how many.
  function add(values, by) {
    if (stage().checking) {
      act("check_item", { sku: values.sku });
      return clearSeek();
    }
    const typed = entry ? (by === "weight" ? amount(3) : by === "price" ? amount() : Number(entry)) : null;
    if (entry && !typed) return play("error");
    if (by === "weight" && typed) values.weight_g = typed;
    else if (by === "price" && typed) values.open_price = typed;
    else if (typed && Number.isInteger(typed) && typed < 1000) act("set_next_quantity", { quantity: typed });
    act("add_item", values);
    clearSeek();
    show("");
  }

  function tender(kind, most) {
    const { sale, due, cash } = stage();
    const given = entry ? amount() : Number(most ?? (kind === "cash" ? cash : due));
    // What is less than the least coin is settled by an empty hand.
    if (given === null || given < 0 || (given === 0 && (kind !== "cash" || Number(cash)))) return play("error");
    act("pay", { sale_id: sale, kind, given });
    show("");
  }

  // What was typed before is the part that the next payment code is to pay.
  function part() {
    const part = entry ? amount() : null;
    if (!part) return focusPad();
    act("charge_next", { amount: part });
    return show("");
  }

  // What was typed before is how many points; nothing typed is as many as the basket takes.
  function redeem() {
    const points = entry ? Number(entry) : null;
    if (entry && !(Number.isInteger(points) && points > 0)) return play("error");
    act("redeem_points", points ? { points } : {});
    return show("");
  }

  function times() {
    const count = entry ? Number(entry) : 1;
    if (!Number.isInteger(count) || count < 1 || count > 9999) return play("error");
    const row = chosenRow();
    if (row && entry) act("change_quantity", { line_id: chosen, quantity: count });
    else act("set_next_quantity", { quantity: count });
    show("");
  }

  function enter() {
    const step = stage().stage;
    if (step === "locked") {
      if (entry && person) act("sign_in", { staff_id: person, pin: entry });
      return show("");
    }
    if (step === "paying" && find("#charging")) return clickKey("Enter");
    if (step === "paying") return isGuarded() || (!entry && clickKey("Enter")) ? undefined : tender("cash");
    if (step === "selling" && entry) {
      act("scan", { text: entry });
      return show("");
    }
    return clickKey("Enter");
  }

  function pad(key) {
    if (key === "back") return show(entry.slice(0, -1));
    if (key === "clear") return show("");
    if (key === "times") return times();
    if (key === "enter") return enter();
    if (key === "." && (entry.includes(".") || stage().stage === "locked")) return undefined;
    return show(entry + key);
  }

  // --- lines, people, pages ----------------------------------------------------------------------------------------
  const chosenRow = () => (chosen ? find(`[data-line="${CSS.escape(chosen)}"]`) : null);
  function choose(lineId) {
    chosen = lineId;
    const row = chosenRow();
    if (!row) chosen = "";
    for (const other of all(".line")) other.classList.toggle("is-chosen", other === row);
    row?.scrollIntoView({ block: "nearest" });
    const tools = find("#tools");
    if (!tools) return;
    tools.hidden = !row;
    for (const tool of all("[data-tool]", tools)) {
      const isCount = ["less", "more", "quantity"].includes(tool.dataset.tool);
      tool.disabled = isCount && row?.dataset.weighed !== undefined;
    }
  }

  function tool(name) {
    const row = chosenRow();
    if (!row) return;
    const quantity = Number(row.dataset.quantity);
    if (name === "void" || (name === "less" && quantity === 1)) act("void_line", { line_id: chosen });
    else if (name === "less") act("change_quantity", { line_id: chosen, quantity: quantity - 1 });
    else if (name === "more") act("change_quantity", { line_id: chosen, quantity: quantity + 1 });
    else if (name === "price" && (!entry || row.dataset.open === undefined)) return open(`by-hand/${chosen}`);
    else if (!entry) return focusPad();
    else if (name === "quantity") return times();
    else if (name === "price" && amount() !== null) {
      act("set_open_price", { line_id: chosen, amount: amount() });
      show("");
    } else play("error");
  }

  function pick(staffId) {
    person = staffId;
    localStorage.setItem("staff", staffId);
    for (const tile of all(".person")) tile.setAttribute("aria-pressed", String(tile.dataset.staff === staffId));
  }

  function step(by) {
    const rows = all(".line"), tiles = all(".person");
    if (tiles.length) return pick(tiles[Math.max(0, Math.min(tiles.length - 1, tiles.findIndex((tile) => tile.dataset.staff === person) + by))].dataset.staff);
    if (!rows.length) return undefined;
    const at = rows.indexOf(chosenRow());
    return choose(rows[at < 0 ? rows.length - 1 : Math.max(0, Math.min(rows.length - 1, at + by))].dataset.line);
  }

  function turn(tabs, to) {
    for (const tab of tabs) tab.setAttribute("aria-selected", String(tab === to));
    for (const page of all("[data-page]")) page.hidden = page.dataset.page !== to.dataset.tab;
  }

  function focusPad() {
    body.classList.add("with-pad");
    find("#entry").animate([{ outline: "3px solid currentColor" }, { outline: "3px solid transparent" }], 600);
  }

  function clearSeek() {
    seek.value = "";
    waiting.drop(results);
    results.replaceChildren();
    seek.blur();
  }
  seek.addEventListener("input", () => waiting.read(`/lane/${lane}/items?q=${encodeURIComponent(seek.value)}`, results));

  // --- panels and choices ------------------------------------------------------------------------------------------
  // A reload opens what is open. It does not stand in the address: a change of that costs the browser more than many a
  // press, and it asks for the page's icon again.
  const OPEN = `open-${lane}`;
  function open(name) {
    panel.dataset.name = name;
    sessionStorage.setItem(OPEN, name);
    return waiting.load(`/lane/${lane}/${name}`).then(() => {
      showWeight();
      find("[autofocus]", panel)?.focus();
    });
  }
  panel.addEventListener("htmx:after:swap", () => {
    if (find("[data-shut]", panel)) panel.close();
    // The tab that is open may lie beyond the edge of a narrow screen.
    find(".segments .segment[aria-pressed=true]", panel)?.scrollIntoView({ inline: "center", block: "nearest" });
  });
  panel.addEventListener("close", () => panel.open || sessionStorage.removeItem(OPEN)); // it is told late
  const wasOpen = () => (performance.getEntriesByType("navigation")[0]?.type === "navigate" ? null : sessionStorage.getItem(OPEN));

  // --- prices by hand, and a second person's yes -------------------------------------------------------------------
  const pressed = (name) => find(`[data-${name}][aria-pressed="true"]`)?.dataset[name];
  function choice(name, button) {
    for (const other of all(`[data-${name}]`)) other.setAttribute("aria-pressed", String(other === button));
    find("#by-hand-value, #approve-pin")?.focus();
  }

  const HAND = { // what was typed, in hundredths or in minor units, as the deed's own arguments
    percent: (value, line_id) => ["discount_line", { line_id, off_bp: value }],
    amount: (value, line_id) => ["discount_line", { line_id, off_amount: value }],
    price: (value, line_id) => ["change_price", { line_id, amount: value }],
    basket: (value) => ["discount_basket", { off_bp: value }],
    open: (value, line_id) => ["set_open_price", { line_id, amount: value }],
    float: (value) => ["begin_shift", { float_amount: value }],
  };
  function byHand(reason) {
    const kind = pressed("hand"), typed = find("#by-hand-value").value;
    const value = amount(kind === "percent" || kind === "basket" ? 2 : undefined, typed);
    if (value === null || (value === 0 && kind !== "price" && kind !== "float")) return play("error");
    const { lineId, moveId } = find(".by-hand").dataset;
    const [name, values] = HAND[kind]?.(value, lineId) ?? ["move_cash", { kind, amount: value, move_id: moveId }];
    act(name, kind === "open" || kind === "float" ? values : { ...values, reason });
    return panel.close();
  }

  // A count: nothing typed is none of it.
  function counted() {
    let sum = 0, isWrong = false;
    const pieces = [];
    for (const row of all("[data-worth]")) {
      const count = Number(row.value || 0);
      isWrong ||= !Number.isInteger(count) || count < 0;
      if (count) pieces.push(`${row.dataset.worth}:${count}`);
      sum += Number(row.dataset.worth) * count;
    }
    const typed = (id) => (find(id).value ? amount(undefined, find(id).value) : 0);
    const other = typed("#count-other"), left = typed("#count-left");
    isWrong ||= other === null || left === null || left > sum + other;
    return isWrong ? null : { pieces: pieces.join(" "), other, left, sum: sum + other };
  }
  function showCount() {
    const count = counted(), decimals = Number(body.dataset.decimals);
    find("#count-sum").textContent = count ? (count.sum / 10 ** decimals).toFixed(decimals) : "–";
  }
  function closeShift() {
    const count = counted();
    if (!count) return play("error");
    const { pieces, other, left } = count;
    act("close_shift", { pieces, other, left });
    return panel.close();
  }
  // Some reasons say by themselves that it is not sold again.
  panel.addEventListener("change", ({ target }) => {
    if (target.name !== "reason") return;
    for (const aside of all('[name^="aside"]', target.form)) aside.checked = target.dataset.aside !== undefined;
  });
  let countField = null;
  panel.addEventListener("focusin", (event) => event.target.matches(".count input") && (countField = event.target));
  panel.addEventListener("input", (event) => event.target.matches(".count input") && showCount());

  function allow() {
    const pin = find("#approve-pin");
    if (!pin?.value || !pressed("approver")) return play("error");
    act("approve", { staff_id: pressed("approver"), pin: pin.value });
    return (pin.value = "");
  }
  let approval = ""; // comes before the view that asks
  function askSecond(number) {
    if (!number) {
      if (!approve.open) return;
      approve.close();
      if (panel.open) open(panel.dataset.name); // what it shows may have been done now
      return;
    }
    if (!approval) return; // the page was just loaded, and the stream brings it at once
    const who = pressed("approver");
    find("#approve-body").innerHTML = approval;
    approval = "";
    over.show(approve);
    const again = who && find(`[data-approver="${CSS.escape(who)}"]`);
    if (again) choice("approver", again);
    find(".reason-grid button, #approve-pin", approve)?.focus(); // the reason comes first
  }
  approve.addEventListener("cancel", (event) => {
    event.preventDefault();
    act("decline");
  });

  // An item that waits for its weight: the panel comes and goes with it, and a weight may arrive before the panel does.
  let weight = "";
  function showWeight() {
    if (find("#weigh-live") && weight.includes(`data-sku="${stage().weigh}"`)) find("#weigh-live").innerHTML = weight;
  }
  function weigh(sku) {
    if (sku && !panel.open) open("weigh");
    else if (panel.open && panel.dataset.name === "weigh") sku ? open("weigh") : panel.close();
  }
  function sellTyped() {
    const weight_g = amount(3, find("#weigh-typed").value);
    if (!weight_g) return play("error");
    return act("type_weight", { sku: find(".weigh").dataset.sku, weight_g });
  }

  function remember(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=strict`;
    if (name === "lang") return location.reload();
    if (name === "volume" || name === "touchkeys") body.dataset[name] = value;
    else root.dataset[name] = value;
    for (const other of all(`[data-set="${name}"]`)) other.setAttribute("aria-pressed", String(other.dataset.value === value));
    return play("scan");
  }

  const post = (url, target, source) => htmx.ajax("POST", url, { target, swap: "innerHTML", source, headers: { "X-CSRFToken": csrf } });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    const { dataset: data } = button;
    if (data.do) press(button);
    else if (data.pad) pad(data.pad);
    else if (data.tender) tender(data.tender, data.most);
    else if (data.redeem !== undefined) redeem();
    else if (data.part !== undefined) part();
    else if (data.tool) tool(data.tool);
    else if (data.hand) choice("hand", button);
    else if (data.byHand) byHand(data.byHand);
    else if (data.weighTyped !== undefined) sellTyped();
    else if (data.approver) choice("approver", button);
    else if (data.approve !== undefined) allow();
    else if (data.staff) pick(data.staff);
    else if (data.panel) open(data.panel);
    else if (data.tab) turn(all("[data-tab]"), button);
    else if (data.lang) remember("lang", data.lang);
    else if (data.set) remember(data.set, data.value);
    else if (data.post) post(data.post, data.target, button);
    else if (data.count !== undefined) closeShift();
    else if (data.type) type(data.type, data.into === "here" ? countField : document.getElementById(data.into));
    else if (data.close !== undefined) button.closest("dialog").close();
    else if (data.help !== undefined) over.show(help);
    else if (data.toggle) body.classList.toggle(data.toggle);
    else if (button.classList.contains("line-face")) choose(chosen === button.parentElement.dataset.line ? "" : button.parentElement.dataset.line);
    // A button that keeps the focus would be pressed again by the next Enter.
    if (!button.closest("dialog, .found")) button.blur();
  });

  function type(key, input) {
    input.value = key === "clear" ? "" : key === "back" ? input.value.slice(0, -1) : input.value + key;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- keyboard, and scanners that are keyboards -------------------------------------------------------------------
  let burst = "", burstAt = -1000, before = null;
  function clickKey(key) {
    const button = all(`[data-key="${key}"]`).find((each) => each.offsetParent !== null && !each.disabled);
    button?.click();
    return Boolean(button);
  }

  function arrows(event, list) {
    const buttons = all("button", list), at = buttons.indexOf(document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
  }

  function shortcut(event, isTyping) {
    const { key } = event, step_ = stage().stage;
    if (key === "F1" || (key === "?" && !isTyping)) return help.open ? help.close() : over.show(help);
    if (approve.open) return key === "Enter" && isTyping ? allow() : false;
    if (panel.open && panel.dataset.name === "weigh" && key === "Enter") return isTyping ? sellTyped() : find("#weigh-take")?.click();
    if (panel.open || help.open) return false;
    if (key === "End" && (step_ === "selling" || step_ === "done") && !isTyping) return open("shift");
    if (event.altKey && key.toLowerCase() === "h" && (step_ === "selling" || step_ === "done")) return open("held");
    if (key === "Home" && step_ === "selling" && !isTyping) return open(chosen ? `by-hand/${chosen}` : "by-hand");
    if (/^F\d+$/.test(key)) {
      if (key === "F2" && step_ === "selling") return seek.focus();
      if (key === "F3" && step_ === "selling") return times();
      return clickKey(key) || ["F5", "F12"].includes(key);
    }
    if (isTyping) return key === "Escape" ? clearSeek() : false;
    if (key === "Escape") return entry ? show("") : chosen ? choose("") : clickKey("Escape");
    if (key === "Backspace") return pad("back");
    if (key === "Delete") return chosen ? tool("void") : pad("clear");
    if (key === "ArrowUp" || key === "ArrowDown") return step(key === "ArrowDown" ? 1 : -1);
    if (key === "PageUp" || key === "PageDown") {
      const tabs = all("[data-tab]"), at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
      return tabs.length && turn(tabs, tabs[(at + (key === "PageDown" ? 1 : tabs.length - 1)) % tabs.length]);
    }
    if (key === "Enter") return document.activeElement?.matches("button") ? false : enter();
    if (event.ctrlKey || event.altKey || event.metaKey || key.length !== 1) return false;
    if (/\d/.test(key)) return pad(key);
    if (key === "." || key === ",") return pad(".");
    if (key === "*") return times();
    if (key === "+") return chosen ? tool("more") : clickKey("F12");
    if (key === "-") return chosen ? tool("less") : undefined;
    if (step_ === "selling" && /\S/.test(key)) {
      seek.focus(); // the character itself arrives in the box
      return false;
    }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    const input = event.target.closest?.("input"), gap = event.timeStamp - burstAt;
    if (event.key === "Enter" && burst.length >= WEDGE_MIN && gap < WEDGE_GAP_MS) {
      event.preventDefault();
      event.stopPropagation();
      if (before.input) {
        before.input.value = before.value;
        if (before.input === seek) clearSeek();
      }
      show(before.entry);
      act("scan", { text: burst });
      burst = "";
      return;
    }
    if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (gap >= WEDGE_GAP_MS || !burst) {
        burst = "";
        before = { entry, input: input ?? seek, value: input?.value ?? seek.value };
      }
      burst += event.key;
      burstAt = event.timeStamp;
    } else if (event.key !== "Shift") burst = "";
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const list = event.target.closest("[data-arrows]") ?? (input === seek ? results : input ? find("[data-arrows]", input.closest("dialog") ?? panel) : null);
      if (list?.children.length && !list.matches(".people")) {
        event.preventDefault();
        return arrows(event, list);
      }
    }
    if (shortcut(event, Boolean(input)) !== false) event.preventDefault();
  }, true);

  // --- painting ----------------------------------------------------------------------------------------------------
  let painted = stage(), guardUntil = 0, isFresh = true, heardAt = performance.now();
  const isGuarded = () => performance.now() < guardUntil;
  function guard() {
    for (const button of all("[data-guard]")) {
      button.disabled = true;
      setTimeout(() => (button.disabled = false), Math.max(0, guardUntil - performance.now()));
    }
  }

  // What nobody waits for, once the frame that is waited for has been made and is on the screen.
  const SEEN_MS = 30;
  function afterPaint(deed) {
    if (document.hidden) deed(); // no frame is made
    else requestAnimationFrame(() => setTimeout(deed, SEEN_MS));
  }

  // How long no PIN is taken counts down by itself; the figure keeps its width, so nothing moves.
  let waitUntil = 0;
  function countDown() {
    const note = find("[data-wait]");
    if (!note || note.hidden) return;
    const left = Math.ceil((waitUntil - performance.now()) / 1000);
    note.textContent = note.dataset.words.replace("{seconds}", String(Math.max(left, 0)).padStart(String(note.dataset.wait).length, "\u2007"));
    note.hidden = left <= 0;
    note.nextElementSibling.hidden = left > 0;
  }
  setInterval(countDown, 250);

  function repaint(isSame = false) {
    const now = { ...stage() };
    if (now.stage !== painted.stage) {
      // The button under the finger is another one now: a double press must not reach it.
      guardUntil = performance.now() + GUARD_MS;
      body.classList.remove("with-pad");
      show("");
      clearSeek();
      if (now.stage === "locked" && panel.open) panel.close();
    }
    if (isGuarded()) guard();
    if (now.approval || painted.approval) askSecond(now.approval);
    if (now.weigh !== painted.weigh) weigh(now.weigh);
    if (now.number !== painted.number && !isFresh) {
      afterPaint(() => {
        play(now.sound);
        flash(now.sound);
      });
    }
    isFresh = false;
    painted = now;
    waitUntil = performance.now() + 1000 * Number(find("[data-wait]")?.dataset.wait ?? 0);
    if (now.stage === "locked") pick(all(".person").some((tile) => tile.dataset.staff === person) ? person : localStorage.getItem("staff") ?? find(".person")?.dataset.staff ?? "");
    show();
    if (isSame) return; // no line has come, gone or moved
    choose(chosen);
    showNewest();
    unfold();
  }
  function showNewest() {
    if (!chosen) find(".line.newest")?.scrollIntoView({ block: "nearest" });
  }

  function offline(is) {
    if (is && !isOffline) play("error");
    isOffline = is;
    find("#offline").hidden = !is;
    body.classList.toggle("is-offline", is);
    if (!is) find("[data-frame] [data-again]")?.click(); // what could not be opened meanwhile
  }

  // The till always sends the whole view. What came letter for letter as it stands there is neither read nor compared again:
  // nearly every line of a long basket, and its tools and keys.
  const LIST = /<ol id="lines"[^]*?<\/ol>/, LINE = /<li id="([^"]+)"[^]*?<\/li>/g, PIECE = /<(div|button) id="(who|acts|tools)"[^]*?<\/\1>/g;
  const draft = document.createElement("template");
  let lines = new Map(), pieces = new Map();
  function leaveOut(html, isWhole) {
    const wasLines = lines, wasPieces = pieces, list = find("#lines"), sent = LIST.exec(html)?.[0];
    lines = new Map([...(sent ?? "").matchAll(LINE)].map(([line, id]) => [id, line]));
    pieces = new Map();
    later = [];
    const short = html.replace(PIECE, (piece, tag, id) => {
      pieces.set(id, piece);
      return !isWhole && wasPieces.get(id) === piece && document.getElementById(id) ? `<${tag} id="${id}" data-same></${tag}>` : piece;
    });
    if (!list || isWhole) return foldBill(foldLines(short, sent));
    if (!sent || !wasLines.size) return short;
    putLines(list, wasLines);
    return short.replace(sent, '<ol id="lines" data-same></ol>');
  }
  // Of a long list that was not there before, what lies beyond its edge follows once the rest is painted: the first lines of a
  // basket, as the last one is what is looked at, and the last lines of a bill.
  const BILL = /<ol [^>]*id="bill-lines"[^>]*>([^]*?)<\/ol>/, BILL_LINE = /<li>[^]*?<\/li>/g;
  const fitting = (height, around) => Math.ceil((innerHeight - around) / height);
  let later = [];
  function foldLines(html, sent) {
    const beyond = lines.size - fitting(57, 190);
    if (beyond <= 0) return html;
    later.push(() => {
      putLines(find("#lines"), lines);
      showNewest();
    });
    return html.replace(sent, () => `<ol id="lines" class="lines">${[...lines.values()].slice(beyond).join("")}</ol>`);
  }
  function foldBill(html) {
    const bill = find("#bill-lines") ? null : BILL.exec(html);
    const rows = [...(bill?.[1] ?? "").matchAll(BILL_LINE)], seen = fitting(25, 230);
    if (rows.length <= seen) return html;
    const beyond = bill[1].slice(rows[seen].index), end = bill.index + bill[0].length - "</ol>".length;
    later.push(() => find("#bill-lines").insertAdjacentHTML("beforeend", beyond));
    return html.slice(0, end - beyond.length) + html.slice(end);
  }
  function unfold() {
    const mine = later;
    if (mine.length) afterPaint(() => later === mine && mine.forEach((fill) => fill()));
  }
  function putLines(list, was) {
    let at = list.firstElementChild;
    for (const [id, line] of lines) {
      const old = document.getElementById(id);
      if (old && was.get(id) === line) {
        if (old === at) at = at.nextElementSibling;
        else list.insertBefore(old, at);
        continue;
      }
      if (old === at) at = at?.nextElementSibling ?? null;
      old?.remove();
      draft.innerHTML = line;
      list.insertBefore(draft.content.firstElementChild, at);
    }
    while (at) {
      const gone = at;
      at = at.nextElementSibling;
      gone.remove();
    }
  }

  let shown = -1;
  function heard() {
    heardAt = performance.now();
    if (isOffline) offline(false);
  }
  function take(number, html) {
    heard();
    if (number < shown) return;
    shown = number;
    const isSame = isAsBefore(html);
    if (isSame) putAttributes(html);
    else if (STAGE.exec(html)?.[1] !== stage().stage) view.innerHTML = leaveOut(html, true); // next to nothing in common
    else {
      draft.innerHTML = leaveOut(html, false);
      morphing.morph(find("#stage"), draft.content.firstElementChild);
    }
    repaint(isSame);
    view.dispatchEvent(new Event("painted"));
  }
  const STAGE = /data-stage="(\w+)"/;
  // Of a view that only asks, or that only sounds, nothing but the outermost element has changed.
  let within = "";
  function isAsBefore(html) {
    const was = within;
    within = html.slice(html.indexOf(">"));
    return within === was && stage().stage === "selling";
  }
  function putAttributes(html) {
    draft.innerHTML = html.slice(0, -within.length) + "></div>";
    morphing.takeAttributes(find("#stage"), draft.content.firstElementChild);
  }

  stream.listen(`/lane/${lane}/stream`, {
    open() {
      shown = -1; // numbers begin anew with the daemon
      heardAt = performance.now();
    },
    lost: () => offline(true),
    view: take,
    named: {
      strip(html) {
        heard();
        find("#strip").innerHTML = html;
      },
      weight(html) {
        weight = html;
        showWeight();
      },
      approval: (html) => (approval = html),
    },
  });
  setInterval(() => performance.now() - heardAt > SILENCE_MS && offline(true), 2000);

  // What comfort.js stands on.
  window.till = { act, play, amount, show, open, stage, times, typed: () => entry, chosen: chosenRow };

  repaint();
  isFresh = true;
  const asked = location.hash.slice(1) || wasOpen();
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (stage().weigh) open("weigh");
  else if (asked) open(asked);
})();
