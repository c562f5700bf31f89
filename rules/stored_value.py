"""Stored value 储值: what a top-up gives, which money pays first, and what comes back when it is refunded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import msgspec

from rules.ledger import LotUse
from rules.money import AMOUNT_MAX, BASIS_POINTS, Minor, share
from rules.reversal import part_of
from rules.table_reader import Problem, nearest
from rules.times import TIMES_MAX

TOP_UPS_MAX = 50
INSTALMENTS_MAX = 36
GIFT_BP_MAX = 10 * BASIS_POINTS
"""Most gift money for what is paid in: ten times as much."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
Order = Literal["gift_first", "principal_first", "proportional"]
Void = Literal["all", "share"]


class GiftTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Packages of times that a top-up gives."""

    package: Id
    count: Annotated[int, msgspec.Meta(ge=1, le=TIMES_MAX)] = 1


class GiftCoupons(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Coupons that a top-up gives."""

    promotion: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    """Id of the promotion that asks for an issued coupon."""
    count: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=3_660)] = 30
    """Each holds to the end of the day so many days later."""


class TopUpRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is given for a top-up of an amount or more, such as 50.00 for 200.00 (充200送50)."""

    id: Id
    amount: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
    """The least that is paid in."""
    gift: Amount = 0
    """Gift money."""
    gift_bp: Annotated[int, msgspec.Meta(ge=0, le=GIFT_BP_MAX)] = 0
    """Gift money as a part of what is paid in, on top of `gift`."""
    every: bool = False
    """Gift money and points count once for each full `amount`, not once in all."""
    points: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    times: Annotated[tuple[GiftTimes, ...], msgspec.Meta(max_length=10)] = ()
    coupons: Annotated[tuple[GiftCoupons, ...], msgspec.Meta(max_length=10)] = ()
    instalments: Annotated[int, msgspec.Meta(ge=1, le=INSTALMENTS_MAX)] = 1
    """The gift money comes in so many parts, one now and one on the same day of each following month."""
    tiers: frozenset[str] = frozenset()
    """Tiers that it is for; empty: everybody."""
    from_date: date | None = None
    until_date: date | None = None
    """Its last day."""


class StoredValueRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the shop keeps members' money. Amounts in minor units; where 0 is no limit, it says so."""

    on: bool = False
    """Money is paid in and spent here; money that is in already can always be spent and refunded."""
    top_ups: Annotated[tuple[TopUpRule, ...], msgspec.Meta(max_length=TOP_UPS_MAX)] = ()
    order: Order = "proportional"
    """Which money pays first: gift money, what was paid in, or both in proportion to what is there."""
    gift_expires_months: Annotated[int, msgspec.Meta(ge=0, le=120)] = 0
    """Months for which gift money is valid; 0: for ever. What was paid in never expires."""
    void: Void = "all"
    """What of a top-up's gift is void when what was paid in is refunded: all of it, or the share that is refunded."""
    deduct_spent: bool = False
    """Gift money that is void and was spent already is kept back from the refund."""
    least_top_up: Amount = 0
    most_top_up: Amount = 0
    """0: no limit."""
    most_balance: Amount = 0
    """Most that a member holds, gift money among it; 0: no limit."""
    most_sale: Amount = 0
    """Most that pays for one sale; 0: no limit."""
    most_day: Amount = 0
    """Most that a member spends on a business date; 0: no limit."""
    keep_change_below: Amount = 0
    """Change (存零) that a member may keep: what is below a whole multiple of this. 1000 keeps 3.50 of 103.50, and the
    100.00 are handed back. 0: change is not kept."""


@dataclass(frozen=True, slots=True)
class TopUpGift:
    """What a top-up gives on top of what is paid in."""

    rule: TopUpRule
    money: Minor
    """Gift money in all."""
    points: int
    times: tuple[GiftTimes, ...]
    coupons: tuple[GiftCoupons, ...]

    @property
    def instalments(self) -> tuple[Minor, ...]:
        """The parts in which the gift money comes, the first one now; they sum to the whole."""
        return share(self.money, [1] * self.rule.instalments)


@dataclass(frozen=True, slots=True)
class HeldGift:
    """Points or times that a top-up gave."""

    unit: str
    granted: int
    lots: tuple[LotUse, ...]
    """What is left of its lots."""


