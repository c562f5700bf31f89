"""What the till needs of whoever talks to the gateways: to hand over a code, and to know which codes go anywhere."""

from __future__ import annotations

from typing import Protocol


class ChargeDoor(Protocol):
    """The threads that call the gateways, as a till sees them. No call here waits for anything."""

    def takes(self, channel: str) -> bool:
        """Tell whether codes of a channel can be charged in this shop."""

    def is_reachable(self, channel: str) -> bool:
        """Tell whether its gateway answered when it was last called."""

    def hand_over(self, charge_id: str, code: str) -> None:
        """Take the code of a charge that is on the disk. It is kept in memory alone, until it is sent."""

    def ask_now(self, charge_id: str) -> None:
        """Do what is due with a charge or a refund at once: a person pressed the button."""
