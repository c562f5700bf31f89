from __future__ import annotations

from datetime import date

import pytest

from rules.basket import Names
from rules.loyalty import Birthday, Tier, accrual, birthday_on, is_birthday
from rules.lunar import FIRST_YEAR, LAST_YEAR, solar_day

BLUE = Tier(id="blue", names=Names(en="Blue"), spend_from=0)
SILVER = Tier(id="silver", names=Names(en="Silver"), spend_from=100_000, points_per_yuan_bp=12_500)
GOLD = Tier(id="gold", names=Names(en="Gold"), spend_from=500_000, points_per_yuan_bp=15_000)


@pytest.mark.parametrize(
    ("total", "tier", "points"),
    [
        (3_380, None, 33),  # a point a whole yuan
        (99, None, 0),  # less than a yuan
        (0, GOLD, 0),
        (3_380, BLUE, 33),
        (3_380, SILVER, 41),  # 33 yuan at 1.25 are 41.25
        (3_399, SILVER, 41),  # the fen earn nothing, at no rate
        (3_380, GOLD, 49),  # 49.5
    ],
)
def test_accrual(total, tier, points):
    assert accrual(total, tier) == points


def test_accrual_without_a_tier_takes_the_shops_rate_and_a_multiplier_counts_before_the_floor():
    assert accrual(1_000, None, base_bp=5_000) == 5
    assert accrual(1_000, None, base_bp=0) == 0
    assert accrual(300, SILVER) == 3
    assert accrual(300, SILVER, multiplier_bp=20_000) == 7


@pytest.mark.parametrize(
    ("birthday", "today", "before", "after", "answer"),
    [
        (Birthday(11, 22), date(2026, 11, 22), 0, 0, True),
        (Birthday(11, 22), date(2026, 11, 23), 0, 0, False),
        (Birthday(11, 22), date(2026, 11, 25), 0, 3, True),  # the last day of the window
        (Birthday(11, 22), date(2026, 11, 26), 0, 3, False),
        (Birthday(11, 22), date(2026, 11, 19), 3, 0, True),
        (Birthday(1, 2), date(2026, 12, 31), 3, 0, True),  # the window opens in the old year
        (Birthday(12, 30), date(2027, 1, 2), 0, 3, True),  # and closes in the new one
        (Birthday(2, 29), date(2027, 2, 28), 0, 0, True),  # no such day this year
        (Birthday(2, 29), date(2028, 2, 28), 0, 0, False),  # a leap year has it
        (Birthday(8, 15, lunar=True), date(2026, 9, 25), 0, 0, True),  # Mid-Autumn of 2026
        (Birthday(8, 15, lunar=True), date(2026, 8, 15), 0, 0, False),
        (Birthday(12, 29, lunar=True), date(2027, 2, 5), 0, 0, True),  # the last day of the lunar year 2026
        (Birthday(1, 1, lunar=True), date(2190, 2, 1), 31, 31, False),  # past the calendar
    ],
)
def test_is_birthday(birthday, today, before, after, answer):
    assert is_birthday(birthday, today, days_before=before, days_after=after) is answer


@pytest.mark.parametrize(
    ("year", "month", "day", "solar"),
    [
        (2024, 1, 1, date(2024, 2, 10)),  # New Year
        (2027, 1, 1, date(2027, 2, 6)),
        (2028, 1, 1, date(2028, 1, 26)),
        (2034, 1, 1, date(2034, 2, 19)),  # after the leap month 11 of 2033
        (2025, 5, 5, date(2025, 5, 31)),  # Dragon Boat, before the leap month
        (2025, 8, 15, date(2025, 10, 6)),  # Mid-Autumn, after leap month 6
        (2023, 2, 30, date(2023, 3, 21)),  # the ordinary second month
        (2025, 12, 30, date(2026, 2, 16)),  # the 29th: that month is short
    ],
)
def test_solar_day(year, month, day, solar):
    assert solar_day(year, month, day) == solar


def test_each_lunar_year_ends_where_the_next_begins():
    for year in range(FIRST_YEAR, LAST_YEAR):
        last = solar_day(year, 12, 30)
        first = solar_day(year + 1, 1, 1)
        assert last is not None and first is not None and (first - last).days == 1, year
    assert solar_day(LAST_YEAR + 1, 1, 1) is None
    assert birthday_on(Birthday(1, 1, lunar=True), FIRST_YEAR - 1) is None