@dataclass(frozen=True, slots=True)
class TopUpState:
    """A top-up as it stands: what was paid in and given, what is left of it, what was refunded before."""

    paid: Minor
    """1 or more."""
    principal: tuple[LotUse, ...]
    """What is left of what was paid in, lot by lot."""
    refunded: Minor = 0
    """What of it was refunded before, what was kept back for spent gift money among it."""
    gift_whole: Minor = 0
    """Gift money that it gave or will give, in all."""
    gift: tuple[LotUse, ...] = ()
    """What is left of the gift money that was given."""
    to_come: Minor = 0
    """What is left of the instalments that were not given yet."""
    voided: Minor = 0
    """Gift money that earlier refunds took away, cut off or kept back for."""
    expired: Minor = 0
    """Gift money that nobody spent in time: taken back already, so that no refund takes it again."""
    others: tuple[HeldGift, ...] = ()
    """Points and times that it gave."""

    @property
    def left(self) -> Minor:
        """What can still be refunded."""
        return sum(use.amount for use in self.principal)


@dataclass(frozen=True, slots=True)
class TopUpRefund:
    """What a refund of a top-up moves."""

    principal: tuple[LotUse, ...]
    """What is taken of what was paid in."""
    gift: tuple[LotUse, ...]
    """Gift money that is void."""
    to_come_cut: Minor
    """What of the instalments to come is void; the last ones first."""
    kept: Minor
    """What is kept back from the refund for gift money that was spent."""
    others: tuple[tuple[str, tuple[LotUse, ...]], ...] = ()
    """Points and times that are void, by unit."""

    @property
    def principal_taken(self) -> Minor:
        return sum(use.amount for use in self.principal)

    @property
    def gift_void(self) -> Minor:
        return sum(use.amount for use in self.gift)

    @property
    def amount(self) -> Minor:
        """What is paid back."""
        return self.principal_taken - self.kept

    @property
    def voided(self) -> Minor:
        """Gift money that counts as dealt with from now on."""
        return self.gift_void + self.to_come_cut + self.kept


# ---------------------------------------------------------------------------------------------------- topping up


def is_open(rule: TopUpRule, *, tier_id: str, on: date) -> bool:
    """Tell whether a rule is for a member of a tier on a day."""
    is_in_time = (rule.from_date is None or rule.from_date <= on) and (rule.until_date is None or on <= rule.until_date)
    return is_in_time and (not rule.tiers or tier_id in rule.tiers)


def gift_by(rule: TopUpRule, amount: Minor) -> TopUpGift:
    """Return what a rule gives for an amount that reaches it; a part of a cent goes to the shop."""
    assert amount >= rule.amount
    times = amount // rule.amount if rule.every else 1
    money = rule.gift * times + amount * rule.gift_bp // BASIS_POINTS
    return TopUpGift(rule, min(money, AMOUNT_MAX), rule.points * times, rule.times, rule.coupons)


def gift_for(rules: Sequence[TopUpRule], amount: Minor, *, tier_id: str, on: date) -> TopUpGift | None:
    """Return the best that the open rules give a member for an amount: most money, then points, times, coupons.

    Among what is worth the same, what comes in fewer instalments is better, then what stands first.
    """
    gifts = [gift_by(rule, amount) for rule in rules if amount >= rule.amount and is_open(rule, tier_id=tier_id, on=on)]
    if not gifts:
        return None
    return max(
        gifts,
        key=lambda gift: (
            gift.money,
            gift.points,
            sum(each.count for each in gift.times),
            sum(each.count for each in gift.coupons),
            -gift.rule.instalments,
        ),
    )


# -------------------------------------------------------------------------------------------------------- paying


def split(amount: Minor, *, principal: Minor, gift: Minor, order: Order) -> tuple[Minor, Minor] | None:
    """Return what of an amount is paid of principal and of gift money, or None where both together are too little.

    In proportion, a part of a cent is paid of gift money.

    >>> split(6_000, principal=20_000, gift=5_000, order="proportional")
    (4800, 1200)
    >>> split(6_000, principal=20_000, gift=5_000, order="gift_first")
    (1000, 5000)
    """
    assert amount >= 0 and principal >= 0 and gift >= 0
    if amount > principal + gift:
        return None
    if order == "gift_first":
        from_gift = min(amount, gift)
    elif order == "principal_first":
        from_gift = amount - min(amount, principal)
    else:
        from_principal = amount * principal // (principal + gift) if amount else 0
        from_gift = amount - from_principal
    return amount - from_gift, from_gift


def kept_change(change: Minor, *, below: Minor) -> Minor:
    """Return what of the change a member keeps as stored value.

    >>> kept_change(10_350, below=1_000), kept_change(350, below=1_000), kept_change(350, below=0)
    (350, 350, 0)
    """
    return change % below if below else 0


