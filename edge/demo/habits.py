"""How the demo's customers behave: who comes when, and what they put in the basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from edge.demo.catalogue import PRICE_LABEL_PREFIX, WEIGHT_LABEL_PREFIX, DemoItem
from edge.demo.people import DemoMember, Habit
from rules.basket import Line
from rules.money import round_half_up
from rules.scale_codes import ScaleFormat, make_label

LINES_MAX: Final = 12
SALES_A_DAY: Final = (52, 50, 53, 55, 62, 70, 66)
"""Usual number of sales from Monday to Sunday."""
HOURS: Final[Mapping[int, int]] = {
    7: 9, 8: 11, 9: 6, 10: 5, 11: 7, 12: 9, 13: 5, 14: 4, 15: 4, 16: 5, 17: 9, 18: 13, 19: 11, 20: 8, 21: 5,
}  # fmt: skip
"""Share of a day's sales in each hour."""

_VISITS_A_WEEK: Final[Mapping[Habit, float]] = {
    Habit.TRADE: 6.0,
    Habit.DAILY: 6.0,
    Habit.WEEKLY: 2.4,
    Habit.NOW_AND_THEN: 0.9,
    Habit.NEW: 1.6,
    Habit.LEFT: 2.0,
    Habit.RARE: 0.2,
}
_BASKETS: Final[Mapping[Habit, float]] = {Habit.TRADE: 6.0, Habit.DAILY: 1.7, Habit.WEEKLY: 1.3}
"""How much more than others they buy at a time."""
_LEFT_DAYS: Final = 30
_FAVOURITES: Final = 5


@dataclass(frozen=True, slots=True)
class Mission:
    """A reason to come, with the categories that it leads to and how much is bought."""

    categories: Mapping[str, int]
    lines: float
    """Usual number of lines."""
    hours: range = range(24)
    weight: int = 10


MISSIONS: Final = (
    Mission({"bakery": 12, "dairy": 3, "drinks": 1}, 2.4, range(7, 11), weight=60),
    Mission({"instant": 8, "drinks": 6, "snacks": 3, "bakery": 2}, 2.6, range(11, 14), weight=22),
    Mission({"drinks": 9, "snacks": 6, "sweets": 4}, 2.2, weight=16),
    Mission({"vegetables": 10, "fruit": 6, "grocery": 5, "dairy": 2}, 4.6, range(15, 22), weight=26),
    Mission({"fruit": 8, "dairy": 4, "snacks": 2}, 2.8, weight=8),
    Mission({"alcohol": 8, "snacks": 6, "bakery": 1}, 2.8, range(18, 22), weight=10),
    Mission({"household": 6, "paper": 6, "grocery": 2}, 2.5, weight=7),
    Mission({"stationery": 8, "sweets": 3, "drinks": 2}, 2.0, range(7, 19), weight=4),
    Mission({"grocery": 5, "dairy": 4, "fruit": 3, "household": 3, "paper": 2, "snacks": 3}, 6.0, weight=5),
)
TRADE_MISSION: Final = Mission({"grocery": 7, "vegetables": 6, "alcohol": 4, "paper": 2, "dairy": 1}, 2.0)
COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "1201": ("1207",), "1202": ("1207",), "1208": ("1207",),  # buns with soy milk
    "1501": ("1313", "1206"), "1502": ("1313", "1206"),  # noodles with sausage and egg
    "2105": ("1611",),  # tomatoes with eggs
    "3201": ("1316", "1310"), "3202": ("1316",),  # beer with peanuts and duck neck
    "1213": ("1102",),  # toast with milk
    "3001": ("3016",),  # dish soap with pads
}  # fmt: skip
"""What goes into the basket with what, so that the shop's analysis finds it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is going to buy."""

    at_local: datetime
    member: DemoMember | None


