"""Every face of the customer display without a shop behind it.

`python -m tests.edge.web.display_preview FOLDER` photographs them all into a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

from edge.check_view import CheckView
from edge.config import PrivacyConfig
from edge.config_display import DisplayConfig
from edge.screen import DoneView, OfferView, PointsView, Stage, TenderView, TillView
from edge.weights import WeighView
from rules.basket import Names
from rules.quote import Quote
from tests.chromium import browser
from tests.edge.web.preview import GIFTS, MEMBER, TEN, Preview, discounted, done, paying, selling, serve

SIZES = {"1280": (1_280, 800), "1024": (1_024, 600), "800": (800, 480), "upright": (600, 1_024)}
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
MORE = {
    "privacy": PrivacyConfig(page_url="https://taptill.lan"),
    "display": DisplayConfig(slide_s=3, thanks_s=600, shows_stored_value=True),
}
CHECKED = CheckView(
    sku="tea", names=Names("明前特级龙井茶礼盒装", "明前特級龍井茶禮盒裝", "Longjing green tea, first harvest, gift box"),
    unit="盒", price=128_800, member_price=118_800, is_weighed=False, is_open_price=False, is_sold=True, stock=3, age=0,
)  # fmt: skip
SUM = Quote(lines=(), gross=10_721, discount=2_000, total=8_721, tax=0, points=104)
OFFERS = (
    OfferView("A", "a", TEN, 0, saves=1_000, helps=True, is_best=True),
    OfferView("B", "b", Names("生日券满50减15", "生日券滿50減15", "Birthday coupon: 15 off from 50"), 0, saves=1_500, helps=True),
    OfferView("C", "c", Names("给别的商品", "給別的商品", "For something else"), 0),
)  # fmt: skip


def served() -> TillView:
    """A member with everything that a display may say."""
    return replace(
        discounted(), quote=SUM, offers=OFFERS, points=PointsView(1_200, 1_200), gifts=GIFTS,
    )  # fmt: skip


def thanked(**changes: object) -> TillView:
    return replace(done(), member=MEMBER, total=8_650, discount=2_000, **changes)  # type: ignore[arg-type]


FACES: dict[str, Callable[[], TillView]] = {
    "closed": lambda: TillView(lane=1),
    "idle": selling,
    "one": lambda: selling(1),
    "fifty": lambda: selling(50),
    "member": served,
    "greeted": lambda: selling(0, member=replace(MEMBER, is_birthday_soon=False), sale_id="01sale"),
    "paying": lambda: paying(member=MEMBER, quote=SUM, discount=2_000),
    "split": lambda: paying(due=3_650, tenders=(TenderView("scan", 5_000, 5_000),)),
    "thanks": thanked,
    "learning": lambda: selling(is_training=True),
    "check": lambda: selling(2, is_checking=True, checked=CHECKED),
    "check-empty": lambda: selling(is_checking=True, checked=replace(CHECKED, is_weighed=True, member_price=None)),
    "weigh": lambda: selling(2, member=MEMBER, weighing=WeighView("apple", CHECKED.names, 1_280)),
    "exact": lambda: TillView(
        lane=1, stage=Stage.DONE, total=8_650,
        done=DoneView("01sale", "SH01-01-20261122-0043", 8_650, 0, 0, None, (TenderView("card", 8_650, 8_650),)),
    ),
}  # fmt: skip


def make_slides(folder: Path) -> Path:
    """Put two pictures into a folder, one of them upright."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, size, colour in (("01 autumn.png", (1_280, 720), "#b8860b"), ("02 tea.jpg", (600, 900), "#2f6f5a")):
        picture = Image.new("RGB", size, colour)
        ImageDraw.Draw(picture).ellipse((size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4), fill="white")
        picture.save(folder / name)
    return folder


@contextmanager
def serve_displays(folder: Path, *, port: int = 0) -> Iterator[Preview]:
    with serve(folder, port=port, more=MORE, slides=make_slides(folder / "slides")) as preview:
        yield preview


def open_display(
    chromium: Browser, preview: Preview, size: str = "1280", language: str = "zh-Hans", scheme: str = "light"
) -> Page:
    """Open a display, after somebody chose a language."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, has_touch=True, color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    page.goto(f"{preview.url}/display/1")
    speak(page, language)
    return page


def speak(page: Page, language: str) -> None:
    """Touch a language, and wait until the display speaks it."""
    page.locator(f'.d-tongues [data-language="{language}"]').tap()
    page.locator(f'#face[data-language="{language}"]').wait_for()


def photograph(folder: Path, wanted: list[str]) -> None:
    """Write a picture of every face in every size, in a language and look each."""
    folder.mkdir(parents=True, exist_ok=True)
    looks = (
        ("1280", "zh-Hans", "light"), ("1280", "en", "dark"), ("1024", "zh-Hant", "light"), ("800", "en", "light"),
        ("800", "zh-Hans", "dark"), ("upright", "en", "light"), ("upright", "zh-Hans", "light"),
    )  # fmt: skip
    with browser() as chromium, serve_displays(folder / "shop") as preview:
        for size, language, scheme in looks:
            page = open_display(chromium, preview, size, language, scheme)
            for name in wanted or FACES:
                preview.show(FACES[name]())
                page.wait_for_timeout(250)
                if page.locator("#face").get_attribute("data-language") != language:
                    speak(page, language)
                page.screenshot(path=folder / f"{name}-{size}-{language}-{scheme}.png")
            page.context.close()


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), sys.argv[2:])
