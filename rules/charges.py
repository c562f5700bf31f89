"""Charging a customer's payment code: what may follow what, so that nobody pays twice and nothing goes out unpaid.

A charge is made once, with a number that is on the disk before the gateway hears of it, and never again: whatever is
not known is asked for. From the first step of a reversal on it can never pay for anything, whatever a late answer says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CHANNELS: Final = ("wechat", "alipay", "unionpay")
"""Whose payment codes there are, as `rules.codes` tells them apart; they are kinds of tenders as well."""


class ChargeState(StrEnum):
    """Where a charge stands."""

    CREATED = "created"
    """On the disk; the gateway has not heard of it."""
    PAYING = "paying"
    """It goes to the gateway, or went there, and nothing certain came back."""
    USER_PAYING = "user_paying"
    """The customer is asked for the password on the phone."""
    UNKNOWN = "unknown"
    """Time is up, and the gateway cannot be reached: neither paid nor not."""
    PAID = "paid"
    """The money is here: it is a tender of its sale."""
    FAILED = "failed"
    """It will never be paid."""
    REVERSING = "reversing"
    """It is to be undone; it pays for nothing any more."""
    REVERSED = "reversed"
    """Undone: the customer has the money, or never lost it."""
    STUCK = "stuck"
    """The gateway refuses to undo it: a person has to look at the merchant's account."""


class Deed(StrEnum):
    """What a gateway is asked to do with a charge."""

    CHARGE = "charge"
    ASK = "ask"
    REVERSE = "reverse"


class Told(StrEnum):
    """What came of it."""

    PAID = "paid"
    USER_PAYING = "user_paying"
    NOT_PAID = "not_paid"
    """Not paid so far, or not known there."""
    FAILED = "failed"
    """It is not paid and never will be."""
    REVERSED = "reversed"
    AGAIN = "again"
    """Not undone yet: to be called again."""
    REFUSED = "refused"
    """It cannot be undone there."""
    UNCLEAR = "unclear"
    """An error of theirs, no answer in time, or an answer that cannot be believed."""
    NOT_SENT = "not_sent"
    """The gateway was not reached: it has heard nothing."""


class Reason(StrEnum):
    """Why a charge is where it is, as far as the cashier can act on it."""

    NONE = ""
    NOT_ENOUGH = "not_enough"
    CODE_EXPIRED = "code_expired"
    CODE_INVALID = "code_invalid"
    CARD_REFUSED = "card_refused"
    CUSTOMER_CANCELLED = "customer_cancelled"
    CLOSED = "closed"
    NO_LINE = "no_line"
    NOT_ALLOWED = "not_allowed"
    """The shop's own account: keys, rights, limits."""
    WRONG_AMOUNT = "wrong_amount"
    NOT_BELIEVED = "not_believed"
    """An answer without the gateway's signature, or about something else."""
    USED_BEFORE = "used_before"
    """The number was used before."""
    NO_ANSWER = "no_answer"
    GATEWAY_ERROR = "gateway_error"
    RESTARTED = "restarted"
    """The till stopped before the gateway heard of it."""
    CANCELLED = "cancelled"
    """A person at the till no longer wants it."""
    TOO_LATE = "too_late"
    """Nothing certain came within the time."""
    UNDONE = "undone"
    """It was paid, and the sale does not take it."""
    BY_HAND = "by_hand"
    """Somebody settled it in the merchant's account and said so."""


S, T = ChargeState, Told
OPEN: Final = frozenset({S.CREATED, S.PAYING, S.USER_PAYING, S.UNKNOWN, S.REVERSING})
"""States in which something is still to be done."""
RUNNING: Final = frozenset({S.CREATED, S.PAYING, S.USER_PAYING, S.UNKNOWN})
"""States out of which it may still become a tender: the lane waits for it."""
SENT: Final = RUNNING - {S.CREATED}

