"""Items that are past the day that their code says, at a till: what stands in their code beside it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from edge import till_checks, till_items, weighing
from edge.store import catalog
from edge.store.database import rows
from edge.texts import Texts
from edge.till import Till
from tests.shops import CONFIG, COUNTER, TestShop

HAM = "06900000000144"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop") as opened:
        opened.parts.loop.write(lambda: catalog.put_code(opened.parts.store.db, HAM, "apple"))
        opened.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield opened


@pytest.mark.parametrize(
    ("beside", "weight_g", "amount"),
    [
        ("3103000532", 532, 681),  # grams
        ("3102000123", 1_230, 1_574),  # tenths of a hectogram
        ("3922681", 532, 681),  # a price: the weight follows from it
    ],
)
@pytest.mark.parametrize("lot", ["", "10LOT-7\x1d"])  # with a lot first, only its symbology says that it is GS1
def test_what_stands_in_the_code_is_kept(shop: TestShop, beside: str, weight_g: int, amount: int, lot: str) -> None:
    said = shop.ask(1, Till.scan, text=f"]C1{lot}01{HAM}17261122{beside}")
    assert said.code == "expired_asked" and shop.view().lines == ()
    assert shop.ask(1, till_items.sell_expired) is None
    (line,) = shop.view().lines
    assert (line.sku, line.weight_g, line.net, shop.view().blocked) == ("apple", weight_g, amount, None)


def test_the_journal_says_what_was_sold_after_its_day_and_in_which_sale(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="6901234567892")
    sale_id = shop.view().sale_id
    for answer in (shop.dismiss, lambda: shop.ask(1, till_items.sell_expired)):
        shop.ask(1, Till.scan, text="(01)06900000000014(17)261101")
        answer()
    said = rows(
        shop.parts.store.reads,
        "SELECT action, subject, staff_id, detail FROM audit WHERE action LIKE 'expired_%' ORDER BY audit_no",
    )
    assert [row[:3] for row in said] == [
        ("expired_refused", sale_id, "zhang"),
        ("expired_allowed", sale_id, "zhang"),
    ]
    assert [msgspec.json.decode(row[3]) for row in said] == [{"sku": "milk", "day": "2026-11-01"}] * 2


def test_an_answer_pressed_twice_sells_once(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="(01)06900000000014(17)261101")
    assert shop.ask(1, till_items.sell_expired) is None
    assert shop.ask(1, till_items.sell_expired).code == "nothing_asked"
    assert [(line.sku, line.quantity) for line in shop.view().lines] == [("milk", 1)]


@pytest.mark.parametrize("sku", ["old", "bag"])
def test_what_is_not_for_sale_is_refused_for_that(shop: TestShop, sku: str) -> None:
    def retire() -> None:
        item = catalog.item(shop.parts.store.db, sku, now_ms=shop.clock.now_ms())
        assert item is not None
        catalog.put_code(shop.parts.store.db, HAM, sku)
        shop.parts.store.db.execute_sql("UPDATE item SET is_active = 0 WHERE sku = ?", (sku,))

    shop.parts.loop.write(retire)
    assert shop.ask(1, Till.scan, text=f"(01){HAM}(17)261101").code == "item_inactive"


def test_where_the_best_day_is_advice_it_is_sold_with_a_word(tmp_path: Path) -> None:
    text = CONFIG.replace("[store]\n", "[store]\nbest_is_last = false\n", 1)
    assert text != CONFIG
    with TestShop(tmp_path / "shop", config=text) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert shop.ask(1, Till.scan, text="(01)06900000000014(15)261101") is None
        view = shop.view()
        assert view.notice is not None and view.notice.code == "shelf_past_best"
        assert [(line.sku, line.quantity) for line in view.lines] == [("milk", 1)]


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-Hans", "有效期到 2026-11-01"), ("zh-Hant", "有效期限到 2026-11-01"), ("en", "last day 1 Nov 2026")],
)
def test_the_day_is_said_as_the_language_says_days(shop: TestShop, language: str, said: str) -> None:
    asked = shop.ask(1, Till.scan, text="(01)06900000000014(17)261101")
    assert said in Texts(language, "CNY").refusal(asked.code, asked.params)


def test_the_last_day_is_told_after_the_weight_was_asked(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", config=CONFIG + COUNTER) as shop:
        shop.parts.loop.write(lambda: catalog.put_code(shop.parts.store.db, HAM, "apple"))
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert shop.ask(1, Till.scan, text=f"(01){HAM}(17)261123").code == "weigh_item"
        assert shop.ask(1, weighing.type_weight, sku="apple", weight_g=532) is None
        view = shop.view()
        assert view.notice is not None and view.notice.code == "shelf_last_day"
        assert Texts("en", "CNY").refusal(view.notice.code, view.notice.params).startswith("Today is the last day of “")
        assert [(line.sku, line.weight_g) for line in view.lines] == [("apple", 532)]


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ("(17)261122", "Expired, last day 22 Nov 2026: "),
        ("(17)261123", "Last day of “红富士苹果” is today: tell the customer. By weight:"),
        ("(15)261122", "“红富士苹果” was best until 22 Nov 2026: look at it. By weight:"),
        ("(17)261124", "“红富士苹果” is sold by weight:"),
    ],
)
def test_without_a_scale_the_days_are_said_with_what_is_to_be_done(tmp_path: Path, dates: str, said: str) -> None:
    """Its weight is typed with a press of its own, after the banner is gone."""
    text = CONFIG.replace("[store]\n", "[store]\nbest_is_last = false\n", 1)
    with TestShop(tmp_path / "shop", config=text) as shop:
        shop.parts.loop.write(lambda: catalog.put_code(shop.parts.store.db, HAM, "apple"))
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.scan, text=f"(01){HAM}{dates}")
        banner = shop.view().blocked
        assert banner is not None
        assert Texts("en", "CNY").refusal(banner.code, banner.params).startswith(said)
        # An expired one is asked for first; its days are said by that question.
        if banner.code == "expired_asked":
            shop.ask(1, till_items.sell_expired)
            banner = shop.view().blocked
            assert banner is not None and banner.code == "needs_weight"


@pytest.mark.parametrize(
    ("dates", "expired", "last_day", "best_until"),
    [
        ("(17)261122", date(2026, 11, 22), None, None),
        ("(16)261122", date(2026, 11, 22), None, None),
        ("(17)261123", None, date(2026, 11, 23), None),
        ("(15)261122", None, None, date(2026, 11, 22)),
        ("(17)261124", None, None, None),
    ],
)
def test_a_price_check_says_the_days(
    tmp_path: Path, dates: str, expired: date | None, last_day: date | None, best_until: date | None
) -> None:
    text = CONFIG.replace("[store]\n", "[store]\nbest_is_last = false\n", 1)
    with TestShop(tmp_path / "shop", config=text) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, till_checks.begin_check)
        shop.ask(1, Till.scan, text="(01)06900000000014" + dates)
        seen = shop.view().checked
        assert seen is not None
        assert (seen.expired, seen.last_day, seen.best_until) == (expired, last_day, best_until)
