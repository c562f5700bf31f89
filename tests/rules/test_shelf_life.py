"""Whether an item may still be sold, by the dates of its code."""

from datetime import date, datetime

import pytest

from rules.codes import CodeSettings, Step, classify
from rules.shelf_life import Freshness, shelf_life

SETTINGS = CodeSettings(reference_year=2026)


@pytest.mark.parametrize(
    ("dates", "now", "freshness", "day"),
    [
        ("17261122", "2026-11-23 10:00", "expired", "2026-11-22"),  # yesterday was its last day
        ("17261123", "2026-11-23 23:59", "last_day", "2026-11-23"),  # the last day counts whole
        ("17261124", "2026-11-23 10:00", "good", None),
        ("17261100", "2026-11-30 10:00", "last_day", "2026-11-30"),  # day 00: the month's last
        ("17261100", "2026-12-01 10:00", "expired", "2026-11-30"),
        ("17261130", "2026-12-01 02:00", "last_day", "2026-11-30"),  # a bar is still open: its trading day counts
        ("17261130", "2026-12-01 04:00", "expired", "2026-11-30"),
        ("70032611231000", "2026-11-23 10:00", "last_day", "2026-11-23"),  # a moment: not over before the next minute
        ("70032611231000", "2026-11-23 10:01", "expired", "2026-11-23"),
        ("70032611302300", "2026-12-01 02:00", "expired", "2026-11-30"),  # a moment counts by the clock, not by the day
        ("15261122", "2026-11-23 10:00", "past_best", "2026-11-22"),
        ("15261123", "2026-11-23 10:00", "good", None),
        ("1526110117261123", "2026-11-23 10:00", "last_day", "2026-11-23"),  # the nearer end is said
        ("1526110117261201", "2026-11-23 10:00", "past_best", "2026-11-01"),
        ("1526120117261101", "2026-11-23 10:00", "expired", "2026-11-01"),
        ("11260101", "2026-11-23 10:00", "good", None),  # made on: no end
        ("16261122", "2026-11-23 10:00", "expired", "2026-11-22"),  # sell by: not to be offered any longer
        ("16261123", "2026-11-23 23:59", "good", None),  # its last day of sale, and to be used up later
        ("16261130", "2026-12-01 02:00", "good", None),  # the trading day counts
        ("16261100", "2026-12-01 10:00", "expired", "2026-11-30"),
        ("1626112217261201", "2026-11-23 10:00", "expired", "2026-11-22"),  # good to eat, and no longer for sale
        ("1626112217261120", "2026-11-23 10:00", "expired", "2026-11-20"),
        ("1626112317261123", "2026-11-23 10:00", "last_day", "2026-11-23"),
        ("3103000532", "2026-11-23 10:00", "good", None),
    ],
)
def test_an_item_by_the_dates_of_its_code(dates: str, now: str, freshness: str, day: str | None) -> None:
    code = classify("]C10106901234567892" + dates, step=Step.ITEM, settings=SETTINGS)
    assert code.gtin14 == "06901234567892"
    now_local = datetime.fromisoformat(now)
    trading_day = now_local.date() if now_local.hour >= 4 else date(2026, 11, 30)
    life = shelf_life(code.elements, business_date=trading_day, now_local=now_local)
    assert (life.freshness, life.day) == (Freshness(freshness), day and date.fromisoformat(day))


@pytest.mark.parametrize(
    ("dates", "freshness", "day"),
    [
        ("15261122", "expired", "2026-11-22"),
        ("15261123", "last_day", "2026-11-23"),
        ("15261124", "good", None),
        ("1526112217261123", "expired", "2026-11-22"),  # the first end counts
        ("1526112417261123", "last_day", "2026-11-23"),
        ("1526112317261201", "last_day", "2026-11-23"),
    ],
)
def test_where_the_best_day_is_the_last(dates: str, freshness: str, day: str | None) -> None:
    code = classify("]C10106901234567892" + dates, step=Step.ITEM, settings=SETTINGS)
    life = shelf_life(
        code.elements, business_date=date(2026, 11, 23), now_local=datetime(2026, 11, 23, 10), best_is_last=True
    )
    assert (life.freshness, life.day) == (Freshness(freshness), day and date.fromisoformat(day))


def test_a_code_without_elements_says_nothing_of_days() -> None:
    code = classify("6901234567892", step=Step.ITEM, settings=SETTINGS)
    life = shelf_life(code.elements, business_date=date(2026, 11, 23), now_local=datetime(2026, 11, 23, 10))
    assert (life.freshness, life.day) == (Freshness.GOOD, None)


def test_a_digital_link_carries_its_day() -> None:
    code = classify("https://example.com/01/06901234567892?17=261122", step=Step.ITEM, settings=SETTINGS)
    life = shelf_life(code.elements, business_date=date(2026, 11, 23), now_local=datetime(2026, 11, 23, 10))
    assert (life.freshness, life.day) == (Freshness.EXPIRED, date(2026, 11, 22))
