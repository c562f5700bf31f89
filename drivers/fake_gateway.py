"""A gateway of payment codes made of nothing: every outcome that the real ones document, chosen one charge ahead.

It keeps its own books, so that whoever looks can say what each customer really paid. What takes time in the world takes
a number of questions here, and no clock.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from drivers.pay_gateway import Back, GatewayUnreachable, Order, RefundReply, Reply
from rules.charge_refunds import RefundTold
from rules.charges import CHANNELS, Reason, Told
from rules.money import Minor

ASKS = 2
"""Questions after which a customer has entered the password, or a late payment has come."""

CHARGES: Final = (
    "pays",
    "password_then_pays",
    "password_then_cancels",
    "password_never",
    "not_enough",
    "code_expired",
    "code_invalid",
    "card_refused",
    "not_allowed",
    "error_then_paid",
    "error_not_paid",
    "error_then_closed",
    "silence_paid",
    "silence_not_paid",
    "silence_paid_late",
    "never_sent",
    "number_used",
    "wrong_amount",
    "not_believed",
)
"""What the next charge meets."""
REVERSALS: Final = ("done", "again", "error_then_done", "silence_done", "silence_not_done", "refused")
"""What the next reversal meets; after the first call it goes through, but for `refused`."""
REFUNDS: Final = (
    "done", "processing", "processing_then_refused", "error_not_done", "silence_done", "silence_not_done", "not_enough",
)  # fmt: skip
"""What the next refund meets."""

FAILS: Final = {
    "not_enough": Reason.NOT_ENOUGH,
    "code_expired": Reason.CODE_EXPIRED,
    "code_invalid": Reason.CODE_INVALID,
    "card_refused": Reason.CARD_REFUSED,
    "not_allowed": Reason.NOT_ALLOWED,
}
NOT_PAID, WAITING, PAID, CLOSED = "not_paid", "waiting", "paid", "closed"


@dataclass(slots=True)
class FakeRefund:
    amount: Minor
    state: str
    """processing, done, refused."""
    meets: str


@dataclass(slots=True)
class FakeOrder:
    """One order in the gateway's books."""

    amount: Minor
    meets: str
    state: str = NOT_PAID
    charges: int = 0
    """Calls that wanted money."""
    asks: int = 0
    reversals: int = 0
    is_reversed: bool = False
    times_paid: int = 0
    refunds: dict[str, FakeRefund] = field(default_factory=dict)

    @property
    def kept(self) -> Minor:
        """What the shop has of it in the end."""
        back = sum(refund.amount for refund in self.refunds.values() if refund.state == "done")
        return 0 if self.is_reversed else self.amount * self.times_paid - back


