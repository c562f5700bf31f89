// Makes an element the same as another one. What is the same stays, so that it is neither styled nor laid out again, and keeps the
// focus. What has an id is the same element wherever it stands among its siblings; all else by its place. What says `data-same`
// was left out, as it is what stands there.
(() => {
  "use strict";
  function takeAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  function morph(old, fresh) {
    if (fresh.dataset?.same !== undefined || old.isEqualNode(fresh)) return;
    const isOther = old.nodeName !== fresh.nodeName || old.id !== fresh.id || old.nodeType !== Node.ELEMENT_NODE;
    if (isOther) return old.replaceWith(fresh);
    takeAttributes(old, fresh);
    const ids = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
    for (const child of [...old.children]) if (child.id && !ids.has(child.id)) child.remove();
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const was = child.id ? [...old.children].find((each) => each.id === child.id) : at?.id ? null : at;
      if (!was) old.insertBefore(child, at);
      else {
        if (was === at) at = at.nextSibling;
        else old.insertBefore(was, at);
        morph(was, child);
      }
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  }
  window.morphing = { morph, takeAttributes };
})();
