"""How far the calls about each payment have got: which one comes next, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.store.charges import Charge, Refund
from rules.charge_refunds import RefundDeed, refund_due
from rules.charges import ChargeState, Deed, Patience, due

FRESH_MS = 86_400_000
"""Longest that a payment is believed to have been under way before the start."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the calls about something have got since its state began, or since the start."""

    state: str
    first_ms: int
    """When it was first seen, less how long it had been under way by then."""
    last_ms: int
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A call that is due."""

    subject: Charge | Refund
    deed: Deed | RefundDeed
    wait_ms: int
    is_late: bool = False


class Paces:
    """The pace of every open payment. One thread at a time may use it."""

    def __init__(self, patience: Patience, *, wall_ms: Callable[[], int], now_ms: Callable[[], int]) -> None:
        """Take two clocks: the wall's, which alone knows what was before the start, and one that only ever rises."""
        self._patience = patience
        self._wall_ms = wall_ms
        self._now_ms = now_ms
        self._paces: dict[str, Pace] = {}

    def due(self, subject: Charge | Refund, *, is_asked_for: bool) -> Job | None:
        """Return the next call about something, with how long it has to wait; None where nothing is to be done."""
        key, now_ms = id_of(subject), self._now_ms()
        pace = self._paces.get(key)
        if pace is None or pace.state != subject.state.value:
            under_way = self._wall_ms() - (getattr(subject, "sent_ms", None) or subject.created_ms)
            # After a restart the wall clock alone knows; one that was moved meanwhile is not believed.
            first_ms = pace.first_ms if pace else now_ms - (under_way if 0 <= under_way < FRESH_MS else 0)
            last_ms = pace.last_ms if pace else now_ms - FRESH_MS
            # What a refund waits for is the same service, whether it is sent or asked about.
            tries = pace.tries if pace and isinstance(subject, Refund) else 0
            pace = self._paces[key] = Pace(subject.state.value, first_ms, last_ms, tries)
        since_last_ms = now_ms - pace.last_ms
        if isinstance(subject, Refund):
            answer = refund_due(subject.state, since_last_ms=since_last_ms, tries=pace.tries, is_asked_for=is_asked_for)
            return Job(subject, *answer) if answer else None
        since_sent_ms = now_ms - pace.first_ms
        found = due(
            subject.state, since_sent_ms=since_sent_ms, since_last_ms=since_last_ms, tries=pace.tries,
            is_asked_for=is_asked_for, patience=self._patience,
        )  # fmt: skip
        return Job(subject, found.deed, found.wait_ms, since_sent_ms >= self._patience.pay_ms) if found else None

    def note(self, subject: str, wait_ms: int = 0) -> None:
        """Count a call that ended.

        Args:
            wait_ms: to be waited beyond what the next one waits anyway.
        """
        pace = self._paces.get(subject)
        if pace is not None:
            self._paces[subject] = replace(pace, last_ms=self._now_ms() + wait_ms, tries=pace.tries + 1)

    def note_sent(self, subject: str) -> None:
        """Let the waits of a charge begin with this moment; called before it is sent and after."""
        pace, now_ms = self._paces.get(subject), self._now_ms()
        is_sent = pace is not None and pace.state == ChargeState.PAYING.value
        first_ms = pace.first_ms if pace is not None and is_sent else now_ms
        self._paces[subject] = Pace(ChargeState.PAYING.value, first_ms, now_ms)

    def forget(self, kept: set[str]) -> None:
        """Forget all but those."""
        for old in self._paces.keys() - kept:
            del self._paces[old]


def id_of(subject: Charge | Refund) -> str:
    return subject.charge_id if isinstance(subject, Charge) else subject.refund_id
