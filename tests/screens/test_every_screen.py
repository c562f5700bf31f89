"""No text is cut and no target covered, small or off the screen: every screen, at every size, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.screens.catalogue import SHOP
from tests.screens.looking import LANGUAGES, MEASURE, SIZES, page_of, walk
from tests.shops import TestShop, rules_with_coupons

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_or_covered(chromium: Browser, tmp_path: Path, size: str, language: str) -> None:
    wrong: list[str] = []
    with (
        TestShop(tmp_path / "shop", config=SHOP, promotions=rules_with_coupons()) as shop,
        page_of(chromium, shop.parts.url, size=size, language=language) as page,
    ):
        for name in walk(shop, page):
            wrong += [f"{name}: {each}" for each in page.evaluate(MEASURE)]
    assert not wrong, "\n".join(wrong)
