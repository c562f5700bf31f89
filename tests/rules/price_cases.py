"""Random baskets and promotions of all kinds, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rules.basket import Basket, Item, Line, Names
from rules.loyalty import Member
from rules.promotions import (
    AmountOff,
    BasketAmountOff,
    BasketPercentOff,
    Bundle,
    BundlePart,
    BuyNGetM,
    CouponAmountOff,
    CouponPercentOff,
    EverySpendOff,
    FixedPrice,
    MemberPrice,
    NForPrice,
    NthItem,
    PercentOff,
    Promotion,
    RuleSet,
    Scope,
    SpendOff,
    SpendStep,
)

NOON = datetime(2026, 11, 22, 12, 0)
MEMBER = Member("m1")
CATEGORIES = ("rice", "drink", "soap")
PRICES = (3, 99, 250, 333, 480, 1_000, 1_250, 1_999, 5_000)
Fields = dict[str, Any]


def random_basket(rng: random.Random, units: int) -> Basket:
    lines: list[Line] = []
    left = units
    while left:
        quantity = rng.randint(1, min(3, left))
        list_price = rng.choice(PRICES)
        is_weighed = rng.random() < 0.08
        quantity = 1 if is_weighed else quantity
        left -= quantity
        item = Item(
            f"s{len(lines)}",
            Names(en="item"),
            list_price,
            category=rng.choice(CATEGORIES),
            is_weighed=is_weighed,
            tier_prices={"": max(1, list_price - rng.choice((1, 50, 100)))} if rng.random() < 0.4 else {},
            tax_bp=rng.choice((0, 900, 1_300)),
        )
        weight_g = rng.randint(50, 2_000) if is_weighed else None
        lines.append(Line(f"l{len(lines)}", item, quantity, weight_g))
    return Basket("sale", tuple(lines), codes=("SAVE",))


def random_scope(rng: random.Random) -> Scope:
    if rng.random() < 0.4:
        return Scope(all=True)
    if rng.random() < 0.2:
        return Scope(skus=frozenset(rng.sample(["s0", "s1", "s2", "s3"], 2)))
    return Scope(categories=frozenset(rng.sample(CATEGORIES, rng.randint(1, 2))))


def _member_price(rng: random.Random, shared: Fields) -> Promotion:
    return MemberPrice(**shared)


def _limits(rng: random.Random) -> Fields:
    return rng.choice(({}, {}, {}, {"units_max": 1}, {"units_max": 2}, {"units_max": 2, "which": "cheapest"}))


def _percent(rng: random.Random, shared: Fields) -> Promotion:
    return PercentOff(off_bp=rng.choice((500, 1_000, 2_000, 3_333)), **_limits(rng), **shared)


def _amount(rng: random.Random, shared: Fields) -> Promotion:
    return AmountOff(off=rng.choice((1, 50, 100, 300)), **_limits(rng), **shared)


def _fixed(rng: random.Random, shared: Fields) -> Promotion:
    return FixedPrice(price=rng.choice((90, 200, 900)), **_limits(rng), **shared)


def _n_for_price(rng: random.Random, shared: Fields) -> Promotion:
    times = rng.choice((0, 0, 1))
    alike = "" if times else rng.choice(("", "", "sku", "category"))
    price = rng.choice((150, 500, 900, 2_000))
    return NForPrice(quantity=rng.choice((2, 2, 3)), price=price, times_max=times, alike=alike, **shared)


def _buy_n_get_m(rng: random.Random, shared: Fields) -> Promotion:
    other = rng.random() < 0.3
    times = rng.choice((0, 0, 1))
    return BuyNGetM(
        buy=rng.choice((1, 1, 2)),
        get=rng.choice((1, 1, 1, 2)),
        off_bp=rng.choice((10_000, 10_000, 5_000, 3_333)),
        get_scope=random_scope(rng) if other else None,
        times_max=times,
        alike="" if other or times else rng.choice(("", "", "sku")),
        **shared,
    )


def _nth_item(rng: random.Random, shared: Fields) -> Promotion:
    ladder = rng.choice(((0, 5_000), (0, 2_000, 5_000), (1_000, 1_000, 3_333)))
    return NthItem(ladder_bp=ladder, times_max=rng.choice((0, 0, 1)), **shared)


def _bundle(rng: random.Random, shared: Fields) -> Promotion:
    parts = tuple(BundlePart(scope=random_scope(rng), quantity=rng.choice((1, 1, 1, 2))) for _ in range(2))
    worth: Fields = {"price": rng.choice((150, 900, 2_000))} if rng.random() < 0.6 else {"off_bp": 2_500}
    return Bundle(parts=parts, times_max=rng.choice((0, 1)), **(shared | {"scope": Scope(all=True)}), **worth)


def _spend(rng: random.Random, shared: Fields) -> Promotion:
    steps = [SpendStep(spend=1_000, off=rng.choice((100, 300))), SpendStep(spend=2_500, off=800)]
    return SpendOff(steps=tuple(steps[: rng.randint(1, 2)]), **shared)


def _every(rng: random.Random, shared: Fields) -> Promotion:
    return EverySpendOff(every=rng.choice((500, 1_000)), off=rng.choice((50, 150)), off_max=300, **shared)


def _basket_percent(rng: random.Random, shared: Fields) -> Promotion:
    least, cap = rng.choice((0, 0, 1_500)), rng.choice((0, 0, 100))
    return BasketPercentOff(off_bp=rng.choice((500, 1_000, 5_000)), off_max=cap, min_amount=least, **shared)


def _basket_amount(rng: random.Random, shared: Fields) -> Promotion:
    return BasketAmountOff(off=rng.choice((100, 700)), min_amount=rng.choice((0, 1_500)), **shared)


def _coupon_percent(rng: random.Random, shared: Fields) -> Promotion:
    least = rng.choice((0, 1_500))
    return CouponPercentOff(off_bp=rng.choice((700, 2_000)), code="save", min_amount=least, **shared)


def _coupon_amount(rng: random.Random, shared: Fields) -> Promotion:
    return CouponAmountOff(off=rng.choice((100, 700)), code="Save", min_amount=rng.choice((0, 1_500)), **shared)


Maker = Callable[[random.Random, Fields], Promotion]
ON_UNITS: tuple[Maker, ...] = (_member_price, _percent, _amount, _fixed)
ON_GROUPS: tuple[Maker, ...] = (_n_for_price, _buy_n_get_m, _nth_item, _bundle)
ON_BASKETS: tuple[Maker, ...] = (_spend, _every, _basket_percent, _basket_amount, _coupon_percent, _coupon_amount)


def random_promotion(rng: random.Random, number: int, made: list[Promotion]) -> Promotion:
    names = [promotion.id for promotion in made]
    lanes = [p.id for p in made if isinstance(p, MemberPrice | PercentOff | AmountOff | FixedPrice)]
    shared: Fields = {
        "id": f"p{number}",
        "names": Names(en="promotion"),
        "scope": random_scope(rng),
        "priority": rng.randint(0, 1),
        "exclusive_group": rng.choice(("", "", "", "", "g", "two")),
        "excludes": frozenset(rng.sample(names, 1)) if names and rng.random() < 0.08 else frozenset(),
        "alone": rng.random() < 0.03,
        "min_quantity": rng.choice((0, 0, 0, 3)),
    }
    if rng.random() < 0.1:
        shared |= {"quantity_of": random_scope(rng), "amount_of": random_scope(rng)}
    lane = rng.random()
    if lane < 0.66:
        combined = rng.sample(lanes, 1) if lanes and rng.random() < 0.35 else []
        shared |= {
            "combines_with": frozenset(combined) - shared["excludes"],
            "min_amount": rng.choice((0, 0, 0, 1_500)),
        }
        return rng.choice(ON_UNITS if lane < 0.33 else ON_GROUPS)(rng, shared)
    shared["amount_base"] = rng.choice(("list", "after_unit", "after_unit", "after_previous"))
    shared["full_price_only"] = rng.random() < 0.12
    return rng.choice(ON_BASKETS)(rng, shared)


def random_case(seed: int, *, units: int, promotions: int) -> tuple[Basket, RuleSet]:
    rng = random.Random(seed)
    made: list[Promotion] = []
    for number in range(promotions):
        made.append(random_promotion(rng, number, made))
    rules = RuleSet(version="v", promotions=tuple(made), exclusive_groups={"two": 2})
    return random_basket(rng, rng.randint(1, units)), rules
