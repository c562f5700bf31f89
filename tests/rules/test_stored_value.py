"""Stored value: what a top-up gives, which money pays first, what a refund gives back and what it voids."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ledger import LotUse
from rules.promotions import RuleSet, read_rules
from rules.stored_value import (
    HeldGift,
    TopUpRule,
    TopUpState,
    gift_for,
    kept_change,
    refund_top_up,
    split,
)

DAY = date(2026, 11, 23)


def rule(rule_id: str, amount: int, **more: object) -> TopUpRule:
    return TopUpRule(id=rule_id, amount=amount, **more)  # type: ignore[arg-type]


UP200 = rule("up200", 20_000, gift=5_000)
UP500 = rule("up500", 50_000, gift=15_000, points=100)
EACH100 = rule("each100", 10_000, gift=1_000, every=True)
TENTH = rule("tenth", 30_000, gift_bp=1_000)
GOLD = rule("gold", 20_000, gift=9_000, tiers=frozenset({"gold"}))
MAY = rule("may", 20_000, gift=8_000, from_date=date(2027, 5, 1), until_date=date(2027, 5, 3))


@pytest.mark.parametrize(
    ("rules", "amount", "tier", "on", "gives"),
    [
        ([UP200, UP500], 19_999, "", DAY, None),  # a cent short
        ([UP200, UP500], 20_000, "", DAY, ("up200", 5_000, 0)),
        ([UP200, UP500], 49_999, "", DAY, ("up200", 5_000, 0)),  # once, however much more
        ([UP200, UP500], 50_000, "", DAY, ("up500", 15_000, 100)),
        ([UP200, UP500], 80_000, "", DAY, ("up500", 15_000, 100)),
        ([EACH100], 35_000, "", DAY, ("each100", 3_000, 0)),  # three full hundreds
        ([TENTH], 30_001, "", DAY, ("tenth", 3_000, 0)),  # a part of a cent is the shop's
        ([UP200, EACH100], 60_000, "", DAY, ("each100", 6_000, 0)),  # the best for the customer
        ([UP200, GOLD], 20_000, "", DAY, ("up200", 5_000, 0)),  # another tier's
        ([UP200, GOLD], 20_000, "gold", DAY, ("gold", 9_000, 0)),
        ([UP200, MAY], 20_000, "", date(2027, 4, 30), ("up200", 5_000, 0)),  # not yet
        ([UP200, MAY], 20_000, "", date(2027, 5, 3), ("may", 8_000, 0)),  # its last day
        ([UP200, MAY], 20_000, "", date(2027, 5, 4), ("up200", 5_000, 0)),  # over
        ([rule("late", 20_000, gift=5_000, instalments=6), UP200], 20_000, "", DAY, ("up200", 5_000, 0)),  # at once
        ([], 20_000, "", DAY, None),
    ],
)
def test_what_a_top_up_gives(rules, amount, tier, on, gives) -> None:
    gift = gift_for(rules, amount, tier_id=tier, on=on)
    assert (gift and (gift.rule.id, gift.money, gift.points)) == gives


@pytest.mark.parametrize(
    ("money", "parts", "instalments"),
    [
        (60_000, 6, (10_000,) * 6),
        (10_000, 3, (3_334, 3_333, 3_333)),  # the parts sum to the whole
        (5_000, 1, (5_000,)),
        (2, 3, (1, 1, 0)),
    ],
)
def test_instalments(money, parts, instalments) -> None:
    gift = gift_for([rule("one", 100, gift=money, instalments=parts)], 100, tier_id="", on=DAY)
    assert gift is not None and gift.instalments == instalments


@pytest.mark.parametrize(
    ("order", "amount", "parts"),
    [  # of 200.00 paid in and 50.00 gift: (principal, gift)
        ("gift_first", 6_000, (1_000, 5_000)),
        ("gift_first", 3_000, (0, 3_000)),
        ("principal_first", 6_000, (6_000, 0)),
        ("principal_first", 22_000, (20_000, 2_000)),
        ("proportional", 6_000, (4_800, 1_200)),
        ("proportional", 1, (0, 1)),  # a part of a cent is paid of gift money
        ("proportional", 25_000, (20_000, 5_000)),
        ("proportional", 0, (0, 0)),
        ("gift_first", 25_001, None),  # too little
    ],
)
def test_which_money_pays(order, amount, parts) -> None:
    assert split(amount, principal=20_000, gift=5_000, order=order) == parts


@given(
    principal=st.integers(0, 10**6),
    gift=st.integers(0, 10**6),
    share=st.integers(0, 10**6),
    order=st.sampled_from(["gift_first", "principal_first", "proportional"]),
)
def test_a_payment_is_never_more_than_there_is(principal, gift, share, order) -> None:
    amount = (principal + gift) * share // 10**6
    parts = split(amount, principal=principal, gift=gift, order=order)
    assert parts is not None
    assert sum(parts) == amount and 0 <= parts[0] <= principal and 0 <= parts[1] <= gift


@pytest.mark.parametrize(
    ("change", "below", "kept"),
    [(350, 1_000, 350), (10_350, 1_000, 350), (10_000, 1_000, 0), (350, 100, 50), (350, 0, 0), (0, 1_000, 0)],
)
def test_change_that_is_kept(change, below, kept) -> None:
    assert kept_change(change, below=below) == kept


def top_up(principal: int, gift: int, *, to_come: int = 0, whole: int = 5_000, **more: int) -> TopUpState:
    """Return a top-up of 200.00 with 50.00 of gift of which so much is left."""
    return TopUpState(
        paid=20_000,
        principal=(LotUse(1, principal),),
        gift_whole=whole,
        gift=(LotUse(2, gift),) if gift else (),
        to_come=to_come,
        **more,
    )


@pytest.mark.parametrize(
    ("state", "amount", "void", "deduct", "paid_back", "gift_void", "cut"),
    [
        # 200 + 50, of which 60 were spent, all refunded; gift first: 10 and 50 are gone.
        (top_up(19_000, 0), 19_000, "all", False, 19_000, 0, 0),
        (top_up(19_000, 0), 19_000, "all", True, 14_000, 0, 0),  # the 50 that were spent are kept back
        (top_up(19_000, 0), 19_000, "share", True, 14_250, 0, 0),  # 50 × 190/200
        # Principal first: 60 and 0 are gone.
        (top_up(14_000, 5_000), 14_000, "all", False, 14_000, 5_000, 0),
        (top_up(14_000, 5_000), 14_000, "all", True, 14_000, 5_000, 0),
        (top_up(14_000, 5_000), 14_000, "share", False, 14_000, 3_500, 0),  # what was earned by spending stays
        # In proportion: 48 and 12 are gone. With what was spent kept back, it is 140 whatever paid first.
        (top_up(15_200, 3_800), 15_200, "all", False, 15_200, 3_800, 0),
        (top_up(15_200, 3_800), 15_200, "all", True, 14_000, 3_800, 0),
        (top_up(15_200, 3_800), 15_200, "share", True, 15_200, 3_800, 0),  # 50 × 152/200 is what is left
        # Untouched, half of it refunded.
        (top_up(20_000, 5_000), 10_000, "all", False, 10_000, 5_000, 0),
        (top_up(20_000, 5_000), 10_000, "share", False, 10_000, 2_500, 0),
        # Then the other half: what the first one voided is not voided again.
        (top_up(10_000, 0, refunded=10_000, voided=5_000), 10_000, "all", True, 10_000, 0, 0),
        (top_up(10_000, 2_500, refunded=10_000, voided=2_500), 10_000, "share", True, 10_000, 2_500, 0),
        # Instalments to come go first.
        (top_up(20_000, 1_000, to_come=4_000), 20_000, "all", True, 20_000, 1_000, 4_000),
        (top_up(20_000, 1_000, to_come=4_000), 10_000, "share", True, 10_000, 0, 2_500),
        # No more is kept back than is refunded; the rest is kept back next time.
        (top_up(4_000, 0), 3_000, "all", True, 0, 0, 0),
        (top_up(1_000, 0, refunded=3_000, voided=3_000), 1_000, "all", True, 0, 0, 0),
        # Gift money that expired was not spent, and is not taken again.
        (top_up(20_000, 0, expired=5_000), 20_000, "all", True, 20_000, 0, 0),
        (top_up(20_000, 0, expired=3_000), 20_000, "all", True, 18_000, 0, 0),  # 20 were spent before
        # A top-up that gave nothing.
        (top_up(20_000, 0, whole=0), 20_000, "all", True, 20_000, 0, 0),
    ],
)
def test_what_a_refund_gives_back(state, amount, void, deduct, paid_back, gift_void, cut) -> None:  # noqa: PLR0917
    back = refund_top_up(state, amount, void=void, deduct_spent=deduct)
    assert (back.amount, back.gift_void, back.to_come_cut) == (paid_back, gift_void, cut)
    assert back.principal_taken == amount


def test_points_and_times_go_with_the_top_up_as_far_as_they_are_left() -> None:
    held = (HeldGift("points", 100, (LotUse(3, 100),)), HeldGift("times:cut10.cut", 12, (LotUse(4, 2),)))
    state = TopUpState(paid=20_000, principal=(LotUse(1, 20_000),), others=held)
    whole = refund_top_up(state, 10_000, void="all", deduct_spent=False)
    assert whole.others == (("points", (LotUse(3, 100),)), ("times:cut10.cut", (LotUse(4, 2),)))
    part = refund_top_up(state, 10_000, void="share", deduct_spent=False)
    assert part.others == (("points", (LotUse(3, 50),)), ("times:cut10.cut", (LotUse(4, 2),)))


@given(
    paid=st.integers(1, 50_000),
    gift=st.integers(0, 20_000),
    parts=st.integers(1, 12),
    spends=st.lists(st.integers(1, 30_000), max_size=6),
    refunds=st.lists(st.integers(1, 30_000), min_size=1, max_size=6),
    order=st.sampled_from(["gift_first", "principal_first", "proportional"]),
    void=st.sampled_from(["all", "share"]),
    deduct=st.booleans(),
)
def test_whatever_is_spent_and_refunded_in_any_order_adds_up(  # noqa: PLR0917
    paid, gift, parts, spends, refunds, order, void, deduct
) -> None:
    given_now = gift // parts
    left, here, to_come, refunded, voided, back = paid, given_now, gift - given_now, 0, 0, 0
    spent = 0
    for step in range(max(len(spends), len(refunds))):
        if step < len(spends):
            used = split(min(spends[step], left + here), principal=left, gift=here, order=order)
            assert used is not None
            left, here, spent = left - used[0], here - used[1], spent + sum(used)
        if step < len(refunds) and left:
            state = TopUpState(
                paid=paid, principal=(LotUse(1, left),), refunded=refunded, gift_whole=gift,
                gift=(LotUse(2, here),) if here else (), to_come=to_come, voided=voided,
            )  # fmt: skip
            done = refund_top_up(state, min(refunds[step], left), void=void, deduct_spent=deduct)
            left, here, to_come = left - done.principal_taken, here - done.gift_void, to_come - done.to_come_cut
            refunded, voided, back = refunded + done.principal_taken, voided + done.voided, back + done.amount
            assert done.amount >= 0 and min(left, here, to_come) >= 0 and voided <= gift
            assert void == "share" or here == to_come == 0
    assert back <= refunded <= paid
    # Every cent that was paid in or given was spent, refunded or voided, or is still there.
    kept = refunded - back
    assert paid + gift == spent + refunded + (voided - kept) + left + here + to_come


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"order": "first"}, "stored_value.order"),
        ({"top_ups": [{"id": "a", "amount": 100}]}, "stored_value.top_ups[0].gift: gives nothing"),
        (
            {"top_ups": [{"id": "a", "amount": 100, "gift": 1}, {"id": "a", "amount": 200, "gift": 1}]},
            "stored_value.top_ups[1].id: 'a' is there already",
        ),
        ({"top_ups": [{"id": "a", "amount": 0, "gift": 1}]}, "stored_value.top_ups"),
        (
            {"top_ups": [{"id": "a", "amount": 1, "gift": 1, "tiers": ["gilt"]}]},
            "there is no tier gilt",
        ),
        (
            {"top_ups": [{"id": "a", "amount": 1, "times": [{"package": "cut"}]}]},
            "there is no package cut",
        ),
        (
            {"top_ups": [{"id": "a", "amount": 1, "points": 1, "instalments": 3}]},
            "only gift money comes in instalments",
        ),
        ({"least_top_up": 200, "most_top_up": 100}, "most_top_up: is less than least_top_up"),
        (
            {"top_ups": [{"id": "a", "amount": 1, "gift": 1, "from_date": "2027-02-01", "until_date": "2027-01-31"}]},
            "is before from_date",
        ),
    ],
)
def test_rules_that_contradict_themselves_are_refused(table, problem) -> None:
    found = read_rules({"stored_value": table})
    assert not isinstance(found, RuleSet)
    assert any(problem in str(each) for each in found), found


def test_a_file_without_it_keeps_the_version_that_it_had() -> None:
    found = read_rules({})
    with_it = read_rules({"stored_value": {}})
    assert isinstance(found, RuleSet) and isinstance(with_it, RuleSet)
    assert found.version == with_it.version and not found.stored_value.on
