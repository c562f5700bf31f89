"""Quotes that were asked for a moment ago: the same question has the same answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from rules.basket import Basket
from rules.loyalty import Member
from rules.pricing import Found, search, searched_by, settled, settled_by, with_own
from rules.promotions import RuleSet
from rules.quote import Quote
from rules.rule_index import span_of
from rules.usage import Usage

QUOTES_KEPT = 24
"""A deed asks for the same two or three quotes again, and so does the next one. A sale with a coupon that is tried asks
for about ten, so that what is bought again and again, as in a café, is still found behind it; a second lane as well."""


class _Made(NamedTuple):
    """A quote with the whole question."""

    rules: RuleSet
    whose: tuple[int, str | None, tuple[str, ...]]
    """Lines, member and codes: nearly every other question differs in that, and it takes no time to compare."""
    asked: tuple[tuple[date, int, int], Member | None, Usage]
    """The span of time, the member, and the uses up to then."""
    searched: tuple[object, ...]
    """What of it the search asks for, the span of time among it."""
    settled_for: tuple[object, ...]
    basket: Basket
    found: Found
    settled: Quote
    quote: Quote


class Quotes:
    """Prices baskets; what was asked last is held against the whole question, so no answer can be an old one.

    `rules.pricing.price` follows from its arguments alone. Of the moment it asks only in which span it lies.
    """

    def __init__(self) -> None:
        self._made: tuple[_Made, ...] = ()

    def price(self, basket: Basket, rules: RuleSet, member: Member | None, now_local: datetime, usage: Usage) -> Quote:
        """Return what `rules.pricing.price` returns."""
        span = span_of(rules, now_local)
        asked = span, member, usage
        whose = len(basket.lines), basket.member_id, basket.codes
        for made in self._made:
            if made.whose != whose or made.rules is not rules:
                continue
            if (made.basket is basket or made.basket == basket) and made.asked == asked:
                return made.quote
        # A press for points changes nothing that the search asks for, and who buys it changes nothing of the price.
        searched, settled_for = (span, *searched_by(basket, rules, member, usage)), settled_by(basket, member)
        found = common = before = None
        for made in self._made:
            if made.rules is rules and made.searched == searched:
                found = made.found
                if made.settled_for == settled_for:
                    common, before = made.settled, made
                    break
        found = found or search(basket, rules, member, now_local, usage)
        common = common or settled(found, basket, rules, member, now_local, usage=usage)
        quote = with_own(common, basket, rules, member, now_local, usage=usage)
        made = _Made(rules, whose, asked, searched, settled_for, basket, found, common, quote)
        # It stands for what it was settled with. Another thread that does the same at this moment may lose its own, and
        # asks once more.
        others = [each for each in self._made if each is not before]
        self._made = (made, *others[: QUOTES_KEPT - 1])
        return quote
