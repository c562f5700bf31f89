// Returns what is wrong with what a person sees now: texts that are cut, targets that are covered, small or off the screen.
() => {
  const root = [...document.querySelectorAll("dialog[open]")].pop() ?? document.body;
  const wrong = [];
  const told = (element) => `${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}.${[...element.classList].join(".")} “${element.textContent.trim().replace(/\s+/g, " ").slice(0, 30)}”`;
  // What of a box is seen: what scrolling boxes around it leave of it.
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom], inside = element;
    for (let outer = element.parentElement; outer && outer !== document.documentElement; outer = outer.parentElement) {
      // What stands fixed is clipped by nothing around it.
      if (getComputedStyle(inside).position === "fixed") break;
      inside = outer;
      const style = getComputedStyle(outer);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = outer.getBoundingClientRect();
      if (style.overflowX !== "visible") [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      if (style.overflowY !== "visible") [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    [left, top, right, bottom] = [Math.max(left, 0), Math.max(top, 0), Math.min(right, innerWidth), Math.min(bottom, innerHeight)];
    return { left, top, right, bottom, width: right - left, height: bottom - top, whole: box };
  };
  const scrolls = (element) => {
    for (let outer = element.parentElement; outer; outer = outer.parentElement) {
      const style = getComputedStyle(outer);
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) return true;
      if (outer === root && root !== document.body) return false;
    }
    // A page of its own may be as long as it likes.
    return document.documentElement.scrollHeight > innerHeight && getComputedStyle(document.body).overflowY === "visible";
  };
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);

  for (const element of root.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || element.closest(".sr, option, select")) continue;
    const style = getComputedStyle(element);
    if (style.clipPath !== "none") continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    // Names that people gave may be cut, with an ellipsis that says so.
    const mayBeCut = element.closest(".clip, .cut") || style.textOverflow === "ellipsis";
    if (!mayBeCut && style.overflowX !== "visible" && !/auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1) wrong.push(`cut: ${told(element)}`);
    const target = element.closest("button, a, .chip, td, th, legend, li");
    if (target && !mayBeCut) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const text = range.getBoundingClientRect(), outer = target.getBoundingClientRect();
      if (text.width && (text.left < outer.left - 1.5 || text.right > outer.right + 1.5) && !/auto|scroll/.test(getComputedStyle(target).overflowX)) wrong.push(`text leaves its box: ${told(element)}`);
    }
  }

  const targets = [...root.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea")].filter((each) => each.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && getComputedStyle(each).pointerEvents !== "none");
  for (const target of targets) {
    const hit = target.matches("[type=checkbox], [type=radio]") ? target.closest("label") ?? target : target;
    const box = seen(hit);
    if (box.width < 2 || box.height < 2) {
      if (!scrolls(hit) && !hit.closest(".sr")) wrong.push(`off the screen: ${told(target)}`);
      continue;
    }
    const isWhole = box.width >= box.whole.width - 1 && box.height >= box.whole.height - 1;
    if (!isWhole && !scrolls(hit)) wrong.push(`leaves the screen: ${told(target)}`);
    if (isWhole && Math.min(box.whole.width, box.whole.height) < 43.5 && !target.matches(".sr, .sr *")) wrong.push(`small (${Math.round(box.whole.width)} × ${Math.round(box.whole.height)}): ${told(target)}`);
    const at = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (isWhole && at && !hit.contains(at) && !at.contains(hit) && !target.disabled) wrong.push(`covered by ${told(at)}: ${told(target)}`);
  }
  return [...new Set(wrong)];
}
