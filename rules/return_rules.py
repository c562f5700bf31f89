"""What the shop decided about returns."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from rules.basket import Names


class Clawback(StrEnum):
    """What becomes of a discount whose condition the kept units would no longer meet."""

    KEEP = "keep"
    """The customer keeps it: the kept units stay at what they cost."""
    RECOMPUTE = "recompute"
    """The kept units are priced afresh by the rules of that day; what they cost more is kept back from the refund."""


class SpentPoints(StrEnum):
    """What becomes of points that are to be taken back and were spent already."""

    OWE = "owe"
    """The member owes them: what is granted next goes there first."""
    WITHHOLD = "withhold"
    """Their worth is kept back from the refund, as far as it goes; the rest is owed."""
    APPROVE = "approve"
    """Somebody who may has to agree; then they are owed."""


class LooseTo(StrEnum):
    """What a return without a receipt is given back as."""

    CASH = "cash"
    STORED_VALUE = "stored_value"
    """The member's, so that nobody turns goods into cash who cannot show that they paid for them."""


class ReturnReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why something comes back, as the cashier may choose."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
    names: Names
    restock: bool = True
    """False where what comes back for this reason is not sold again."""


Kind = Literal["gift", "principal", "card", "scan", "cash"]


class ReturnRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How what was sold comes back."""

    spent_points: SpentPoints = SpentPoints.OWE
    order: Annotated[tuple[Kind, ...], msgspec.Meta(max_length=5)] = ("gift", "principal", "scan", "card", "cash")
    """Which tender of the sale is paid back first. Gift money first, or a return would turn it into cash; kinds that
    are not named come last, in the order in which they were taken."""
    clawback: Clawback = Clawback.KEEP
    days: Annotated[int, msgspec.Meta(ge=0, le=3_650)] = 0
    """Days after the sale in which it may come back without anybody's approval; 0: always."""
    reasons: Annotated[tuple[ReturnReason, ...], msgspec.Meta(max_length=20)] = ()
    """What may be chosen as a reason; nothing named: those that ship."""
    loose_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 90
    """Without a receipt at most the least that the item cost in so many days is given back."""
    loose_to: LooseTo = LooseTo.CASH
