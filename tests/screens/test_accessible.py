"""axe-core finds nothing on any screen: names, roles, contrast, order, targets, at each size, in each theme and language."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser

from tests.screens.catalogue import SHOP
from tests.screens.looking import PHONE, Walk, page_of, walk, walk_owner, walk_pages
from tests.shops import TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async () => {
    // The watermark of practice is drawn faintly over all of it; the bar above says it in words.
    // What lies behind an open panel is hidden from whoever has the page read out.
    const open = [...document.querySelectorAll("dialog[open]")].pop();
    const found = await axe.run(open ?? { exclude: [".practice"] }, { resultTypes: ["violations"] });
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""


# Each screen at each size, and in each theme; the languages take turns, so that each is met at more than one size.
LANES = (
    ("1280x800", "zh-Hans", "light"),
    ("1024x600", "en", "light"),
    ("800x480", "zh-Hant", "light"),
    ("1024x600", "zh-Hans", "dark"),
    ("800x480", "en", "contrast"),
)
PAGES = (
    ("1280x800", "en", "light"),
    ("1024x600", "zh-Hans", "dark"),
    ("800x480", "zh-Hant", "contrast"),
    (PHONE, "en", "dark"),
    (PHONE, "zh-Hans", "light"),
    (PHONE, "zh-Hant", "contrast"),
)
OWNERS = ((PHONE, "en", "light"), (PHONE, "zh-Hans", "dark"), (PHONE, "zh-Hant", "contrast"))


@pytest.mark.parametrize(
    ("show", "seen"),
    [(walk, each) for each in LANES] + [(walk_pages, each) for each in PAGES] + [(walk_owner, each) for each in OWNERS],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else each.__name__,
)
def test_axe_finds_nothing(chromium: Browser, tmp_path: Path, show: Walk, seen: tuple[str, str, str]) -> None:
    size, language, theme = seen
    wrong: list[str] = []
    with (
        TestShop(tmp_path / "shop", config=SHOP, promotions=rules_with_coupons()) as shop,
        page_of(chromium, shop.parts.url, size=size, language=language, theme=theme) as page,
    ):
        for name in show(shop, page):
            if not page.evaluate("() => Boolean(window.axe)"):
                page.evaluate(AXE)
            wrong += [f"{name}: {each}" for each in page.evaluate(RUN)]
    assert not wrong, "\n".join(wrong)
