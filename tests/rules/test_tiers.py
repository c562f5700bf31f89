"""Which tier a member has, by date: tables of literal days, and what holds for any of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.basket import Names
from rules.loyalty import Tier
from rules.tiers import (
    Figures,
    Hold,
    Source,
    TierRules,
    TierSold,
    bought,
    current,
    distance,
    queued,
    raised,
    reached,
    returned,
    reviewed,
    term_end,
)
from rules.windows import window_start

BLUE = Tier(id="blue", names=Names(en="Blue"), spend_from=0)
SILVER = Tier(id="silver", names=Names(en="Silver"), spend_from=100_000)
GOLD = Tier(id="gold", names=Names(en="Gold"), spend_from=300_000, visits_from=40, points_from=9_000)
BLACK = Tier(id="black", names=Names(en="Black"), rank=9)
TIERS = (GOLD, BLUE, BLACK, SILVER)
YEAR = TierRules(window="year", holds="next_window", grace_days=10)
MONTHS = TierRules(holds="months", hold_months=6)
ALWAYS = TierRules()


def day(text: str) -> date:
    return date.fromisoformat(text)


def spent(*sales: tuple[str, int]):
    """Return what gives the figures of a member who spent so much on these days."""

    def figures(start: date, end: date) -> Figures:
        inside = [amount for on, amount in sales if start <= day(on) < end]
        return Figures(sum(inside), len(inside), 0)

    return figures


def held(holds) -> list[tuple[str, str, str]]:
    return [(hold.tier_id, hold.source.value, hold.until.isoformat() if hold.until else "") for hold in holds]


@pytest.mark.parametrize(
    ("figures", "tier", "far"),
    [
        (Figures(0), BLUE, ("silver", "spend", 100_000, 0)),
        (Figures(91_350), BLUE, ("silver", "spend", 8_650, 9_135)),  # 还差 ¥86.50
        (Figures(100_000), SILVER, ("gold", "spend", 200_000, 3_333)),
        (Figures(100_000, 38), SILVER, ("gold", "visits", 2, 9_500)),  # 还差 2 次
        (Figures(100_000, 38, 8_700), SILVER, ("gold", "points", 300, 9_666)),  # 还差 300 分
        (Figures(0, 40), GOLD, None),  # one figure is enough; black can only be bought
        (Figures(10_000_000), GOLD, None),
    ],
)
def test_what_is_reached_and_how_far_the_next_is(figures, tier, far):
    assert reached(figures, TIERS) == tier
    found = distance(figures, tier, TIERS)
    assert (found and (found.tier_id, found.measure, found.short, found.progress_bp)) == far


@pytest.mark.parametrize(
    ("rules", "since", "until"),
    [
        (ALWAYS, "2026-03-01", None),
        (MONTHS, "2026-08-31", "2027-02-28"),  # no 31st in February
        (YEAR, "2026-03-01", "2028-01-01"),
        (YEAR, "2026-12-31", "2028-01-01"),
        (TierRules(window="quarter", holds="next_window"), "2026-11-24", "2027-04-01"),
        (TierRules(window="month", holds="next_window"), "2026-12-01", "2027-02-01"),
        (TierRules(window="half_year", holds="next_window"), "2026-06-30", "2027-01-01"),
    ],
)
def test_how_long_a_tier_holds(rules, since, until):
    assert term_end(rules, day(since)) == (day(until) if until else None)


SILVER_OF_2026 = Hold(
    "silver", Source.EARNED, day("2026-03-01"), day("2028-01-01"), (day("2026-01-01"), day("2026-03-02"))
)


@pytest.mark.parametrize(
    ("sales", "today", "after"),
    [
        ([], "2027-12-31", [("silver", "earned", "2028-01-01")]),  # not over yet
        ([], "2028-01-10", [("silver", "earned", "2028-01-01")]),  # the last day of grace
        ([], "2028-01-11", []),
        ([("2027-05-01", 100_000)], "2028-01-11", [("silver", "earned", "2029-01-01")]),  # reached again in its year
        ([("2026-05-01", 900_000)], "2028-01-11", []),  # the year before does not count
        (
            [("2027-05-01", 60_000), ("2028-01-05", 40_000)],
            "2028-01-11",
            [("silver", "earned", "2029-01-01")],
        ),  # in the grace
        ([("2028-01-11", 100_000)], "2028-01-11", [("silver", "earned", "2030-01-01")]),  # too late for it, but anew
        ([("2027-05-01", 300_000)], "2028-01-11", [("gold", "earned", "2029-01-01")]),
        ([("2027-05-01", 100_000)], "2031-06-01", []),  # two terms at once: the box was off
    ],
)
def test_a_calendar_year_with_grace(sales, today, after):
    assert held(reviewed([SILVER_OF_2026], YEAR, TIERS, day(today), spent(*sales))) == after


@pytest.mark.parametrize(
    ("falls", "sales", "after"),
    [
        ("one_step", [], "silver"),
        ("to_earned", [], "blue"),
        ("to_earned", [("2026-05-01", 100_000)], "silver"),
        ("one_step", [("2026-05-01", 300_000)], "gold"),
    ],
)
def test_where_a_member_falls(falls, sales, after):
    rules = TierRules(holds="months", hold_months=6, falls=falls)
    gold = Hold("gold", Source.EARNED, day("2025-11-01"), day("2026-05-02"))
    holds = reviewed([gold], rules, TIERS, day("2026-05-02"), spent(*sales))
    tier = current(holds, TIERS, day("2026-05-02"))
    assert tier is not None and tier.id == after


def test_a_return_takes_back_what_only_that_sale_reached():
    sales = [("2026-11-01", 60_000), ("2026-11-20", 50_000)]
    before = raised([], MONTHS, TIERS, day("2026-11-20"), spent(*sales), sale_id="s2")
    assert held(before) == [("silver", "earned", "2027-05-20")]
    today = day("2026-11-24")
    assert returned(before, MONTHS, TIERS, today, spent(*sales[:1]), kept_pieces={}) == ()
    others = [*sales[:1], ("2026-11-22", 40_000)]  # it would have been reached by now anyway
    assert held(returned(before, MONTHS, TIERS, today, spent(*others), kept_pieces={})) == held(before)
    given = (Hold("gold", Source.GIVEN, day("2026-11-01")), Hold("silver", Source.EARNED, day("2025-01-01")))
    assert returned(given, MONTHS, TIERS, today, spent(), kept_pieces={}) == given  # an import, a present


def test_bought_tiers_stand_one_behind_the_other():
    rules = TierRules(sold=(TierSold(sku="pass", tier="black", months=3),))
    two = queued(bought(rules, [("pass", 2), ("pen", 9)], today=day("2026-11-30"), sale_id="s1"))
    assert held(two) == [("black", "bought", "2027-02-28"), ("black", "bought", "2027-05-28")]
    more = queued((*two, *bought(rules, [("pass", 1)], today=day("2027-01-05"), sale_id="s2")))
    assert held(more)[-1] == ("black", "bought", "2027-08-28")
    kept = returned(more, rules, TIERS, day("2027-01-06"), spent(), kept_pieces={("s1", "black"): 1})
    assert held(kept) == [("black", "bought", "2027-02-28"), ("black", "bought", "2027-05-28")]
    assert current(more, TIERS, day("2027-01-06")) == BLACK
    assert current(reviewed(more, rules, TIERS, day("2027-08-28"), spent()), TIERS, day("2027-08-28")) == BLUE


DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
RULES = st.builds(
    TierRules,
    window=st.sampled_from(["month", "quarter", "half_year", "year"]), holds=st.sampled_from(["months", "next_window"]),
    hold_months=st.integers(1, 18), grace_days=st.integers(0, 40), falls=st.sampled_from(["one_step", "to_earned"]),
)  # fmt: skip


@given(
    RULES,
    st.lists(st.tuples(DAYS, st.integers(1, 200_000)), max_size=12),
    st.lists(DAYS, max_size=6),
    st.integers(0, 500),
)
def test_reviews_that_were_missed_come_to_the_same(rules, sales, nights, later):
    """Looking every night, some nights or only in the end gives the same tier, as nothing is bought meanwhile."""
    figures = spent(*((on.isoformat(), amount) for on, amount in sales))
    first = max([on for on, _ in sales], default=date(2027, 1, 1))
    start = raised([], rules, TIERS, first, figures, sale_id="s")
    end = first + timedelta(days=later)
    seen = start
    for night in sorted(each for each in nights if first < each < end):
        seen = reviewed(seen, rules, TIERS, night, figures)
    once, often = reviewed(start, rules, TIERS, end, figures), reviewed(seen, rules, TIERS, end, figures)
    assert current(once, TIERS, end) == current(often, TIERS, end)
    assert reviewed(often, rules, TIERS, end, figures) == often
    assert all(hold.until is None or hold.until + timedelta(days=rules.grace_days) > end for hold in often)


@given(st.sampled_from(["month", "quarter", "half_year", "year"]), DAYS, DAYS)
def test_a_window_holds_its_days_and_windows_do_not_overlap(window, one, other):
    start, end = window_start(window, one, months=1), window_start(window, other, months=1)
    assert start <= one and (start == end or (start < end) == (one < other))