class FakeGateway:
    """A `drivers.pay_gateway.Gateway`."""

    kind = "simulator"

    def __init__(self, channels: Iterable[str] = CHANNELS) -> None:
        """Take the channels whose codes it charges."""
        self.channels = frozenset(channels)
        self.orders: dict[str, FakeOrder] = {}
        self.is_cut = False
        """The line is down: nothing is sent."""
        self._next = {"charge": "pays", "reverse": "done", "refund": "done"}
        self._lock = threading.Lock()

    def next_charge(self, outcome: str) -> None:
        """Let the next charge meet one of CHARGES; those after it go through."""
        assert outcome in CHARGES, outcome
        self._next["charge"] = outcome

    def next_reversal(self, outcome: str) -> None:
        assert outcome in REVERSALS, outcome
        self._next["reverse"] = outcome

    def next_refund(self, outcome: str) -> None:
        assert outcome in REFUNDS, outcome
        self._next["refund"] = outcome

    @property
    def chosen(self) -> dict[str, str]:
        """What comes next, by `charge`, `reverse` and `refund`."""
        return dict(self._next)

    def kept(self) -> Minor:
        """Return what customers have paid in all and not got back."""
        return sum(order.kept for order in self.orders.values())

    # ------------------------------------------------------------------- calls

    def charge(self, order: Order, code: str) -> Reply:
        assert re.fullmatch(r"[0-9A-Za-z]{6,32}", order.order_no), order
        with self._lock:
            meets = "never_sent" if self.is_cut else self._take("charge", "pays")
            if meets == "never_sent":
                return Reply(Told.NOT_SENT, Reason.NO_LINE)
            known = self.orders.get(order.order_no)
            if known is not None:
                # As the real ones do: an order number pays once.
                known.charges += 1
                return Reply(Told.UNCLEAR, Reason.USED_BEFORE)
            found = FakeOrder(order.amount, meets, charges=1)
            self.orders[order.order_no] = found
            if not code.isdecimal():
                found.meets, found.state = "code_invalid", CLOSED
            return self._charged(order, found)

    def _charged(self, order: Order, found: FakeOrder) -> Reply:
        meets = found.meets
        if meets in FAILS:
            found.state = CLOSED
            return Reply(Told.FAILED, FAILS[meets])
        if meets in ("pays", "wrong_amount", "not_believed", "error_then_paid", "silence_paid"):
            self._pay(found)
        if meets == "pays":
            return Reply(Told.PAID, transaction_id=transaction(order))
        if meets.startswith("password"):
            found.state = WAITING
            return Reply(Told.USER_PAYING)
        if meets == "error_then_closed":
            found.state = CLOSED
        reason = {
            "wrong_amount": Reason.WRONG_AMOUNT, "not_believed": Reason.NOT_BELIEVED, "number_used": Reason.USED_BEFORE,
        }.get(meets, Reason.NO_ANSWER if meets.startswith("silence") else Reason.GATEWAY_ERROR)  # fmt: skip
        return Reply(Told.UNCLEAR, reason)

    def ask(self, order: Order) -> Reply:
        with self._lock:
            if self.is_cut:
                return Reply(Told.NOT_SENT, Reason.NO_LINE)
            found = self.orders.get(order.order_no)
            if found is None:
                return Reply(Told.NOT_PAID)
            found.asks += 1
            if found.asks >= ASKS and found.state in (WAITING, NOT_PAID):
                self._later(found)
            if found.is_reversed or found.state == CLOSED:
                cancelled = found.meets == "password_then_cancels"
                return Reply(Told.FAILED, Reason.CUSTOMER_CANCELLED if cancelled else Reason.CLOSED)
            if found.state == PAID:
                if found.meets == "wrong_amount":
                    return Reply(Told.UNCLEAR, Reason.WRONG_AMOUNT)
                if found.meets == "not_believed":
                    return Reply(Told.UNCLEAR, Reason.NOT_BELIEVED)
                return Reply(Told.PAID, transaction_id=transaction(order))
            return Reply(Told.USER_PAYING if found.state == WAITING else Told.NOT_PAID)

    def _later(self, found: FakeOrder) -> None:
        if found.meets in ("password_then_pays", "silence_paid_late"):
            self._pay(found)
        elif found.meets == "password_then_cancels":
            found.state = CLOSED

    def reverse(self, order: Order) -> Reply:
        with self._lock:
            if self.is_cut:
                return Reply(Told.NOT_SENT, Reason.NO_LINE)
            # Of a number that it has not heard of nothing can come any more, either.
            found = self.orders.setdefault(order.order_no, FakeOrder(order.amount, "pays"))
            found.reversals += 1
            meets = self._take("reverse", "done")
            if meets == "refused":
                return Reply(Told.REFUSED, Reason.NOT_ALLOWED)
            if meets in ("done", "silence_done"):
                found.is_reversed, found.state = True, CLOSED
            if meets == "done":
                return Reply(Told.REVERSED)
            return Reply(Told.UNCLEAR, Reason.NO_ANSWER) if meets.startswith("silence") else Reply(Told.AGAIN)

    def refund(self, order: Order, back: Back) -> RefundReply:
        with self._lock:
            if self.is_cut:
                return RefundReply(RefundTold.NOT_SENT, Reason.NO_LINE)
            found = self.orders.get(order.order_no)
            if found is None or found.state != PAID:
                return RefundReply(RefundTold.REFUSED, Reason.NOT_ALLOWED)
            if back.refund_no in found.refunds:
                # The same number once more is the same refund.
                return self._refund_told(found.refunds[back.refund_no], order)
            meets = self._take("refund", "done")
            if meets == "not_enough":
                return RefundReply(RefundTold.REFUSED, Reason.NOT_ENOUGH)
            if back.amount > found.kept:
                return RefundReply(RefundTold.REFUSED, Reason.NOT_ALLOWED, detail="more than was paid")
            if meets in ("error_not_done", "silence_not_done"):
                return RefundReply(RefundTold.UNCLEAR, Reason.NO_ANSWER)
            state = "processing" if meets.startswith("processing") else "done"
            found.refunds[back.refund_no] = FakeRefund(back.amount, state, meets)
            if meets == "silence_done":
                return RefundReply(RefundTold.UNCLEAR, Reason.NO_ANSWER)
            return self._refund_told(found.refunds[back.refund_no], order)

    def ask_refund(self, order: Order, back: Back) -> RefundReply:
        with self._lock:
            if self.is_cut:
                return RefundReply(RefundTold.NOT_SENT, Reason.NO_LINE)
            found = self.orders.get(order.order_no)
            refund = found.refunds.get(back.refund_no) if found else None
            if refund is None:
                return RefundReply(RefundTold.UNKNOWN_THERE)
            if refund.state == "processing":
                refund.state = "refused" if refund.meets == "processing_then_refused" else "done"
            return self._refund_told(refund, order)

    def check(self) -> None:
        if self.is_cut:
            raise GatewayUnreachable("the line is cut")

    # ------------------------------------------------------------------- steps

    def _take(self, what: str, otherwise: str) -> str:
        meets, self._next[what] = self._next[what], otherwise
        return meets

    def _pay(self, order: FakeOrder) -> None:
        order.state = PAID
        order.times_paid += 1

    def _refund_told(self, refund: FakeRefund, order: Order) -> RefundReply:
        told = {"done": RefundTold.REFUNDED, "processing": RefundTold.PROCESSING, "refused": RefundTold.REFUSED}
        reason = Reason.CARD_REFUSED if refund.state == "refused" else Reason.NONE
        return RefundReply(told[refund.state], reason, transaction(order))

    def copy_of(self, order_no: str) -> FakeOrder | None:
        """Return an order as it stands, for whoever looks."""
        found = self.orders.get(order_no)
        return replace(found, refunds=dict(found.refunds)) if found else None


def transaction(order: Order) -> str:
    """Return the simulator's own number of an order."""
    return f"sim{order.order_no}"[:64]
