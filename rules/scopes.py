"""Which items a scope names: asked for one item, or at once for all promotions of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.basket import Item
from rules.conditions import Scope


def in_scope(scope: Scope, item: Item) -> bool:
    """Tell whether an item takes part in a scope."""
    if item.sku in scope.exclude_skus or item.category in scope.exclude_categories:
        return False
    if item.brand in scope.exclude_brands or item.tags & scope.exclude_tags:
        return False
    return bool(
        scope.all
        or item.sku in scope.skus
        or item.category in scope.categories
        or item.brand in scope.brands
        or item.tags & scope.tags
    )


@dataclass(frozen=True, slots=True)
class ScopeIndex:
    """Many scopes turned round: from what an item is to the scopes that name it, as the bits of one integer."""

    whole: int
    names: tuple[Mapping[str, int], ...]
    """By SKU, category, brand and tag."""
    excluded: tuple[Mapping[str, int], ...]

    @classmethod
    def of(cls, scopes: Sequence[Scope]) -> ScopeIndex:
        """Return the index; bit n stands for scopes[n]."""
        whole = 0
        names: tuple[dict[str, int], ...] = ({}, {}, {}, {})
        excluded: tuple[dict[str, int], ...] = ({}, {}, {}, {})
        for number, scope in enumerate(scopes):
            bit = 1 << number
            if scope.all:
                whole |= bit
            _note(names, (scope.skus, scope.categories, scope.brands, scope.tags), bit)
            _note(
                excluded,
                (scope.exclude_skus, scope.exclude_categories, scope.exclude_brands, scope.exclude_tags),
                bit,
            )
        return cls(whole, names, excluded)

    def bits(self, item: Item) -> int:
        """Return the scopes in which an item takes part."""
        found, out = self.whole, 0
        for key, by_name, by_exclusion in zip(
            (item.sku, item.category, item.brand), self.names, self.excluded, strict=False
        ):
            found |= by_name.get(key, 0)
            out |= by_exclusion.get(key, 0)
        for tag in item.tags:
            found |= self.names[3].get(tag, 0)
            out |= self.excluded[3].get(tag, 0)
        return found & ~out


def _note(into: Sequence[dict[str, int]], lists: Iterable[Iterable[str]], bit: int) -> None:
    for by_name, given in zip(into, lists, strict=True):
        for name in given:
            by_name[name] = by_name.get(name, 0) | bit


def bits_of(bits: int) -> list[int]:
    """Return the positions of the set bits, rising.

    >>> bits_of(0b1011)
    [0, 1, 3]
    """
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found
