"""A long basket that comes whole: what is seen is painted first, and all of it stands there a moment later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.screen import ApprovalView, StaffView, TillView
from tests.edge.web.preview import MEMBER, Preview, done, open_page, paying, selling
from tests.edge.web.test_lines_left_out import paints, shows_what_a_reload_would
from tests.edge.web.test_screens import shows_stream

pytestmark = pytest.mark.browser

LONG = 90
WATCH = """
() => {
  window.first = null;
  new MutationObserver(() => {
    const rows = document.querySelectorAll("#lines > li, #bill-lines > li");
    if (rows.length) window.first ??= rows.length;
  }).observe(document.querySelector("#view"), { childList: true, subtree: true });
}
"""
IS_SEEN = """
() => {
  const list = document.querySelector("#lines").getBoundingClientRect();
  const newest = document.querySelector(".line.newest").getBoundingClientRect();
  return newest.top >= list.top - 1 && newest.bottom <= list.bottom + 1;
}
"""
FILLS = """
(selector) => {
  const list = document.querySelector(selector);
  return list.scrollHeight > list.clientHeight;
}
"""


@pytest.fixture(params=[(1280, 800), (800, 480), (1080, 1920)], ids=lambda size: f"{size[0]}x{size[1]}")
def page(chromium: Browser, preview: Preview, request: pytest.FixtureRequest) -> Iterator[Page]:
    preview.show(selling(0))
    opened = open_page(chromium, preview)
    opened.set_viewport_size({"width": request.param[0], "height": request.param[1]})
    opened.evaluate(WATCH)
    yield opened
    opened.context.close()


def bill(count: int) -> TillView:
    return paying(lines=selling(count).lines)


def test_of_a_basket_that_comes_whole_the_last_lines_come_first(page: Page, preview: Preview) -> None:
    preview.show(selling(LONG))
    page.wait_for_function("() => window.first")
    assert page.evaluate(FILLS, "#lines"), "the screen has room for more lines than came"
    expect(page.locator("#lines > li")).to_have_count(LONG)
    assert page.evaluate("() => window.first") < LONG
    assert page.evaluate(IS_SEEN)
    shows_what_a_reload_would(page)


def test_of_a_bill_the_first_lines_come_first(page: Page, preview: Preview) -> None:
    paints(page, preview, selling(1))
    page.evaluate("() => (window.first = null)")
    preview.show(bill(LONG))
    page.wait_for_function("() => document.querySelector('#bill-lines')")
    assert page.evaluate(FILLS, "#bill-lines"), "the screen has room for more lines than came"
    expect(page.locator("#bill-lines > li")).to_have_count(LONG)
    assert page.evaluate("() => window.first") < LONG
    there = page.locator("#bill-lines > li").all_inner_texts()
    page.reload()
    assert page.locator("#bill-lines > li").all_inner_texts() == there


def test_a_view_that_comes_before_the_rest_has_all_of_it(page: Page, preview: Preview) -> None:
    lines = selling(LONG).lines
    for last in range(3):
        preview.show(selling(LONG))
        preview.show(
            replace(
                selling(), lines=tuple(replace(each, quantity=9) if at < 5 else each for at, each in enumerate(lines))
            )
        )
        preview.show(replace(selling(), lines=lines[3 : LONG - last]))
        preview.show(bill(LONG))
        shown = preview.show(replace(selling(), lines=lines[: LONG - last]))
        expect(page.locator("#stage")).to_have_attribute("data-number", str(shown.number))
        expect(page.locator("#lines > li")).to_have_count(LONG - last)
        shows_what_a_reload_would(page)
        paints(page, preview, selling(0))


@pytest.mark.parametrize("member", [None, MEMBER], ids=["nobody", "member"])
def test_each_stage_is_what_a_reload_would_show(page: Page, preview: Preview, member: object) -> None:
    views = [
        selling(LONG),
        selling(0),
        paying(),
        done(),
        selling(2),
        TillView(lane=1),
        selling(LONG),
        paying(),
        selling(0),
    ]
    whole = "() => document.querySelector('#view').innerText.replace(/\\s+/g, ' ')"
    for view in views:
        shown = replace(view, member=member) if view.stage.value in ("selling", "paying") else view
        paints(page, preview, shown)
        page.wait_for_timeout(100)
        there = page.evaluate(whole)
        page.reload()
        page.evaluate(WATCH)
        assert page.evaluate(whole) == there


def test_a_view_that_only_asks_leaves_the_basket_alone(page: Page, preview: Preview) -> None:
    basket = selling(LONG, can_undo=True)
    paints(page, preview, basket)
    expect(page.locator("#lines > li")).to_have_count(LONG)
    fetched: list[str] = []
    # The browser asks for the icon of a new page whenever it likes.
    page.on("request", lambda request: "/lane/" in request.url and fetched.append(request.url))
    page.evaluate("""() => {
      window.swapped = 0;
      addEventListener("htmx:before:swap", () => (window.swapped += 1));
      window.total = document.querySelector("#total");
    }""")
    asked = ApprovalView(
        number=1, permission="line_discount", amount=6_000, limit=1_000, reason="",
        people=(StaffView("boss", "赵红", "owner"),), reasons=(),
    )  # fmt: skip
    paints(page, preview, replace(basket, approval=asked))
    expect(page.locator("#approve[open] .approvers button")).to_have_text("赵红 老板")
    expect(page.locator("#approve-pin")).to_be_focused()
    assert not fetched, "what is asked came with the view"
    assert page.evaluate("() => window.swapped") == 0
    assert page.evaluate("() => window.total === document.querySelector('#total')")
    paints(page, preview, basket)
    expect(page.locator("#approve[open]")).to_have_count(0)
    page.reload()
    paints(page, preview, replace(basket, approval=asked))
    expect(page.locator("#approve[open] .approvers button")).to_have_count(1)
    page.reload()
    expect(page.locator("#approve[open] .approvers button")).to_have_count(1)


def test_what_a_basket_that_comes_or_goes_does_not_change_stays(page: Page, preview: Preview) -> None:
    page.evaluate("() => { window.kept = document.querySelector('#acts [data-panel=settings]'); }")
    for count in (LONG, 0, 3):
        paints(page, preview, selling(count))
        expect(page.locator("#lines > li")).to_have_count(count)
        assert page.evaluate("() => window.kept === document.querySelector('#acts [data-panel=settings]')")
        shows_what_a_reload_would(page)


HEARS = """
() => {
  window.heard = [];
  new MutationObserver(() => {
    window.heard.push("view");
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.heard.push("painted");
      channel.port2.postMessage(0);
    });
  }).observe(document.querySelector("#stage"), { attributeFilter: ["data-number"] });
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...how) {
    if (this.id === "flash") window.heard.push("flash");
    return animate.apply(this, how);
  };
}
"""


def test_what_is_heard_and_flashes_waits_until_the_view_is_painted(chromium: Browser, preview: Preview) -> None:
    preview.show(selling(3))
    page = open_page(chromium, preview)
    shows_stream(page, preview)
    page.evaluate(HEARS)
    preview.show(selling(4))
    page.wait_for_function("() => window.heard.includes('flash')")
    assert page.evaluate("() => window.heard") == ["view", "painted", "flash"]
    page.context.close()
