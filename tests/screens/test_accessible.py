"""axe-core finds nothing on any screen: names, roles, contrast, order, targets, in each theme."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser

from tests.screens.catalogue import SHOP
from tests.screens.looking import THEMES, page_of, walk, walk_pages
from tests.shops import TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async () => {
    // The watermark of practice is drawn faintly over all of it; the bar above says it in words.
    // What lies behind an open panel is inert: the browser gives it to nobody.
    const open = [...document.querySelectorAll("dialog[open]")].pop();
    const found = await axe.run(open ?? { exclude: [".practice"] }, { resultTypes: ["violations"] });
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(chromium: Browser, tmp_path: Path, theme: str) -> None:
    wrong: list[str] = []
    with (
        TestShop(tmp_path / "shop", config=SHOP, promotions=rules_with_coupons()) as shop,
        page_of(chromium, shop.parts.url, size="1280x800", language="zh-Hans", theme=theme) as page,
    ):
        page.evaluate(AXE)
        for name in walk(shop, page):
            wrong += [f"{name}: {each}" for each in page.evaluate(RUN)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_on_pages_of_their_own(chromium: Browser, tmp_path: Path, theme: str) -> None:
    wrong: list[str] = []
    with (
        TestShop(tmp_path / "shop", config=SHOP, promotions=rules_with_coupons()) as shop,
        page_of(chromium, shop.parts.url, size="1280x800", language="en", theme=theme) as page,
    ):
        for name in walk_pages(shop, page):
            page.evaluate(AXE)
            wrong += [f"{name}: {each}" for each in page.evaluate(RUN)]
    assert not wrong, "\n".join(wrong)
