"""Whatever the page morphs into whatever else becomes the same, and what has an id stays the element that it was."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.edge.web.preview import Preview, open_page, selling

pytestmark = pytest.mark.browser

TREES = 600
MORPHED = """
(seeds) => {
  const wrong = [];
  let state = 0;
  const below = (most) => { // a generator of its own, so that a seed that fails can be looked at
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  function grown(depth) {
    const made = document.createElement(["div", "span", "b"][below(3)]);
    for (const name of ["class", "data-a", "hidden"]) if (below(3) === 0) made.setAttribute(name, String(below(3)));
    const ids = ["p", "q", "r", "s"].sort(() => below(3) - 1);
    for (let count = depth ? below(6) : 0; count; count -= 1) {
      if (below(3) === 0) made.append(["", " ", "text", "other"][below(4)]);
      else {
        const child = grown(depth - 1);
        if (ids.length && below(2)) child.id = ids.pop();
        made.append(child);
      }
    }
    return made;
  }
  const root = (seed) => {
    state = seed;
    const made = document.createElement("section");
    made.append(...grown(3).childNodes);
    return made;
  };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const old = root(seed), fresh = root(seed + seeds), is = fresh.cloneNode(true);
    const was = new Map([...old.children].filter((child) => child.id).map((child) => [child.id + child.nodeName, child]));
    morphing.morph(old, fresh);
    const stays = [...old.children].every((child) => !was.has(child.id + child.nodeName) || was.get(child.id + child.nodeName) === child);
    if (!old.isEqualNode(is) || !stays) wrong.push(seed);
  }
  return wrong;
}
"""


def test_whatever_is_morphed_becomes_the_same(chromium: Browser, preview: Preview) -> None:
    preview.show(selling(3))
    page = open_page(chromium, preview)
    assert page.evaluate(MORPHED, TREES) == []
    page.context.close()
