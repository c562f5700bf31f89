"""Which language each lane's customer display speaks: the customer's choice, as long as they are the customer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.display import DisplayView

ALONE_S = 60.0
"""A choice that nobody's purchase follows is forgotten after so long."""


@dataclass(frozen=True, slots=True)
class _Choice:
    language: str
    sale_id: str
    at_s: float


class Tongues:
    """Languages by lane; in memory only, since a restart takes longer than most customers stay."""

    def __init__(self, defaults: Mapping[int, str]) -> None:
        """Take each lane's own language."""
        self._defaults = dict(defaults)
        self._lock = threading.Lock()
        self._choices: dict[int, _Choice] = {}
        self._number = 0

    @property
    def number(self) -> int:
        """Rises with every choice."""
        return self._number

    def choose(self, lane: int, language: str, *, sale_id: str, now_s: float) -> None:
        """Take the choice of the customer who is served, or of whoever stands there.

        Args:
            sale_id: of the view that was on the display; empty while nobody is served.
        """
        with self._lock:
            self._choices[lane] = _Choice(language, sale_id, now_s)
            self._number += 1

    def language(self, view: DisplayView, *, now_s: float) -> str:
        """Return the language for what is shown now; the next customer begins with the lane's own again."""
        with self._lock:
            choice = self._choices.get(view.lane)
            if choice is None:
                return self._defaults[view.lane]
            if not choice.sale_id:
                if now_s - choice.at_s >= ALONE_S:
                    return self._defaults[view.lane]
                if view.sale_id:
                    choice = self._choices[view.lane] = replace(choice, sale_id=view.sale_id)
            # A basket that the lane goes back to, after it was locked say, finds its language again.
            return choice.language if choice.sale_id == view.sale_id else self._defaults[view.lane]
