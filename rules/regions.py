"""Units that group promotions connect, put in order: what the search for the least sum walks over.

Units of a ladder or of a price for several are one region: they are looked at together, the dearest first. The slots of
a bundle lie in regions of their own, and a component is the regions that such slots connect: between them only how many
units each slot has got matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from rules.group_lane import Play
from rules.money import BASIS_POINTS, Minor
from rules.problem import Problem, entry_of
from rules.promotion_kinds import LimitedUnits, PromotionBase
from rules.reachable import rising
from rules.unit_lane import Option, saving_of

NEVER: Minor = -(1 << 40)
"""What a place saves that no unit fits."""


class Way(msgspec.Struct, frozen=True):
    """How the units of one class may enter one slot."""

    play: int
    """Number of the play in the problem."""
    slot: int
    """Number of the slot in the play."""
    nets: tuple[Minor, ...]
    """The least that a unit costs by its place in a use; with a price, its part of that, or 0 where slots share it."""
    is_plain: bool
    """Units enter at their list price: nothing combines with the promotion, and nothing is forced."""


class Component(msgspec.Struct, frozen=True):
    """Classes that plays connect."""

    regions: tuple[tuple[int, ...], ...]
    """Positions of classes; in each the dearest first."""
    plays: tuple[int, ...]
    """Numbers of plays, rising."""
    inner: frozenset[int]
    """Those of them that lie in one region and have their uses counted there."""

    @property
    def positions(self) -> list[int]:
        return sorted(position for region in self.regions for position in region)


def is_inner(play: Play) -> bool:
    """Tell whether it matters which of its units come together; otherwise only how many units its slots have."""
    return len(play.slots) == 1 and not isinstance(play.promotion, LimitedUnits)


def ways_of(problem: Problem) -> list[list[Way]]:
    """Return for each class the slots that its units may enter, in the order of the plays."""
    found: list[list[Way]] = [[] for _ in problem.classes]
    grosses = [each.gross for each in problem.classes]
    is_free = [not any(each.forced or each.combines_with for each in on_class) for on_class in problem.on_class]
    for number, play in enumerate(problem.plays):
        promotion = play.promotion
        is_limited = isinstance(promotion, LimitedUnits)
        combines = bool(promotion.combines_with)
        for slot_number, slot in enumerate(play.slots):
            at_price = (0,) * slot.size
            if play.price is not None and len(play.slots) == 1:
                # Only the sum of a complete use matters: each unit bears a part, so that none seems to be free.
                price, size = play.price, slot.size
                at_price = tuple([price * (at + 1) // size - price * at // size for at in range(size)])
            for position in slot.classes:
                is_plain = (is_free[position] and not combines) or is_by_itself(promotion, problem.on_class[position])
                if play.price is not None:
                    nets = at_price
                    if not is_plain and entry_of(problem, play, slot_number, 0, position) is None:
                        continue
                elif is_plain and not is_limited:
                    doubled = 2 * (gross := grosses[position])
                    nets = tuple(
                        [
                            gross - (doubled * rate + BASIS_POINTS) // (2 * BASIS_POINTS) if rate else gross
                            for rate in slot.rates
                        ]
                    )
                elif is_plain:
                    line, gross = problem.classes[position].line, grosses[position]
                    nets = (gross - saving_of(promotion, line, gross, problem.price_key),)  # type: ignore[arg-type]
                else:
                    entry = entry_of(problem, play, slot_number, 0, position)
                    if entry is None:
                        continue
                    nets = tuple([options[0].net for options in entry.choices])
                found[position].append(Way(number, slot_number, nets, is_plain))
    return found


def is_by_itself(promotion: PromotionBase, on_class: Sequence[PromotionBase]) -> bool:
    """Tell whether units enter at their list price: nothing combines with the promotion, and nothing is forced."""
    names = promotion.combines_with
    return not any(each.forced or each.id in names or promotion.id in each.combines_with for each in on_class)


def option_in(problem: Problem, way: Way, place: int, position: int) -> Option:
    """Return the price of a unit at a place of a use; where the use has a price, what the unit costs before it."""
    play = problem.plays[way.play]
    if way.is_plain:
        gross = problem.classes[position].gross
        net = way.nets[place]
        if play.price is not None or net == gross:
            return Option(gross)
        return Option(net, ((play.promotion.id, gross - net),))
    entry = entry_of(problem, play, way.slot, 0, position)
    assert entry is not None
    return entry.base if play.price is not None else entry.choices[place][0]


class Uses(NamedTuple):
    """The plays of a problem, by number."""

    useful: list[int]
    """A use may cost less than its units do by themselves."""
    idle: list[int]
    """A use never does, but some of its units may."""
    loose: list[int]
    """No unit in a use costs less than by itself."""
    more: dict[int, list[Minor]]
    """By how much a use of an idle or a loose play makes the units of each of its slots dearer at the least."""
    saves: list[Minor]
    """By play, what a use saves at the most where only slots count in which it saves something."""


def uses_of(
    problem: Problem, ways: Sequence[Sequence[Way]], solo: Sequence[Minor], taken_along: Collection[int] = ()
) -> Uses:
    """Tell which plays can be of use; a use saves no more than the best units for each of its places do.

    Args:
        problem: what is to be combined.
        ways: by class, how units may enter slots.
        solo: by class, the least price of a unit by itself.
        taken_along: plays that count as idle where they are loose.
    """
    most: list[list[list[Minor]]] = [[[NEVER] * slot.size for slot in play.slots] for play in problem.plays]
    alone: dict[tuple[int, int], list[Minor]] = {}
    for position, inside in enumerate(ways):
        least = solo[position]
        for way in inside:
            number, slot, nets = way.play, way.slot, way.nets
            best = most[number][slot]
            if problem.plays[number].price is not None:
                alone.setdefault((number, slot), []).extend([least] * min(problem.classes[position].count, len(best)))
                continue
            for place, net in enumerate(nets if len(nets) == len(best) else nets * len(best)):
                best[place] = max(best[place], least - net)
    found = Uses([], [], [], {}, [])
    for number, play in enumerate(problem.plays):
        if play.price is not None:
            worth = 0
            for at, each in enumerate(play.slots):
                worth += sum(sorted(alone.get((number, at), ()), reverse=True)[: each.size])
            saved = [worth - play.price]
            is_loose = False
        else:
            saved = [sum(savings) for savings in most[number]]
            is_loose = max([max(savings) for savings in most[number]]) <= 0
        found.saves.append(sum([each for each in saved if each > 0]))
        if not is_loose and (not play.whole or sum(saved) > 0):
            found.useful.append(number)
            continue
        (found.loose if is_loose and number not in taken_along else found.idle).append(number)
        # Of a ladder that may be cut short, one unit is a use.
        found.more[number] = [-each for each in saved] if play.whole else [0]
    return found


def touched_by(ways: Sequence[Sequence[Way]]) -> dict[int, int]:
    """Return the classes that each play may use, as bits."""
    touched: dict[int, int] = {}
    for position, inside in enumerate(ways):
        bit = 1 << position
        for way in inside:
            touched[way.play] = touched.get(way.play, 0) | bit
    return touched


def joined(masks: Iterable[int]) -> list[int]:
    """Return sets of classes, as bits, with those put together that share a class."""
    found: list[int] = []
    for mask in masks:
        apart = []
        for other in found:
            if other & mask:
                mask |= other  # noqa: PLW2901 - it takes in what it meets
            else:
                apart.append(other)
        found = [*apart, mask]
    return found


def components_among(
    problem: Problem, touched: Mapping[int, int], connecting: Sequence[int], spread: Sequence[int] = ()
) -> list[Component]:
    """Return the components that some plays make, in the order of their first class.

    Args:
        problem: what is to be combined.
        touched: the classes that each play may use, as bits.
        connecting: numbers of plays that connect, rising.
        spread: numbers of plays whose classes are components too, but that connect nothing.
    """
    plays = problem.plays
    playing = [number for number in connecting if number in touched]
    outer = [number for number in playing if not is_inner(plays[number])]
    regions = joined([touched[number] for number in playing if is_inner(plays[number])])
    if outer or spread:
        # A class that no region has is one of its own.
        alone = covered = 0
        for number in (*outer, *spread):
            alone |= touched.get(number, 0)
        for region in regions:
            covered |= region
        regions += [1 << position for position in rising(alone & ~covered)]
    regions.sort(key=_first)
    together = regions
    if outer:
        together = sorted(joined([*regions, *[touched[number] for number in outer]]), key=_first)
    if spread:
        playing = sorted({*playing, *[number for number in spread if number in touched]})
    return [
        _component(
            problem,
            touched,
            [region for region in regions if region & whole] if outer else [whole],
            [number for number in playing if touched[number] & whole],
        )
        for whole in together
    ]


def _first(mask: int) -> int:
    return mask & -mask


def _component(problem: Problem, touched: Mapping[int, int], regions: Sequence[int], plays: Sequence[int]) -> Component:
    classes = problem.classes
    if len(regions) > 2:
        regions = _in_order(regions, plays, touched)
    ordered = tuple([tuple(sorted(rising(each), key=lambda at: -classes[at].gross)) for each in regions])
    return Component(ordered, tuple(plays), frozenset([each for each in plays if is_inner(problem.plays[each])]))


def _in_order(regions: Sequence[int], plays: Sequence[int], touched: Mapping[int, int]) -> list[int]:
    """Return the regions in an order in which few plays are begun and not ended at any time."""
    touching = [{number for number in plays if touched[number] & each} for each in regions]
    left = list(range(len(regions)))
    begun: set[int] = set()
    order = []
    while left:
        # Whatever ends the most and begins the least.
        best = min(left, key=lambda at: (len(touching[at] - begun) - 2 * len(touching[at] & begun), at))
        left.remove(best)
        begun |= touching[best]
        begun -= {number for number in begun if not any(number in touching[at] for at in left)}
        order.append(regions[best])
    return order


def mask_of(component: Component) -> int:
    """Return the classes of a component as bits."""
    mask = 0
    for region in component.regions:
        for position in region:
            mask |= 1 << position
    return mask