class Shoppers:
    """The town around the shop, for one seed."""

    def __init__(
        self, random: Random, items: Sequence[DemoItem], members: Sequence[DemoMember], formats: Sequence[ScaleFormat]
    ) -> None:
        self._random = random
        self._members = tuple(members)
        self._by_sku = {each.item.sku: each for each in items}
        self._labels = {each.prefix: each for each in formats}
        self._popularity = {each.item.sku: min(12.0, random.paretovariate(1.1)) for each in items}
        self._by_category: dict[str, list[str]] = {}
        for each in items:
            self._by_category.setdefault(each.item.category, []).append(each.item.sku)
        skus, weights = list(self._popularity), list(self._popularity.values())
        self._favourites = {each.member_id: random.choices(skus, weights, k=_FAVOURITES) for each in members}

    def day(self, day: date, *, today: date) -> list[Visit]:
        """Return the visits of a past day, earliest first."""
        random = self._random
        members = [each for each in self._members if self._comes(each, day, today)]
        count = max(len(members), round(SALES_A_DAY[day.weekday()] * random.uniform(0.88, 1.12)))
        hours = random.choices(list(HOURS), list(HOURS.values()), k=count)
        moments = sorted(
            datetime.combine(day, time(hour, random.randrange(60), random.randrange(60))) for hour in hours
        )
        who: list[DemoMember | None] = [*members, *[None] * (count - len(members))]
        random.shuffle(who)
        # Two sales of one second would be one ULID apart only by chance.
        return [
            Visit(moment + timedelta(milliseconds=place), member)
            for place, (moment, member) in enumerate(zip(moments, who, strict=True))
        ]

    def _comes(self, member: DemoMember, day: date, today: date) -> bool:
        if day < member.joined or (member.habit is Habit.LEFT and (today - day).days < _LEFT_DAYS):
            return False
        return self._random.random() < _VISITS_A_WEEK[member.habit] / 7

    def lines(self, visit: Visit) -> tuple[Line, ...]:
        """Return what a visit ends with in the basket: one line or more."""
        random = self._random
        fitting = [mission for mission in MISSIONS if visit.at_local.hour in mission.hours]
        mission = random.choices(fitting, [each.weight for each in fitting])[0]
        is_trade = visit.member is not None and visit.member.habit is Habit.TRADE
        if is_trade:
            mission = TRADE_MISSION
        usual = mission.lines * (_BASKETS.get(visit.member.habit, 1.0) if visit.member else 1.0)
        wanted = min(LINES_MAX, max(1, round(random.expovariate(1 / usual))))
        chosen: list[str] = []
        while len(chosen) < wanted:
            sku = self._pick(mission, visit.member)
            chosen.append(sku)
            chosen += [other for other in COMPANIONS.get(sku, ()) if random.random() < 0.35]
        return tuple(
            self._line(place, sku, is_trade=is_trade) for place, sku in enumerate(dict.fromkeys(chosen), start=1)
        )

    def _pick(self, mission: Mission, member: DemoMember | None) -> str:
        random = self._random
        if member is not None and random.random() < 0.4:
            return random.choice(self._favourites[member.member_id])
        category = random.choices(list(mission.categories), list(mission.categories.values()))[0]
        skus = self._by_category[category]
        return random.choices(skus, [self._popularity[sku] for sku in skus])[0]

    def _line(self, place: int, sku: str, *, is_trade: bool) -> Line:
        random, found = self._random, self._by_sku[sku]
        if found.item.is_weighed:
            return self._weighed(place, found)
        is_small = found.item.price < 1_500
        shares = (20, 35, 30, 15) if is_trade else (78, 15, 5, 2) if is_small else (95, 5, 0, 0)
        quantity = random.choices((1, 2, 3, 6), shares)[0]
        return Line(f"{place}", found.item, quantity=quantity, code=found.codes[0].text)

    def _weighed(self, place: int, found: DemoItem) -> Line:
        weight_g = int(self._random.triangular(180, 2_400, 620))
        flagged = found.codes[0].text
        label = self._labels[flagged[:2]]
        amount = round_half_up(found.item.price * weight_g, 1_000)
        code = make_label(label, item=flagged[2:], amount=amount, weight_g=weight_g)
        assert flagged[:2] in (PRICE_LABEL_PREFIX, WEIGHT_LABEL_PREFIX)
        is_priced = flagged[:2] == PRICE_LABEL_PREFIX
        return Line(f"{place}", found.item, weight_g=weight_g, label_amount=amount if is_priced else None, code=code)
