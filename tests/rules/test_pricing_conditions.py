"""When, for whom and where promotions hold: windows and calendars, birthdays, customers, places, and the order of reasons."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from rules.calendar_cn import festival_on, shipped_calendar
from rules.loyalty import Birthday, Member
from rules.quote import MissReason
from rules.usage import Usage
from tests.rules.shopping import MEMBER, basket, label, missed, offer, pieces, portion, quote, typed


def reason(condition, *, now: str = "2026-11-22T12:00", member: Member | None = None, **others) -> MissReason | None:
    """Return why 10 % off do not apply under a condition, or None where they do."""
    promotion = offer("percent_off", off_bp=1_000) | condition
    found = quote(basket(pieces(500), **others), promotion, member=member, now=datetime.fromisoformat(now))
    assert found.total == (500 if found.missed else 450)
    return missed(found).get("p0")


@pytest.mark.parametrize(
    ("when", "now", "expected"),
    [
        # from the first moment up to, and without, the last
        ({"starts_local": "2026-12-01", "ends_local": "2027-01-01"}, "2026-11-30T23:59:59", MissReason.NOT_STARTED),
        ({"starts_local": "2026-12-01", "ends_local": "2027-01-01"}, "2026-12-01T00:00", None),
        ({"starts_local": "2026-12-01", "ends_local": "2027-01-01"}, "2026-12-31T23:59:59", None),
        ({"starts_local": "2026-12-01", "ends_local": "2027-01-01"}, "2027-01-01T00:00", MissReason.ENDED),
        # 22 November 2026 is a Sunday
        ({"weekdays": ["sat", "sun"]}, "2026-11-22T12:00", None),
        ({"weekdays": ["sat", "sun"]}, "2026-11-23T00:00", MissReason.WRONG_DAY),
        ({"days_of_month": [8, 18, 28]}, "2026-11-18T00:00", None),
        ({"days_of_month": [8, 18, 28]}, "2026-11-19T00:00", MissReason.WRONG_DAY),
        ({"days_of_month": [31]}, "2026-11-30T12:00", MissReason.WRONG_DAY),  # a month without a 31st has none
        # both must hold: a Wednesday that is an 18th
        ({"weekdays": ["wed"], "days_of_month": [18]}, "2026-11-18T12:00", None),
        ({"weekdays": ["wed"], "days_of_month": [18]}, "2026-12-18T12:00", MissReason.WRONG_DAY),
        ({"from_time": "18:00", "until_time": "24:00"}, "2026-11-22T23:59", None),
        ({"from_time": "18:00", "until_time": "24:00"}, "2026-11-23T00:00", MissReason.WRONG_HOUR),
        ({"from_time": "18:00", "until_time": "20:00"}, "2026-11-22T20:00", MissReason.WRONG_HOUR),
        # across midnight the day is that of the evening: the 18th's night, also at one o'clock on the 19th
        ({"days_of_month": [18], "from_time": "22:00", "until_time": "02:00"}, "2026-11-19T01:00", None),
        ({"days_of_month": [18], "from_time": "22:00", "until_time": "02:00"}, "2026-11-18T01:00", MissReason.WRONG_DAY),
        ({"days_of_month": [18], "from_time": "22:00", "until_time": "02:00"}, "2026-11-18T12:00", MissReason.WRONG_HOUR),
        ({"festivals": ["christmas"], "from_time": "22:00", "until_time": "02:00"}, "2026-12-26T01:00", None),
        # Friday's night runs into a Saturday on which nobody works
        ({"work": "workdays", "from_time": "22:00", "until_time": "02:00"}, "2026-11-21T01:00", None),
        # but its first and last day are moments
        ({"ends_local": "2026-11-22", "from_time": "22:00", "until_time": "02:00"}, "2026-11-22T01:00", MissReason.ENDED),
    ],
)  # fmt: skip
def test_moments(when, now, expected):
    assert reason({"when": when}, now=now) == expected


@pytest.mark.parametrize(
    ("festival", "year", "day"),
    [
        ("new_year", 2026, "2026-01-01"),
        ("new_years_eve", 2026, "2026-02-16"),  # 腊月廿九: the last month of that year has no 30th
        ("new_years_eve", 2024, "2024-02-09"),  # 腊月三十
        ("spring_festival", 2026, "2026-02-17"),
        ("spring_festival", 2027, "2027-02-06"),
        ("spring_festival", 2028, "2028-01-26"),
        ("lantern", 2026, "2026-03-03"),
        ("valentines", 2026, "2026-02-14"),
        ("womens_day", 2026, "2026-03-08"),
        ("labour_day", 2026, "2026-05-01"),
        ("childrens_day", 2026, "2026-06-01"),
        ("dragon_boat", 2026, "2026-06-19"),
        ("qixi", 2025, "2025-08-29"),  # after a leap sixth month
        ("qixi", 2026, "2026-08-19"),
        ("mid_autumn", 2025, "2025-10-06"),
        ("mid_autumn", 2026, "2026-09-25"),
        ("double_ninth", 2026, "2026-10-18"),
        ("national_day", 2026, "2026-10-01"),
        ("singles_day", 2026, "2026-11-11"),
        ("christmas", 2026, "2026-12-25"),
        ("lantern", 2150, None),  # beyond the calendar
    ],
)
def test_the_days_of_festivals(festival, year, day):
    assert festival_on(festival, year) == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("when", "now", "expected"),
    [
        ({"festivals": ["mid_autumn"]}, "2026-09-25T12:00", None),
        ({"festivals": ["mid_autumn"]}, "2026-09-24T12:00", MissReason.WRONG_DAY),
        ({"festivals": ["mid_autumn", "dragon_boat"]}, "2026-06-19T12:00", None),  # either
        # the week before Spring Festival, and the day itself
        ({"festivals": ["spring_festival"], "festival_days_before": 7}, "2026-02-10T00:00", None),
        ({"festivals": ["spring_festival"], "festival_days_before": 7}, "2026-02-09T23:59", MissReason.WRONG_DAY),
        ({"festivals": ["spring_festival"], "festival_days_before": 7}, "2026-02-18T00:00", MissReason.WRONG_DAY),
        ({"festivals": ["spring_festival"], "festival_days_after": 2}, "2026-02-19T12:00", None),
        # windows reach across New Year, both ways
        ({"festivals": ["new_year"], "festival_days_before": 2}, "2026-12-30T12:00", None),
        ({"festivals": ["christmas"], "festival_days_after": 10}, "2027-01-04T12:00", None),
    ],
)
def test_festivals_and_the_days_around_them(when, now, expected):
    assert reason({"when": when}, now=now) == expected


HOLIDAYS_2026 = {
    # 国务院办公厅关于2026年部分节假日安排的通知, 国办发明电〔2025〕7号
    "元旦": ("2026-01-01", "2026-01-03"),
    "春节": ("2026-02-15", "2026-02-23"),
    "清明节": ("2026-04-04", "2026-04-06"),
    "劳动节": ("2026-05-01", "2026-05-05"),
    "端午节": ("2026-06-19", "2026-06-21"),
    "中秋节": ("2026-09-25", "2026-09-27"),
    "国庆节": ("2026-10-01", "2026-10-07"),
}
MAKE_UP_WORKDAYS_2026 = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")


@pytest.mark.parametrize(("first", "last"), HOLIDAYS_2026.values(), ids=HOLIDAYS_2026)
def test_the_official_holidays_of_2026(first, last):
    calendar = shipped_calendar()
    days = [date.fromordinal(day) for day in range(date.fromisoformat(first).toordinal() - 1, date.fromisoformat(last).toordinal() + 2)]  # fmt: skip
    assert not any(calendar.is_workday(day) for day in days[1:-1])
    # It begins and ends where it was said: what is beside it is no holiday, but may be a plain Saturday or Sunday.
    official = calendar.years[2026].holidays
    assert official.issuperset(days[1:-1]) and official.isdisjoint((days[0], days[-1]))


def test_the_official_calendar_of_2026_in_all():
    official = shipped_calendar().years[2026]
    assert len(official.holidays) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    assert official.workdays == {date.fromisoformat(day) for day in MAKE_UP_WORKDAYS_2026}
    assert all(day.weekday() >= 5 for day in official.workdays)
    assert not official.workdays & official.holidays


@pytest.mark.parametrize(
    ("now", "is_workday"),
    [
        ("2026-02-13T12:00", True),  # a Friday
        ("2026-02-14T12:00", True),  # a Saturday on which one works for Spring Festival
        ("2026-02-16T12:00", False),  # a Monday within it
        ("2026-02-24T12:00", True),  # the Tuesday after it
        ("2026-02-28T12:00", True),
        ("2026-03-01T12:00", False),  # a plain Sunday
        ("2026-09-20T12:00", True),
        ("2026-09-25T12:00", False),
        ("2026-09-28T12:00", True),
        ("2026-10-10T12:00", True),
        ("2026-10-11T12:00", False),
    ],
)
def test_workdays_and_days_off(now, is_workday):
    assert reason({"when": {"work": "workdays"}}, now=now) == (None if is_workday else MissReason.WRONG_DAY)
    assert reason({"when": {"work": "days_off"}}, now=now) == (MissReason.WRONG_DAY if is_workday else None)


def test_a_year_that_nobody_announced_counts_weekends_and_says_so():
    workdays = offer("percent_off", off_bp=1_000, when={"work": "workdays"})
    new_year = quote(basket(pieces(500)), workdays, now=datetime(2027, 1, 1, 12))  # a Friday
    assert (new_year.total, new_year.warnings) == (450, ("calendar_year_missing:2027",))
    assert quote(basket(pieces(500)), workdays).warnings == ()
    assert quote(basket(pieces(500)), offer("percent_off", off_bp=1_000), now=datetime(2027, 1, 1)).warnings == ()


@pytest.mark.parametrize(
    ("birthday", "window", "now", "is_birthday"),
    [
        (Birthday(11, 22), {}, "2026-11-22T00:00", True),
        (Birthday(11, 22), {}, "2026-11-23T00:00", False),
        (Birthday(11, 22), {"days_before": 3, "days_after": 1}, "2026-11-19T00:00", True),
        (Birthday(11, 22), {"days_before": 3, "days_after": 1}, "2026-11-18T23:59", False),
        (Birthday(11, 22), {"days_before": 3, "days_after": 1}, "2026-11-23T23:59", True),
        (Birthday(11, 22), {"days_before": 3, "days_after": 1}, "2026-11-24T00:00", False),
        # across New Year
        (Birthday(1, 1), {"days_before": 3}, "2026-12-29T12:00", True),
        (Birthday(12, 31), {"days_after": 3}, "2027-01-03T12:00", True),
        (Birthday(12, 31), {"days_after": 3}, "2027-01-04T12:00", False),
        # 29 February: the 28th where there is none
        (Birthday(2, 29), {}, "2027-02-28T12:00", True),
        (Birthday(2, 29), {}, "2027-03-01T12:00", False),
        (Birthday(2, 29), {}, "2028-02-29T12:00", True),
        (Birthday(2, 29), {}, "2028-02-28T12:00", False),
        # of the Chinese calendar: 八月十五
        (Birthday(8, 15, lunar=True), {}, "2026-09-25T12:00", True),
        (Birthday(8, 15, lunar=True), {}, "2025-10-06T12:00", True),
        (Birthday(8, 15, lunar=True), {}, "2026-08-15T12:00", False),  # not the solar day
        # 六月十五 of 2025 is kept in the ordinary month, not in the leap month after it
        (Birthday(6, 15, lunar=True), {}, "2025-07-09T12:00", True),
        (Birthday(6, 15, lunar=True), {}, "2025-08-08T12:00", False),
        # 腊月三十: the 29th where the month has no 30th
        (Birthday(12, 30, lunar=True), {}, "2024-02-09T12:00", True),
        (Birthday(12, 30, lunar=True), {}, "2026-02-16T12:00", True),
        (Birthday(12, 30, lunar=True), {}, "2026-02-17T12:00", False),
        # a lunar year ends in the next solar one
        (Birthday(12, 8, lunar=True), {}, "2026-01-26T12:00", True),
        (Birthday(1, 1, lunar=True), {"days_before": 2}, "2027-02-04T12:00", True),
        (Birthday(1, 1, lunar=True), {}, "2150-02-01T12:00", False),  # beyond the calendar
    ],
)
def test_birthdays(birthday, window, now, is_birthday):
    found = reason({"who": {"birthday": window}}, now=now, member=Member("m", birthday=birthday))
    assert found == (None if is_birthday else MissReason.NOT_BIRTHDAY)


STUDENT = Member("m", "gold", tags=frozenset({"student"}), visits=0)


@pytest.mark.parametrize(
    ("who", "member", "expected"),
    [
        ({"members_only": True}, None, MissReason.MEMBERS_ONLY),
        ({"tags": ["student"]}, None, MissReason.MEMBERS_ONLY),  # whatever is asked of a customer asks for a member
        ({"birthday": {}}, None, MissReason.MEMBERS_ONLY),
        ({"tiers": ["gold", "silver"]}, Member("m", "silver"), None),
        ({"tiers": ["gold"]}, Member("m"), MissReason.WRONG_TIER),
        ({"tags": ["staff", "student"]}, STUDENT, None),  # one of them is enough
        ({"new_member": True}, STUDENT, None),
        ({"new_member": True}, MEMBER, MissReason.NOT_NEW_MEMBER),
        # all that is given must hold
        ({"tiers": ["gold"], "new_member": True, "tags": ["student"]}, STUDENT, None),
        ({"tiers": ["silver"], "new_member": True, "tags": ["student"]}, STUDENT, MissReason.WRONG_TIER),
        ({"tiers": ["gold"], "new_member": True, "tags": ["staff"]}, STUDENT, MissReason.NOT_TAGGED),
        ({"tiers": ["gold"], "birthday": {}}, STUDENT, MissReason.NOT_BIRTHDAY),
    ],
)
def test_customers(who, member, expected):
    assert reason({"who": who}, member=member) == expected


@pytest.mark.parametrize(
    ("condition", "place", "expected"),
    [
        ({"lanes": [1, 2]}, {"lane": 2}, None),
        ({"lanes": [1, 2]}, {"lane": 3}, MissReason.WRONG_LANE),
        ({"channels": ["online", "kiosk"]}, {"channel": "kiosk"}, None),
        ({"channels": ["online"]}, {}, MissReason.WRONG_LANE),  # a till's channel is store
        ({"lanes": [1], "channels": ["online"]}, {"lane": 1}, MissReason.WRONG_LANE),
    ],
)
def test_places(condition, place, expected):
    assert reason(condition, **place) == expected


@pytest.mark.parametrize(
    ("lines", "condition", "short"),
    [
        ([pieces(500, 2)], {"min_quantity": 2}, 0),
        ([pieces(500, 2)], {"min_quantity": 3}, 1),
        ([pieces(500, 2), pieces(300)], {"min_quantity": 3}, 0),  # over all lines of the scope
        ([portion(800, 1_000), label(700), typed(300)], {"min_quantity": 3}, 0),  # a portion counts as one
        ([portion(800, 1_000)], {"min_quantity": 2}, 1),
        ([pieces(500, 2)], {"min_amount": 1_000}, 0),  # exactly the amount is enough
        ([pieces(500, 2)], {"min_amount": 1_001}, 1),
        ([portion(500, 1_000), label(500)], {"min_amount": 1_000}, 0),  # half a kilogram at 10.00, and a label
    ],
)
def test_enough_pieces_and_money(lines, condition, short):
    found = quote(basket(*lines), offer("percent_off", off_bp=1_000, **condition))
    assert [each.short for each in found.missed] == ([short] if short else [])


def test_min_amount_of_an_offer_for_pieces_counts_list_prices():
    # both are lowered by the other offer, and 10.00 are still reached
    half = offer("percent_off", off_bp=5_000, scope={"skus": ["a"]})
    tenth = offer("percent_off", off_bp=1_000, scope={"skus": ["b"]}, amount_of={"all": True}, min_amount=1_000)
    assert quote(basket(pieces(500, 1, "a"), pieces(500, 1, "b")), half, tenth).total == 700


EVERYTHING_WRONG = {
    "scope": {"skus": ["gone"]},
    "when": {"ends_local": "2026-01-01"},
    "lanes": [9],
    "who": {"tiers": ["gold"]},
    "code": "NONE",
    "uses": {"in_all": 1},
    "min_quantity": 5,
    "min_amount": 9_000,
}


@pytest.mark.parametrize(
    ("mended", "expected"),
    [
        ((), MissReason.NO_ITEM),
        (("scope",), MissReason.ENDED),
        (("scope", "when"), MissReason.WRONG_LANE),
        (("scope", "when", "lanes"), MissReason.WRONG_TIER),
        (("scope", "when", "lanes", "who"), MissReason.NO_CODE),
        (("scope", "when", "lanes", "who", "code"), MissReason.USED_UP),
        (("scope", "when", "lanes", "who", "code", "uses"), MissReason.QUANTITY_SHORT),
        (("scope", "when", "lanes", "who", "code", "uses", "min_quantity"), MissReason.AMOUNT_SHORT),
        (tuple(EVERYTHING_WRONG), None),
    ],
)
def test_the_first_no_is_the_reason(mended, expected):
    condition = {key: value for key, value in EVERYTHING_WRONG.items() if key not in mended}
    promotion = offer("percent_off", off_bp=1_000) | condition
    found = quote(basket(pieces(500)), promotion, member=MEMBER, usage=Usage(in_all={"p0": 1}))
    assert missed(found).get("p0") == expected
