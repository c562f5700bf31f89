"""Settling what is due: several tenders in one sale, change from cash, and the notes a customer may hand over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules.money import AMOUNT_MAX, Minor

CASH = "cash"
CARD = "card"
SCAN = "scan"
STORED_VALUE = "stored_value"
POINTS = "points"
ACCOUNT = "account"
"""On account (赊账): the member owes it."""
ROUNDING = "rounding"
"""What of a sale nobody pays, or pays on top, because cash is rounded (抹零): a tender with a sign of its own."""

NOTES_MAX = 4
"""Most amounts offered beside the exact one."""


@dataclass(frozen=True, slots=True)
class CashRounding:
    """How what is paid in cash is rounded."""

    step: Minor = 0
    """Least coin: 10 rounds to jiao, 100 to yuan; 0 rounds nothing."""
    mode: Literal["down", "half_up"] = "down"
    """In the customer's favour, or to the nearest, halves upwards."""


NO_ROUNDING = CashRounding()


@dataclass(frozen=True, slots=True)
class Offer:
    """What the customer hands over, before it is known what is still due."""

    kind: str
    given: Minor
    """0..AMOUNT_MAX; an offer of zero settles nothing and is left out."""
    ref: str = ""
    """The payment service's reference, the card's last digits, the member: whatever the kind needs."""

    def __post_init__(self) -> None:
        assert 0 <= self.given <= AMOUNT_MAX


@dataclass(frozen=True, slots=True)
class Tender:
    """One way in which a sale was paid."""

    kind: str
    amount: Minor
    """What it settles of the total."""
    given: Minor
    """What was handed over: more than `amount` only for cash."""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The total is paid. The tenders' amounts sum to `due`, and paid - change = due, less the rounding of cash."""

    tenders: tuple[Tender, ...]
    due: Minor
    paid: Minor
    """All that was handed over."""
    change: Minor
    """Cash handed back."""


@dataclass(frozen=True, slots=True)
class Short:
    """Refusal: not enough was offered."""

    due: Minor
    given: Minor
    missing: Minor


@dataclass(frozen=True, slots=True)
class Overpaid:
    """Refusal: more was offered than can be handed back, as only cash gives change."""

    due: Minor
    given: Minor
    excess: Minor
    kind: str
    """The kind of tender that is too much."""


def cash_due(rest: Minor, rounding: CashRounding) -> Minor:
    """Return what of a rest is to be paid if it is paid in cash.

    >>> [cash_due(rest, CashRounding(10)) for rest in (1_236, 1_240, 4)]
    [1230, 1240, 0]
    >>> [cash_due(rest, CashRounding(10, "half_up")) for rest in (1_234, 1_235, 1_236)]
    [1230, 1240, 1240]
    """
    if rounding.step <= 1 or rest <= 0:
        return rest
    half = rounding.step // 2 if rounding.mode == "half_up" else 0
    return (rest + half) // rounding.step * rounding.step


def cash_back(amount: Minor, rounding: CashRounding) -> Minor:
    """Return what is handed back in cash for an amount: in the customer's favour, or to the nearest.

    >>> [cash_back(amount, CashRounding(10)) for amount in (618, 620, 0)]
    [620, 620, 0]
    >>> [cash_back(amount, CashRounding(10, "half_up")) for amount in (618, 614)]
    [620, 610]
    """
    if rounding.mode == "half_up" or rounding.step <= 1:
        return cash_due(amount, rounding)
    return -(-amount // rounding.step) * rounding.step


def settle(due: Minor, offered: Sequence[Offer], rounding: CashRounding = NO_ROUNDING) -> Settlement | Short | Overpaid:
    """Return how the offers settle what is due, or why they do not.

    Tenders other than cash settle exactly what they are; cash settles the rest and gives change. All cash of a sale
    becomes one tender. The order of the offers decides nothing but the order of the tenders. A due of zero needs none.
    Where cash is rounded, what the rounding took off or put on is a tender before that of the cash; whoever hands over
    the exact rest that would be rounded up pays no more than it.

    Args:
        due: 0..AMOUNT_MAX.
        offered: what was handed over so far.
    """
    assert 0 <= due <= AMOUNT_MAX
    offers = [offer for offer in offered if offer.given > 0]
    given = sum(offer.given for offer in offers)
    cash = sum(offer.given for offer in offers if offer.kind == CASH)
    rest = due - (given - cash)
    if rest < 0:
        last = next(offer.kind for offer in reversed(offers) if offer.kind != CASH)
        return Overpaid(due, given, -rest, last)
    if cash and (rest == 0 or given > AMOUNT_MAX):
        # Cash on top of a paid total is a slip of the hand: it would go into the drawer and straight out again.
        return Overpaid(due, given, given - due, CASH)
    is_cash = any(offer.kind == CASH for offer in offered)
    payable = cash_due(rest, rounding) if is_cash else rest
    if rest <= cash < payable:
        payable = rest
    if cash and payable == 0:
        return Overpaid(due, given, cash, CASH)
    if cash < payable:
        return Short(due, given, payable - cash)
    tenders: list[Tender] = []
    rounded = [Tender(ROUNDING, rest - payable, rest - payable)] if payable != rest else []
    for offer in offers:
        if offer.kind != CASH:
            tenders.append(Tender(offer.kind, offer.given, offer.given, offer.ref))
        elif not any(tender.kind == CASH for tender in tenders):
            tenders += rounded
            tenders.append(Tender(CASH, payable, cash, offer.ref))
    tenders += [] if cash else rounded
    assert sum(tender.amount for tender in tenders) == due
    return Settlement(tuple(tenders), due, given, given - (due - rest) - payable)


def next_notes(due: Minor, denominations: Sequence[Minor]) -> tuple[Minor, ...]:
    """Return the exact amount, then up to NOTES_MAX amounts that a customer is likely to hand over, rising.

    The rule: for each note or coin, the least amount above the due that is made of it alone. Where that gives more
    than NOTES_MAX amounts, the least ones stay, and in the last place the greatest: the large note of the cash machine.

    Args:
        due: greater than zero; a due of zero gives nothing.
        denominations: notes and coins in minor units, in any order.

    >>> next_notes(7_250, [100, 500, 1_000, 2_000, 5_000, 10_000])
    (7250, 7300, 7500, 8000, 10000)
    """
    assert due >= 0 and all(note > 0 for note in denominations)
    if due == 0:
        return ()
    above = sorted({-(-due // note) * note for note in denominations} - {due})
    above = [amount for amount in above if amount <= AMOUNT_MAX]
    if len(above) > NOTES_MAX:
        above = [*above[: NOTES_MAX - 1], above[-1]]
    return (due, *above)