# What follows from an answer while nobody has asked for it to be undone.
WANTED: Final[Mapping[tuple[Deed, Told], ChargeState | None]] = {
    (Deed.CHARGE, T.PAID): S.PAID,
    (Deed.CHARGE, T.USER_PAYING): S.USER_PAYING,
    (Deed.CHARGE, T.NOT_PAID): None,
    (Deed.CHARGE, T.FAILED): S.FAILED,
    # Its first and only way out was shut: nobody has heard of it.
    (Deed.CHARGE, T.NOT_SENT): S.FAILED,
    (Deed.CHARGE, T.UNCLEAR): None,
    (Deed.ASK, T.PAID): S.PAID,
    (Deed.ASK, T.USER_PAYING): S.USER_PAYING,
    (Deed.ASK, T.NOT_PAID): None,
    (Deed.ASK, T.FAILED): S.FAILED,
    (Deed.ASK, T.NOT_SENT): None,
    (Deed.ASK, T.UNCLEAR): None,
}
"""None: as it was, and asked again."""
# What follows from an answer once it is to be undone: it may come from a call that was made before.
UNWANTED: Final[Mapping[tuple[Deed, Told], ChargeState]] = {
    (Deed.CHARGE, T.FAILED): S.FAILED,
    (Deed.CHARGE, T.NOT_SENT): S.FAILED,
    (Deed.ASK, T.FAILED): S.REVERSED,
    (Deed.REVERSE, T.REVERSED): S.REVERSED,
    (Deed.REVERSE, T.REFUSED): S.STUCK,
}
"""Whatever is not here leaves it to be undone."""


def after(state: ChargeState, deed: Deed, told: Told, *, is_late: bool) -> ChargeState:
    """Return the state that follows from an answer.

    Args:
        state: now; a person may have asked for the charge to be undone since the call was made.
        is_late: the customer had as long as there is. Then what is not decided is undone; where not even that can be
            asked for, it stays unknown.

    >>> after(ChargeState.PAYING, Deed.CHARGE, Told.UNCLEAR, is_late=False).value
    'paying'
    >>> after(ChargeState.REVERSING, Deed.ASK, Told.PAID, is_late=False).value
    'reversing'
    """
    if state is S.STUCK:
        return {T.PAID: S.REVERSING, T.FAILED: S.REVERSED}.get(told, S.STUCK)
    if state is S.REVERSING:
        return UNWANTED.get((deed, told), S.REVERSING)
    if state not in SENT or deed is Deed.REVERSE:
        # Decided already: an answer that comes twice changes nothing.
        return state
    decided = WANTED.get((deed, told))
    if decided in (S.PAID, S.FAILED):
        return decided
    if not is_late:
        return decided or (S.PAYING if state is S.UNKNOWN and told is not T.NOT_SENT else state)
    return S.UNKNOWN if told is T.NOT_SENT else S.REVERSING


def cancelled(state: ChargeState) -> ChargeState:
    """Return the state after a person no longer wants the charge, or its tender."""
    if state is S.CREATED:
        return S.FAILED
    return S.REVERSING if state in SENT or state in (S.PAID, S.STUCK) else state


def resumed(state: ChargeState) -> ChargeState:
    """Return the state at the start of the till: the code of one that was not sent is gone, and so is the charge."""
    return S.FAILED if state is S.CREATED else state


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what. Milliseconds.

    Source: WeChat Pay, 付款码支付: an error is asked about after 5 s, a customer who enters the password has 45 s, and
    nothing is reversed within 15 s of the charge.
    """

    pay_ms: int = 45_000
    ask_every_ms: tuple[int, ...] = (3_000, 5_000, 5_000, 5_000, 5_000, 10_000)
    """Before the first question, the second, …; the last one goes on."""
    unknown_every_ms: tuple[int, ...] = (10_000, 20_000, 40_000, 60_000)
    reverse_after_ms: int = 15_000
    reverse_every_ms: tuple[int, ...] = (0, 5_000, 5_000, 10_000, 20_000, 40_000, 60_000)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done next, and in how long."""

    deed: Deed
    wait_ms: int


def due(
    state: ChargeState, *, since_sent_ms: int, since_last_ms: int, tries: int, is_asked_for: bool, patience: Patience
) -> Due | None:
    """Return what is to be done next with a charge; None where nothing is.

    Args:
        since_sent_ms: since the charge was sent.
        since_last_ms: since the last call ended.
        tries: calls of this kind since the state began, or since the till started: the first is made at once.
        is_asked_for: a person pressed the button: what would be asked later is asked now.
    """
    if state is S.CREATED:
        return Due(Deed.CHARGE, 0)
    if state is S.STUCK:
        return Due(Deed.ASK, 0) if is_asked_for else None
    if state not in OPEN:
        return None
    if state is S.REVERSING:
        pause = 0 if is_asked_for else _nth(patience.reverse_every_ms, tries) - since_last_ms
        return Due(Deed.REVERSE, max(pause, patience.reverse_after_ms - since_sent_ms, 0))
    every = patience.unknown_every_ms if state is S.UNKNOWN else patience.ask_every_ms
    return Due(Deed.ASK, 0 if is_asked_for else max(_nth(every, tries) - since_last_ms, 0))


def _nth(waits: tuple[int, ...], tries: int) -> int:
    return waits[min(tries, len(waits) - 1)]
