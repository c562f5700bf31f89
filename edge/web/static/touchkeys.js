// A keyboard in the page, for screens that have none: letters, digits and signs for every text field. Chinese is found by
// the initials of its pinyin. It comes up when a text field is touched, and goes when a key of a real keyboard is pressed.
(() => {
  "use strict";
  const body = document.body;
  const ROWS = {
    letters: ["1234567890", "qwertyuiop", "asdfghjkl", "^zxcvbnm<"],
    signs: ["1234567890", "-/:;()¥&@\"", ".,?!'#%*+=", "^_~<"],
  };
  const NAMES = { "^": "⇧", "<": "⌫", "signs": "#+=", "letters": "abc", " ": "␣", "\n": "⏎", "close": "✕" };
  const WORDS = JSON.parse(body.dataset.keyNames); // what each of those is called, in the language of the page
  let board = null, field = null, isUpper = false, kind = "letters", wasTouch = false;

  const takes = (input) => input?.matches?.('input[type="text"]:not([inputmode="none"]), input[type="search"], input[type="tel"], input:not([type]), textarea') && !input.readOnly && !input.disabled;
  const isWanted = () => body.dataset.touchkeys === "on" || (body.dataset.touchkeys !== "off" && wasTouch);

  function key(value, wide = "") {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `touchkey ${wide}`;
    button.dataset.touchkey = value;
    button.textContent = NAMES[value] ?? (isUpper ? value.toUpperCase() : value);
    button.tabIndex = -1;
    if (WORDS[value]) button.setAttribute("aria-label", WORDS[value]);
    if (value === "^") button.setAttribute("aria-pressed", String(isUpper));
    return button;
  }
  function draw() {
    board.replaceChildren(...ROWS[kind].map((letters) => {
      const row = document.createElement("div");
      row.append(...[...letters].map((letter) => key(letter, letter === "<" || letter === "^" ? "wide" : "")));
      return row;
    }));
    const last = document.createElement("div");
    last.append(key(kind === "letters" ? "signs" : "letters", "wide"), key(" ", "space"), key("\n", "wide"), key("close", "wide"));
    board.append(last);
  }
  function rise(input) {
    if (!board) {
      board = document.createElement("div");
      board.id = "touchkeys";
      board.className = "touchkeys";
      board.setAttribute("role", "group");
      board.setAttribute("aria-label", WORDS.board);
    }
    field = input;
    isUpper = false;
    kind = "letters";
    draw();
    (input.closest("dialog[open]") ?? body).append(board); // a dialog lets nothing outside it be touched
    document.documentElement.classList.add("with-touchkeys");
    input.scrollIntoView({ block: "nearest" });
  }
  function sink() {
    board?.remove();
    field = null;
    document.documentElement.classList.remove("with-touchkeys");
  }
  function put(text) {
    const from = field.selectionStart ?? field.value.length, to = field.selectionEnd ?? from;
    const cut = text === "<" ? Math.max(0, from === to ? from - 1 : from) : from;
    const typed = text === "<" ? "" : text;
    const value = field.value.slice(0, cut) + typed + field.value.slice(to);
    if (field.maxLength >= 0 && value.length > field.maxLength) return;
    field.value = value;
    field.setSelectionRange?.(cut + typed.length, cut + typed.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function press(value) {
    if (!field?.isConnected) return sink();
    if (value === "close") {
      field.blur();
      return sink();
    }
    if (value === "^") isUpper = !isUpper;
    else if (value === "signs" || value === "letters") kind = value;
    else if (value === "\n") return field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })) && field.form?.requestSubmit();
    else {
      put(isUpper ? value.toUpperCase() : value);
      isUpper = false;
    }
    return draw();
  }

  // The field keeps the focus while its keys are pressed.
  document.addEventListener("pointerdown", (event) => {
    const button = event.target.closest?.("[data-touchkey]");
    if (button || event.target.closest?.("#touchkeys")) event.preventDefault();
    else wasTouch = event.pointerType === "touch" || event.pointerType === "pen";
  }, true);
  // What was found stays where it is under the finger: the field loses the focus after the press, not before.
  document.addEventListener("mousedown", (event) => field && event.target.closest?.(".found, .results") && event.preventDefault(), true);
  window.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-touchkey]");
    if (!button) {
      setTimeout(leave); // once the press is done, not later: the next press must find the page where it was seen
      if (wasTouch && takes(event.target) && field !== event.target && isWanted()) rise(event.target);
      return;
    }
    event.stopPropagation();
    press(button.dataset.touchkey);
  }, true);
  document.addEventListener("focusin", (event) => takes(event.target) && isWanted() && rise(event.target));
  const leave = () => field && document.activeElement !== field && sink();
  document.addEventListener("focusout", () => setTimeout(leave, 150)); // not at once: the press that took the focus is under way
  document.addEventListener("keydown", (event) => {
    if (!event.isTrusted) return;
    wasTouch = false;
    if (field && body.dataset.touchkeys !== "on") sink();
  }, true);
})();
