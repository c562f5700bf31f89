"""What a lane showed last of its basket: shown again as it is, as long as it follows from the very same things."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, TypeVar

T = TypeVar("T")


class Shown:
    """Keeps one answer for each lane. A press that takes a tender asks for the one that the press before it made."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[tuple[object, ...], Any]] = {}

    def again(self, lane: int, about: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what `make` returns; it is not asked where it follows from the same as last time.

        Args:
            about: all that it follows from, none of which ever changes: the very objects, always as many of them.
        """
        kept = self._kept.get(lane)
        if kept is not None and all(map(is_, about, kept[0])):
            value: T = kept[1]
            return value
        value = make()
        self._kept[lane] = (about, value)
        return value
