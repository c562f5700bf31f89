"""A till with its charger on one thread, and a hand that moves the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.charger import Charger
from edge.store.database import Store
from edge.till import Till

TURNS_MAX = 500


class ByTurns:
    """What a test of payment codes is built on: it makes `store`, `charger` and `till`, and connects the two."""

    store: Store
    charger: Charger
    till: Till
    at_ms: int

    def connect(self) -> None:
        """Give the charger the till of lane 1."""
        self.charger.connect(self._ask, self._write, lanes=frozenset({1}))

    def _ask(self, lane: int, method: Callable[..., Any], **arguments: Any) -> Any:
        assert lane == 1
        return method(self.till, **arguments)

    def _write(self, change: Callable[[], Any]) -> Any:
        with self.store.transaction():
            return change()

    def work(self, until: Callable[[], bool]) -> None:
        """Let the charger do what is due, and time pass, until something holds."""
        for _ in range(TURNS_MAX):
            if until():
                return
            if self.charger.is_resting():
                self.at_ms += 1_000
            else:
                self.charger.turn()
        raise AssertionError("it never came to its end")
