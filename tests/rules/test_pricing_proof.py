"""The price against brute force and against its own promises, on small random baskets."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations, product

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.basket import Basket, Item, Line, Names
from rules.loyalty import Member
from rules.money import round_half_up, share
from rules.pricing import price
from rules.promotions import (
    AmountOff,
    BasketPercentOff,
    EverySpendOff,
    FixedPrice,
    MemberPrice,
    PercentOff,
    Promotion,
    RuleSet,
    Scope,
    SpendOff,
    SpendStep,
)
from rules.quote import Quote

NOON = datetime(2026, 11, 22, 12, 0)
MEMBER = Member("m1")
CATEGORIES = ("rice", "drink", "soap")


def random_basket(rng: random.Random, units: int) -> Basket:
    lines: list[Line] = []
    left = units
    while left:
        quantity = rng.randint(1, min(3, left))
        left -= quantity
        list_price = rng.choice((3, 99, 250, 333, 480, 1_000, 1_250, 1_999, 5_000))
        item = Item(
            f"s{len(lines)}",
            Names(en="item"),
            list_price,
            category=rng.choice(CATEGORIES),
            tier_prices={"": max(1, list_price - rng.choice((1, 50, 100)))} if rng.random() < 0.4 else {},
            tax_bp=rng.choice((0, 900, 1_300)),
        )
        lines.append(Line(f"l{len(lines)}", item, quantity))
    return Basket("sale", tuple(lines))


def random_scope(rng: random.Random) -> Scope:
    if rng.random() < 0.5:
        return Scope(all=True)
    return Scope(categories=frozenset(rng.sample(CATEGORIES, rng.randint(1, 2))))


def random_promotion(rng: random.Random, number: int, names: Sequence[str]) -> Promotion:
    shared = {
        "id": f"p{number}",
        "names": Names(en="promotion"),
        "scope": random_scope(rng),
        "priority": rng.randint(0, 1),
        "exclusive_group": rng.choice(("", "", "", "g")),
        "min_quantity": rng.choice((0, 0, 0, 3)),
    }
    on_units = shared | {
        "combines_with": frozenset(rng.sample(names, min(len(names), rng.choice((0, 0, 1))))),
        "min_amount": rng.choice((0, 0, 0, 1_500)),
    }
    on_basket = shared | {"amount_base": rng.choice(("list", "after_unit", "after_unit", "after_previous"))}
    kind = rng.randrange(7)
    if kind == 0:
        return MemberPrice(**on_units)
    if kind == 1:
        return PercentOff(off_bp=rng.choice((500, 1_000, 2_000, 3_333)), **on_units)
    if kind == 2:
        return AmountOff(off=rng.choice((1, 50, 100, 300)), **on_units)
    if kind == 3:
        return FixedPrice(price=rng.choice((90, 200, 900)), **on_units)
    if kind == 4:
        return BasketPercentOff(
            off_bp=rng.choice((500, 1_000, 5_000)), min_amount=rng.choice((0, 0, 1_500)), **on_basket
        )
    if kind == 5:
        steps = [SpendStep(spend=1_000, off=rng.choice((100, 300))), SpendStep(spend=2_500, off=800)]
        return SpendOff(steps=tuple(steps[: rng.randint(1, 2)]), **on_basket)
    return EverySpendOff(every=rng.choice((500, 1_000)), off=rng.choice((50, 150)), off_max=300, **on_basket)


UNIT = (MemberPrice, PercentOff, AmountOff, FixedPrice)


def unit_saving(promotion: Promotion, line: Line, left: int) -> int:
    if isinstance(promotion, PercentOff):
        return round_half_up(left * promotion.off_bp, 10_000)
    if isinstance(promotion, AmountOff):
        return min(left, promotion.off)
    if isinstance(promotion, FixedPrice):
        return max(0, left - promotion.price)
    assert isinstance(promotion, MemberPrice)
    return max(0, left - line.item.tier_prices.get("", left))


def covers(promotion: Promotion, line: Line) -> bool:
    return promotion.scope.all or line.item.category in promotion.scope.categories


def may_play(promotion: Promotion, basket: Basket) -> bool:
    lines = [line for line in basket.lines if covers(promotion, line)]
    if isinstance(promotion, MemberPrice):
        lines = [line for line in lines if line.item.tier_prices]
    if not lines or sum(line.quantity for line in lines) < promotion.min_quantity:
        return False
    return not isinstance(promotion, UNIT) or sum(line.gross for line in lines) >= promotion.min_amount


def unit_prices(line: Line, promotions: Sequence[Promotion]) -> set[int]:
    """All prices of a unit, by trying every set of promotions that may combine."""
    order = (MemberPrice, FixedPrice, PercentOff, AmountOff)
    found = set()
    for size in range(4):
        for together in combinations(promotions, size):
            if all(b.id in a.combines_with or a.id in b.combines_with for a, b in combinations(together, 2)):
                left = line.unit_price
                stage = {MemberPrice: 0, FixedPrice: 0, PercentOff: 1, AmountOff: 2}
                for promotion in sorted(together, key=lambda p: (stage[type(p)], -p.priority, p.id)):
                    assert type(promotion) in order
                    left -= unit_saving(promotion, line, left)
                found.add(left)
    return found


def after_basket(nets: list[int], lines: Sequence[Line], basket: Sequence[Promotion]) -> int:
    """The total of unit prices by line after these basket promotions, shared as docs/pricing.md says."""
    cells: dict[tuple[bool, ...], int] = {}
    listed: dict[tuple[bool, ...], int] = {}
    for net, line in zip(nets, lines, strict=True):
        cover = tuple(covers(promotion, line) for promotion in basket)
        cells[cover] = cells.get(cover, 0) + net
        listed[cover] = listed.get(cover, 0) + line.gross
    left = dict(cells)
    for index, promotion in enumerate(basket):
        inside = [cover for cover in cells if cover[index]]
        source = {"list": listed, "after_unit": cells, "after_previous": left}[promotion.amount_base]
        base, now = sum(source[cover] for cover in inside), sum(left[cover] for cover in inside)
        off = 0
        if base < promotion.min_amount:
            pass
        elif isinstance(promotion, BasketPercentOff):
            off = round_half_up(now * promotion.off_bp, 10_000)
        elif isinstance(promotion, SpendOff):
            off = max((step.off for step in promotion.steps if step.spend <= base), default=0)
        elif isinstance(promotion, EverySpendOff):
            off = min(base // promotion.every * promotion.off, promotion.off_max)
        for cover, part in zip(inside, share(min(off, now), [left[cover] for cover in inside]), strict=True):
            left[cover] -= part
    return sum(left.values())


def subsets(promotions: Sequence[Promotion]) -> Iterator[list[Promotion]]:
    for size in range(len(promotions) + 1):
        for chosen in combinations(promotions, size):
            if sum(promotion.exclusive_group == "g" for promotion in chosen) <= 1:
                yield list(chosen)


def brute_force(basket: Basket, rules: RuleSet) -> int:
    """The least total over every legal set of promotions and every price of every unit."""
    playing = [promotion for promotion in rules.promotions if may_play(promotion, basket)]
    lines = sorted(basket.lines, key=lambda line: line.item.sku)
    least = basket.gross
    for chosen in subsets(playing):
        on_basket = sorted(
            (promotion for promotion in chosen if not isinstance(promotion, UNIT)),
            key=lambda p: (not isinstance(p, BasketPercentOff), -p.priority, p.id),
        )
        sums = []
        for line in lines:
            on_line = [promotion for promotion in chosen if isinstance(promotion, UNIT) and covers(promotion, line)]
            if any(isinstance(promotion, MemberPrice) for promotion in on_line) and not line.item.tier_prices:
                on_line = [promotion for promotion in on_line if not isinstance(promotion, MemberPrice)]
            single = unit_prices(line, on_line)
            sums.append({sum(units) for units in product(single, repeat=line.quantity)})
        for nets in product(*sums):
            least = min(least, after_basket(list(nets), lines, on_basket))
    return least


def random_case(seed: int, *, units: int, promotions: int) -> tuple[Basket, RuleSet]:
    rng = random.Random(seed)
    made: list[Promotion] = []
    for number in range(promotions):
        made.append(random_promotion(rng, number, [p.id for p in made if isinstance(p, UNIT)]))
    return random_basket(rng, rng.randint(1, units)), RuleSet(version="v", promotions=tuple(made))


def test_no_legal_combination_is_cheaper():
    for seed in range(400):
        basket, rules = random_case(seed, units=4, promotions=4)
        quote = price(basket, rules, MEMBER, NOON)
        assert quote.certified, seed
        assert quote.total == brute_force(basket, rules), seed


def assert_adds_up(quote: Quote, basket: Basket) -> None:
    assert quote.gross - quote.discount == quote.total == sum(line.net for line in quote.lines) >= 0
    assert quote.gross == basket.gross
    assert quote.discount == sum(applied.amount for applied in quote.applied)
    assert quote.tax == sum(line.tax for line in quote.lines)
    assert [line.line_id for line in quote.lines] == [line.line_id for line in basket.lines]
    for priced, line in zip(quote.lines, basket.lines, strict=True):
        assert sum(priced.unit_nets) == priced.net == line.gross - sum(d.amount for d in priced.discounts)
        assert all(0 <= net <= gross for net, gross in zip(priced.unit_nets, line.unit_grosses, strict=True))
        assert all(discount.amount > 0 for discount in priced.discounts)
        assert 0 <= priced.tax <= priced.net
    for applied in quote.applied:
        parts = sum(d.amount for line in quote.lines for d in line.discounts if d.promotion_id == applied.promotion_id)
        assert parts == applied.amount > 0 and applied.times >= 1


FEW = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(st.integers(1_000, 10**9))
def test_parts_sum_to_the_whole_and_every_promotion_is_answered(seed):
    basket, rules = random_case(seed, units=12, promotions=7)
    quote = price(basket, rules, MEMBER, NOON)
    assert_adds_up(quote, basket)
    answered = [p.promotion_id for p in quote.applied] + [p.promotion_id for p in quote.missed]
    assert sorted(answered) == sorted(promotion.id for promotion in rules.promotions)


@FEW
@given(st.integers(1_000, 10**9))
def test_the_order_of_lines_and_promotions_changes_nothing(seed):
    basket, rules = random_case(seed, units=12, promotions=7)
    rng = random.Random(seed)
    shuffled_lines = tuple(rng.sample(basket.lines, len(basket.lines)))
    shuffled = tuple(rng.sample(rules.promotions, len(rules.promotions)))
    before = price(basket, rules, MEMBER, NOON)
    after = price(
        replace(basket, lines=shuffled_lines), msgspec.structs.replace(rules, promotions=shuffled), MEMBER, NOON
    )
    assert replace(after, lines=()) == replace(before, lines=())
    assert {line.line_id: line for line in after.lines} == {line.line_id: line for line in before.lines}


@FEW
@given(st.integers(1_000, 10**9))
def test_one_more_promotion_never_raises_the_total(seed):
    basket, rules = random_case(seed, units=10, promotions=7)
    fewer = msgspec.structs.replace(rules, promotions=rules.promotions[:-1])
    more_quote, fewer_quote = price(basket, rules, MEMBER, NOON), price(basket, fewer, MEMBER, NOON)
    assert more_quote.total <= fewer_quote.total + more_quote.gap


@FEW
@given(st.integers(1_000, 10**9))
def test_splitting_a_line_changes_no_unit(seed):
    basket, rules = random_case(seed, units=10, promotions=6)
    pieces = [
        replace(line, line_id=f"{line.line_id}-{unit}", quantity=1)
        for line in basket.lines
        for unit in range(line.quantity)
    ]
    whole, split = price(basket, rules, MEMBER, NOON), price(replace(basket, lines=tuple(pieces)), rules, MEMBER, NOON)
    assert split.total == whole.total
    for line in whole.lines:
        parts = [part.net for part in split.lines if part.line_id.startswith(f"{line.line_id}-")]
        assert sorted(parts) == sorted(line.unit_nets)


@pytest.mark.parametrize(("lines", "promotions"), [(20, 20), (60, 12)])
def test_large_baskets_stay_within_the_budget_and_their_gap_is_honest(lines, promotions):
    rng = random.Random(lines)
    rules = RuleSet(version="v", promotions=tuple(random_promotion(rng, n, []) for n in range(promotions)))
    basket = random_basket(rng, lines)
    quote = price(basket, rules, MEMBER, NOON)
    assert_adds_up(quote, basket)
    assert quote.certified == (quote.gap == 0)
