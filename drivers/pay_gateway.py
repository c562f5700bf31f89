"""What a gateway of payment codes is asked, what it answers, and how it fails.

A call never raises for what goes wrong on the way: whether the gateway may have heard of it is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.base import DriverError
from rules.charge_refunds import RefundTold
from rules.charges import Reason, Told
from rules.money import Minor


class GatewayError(DriverError):
    """A gateway cannot be used: unreadable keys, a server that is not who it should be, a clock that is off."""


class GatewayUnreachable(GatewayError):
    """Its server was not reached."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is charged. The number is made once, and is on the disk before any call."""

    order_no: str
    """6..32 letters and digits."""
    amount: Minor
    lane: int = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What a gateway told of a charge."""

    told: Told
    reason: Reason = Reason.NONE
    transaction_id: str = ""
    detail: str = ""
    """In the gateway's own words: for the log and the merchant, never for a screen of customers."""


@dataclass(frozen=True, slots=True)
class Back:
    """A refund of some of an order."""

    refund_no: str
    amount: Minor


@dataclass(frozen=True, slots=True)
class RefundReply:
    """What a gateway told of a refund."""

    told: RefundTold
    reason: Reason = Reason.NONE
    transaction_id: str = ""
    detail: str = ""


class Gateway(Protocol):
    """A service that takes payment codes. Several threads may call it at once; every call ends within its time-out."""

    @property
    def kind(self) -> str:
        """Of the configuration: wechat, alipay, simulator."""

    @property
    def channels(self) -> frozenset[str]:
        """Whose codes it takes, of `rules.charges.CHANNELS`."""

    def charge(self, order: Order, code: str) -> Reply:
        """Take the amount from whoever shows the code. To be called once for an order number."""

    def ask(self, order: Order) -> Reply:
        """Tell what became of a charge; it changes nothing."""

    def reverse(self, order: Order) -> Reply:
        """Undo a charge: money goes back, and what is not paid can never be. To be called again until it is done."""

    def refund(self, order: Order, back: Back) -> RefundReply:
        """Give some of it back; the same refund number is done once, however often it is sent."""

    def ask_refund(self, order: Order, back: Back) -> RefundReply:
        """Tell what became of a refund; it changes nothing."""

    def check(self) -> None:
        """Ask something harmless, to see that line, keys and clock are right. Raises GatewayError."""


UNBELIEVED = Reply(Told.UNCLEAR, Reason.NOT_BELIEVED)
"""An answer that is not the gateway's, or about something else: it is asked again."""
