"""Quotes that were asked for a moment ago: the same question has the same answer."""

from __future__ import annotations

from datetime import date, datetime

from rules.basket import Basket
from rules.loyalty import Member
from rules.pricing import price
from rules.promotions import RuleSet
from rules.quote import Quote
from rules.rule_index import span_of
from rules.usage import Usage

QUOTES_KEPT = 8
"""A deed asks for the same two or three quotes again, and so does the next one; a second lane as well."""


class Quotes:
    """Prices baskets; what was asked last is held against the whole question, so no answer can be an old one.

    `rules.pricing.price` follows from its arguments alone. Of the moment it asks only in which span it lies.
    """

    def __init__(self) -> None:
        self._made: tuple[tuple[RuleSet, tuple[date, int, int], Member | None, Usage, Basket, Quote], ...] = ()

    def price(self, basket: Basket, rules: RuleSet, member: Member | None, now_local: datetime, usage: Usage) -> Quote:
        """Return what `rules.pricing.price` returns."""
        span = span_of(rules, now_local)
        for made in self._made:
            if made[0] is rules and made[1:5] == (span, member, usage, basket):
                return made[5]
        quote = price(basket, rules, member, now_local, usage)
        # Another thread that does the same at this moment may lose its own, and asks once more.
        self._made = ((rules, span, member, usage, basket, quote), *self._made[: QUOTES_KEPT - 1])
        return quote