# ------------------------------------------------------------------------------------------------------ refunding


def refund_top_up(state: TopUpState, amount: Minor, *, void: Void, deduct_spent: bool) -> TopUpRefund:
    """Return what moves when so much of a top-up's principal is refunded.

    The gift that is void is taken where it hurts least: of instalments to come, then of what is left; what was spent
    of it is kept back from the refund where the shop does so, and is let go otherwise.

    Args:
        amount: 1 up to `state.left`.
    """
    assert 0 < amount <= state.left <= state.paid - state.refunded
    gone, now_gone = state.refunded, state.refunded + amount
    is_whole = void == "all"
    target = state.gift_whole if is_whole else state.gift_whole * now_gone // state.paid
    missing = max(target - state.voided - state.expired, 0)
    to_come_cut = min(missing, state.to_come)
    gift = take(state.gift, missing - to_come_cut)
    spent = missing - to_come_cut - sum(use.amount for use in gift)
    others = []
    for each in state.others:
        share_of_it = each.granted if is_whole else part_of(each.granted, state.paid, gone, now_gone)
        lots = take(each.lots, share_of_it)
        others += [(each.unit, lots)] if lots else []
    return TopUpRefund(
        principal=take(state.principal, amount),
        gift=gift,
        to_come_cut=to_come_cut,
        kept=min(spent, amount) if deduct_spent else 0,
        others=tuple(others),
    )


def take(lots: Sequence[LotUse], amount: int) -> tuple[LotUse, ...]:
    """Return what is taken of lots in their order, as far as they go.

    >>> take([LotUse(1, 30), LotUse(2, 50)], 40)
    (LotUse(lot_id=1, amount=30), LotUse(lot_id=2, amount=10))
    """
    taken = []
    for lot in lots:
        part = min(lot.amount, amount)
        if part:
            taken.append(LotUse(lot.lot_id, part))
            amount -= part
    return tuple(taken)


# -------------------------------------------------------------------------------------------------------- checking


def stored_value_problems(rules: StoredValueRules) -> list[Problem]:
    """Return what the struct cannot say of itself."""
    problems: list[Problem] = []
    ids: set[str] = set()
    for row, rule in enumerate(rules.top_ups):
        where = f"stored_value.top_ups[{row}]."
        if rule.id in ids:
            problems.append(Problem("file", f"{where}id", f"{rule.id!r} is there already, expected one of its own"))
        ids.add(rule.id)
        if not (rule.gift or rule.gift_bp or rule.points or rule.times or rule.coupons):
            problems.append(Problem("file", f"{where}gift", "gives nothing, expected money, points, times or coupons"))
        if rule.from_date and rule.until_date and rule.until_date < rule.from_date:
            problems.append(Problem("file", f"{where}until_date", "is before from_date"))
        if rule.instalments > 1 and not (rule.gift or rule.gift_bp):
            problems.append(Problem("file", f"{where}instalments", "only gift money comes in instalments"))
        if rules.most_top_up and rule.amount > rules.most_top_up:
            problems.append(Problem("file", f"{where}amount", "is more than most_top_up, nobody reaches it"))
    if rules.most_top_up and rules.most_top_up < rules.least_top_up:
        problems.append(Problem("file", "stored_value.most_top_up", "is less than least_top_up"))
    return problems


def stored_value_links(
    rules: StoredValueRules,
    *,
    tier_ids: Collection[str],
    package_ids: Collection[str],
    promotions: Mapping[str, bool],
) -> list[Problem]:
    """Return what names a tier, a package or a promotion that the file does not have.

    Args:
        promotions: by id, whether it asks for an issued coupon; also true where it could not be read.
    """
    problems = []
    for row, rule in enumerate(rules.top_ups):
        where = f"stored_value.top_ups[{row}]."
        for tier in sorted(rule.tiers - set(tier_ids)):
            problems.append(Problem("file", f"{where}tiers", f"there is no tier {tier}", nearest(tier, tier_ids)))
        for each in rule.times:
            if each.package not in package_ids:
                hint = nearest(each.package, package_ids)
                problems.append(Problem("file", f"{where}times", f"there is no package {each.package}", hint))
        for gift in rule.coupons:
            if gift.promotion not in promotions:
                hint = nearest(gift.promotion, promotions)
                problems.append(Problem("file", f"{where}coupons", f"there is no promotion {gift.promotion}", hint))
            elif not promotions[gift.promotion]:
                what = f"{gift.promotion} asks for no issued coupon: give it issued = true"
                problems.append(Problem("file", f"{where}coupons", what))
    return problems
