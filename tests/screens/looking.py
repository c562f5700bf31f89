"""Opens pages of a shop at a size, in a language and a theme, and the panels over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.screens.catalogue import OWNER, SCENES, pages_of
from tests.screens.stages import sell, sign_in
from tests.shops import TestShop

SIZES = {"1280x800": (1280, 800), "1024x600": (1024, 600), "800x480": (800, 480)}
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
PHONE = "390x844"
"""A phone, upright: the customers' own pages, and what the owner reads."""
PAGE_SIZES = SIZES | {PHONE: (390, 844)}
THEMES = ("light", "dark", "contrast")
MEASURE = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
OPEN = """async (path) => {
    const panel = document.querySelector("#panel"), body = document.querySelector("#panel-body");
    body.replaceChildren();
    if (!panel.open) panel.showModal();
    panel.dataset.name = path.split(/[?/]/)[0];
    await htmx.ajax("GET", `/lane/1/${path}`, { target: "#panel-body", swap: "innerHTML" });
}"""
SHUT = """() => document.querySelector("#panel").close()"""
Walk = Callable[[TestShop, Page], Iterator[str]]

FORGIVEN = ("ERR_CONNECTION", "ERR_INCOMPLETE", "410 (GONE)")
"""What a browser says where a page was left, and of one that tells that its time is over."""
ON_A_DESK = frozenset({"bench"})
"""Pages that stand beside the till on a desk, and are looked at there only."""
DESK_FROM = 1_200
TRIES = 300
TYPING = """(wanted) => {
    document.body.dataset.touchkeys = wanted;
    document.activeElement.blur();
    if (wanted === "on") document.querySelector("#panel-body input").focus();
}"""
"""Brings the keyboard in the page, or takes it away again."""
ID_FROM = 20
"""Characters of the shortest id."""


@contextmanager
def page_of(browser: Browser, url: str, *, size: str, language: str, theme: str = "light") -> Iterator[Page]:
    """Open a page as somebody chose to see it; what it complains of fails the caller."""
    width, height = PAGE_SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.add_cookies([
        {"name": "lang", "value": language, "url": url},
        {"name": "theme", "value": theme, "url": url},
    ])  # fmt: skip
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{url}lane/1")
    yield page
    context.close()
    assert [each for each in complaints if not any(word in each for word in FORGIVEN)] == []


def walk(shop: TestShop, page: Page) -> Iterator[str]:
    """Show every screen of the catalogue on a page, one after the other, and yield its name while it stands there."""
    for scene in SCENES:
        scene.prepare(shop)
        shows(page, shop)
        yield scene.name
        for path in scene.panels(shop):
            open_panel(page, path)
            yield f"{scene.name}/{_named(path)}"
        if scene.name == "selling":
            open_panel(page, "member")
            page.evaluate(TYPING, "on")
            page.wait_for_timeout(40)
            yield f"{scene.name}/touchkeys"
            page.evaluate(TYPING, "auto")
        page.evaluate(SHUT)


def walk_pages(shop: TestShop, page: Page) -> Iterator[str]:
    """Show every page that is no panel of a lane, and yield its name while it stands there."""
    sign_in(shop)
    sell(shop)
    is_desk = (page.viewport_size or {"width": 0})["width"] >= DESK_FROM
    for name, path in pages_of(shop):
        if name in ON_A_DESK and not is_desk:
            continue
        page.goto(shop.parts.url.rstrip("/") + path)
        page.wait_for_timeout(60)
        yield name


def walk_owner(shop: TestShop, page: Page) -> Iterator[str]:
    """Show what the owner reads on a phone, and yield its name while it stands there."""
    yield "owner/locked"
    sign_in(shop)
    shows(page, shop)
    yield "owner"
    for path in OWNER:
        open_panel(page, path)
        yield f"owner/{path}"


def _named(path: str) -> str:
    """Return a path without the ids in it, which are others each time."""
    return "/".join("…" if len(part) > ID_FROM and part.isalnum() else part for part in path.split("/"))


def shows(page: Page, shop: TestShop) -> None:
    """Wait until the stream has painted the newest view; another may come while the one before is awaited."""
    for _ in range(TRIES):
        if page.locator("#stage").get_attribute("data-number") == str(shop.view().number):
            break
        page.wait_for_timeout(20)
    else:
        raise AssertionError(f"the page shows no view {shop.view().number}")
    page.wait_for_timeout(50)


def open_panel(page: Page, path: str) -> None:
    page.evaluate(OPEN, path)
    assert page.evaluate("() => document.querySelector('#panel-body').innerHTML.trim()"), f"nothing came of {path}"
    page.wait_for_timeout(40)
