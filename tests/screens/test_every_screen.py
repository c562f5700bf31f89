"""No text is cut and no target covered, small or off the screen: every screen, at every size, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.screens.catalogue import SHOP
from tests.screens.looking import LANGUAGES, MEASURE, PHONE, SIZES, Walk, page_of, walk, walk_owner, walk_pages
from tests.shops import TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

WALKS: dict[str, tuple[Walk, ...]] = dict.fromkeys(SIZES, (walk,)) | {
    "1280x800, pages": (walk_pages,),
    "800x480, pages": (walk_pages,),
    PHONE: (walk_owner, walk_pages),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", WALKS)
def test_nothing_is_cut_or_covered(chromium: Browser, tmp_path: Path, size: str, language: str) -> None:
    wrong: list[str] = []
    for at, show in enumerate(WALKS[size]):
        with (
            TestShop(tmp_path / str(at), config=SHOP, promotions=rules_with_coupons()) as shop,
            page_of(chromium, shop.parts.url, size=size.partition(",")[0], language=language) as page,
        ):
            for name in show(shop, page):
                wrong += [f"{name}: {each}" for each in page.evaluate(MEASURE)]
    assert not wrong, "\n".join(wrong)
