"""Giving money back to the payment code that it came from: once, whatever becomes of the calls.

The gateway keeps the first refund of a number, so the same number may be sent again; what became of it is asked first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.money import Minor


class RefundState(StrEnum):
    """Where a refund stands."""

    CREATED = "created"
    """On the disk with its return; the gateway has not heard of it."""
    REFUNDING = "refunding"
    """It went to the gateway, and is not done yet."""
    REFUNDED = "refunded"
    REFUSED = "refused"
    """The gateway does not do it: a person tries again, or pays in cash."""
    IN_CASH = "in_cash"
    """Paid out of the drawer instead."""


class RefundDeed(StrEnum):
    REFUND = "refund"
    ASK = "ask_refund"


class RefundTold(StrEnum):
    """What came of it."""

    REFUNDED = "refunded"
    PROCESSING = "processing"
    UNKNOWN_THERE = "unknown_there"
    """The gateway has heard of no such refund."""
    REFUSED = "refused"
    UNCLEAR = "unclear"
    NOT_SENT = "not_sent"


R, K = RefundState, RefundTold
REFUND_OPEN: Final = frozenset({R.CREATED, R.REFUNDING})
RETRY_MS: Final = (0, 3_000, 5_000, 10_000, 30_000, 60_000, 300_000)

DECIDED: Final[Mapping[tuple[RefundDeed, RefundTold], RefundState]] = {
    (RefundDeed.REFUND, K.REFUNDED): R.REFUNDED,
    (RefundDeed.REFUND, K.REFUSED): R.REFUSED,
    # Nobody heard of it: as it was before it was sent.
    (RefundDeed.REFUND, K.NOT_SENT): R.CREATED,
    (RefundDeed.ASK, K.REFUNDED): R.REFUNDED,
    (RefundDeed.ASK, K.REFUSED): R.REFUSED,
    (RefundDeed.ASK, K.UNKNOWN_THERE): R.CREATED,
}
"""Whatever is not here leaves it to be asked about."""


def after_refund(state: RefundState, deed: RefundDeed, told: RefundTold) -> RefundState:
    """Return the state that follows from an answer.

    >>> after_refund(RefundState.REFUNDING, RefundDeed.REFUND, RefundTold.UNCLEAR).value
    'refunding'
    """
    return DECIDED.get((deed, told), state) if state is R.REFUNDING else state


def refund_due(
    state: RefundState, *, since_last_ms: int, tries: int, is_asked_for: bool
) -> tuple[RefundDeed, int] | None:
    """Return what is to be done next and in how many milliseconds; None where nothing is."""
    if state not in REFUND_OPEN:
        return None
    wait_ms = 0 if is_asked_for else max(RETRY_MS[min(tries, len(RETRY_MS) - 1)] - since_last_ms, 0)
    return (RefundDeed.REFUND if state is R.CREATED else RefundDeed.ASK), wait_ms


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge of a sale, and what of it went back before."""

    charge_id: str
    kind: str
    amount: Minor
    refunded: Minor


def shared(amounts: Sequence[tuple[str, Minor]], charges: Sequence[Charged]) -> tuple[tuple[str, Minor], ...]:
    """Return which charge gives back how much of what a return pays to each kind of tender.

    >>> shared([("wechat", 700)], [Charged("a", "wechat", 500, 0), Charged("b", "wechat", 300, 0)])
    (('a', 500), ('b', 200))
    """
    parts = []
    for kind, amount in amounts:
        rest = amount
        for each in charges:
            part = min(rest, each.amount - each.refunded) if each.kind == kind else 0
            if part > 0:
                parts.append((each.charge_id, part))
                rest -= part
    return tuple(parts)
