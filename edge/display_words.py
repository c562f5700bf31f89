"""The promotions that the customer display tells of between the pictures, in the words that customers read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from edge.rule_room import RuleRoom
from edge.rule_sentences import sentence
from edge.texts import Texts, clipped
from rules.calendar_cn import Calendar
from rules.conditions import When
from rules.moments import is_open
from rules.promotion_kinds import PromotionBase

NOTICES_MAX = 12
"""More than that nobody waits for."""
NAME_MAX, SENTENCE_MAX = 60, 160


@dataclass(frozen=True, slots=True)
class Notice:
    """One promotion as a slide says it."""

    name: str
    sentence: str


def notices(room: RuleRoom, texts: Texts, *, lane: int, now_local: datetime) -> tuple[Notice, ...]:
    """Return the promotions of today that anybody can have: none that asks for a coupon, a tag or another channel."""
    rules = room.rules_of("")
    if rules is None:
        return ()
    told = [
        promotion
        for promotion in rules.promotions
        if is_for_all(promotion, lane=lane) and is_today(promotion.when, now_local, rules.calendar)
    ]
    return tuple(
        Notice(clipped(texts.name(promotion.names), NAME_MAX), clipped(sentence(promotion, texts, room), SENTENCE_MAX))
        for promotion in told[:NOTICES_MAX]
    )


def is_for_all(promotion: PromotionBase, *, lane: int) -> bool:
    """Tell whether anybody who comes to a lane, or becomes a member there, can have it."""
    return not (
        promotion.code or promotion.issued or promotion.channels or promotion.who.tags
        or (promotion.lanes and lane not in promotion.lanes)
    )  # fmt: skip


def is_today(when: When, now_local: datetime, calendar: Calendar) -> bool:
    """Tell whether it holds now or later on this day."""
    if is_open(when, now_local, calendar):
        return True
    if when.from_time is None or now_local.time() >= when.from_time:
        return False
    whole_day = msgspec.structs.replace(when, from_time=None, until_time=None)
    at_its_hour = datetime.combine(now_local.date(), when.from_time)
    return is_open(whole_day, at_its_hour, calendar)
