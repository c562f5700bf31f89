// What lies over the sale: a panel, a second person's yes, the keys. showModal() makes all that is behind inert, and every element
// of the page is styled anew for it before anything is painted: a third of the time in which a panel came, and again when it went.
// So a dialog opens without it. A veil lets no touch through, what is behind is hidden from whoever has the page read out, and it
// becomes inert with the first Tab, which is what could still lead there. A browser in which Escape would not close such a dialog
// opens it as ever.
(() => {
  "use strict";
  const LOWEST = 60; // above the keyboard in the page, which is the highest thing of the sale
  const veil = document.querySelector("#veil");
  const behind = [...document.body.children].filter((each) => !each.matches("script, template, svg, #veil"));
  const canBeClosed = "closedBy" in HTMLDialogElement.prototype;
  const shown = []; // { dialog, before: what had the focus }, the last lies on top
  const top = () => shown.at(-1)?.dialog;

  function lay() {
    veil.hidden = !shown.length;
    veil.dataset.under = top()?.id ?? "";
    veil.style.zIndex = LOWEST + 2 * shown.length;
    shown.forEach(({ dialog }, at) => (dialog.style.zIndex = LOWEST + 2 * at + 3));
    for (const each of behind) if (!top() || each === top()) each.inert = false;
  }
  // Once the focus is in the dialog: what has it cannot be hidden.
  function hide() {
    for (const each of behind) each.ariaHidden = top() && each !== top() ? "true" : null;
  }
  function shut(event) {
    if (event.key !== "Tab" || !top()) return;
    for (const each of behind) each.inert = each !== top();
  }

  function show(dialog) {
    if (dialog.open) return;
    if (!canBeClosed) return void dialog.showModal();
    shown.push({ dialog, before: document.activeElement });
    lay();
    dialog.show();
    hide();
  }
  // Before it is closed, or the focus could not go back to where it was.
  function leave(dialog) {
    const at = shown.findIndex((each) => each.dialog === dialog);
    if (at < 0) return;
    const isTop = dialog === top(), [{ before }] = shown.splice(at, 1);
    lay();
    hide();
    // The browser takes the focus back only when it was in the dialog still.
    if (isTop && !dialog.contains(document.activeElement)) before?.focus();
  }
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("beforetoggle", (event) => event.newState === "closed" && leave(dialog));
  window.addEventListener("keydown", shut, true);

  window.over = { show };
})();
