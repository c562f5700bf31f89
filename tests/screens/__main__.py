"""python -m tests.screens FOLDER: write a picture of every screen, at every size, in every language and theme."""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path

from tests.chromium import browser
from tests.screens.catalogue import SHOP
from tests.screens.looking import LANGUAGES, PAGE_SIZES, PHONE, THEMES, page_of, walk, walk_owner, walk_pages
from tests.shops import TestShop, rules_with_coupons


def main(folder: Path, sizes: list[str], languages: list[str], themes: list[str]) -> None:
    """Write one picture for each, named by size, language, theme and screen."""
    with browser() as running:
        for size, language, theme, show in product(sizes, languages, themes, (walk, walk_pages, walk_owner)):
            if (show is walk_owner) != (size == PHONE) and show is not walk_pages:
                continue
            with (
                tempfile.TemporaryDirectory() as place,
                TestShop(Path(place) / "shop", config=SHOP, promotions=rules_with_coupons()) as shop,
                page_of(running, shop.parts.url, size=size, language=language, theme=theme) as page,
            ):
                target = folder / size / language / theme
                target.mkdir(parents=True, exist_ok=True)
                for name in show(shop, page):
                    page.screenshot(path=target / f"{name.replace('/', '-').replace('?', '-')}.png")
                print(f"{size} {language} {theme}: {len(list(target.iterdir()))} pictures", flush=True)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        [each for each in PAGE_SIZES if each in sys.argv] or list(PAGE_SIZES),
        [each for each in LANGUAGES if each in sys.argv] or list(LANGUAGES),
        [each for each in THEMES if each in sys.argv] or list(THEMES),
    )
