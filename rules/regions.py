"""Units that group promotions connect, put in order: what the search for the least sum walks over.

Units of a ladder or of a price for several are one region: they are looked at together, the dearest first. The slots of
a bundle lie in regions of their own, and a component is the regions that such slots connect: between them only how many
units each slot has got matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.group_lane import Play
from rules.money import BASIS_POINTS, Minor
from rules.problem import Problem, entry_of
from rules.promotion_kinds import LimitedUnits, PromotionBase
from rules.unit_lane import Option, saving_of

NEVER: Minor = -(1 << 40)
"""What a place saves that no unit fits."""


class Way(NamedTuple):
    """How the units of one class may enter one slot."""

    play: int
    """Number of the play in the problem."""
    slot: int
    """Number of the slot in the play."""
    nets: tuple[Minor, ...]
    """The least that a unit costs by its place in a use; with a price, its part of that, or 0 where slots share it."""
    is_plain: bool
    """Units enter at their list price: nothing combines with the promotion, and nothing is forced."""


@dataclass(frozen=True, slots=True)
class Component:
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
    for number, play in enumerate(problem.plays):
        promotion = play.promotion
        is_limited = isinstance(promotion, LimitedUnits)
        for slot_number, slot in enumerate(play.slots):
            at_price = (0,) * slot.size
            if play.price is not None and len(play.slots) == 1:
                # Only the sum of a complete use matters: each unit bears a part, so that none seems to be free.
                price, size = play.price, slot.size
                at_price = tuple([price * (at + 1) // size - price * at // size for at in range(size)])
            for position in slot.classes:
                on_class = problem.on_class[position]
                is_plain = not on_class or is_by_itself(promotion, on_class)
                if play.price is not None:
                    nets = at_price
                    if not is_plain and entry_of(problem, play, slot_number, 0, position) is None:
                        continue
                elif is_plain and not is_limited:
                    doubled = 2 * (gross := problem.classes[position].gross)
                    nets = tuple(
                        [
                            gross - (doubled * rate + BASIS_POINTS) // (2 * BASIS_POINTS) if rate else gross
                            for rate in slot.rates
                        ]
                    )
                elif is_plain:
                    line, gross = problem.classes[position].line, problem.classes[position].gross
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


def uses_of(problem: Problem, ways: Sequence[Sequence[Way]], solo: Sequence[Minor]) -> Uses:
    """Tell which plays can be of use; a use saves no more than the best units for each of its places do."""
    most: list[list[list[Minor]]] = [[[NEVER] * slot.size for slot in play.slots] for play in problem.plays]
    alone: dict[tuple[int, int], list[Minor]] = {}
    for position, inside in enumerate(ways):
        least = solo[position]
        for number, slot, nets, _ in inside:
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
        (found.loose if is_loose else found.idle).append(number)
        # Of a ladder that may be cut short, one unit is a use.
        found.more[number] = [-each for each in saved] if play.whole else [0]
    return found


def touched_by(ways: Sequence[Sequence[Way]]) -> dict[int, list[int]]:
    """Return the classes that each play may use, rising; a class that fits two slots stands twice."""
    touched: dict[int, list[int]] = {}
    for position, inside in enumerate(ways):
        for number, _, _, _ in inside:
            if number in touched:
                touched[number].append(position)
            else:
                touched[number] = [position]
    return touched


def components_among(
    problem: Problem, touched: Mapping[int, list[int]], connecting: Sequence[int], spread: Sequence[int] = ()
) -> list[Component]:
    """Return the components that some plays make.

    Args:
        problem: what is to be combined.
        touched: the classes that each play may use.
        connecting: numbers of plays that connect, rising.
        spread: numbers of plays whose classes are components too, but that connect nothing.
    """
    plays = problem.plays
    # Classes by the name of their region, and by that of their component; a class of its own names itself.
    region: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    outer = []
    for number in connecting:
        if number in touched:
            if is_inner(plays[number]):
                _join(region, members, touched[number])
            else:
                outer.append(number)
    for number in (*outer, *spread):
        for position in touched.get(number, ()):
            if position not in region:
                region[position] = position
                members[position] = [position]
    component, together = region, members
    if outer:
        component = dict(region)
        together = {name: list(inside) for name, inside in members.items()}
        for number in outer:
            _join(component, together, touched[number])
    inside: dict[int, list[int]] = {name: [] for name in together}
    for number in sorted({*connecting, *spread}):
        for name in dict.fromkeys([component[position] for position in touched.get(number, ())]):
            inside[name].append(number)
    found = []
    for name in sorted(inside):
        names = sorted({region[position] for position in together[name]})
        found.append(_component(problem, touched, [members[each] for each in names], inside[name]))
    return found


def _component(
    problem: Problem, touched: Mapping[int, list[int]], regions: Sequence[list[int]], plays: Sequence[int]
) -> Component:
    classes = problem.classes
    ordered = tuple([tuple(sorted(each, key=lambda at: (-classes[at].gross, at))) for each in regions])
    if len(ordered) > 2:
        ordered = _in_order(ordered, plays, touched)
    return Component(ordered, tuple(plays), frozenset([each for each in plays if is_inner(problem.plays[each])]))


def _join(names: dict[int, int], members: dict[int, list[int]], positions: Sequence[int]) -> None:
    """Give some classes, and all that were joined with them, one name."""
    first = min([names.get(position, position) for position in positions])
    mine = members.setdefault(first, [first])
    names[first] = first
    for position in positions:
        name = names.get(position)
        if name is None:
            names[position] = first
            mine.append(position)
        elif name != first:
            for moved in members[name]:
                names[moved] = first
            mine += members.pop(name)


def _in_order(
    regions: tuple[tuple[int, ...], ...], plays: Sequence[int], touched: Mapping[int, list[int]]
) -> tuple[tuple[int, ...], ...]:
    """Return the regions in an order in which few plays are begun and not ended at any time."""
    touching = [{number for number in plays if not set(touched[number]).isdisjoint(each)} for each in regions]
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
    return tuple(order)


def mask_of(component: Component) -> int:
    """Return the classes of a component as bits."""
    mask = 0
    for region in component.regions:
        for position in region:
            mask |= 1 << position
    return mask
