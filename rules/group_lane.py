"""The second lane: promotions that use up several units, as slots that units may be put into.

A slot takes `size` units for one use. Which units are used, and for what, is free; how they are grouped is not: of the
units that a ladder uses the dearest come first, and a price is shared over all units that it was used for.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec

from rules.basket import Line
from rules.money import Minor, rate_of
from rules.promotion_kinds import (
    Bundle,
    BuyNGetM,
    FixedPrice,
    GroupPromotion,
    LimitedUnits,
    NForPrice,
    NthItem,
    UnitPromotion,
)
from rules.scopes import in_scope
from rules.unit_lane import Option, combine, options, saving_of


class Slot(msgspec.Struct, frozen=True):
    """One place in a play: so many units a use."""

    size: int
    rates: tuple[int, ...] = ()
    """Basis points off for the units of a use in the order in which they come; empty where there is a price."""
    classes: tuple[int, ...] = ()
    """Positions of the unit classes that fit, rising."""


class Play(msgspec.Struct, frozen=True):
    """One way of a promotion to use up units."""

    promotion: GroupPromotion | LimitedUnits
    slots: tuple[Slot, ...]
    price: Minor | None = None
    """What all units of one use cost together."""
    times: int = 0
    """Most uses; 0 is without a limit."""
    whole: bool = True
    """An unfinished use takes nothing off."""

    @property
    def ordered(self) -> bool:
        """True where it matters which unit comes first."""
        return len(self.slots) == 1 and len(set(self.slots[0].rates)) > 1


def may_take(promotion: GroupPromotion | LimitedUnits, line: Line) -> bool:
    """Tell whether the units of a line can be used by the promotion at all, its scope aside."""
    if isinstance(promotion, LimitedUnits):
        return not (isinstance(promotion, FixedPrice) and (line.item.is_open_price or line.open_price is not None))
    if line.weight_g is not None or line.label_amount is not None:
        return False
    has_price = isinstance(promotion, NForPrice) or (isinstance(promotion, Bundle) and promotion.price is not None)
    return not (has_price and (line.item.is_open_price or line.open_price is not None))


def plays_of(
    promotion: GroupPromotion | LimitedUnits, classes: Sequence[Line], counts: Sequence[int], inside: Sequence[int]
) -> list[Play]:
    """Return the plays of a promotion that at least one use can be made of.

    Args:
        promotion: one that may apply.
        classes: a line of each class of units, in the fixed order.
        counts: units of each class.
        inside: positions of the classes in the promotion's scope.
    """
    usable = [position for position in inside if may_take(promotion, classes[position])]
    if isinstance(promotion, LimitedUnits):
        found = _limited(promotion, classes, counts, usable)
    elif isinstance(promotion, Bundle):
        rates = () if promotion.off_bp is None else (promotion.off_bp,)
        slots = tuple(
            Slot(
                part.quantity,
                rates * part.quantity,
                tuple(position for position in usable if in_scope(part.scope, classes[position].item)),
            )
            for part in promotion.parts
        )
        found = [Play(promotion, slots, promotion.price, promotion.times_max)]
    elif isinstance(promotion, BuyNGetM) and promotion.get_scope is not None:
        got = tuple(
            position
            for position, line in enumerate(classes)
            if in_scope(promotion.get_scope, line.item) and may_take(promotion, line)
        )
        slots = (
            Slot(promotion.buy, (0,) * promotion.buy, tuple(usable)),
            Slot(promotion.get, (promotion.off_bp,) * promotion.get, got),
        )
        found = [Play(promotion, slots, None, promotion.times_max)]
    else:
        found = [_single(promotion, fit) for fit in _alike(promotion.alike, classes, usable)]
    return [play for play in found if can_be_used(play, counts)]


def _single(promotion: NForPrice | BuyNGetM | NthItem, fit: Sequence[int]) -> Play:
    if isinstance(promotion, NForPrice):
        slot = Slot(promotion.quantity, (), tuple(fit))
        return Play(promotion, (slot,), promotion.price, promotion.times_max)
    if isinstance(promotion, BuyNGetM):
        rates = (0,) * promotion.buy + (promotion.off_bp,) * promotion.get
        return Play(promotion, (Slot(len(rates), rates, tuple(fit)),), None, promotion.times_max)
    slot = Slot(len(promotion.ladder_bp), promotion.ladder_bp, tuple(fit))
    return Play(promotion, (slot,), None, promotion.times_max, whole=False)


def can_be_used(play: Play, counts: Sequence[int]) -> bool:
    """Tell whether there are units enough for one use, also where parts want the same units."""
    if not play.whole:
        # A ladder gives something from the first piece on that it takes something off.
        first = next(number for number, rate in enumerate(play.slots[0].rates, 1) if rate)
        return sum(counts[position] for position in play.slots[0].classes) >= first
    # As many as some parts want together must fit one of them or another (Hall's condition).
    for size in range(1, len(play.slots) + 1):
        for some in combinations(play.slots, size):
            fitting = {position for slot in some for position in slot.classes}
            if sum([counts[position] for position in fitting]) < sum([slot.size for slot in some]):
                return False
    return True


def _alike(what: str, classes: Sequence[Line], usable: Sequence[int]) -> list[list[int]]:
    if not what:
        return [list(usable)]
    by_key: dict[str, list[int]] = {}
    for position in usable:
        item = classes[position].item
        if what.startswith("tag:"):
            keys = sorted(tag for tag in item.tags if tag.startswith(what[4:]))
        else:
            keys = [{"sku": item.sku, "category": item.category, "brand": item.brand}[what]]
        for key in keys[:1]:
            by_key.setdefault(key, []).append(position)
    return list(by_key.values())


def _limited(
    promotion: LimitedUnits, classes: Sequence[Line], counts: Sequence[int], usable: Sequence[int]
) -> list[Play]:
    if promotion.which == "any":
        return [Play(promotion, (Slot(1, (), tuple(usable)),), times=promotion.units_max)]
    found, left = [], promotion.units_max
    for price in sorted({classes[position].unit_gross for position in usable}):
        fit = tuple(position for position in usable if classes[position].unit_gross == price)
        if left > 0:
            found.append(Play(promotion, (Slot(1, (), fit),), times=left))
        left -= sum(counts[position] for position in fit)
    return found


def bases_for(play: Play, line: Line, promotions: Sequence[UnitPromotion], *, price_key: str) -> tuple[Option, ...]:
    """Return the prices at which a unit may enter the play: its list price, or after unit promotions that combine.

    Into a price only the list price enters, unless a promotion is forced on the unit.
    """
    forced = any(
        promotion.forced and saving_of(promotion, line, line.unit_gross, price_key) for promotion in promotions
    )
    together = [promotion for promotion in promotions if combine(promotion, play.promotion)]
    if forced and not any(promotion.forced for promotion in together):
        return ()
    if not together:
        return (Option(line.unit_gross),)
    found = options(line, together, price_key=price_key)
    return found[-1:] if play.price is not None else found


def entered(play: Play, slot: int, position: int, base: Option, *, line: Line, price_key: str) -> Option:
    """Return the price of a unit that enters a play without a price as the n-th unit (from 0) of a use."""
    promotion = play.promotion
    if isinstance(promotion, LimitedUnits):
        off = saving_of(promotion, line, base.net, price_key)  # type: ignore[arg-type]
    else:
        off = rate_of(base.net, rate_bp=play.slots[slot].rates[position])
    return Option(base.net - off, (*base.taken, (promotion.id, off))) if off else base
