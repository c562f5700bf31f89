"""A line that came as it stands there is neither parsed nor compared again, and the page shows what a reload would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as NotYetError

from edge.screen import LineView, TillView
from rules.basket import Names
from tests.edge.web.preview import MARKUP, Preview, line, open_page, paying, selling

pytestmark = pytest.mark.browser

STEPS = 40
SHOWN = """
(from) => [...from.querySelectorAll("#lines > li")].map((line) => line.outerHTML.replace(/\\s+/g, " ").replace(" is-chosen", ""))
"""
RELOADED = f"""
async () => ({SHOWN})(new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html"))
"""


@pytest.fixture
def page(chromium: Browser, preview: Preview) -> Iterator[Page]:
    preview.show(selling(1))
    opened = open_page(chromium, preview)
    yield opened
    opened.context.close()


def paints(page: Page, preview: Preview, view: TillView) -> None:
    shown = preview.show(view)
    expect(page.locator("#stage")).to_have_attribute("data-number", str(shown.number))


def shows_what_a_reload_would(page: Page) -> None:
    """Hold the page against the same page loaded anew; lines beyond its edge may follow a little later."""
    expected = page.evaluate(RELOADED)
    with suppress(NotYetError):
        page.wait_for_function(
            f"(expected) => String(({SHOWN})(document)) === String(expected)", arg=expected, timeout=2_000
        )
    assert page.evaluate(f"() => ({SHOWN})(document)") == expected


def of(lines: list[LineView]) -> TillView:
    """Return a sale of these lines, the last of which is the newest."""
    return replace(selling(), lines=tuple(replace(each, is_newest=each is lines[-1]) for each in lines))


def change(lines: list[LineView], number: int, draw: random.Random) -> list[LineView]:
    at = draw.randrange(len(lines))
    kind = draw.choice(["add", "add", "take", "count", "name", "move"])
    if kind == "add" or len(lines) < 2:
        return [*lines, line(number)]
    if kind == "take":
        return lines[:at] + lines[at + 1 :]
    if kind == "move":
        return lines[at:] + lines[:at]
    now = lines[at]
    named = replace(now, names=Names(f"{MARKUP} </li> {number}"))
    return [*lines[:at], named if kind == "name" else replace(now, quantity=now.quantity + 1), *lines[at + 1 :]]


def test_after_any_change_the_page_shows_what_a_reload_would(page: Page, preview: Preview) -> None:
    draw = random.Random(5)
    lines = [line(number) for number in range(6)]
    paints(page, preview, of(lines))
    for number in range(6, 6 + STEPS):
        lines = change(lines, number, draw)
        if number % 10 == 0:
            paints(page, preview, paying())
        paints(page, preview, of(lines))
        shows_what_a_reload_would(page)


def test_only_the_line_that_changed_is_put_anew(page: Page, preview: Preview) -> None:
    lines = [line(number) for number in range(12)]
    paints(page, preview, of(lines))
    page.keyboard.press("ArrowUp")
    expect(page.locator(".line.is-chosen")).to_have_count(1)
    page.evaluate("""() => {
      window.before = [...document.querySelectorAll(".line")];
      const { set } = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML");
      window.given = [];
      Object.defineProperty(Element.prototype, "innerHTML", { set(html) { window.given.push(html); set.call(this, html); } });
    }""")
    lines[3] = replace(lines[3], quantity=9)
    paints(page, preview, of(lines))
    kept = page.evaluate("() => [...document.querySelectorAll('.line')].map((line, at) => line === window.before[at])")
    assert kept == [at != 3 for at in range(12)]
    given = "".join(page.evaluate("() => window.given"))
    assert given.count("line-face") == 1
    assert "data-number" in given
    expect(page.locator(".line >> nth=3")).to_have_attribute("data-quantity", "9")
    expect(page.locator(".line.is-chosen")).to_have_attribute("data-line", "12")


def test_a_line_that_is_kept_stands_in_each_language(preview: Preview) -> None:
    preview.show(of([line(1)]))
    for language, name in (("zh-Hans", "农夫山泉"), ("en", "Nongfu"), ("zh-Hant", "農夫山泉"), ("zh-Hans", "农夫山泉")):
        asked = Request(f"{preview.url}/lane/1", headers={"Cookie": f"lang={language}"})
        with urlopen(asked) as answer:
            assert name in answer.read().decode().partition('class="line-name')[2].partition("</span>")[0]
