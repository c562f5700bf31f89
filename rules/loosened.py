"""Connected units that stay in their group promotions or all leave them: a cheap part of what can be left dearer.

Nearly every need is met by one of the two, and neither asks for more than the sums of single units.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.money import Minor
from rules.reachable import Priceable, choices_for, reachable
from rules.surpluses import Put


class Loosened:
    """The sums of some connected units."""

    def __init__(  # noqa: PLR0917 - units that stay, units that leave, and what both share
        self,
        kept: Sequence[Priceable],
        freed: Sequence[Priceable],
        positions: Sequence[int],
        puts: Sequence[Put],
        offset: Minor,
        limit: Minor,
    ) -> None:
        """Work out the sums.

        Args:
            kept: by class, the units that are by themselves while the others stay in group promotions.
            freed: by class, all units.
            positions: the classes of the connected units.
            puts: those of them that are in group promotions.
            offset: by how much all of them by themselves are dearer than that.
            limit: sums above it do not matter.
        """
        self._kept, self._freed, self._positions, self._puts = kept, freed, positions, puts
        self._offset = offset
        self._stay = reachable(kept, positions, limit=limit)
        self.bits = self._stay
        if puts and 0 <= offset <= limit:
            self.bits |= reachable(freed, positions, limit=limit - offset) << offset

    def puts(self, surplus: Minor) -> list[Put]:
        """Return what becomes of every unit for a surplus that can be had."""
        if self._stay >> surplus & 1:
            return [*self._puts, *self._by_themselves(self._kept, surplus)]
        return self._by_themselves(self._freed, surplus - self._offset)

    def _by_themselves(self, units: Sequence[Priceable], surplus: Minor) -> list[Put]:
        dearer, _ = choices_for(units, self._positions, surplus)
        return [
            Put(position, -1, 0, option)
            for position in self._positions
            for option in dearer.get(position, units[position].options[:1] * units[position].quantity)
        ]
