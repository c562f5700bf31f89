"""What a member must prove before something of theirs is spent: limits, and what counts as proof."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rules.money import AMOUNT_MAX
from rules.table_reader import Problem


class Proof(StrEnum):
    """How it is known that the member is here, weakest first."""

    NONE = "none"
    """Found by phone number, name or member code: anybody may know them."""
    IDENTIFIED = "identified"
    """A card was held to the reader that says its number and no more; such cards are easily copied."""
    LAST_FOUR = "last_four"
    """A card, and the last four digits of the member's phone."""
    APPROVED = "approved"
    """Somebody who may said that it is the member."""
    PIN = "pin"
    """The member's own PIN."""
    PROVED = "proved"
    """A card that proves itself, or the code that changes on the member's phone."""


class Spending(StrEnum):
    """What is spent."""

    POINTS = "points"
    STORED_VALUE = "stored_value"
    TIMES = "times"


STRENGTH = {proof: strength for strength, proof in enumerate(Proof)}
PROOFS = (Proof.PROVED, Proof.PIN, Proof.LAST_FOUR, Proof.APPROVED)
"""What a shop may accept."""
Limit = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]


class CardPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Above which amounts a member must prove who they are, and how they may.

    Each limit is for what one basket or one deed spends; a limit that is not given is none, and 0 always asks.
    """

    points_up_to: Limit | None = None
    """Points that may be spent without proof."""
    stored_value_up_to: Limit | None = None
    """Minor units."""
    times_up_to: Limit | None = None
    accepts: Annotated[tuple[Proof, ...], msgspec.Meta(min_length=1, max_length=4)] = PROOFS
    """What is asked for; whatever is stronger than the weakest of these is good as well."""
    tries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    """Wrong PINs, digits and codes of a member, counted together, before a wait begins as with staff."""


def policy_problems(policy: CardPolicy) -> list[Problem]:
    """Return what contradicts itself in a policy."""
    weak = [proof for proof in policy.accepts if proof not in PROOFS]
    problems = [Problem("file", "proof.accepts", f"{proof.value!r} proves nothing") for proof in weak]
    if len(set(policy.accepts)) < len(policy.accepts):
        problems.append(Problem("file", "proof.accepts", "each may be named once"))
    return problems


def limit_for(policy: CardPolicy, spending: Spending) -> int | None:
    """Return how much may be spent without proof; None: as much as there is."""
    return {
        Spending.POINTS: policy.points_up_to,
        Spending.STORED_VALUE: policy.stored_value_up_to,
        Spending.TIMES: policy.times_up_to,
    }[spending]


def needs_proof(policy: CardPolicy, spending: Spending, amount: int, proof: Proof) -> bool:
    """Tell whether so much may not be spent on what is proved so far.

    >>> policy = CardPolicy(points_up_to=500)
    >>> [needs_proof(policy, Spending.POINTS, points, Proof.IDENTIFIED) for points in (500, 501)]
    [False, True]
    """
    limit = limit_for(policy, spending)
    weakest = min(STRENGTH[each] for each in policy.accepts)
    return limit is not None and amount > limit and STRENGTH[proof] < weakest


def stronger(one: Proof, other: Proof) -> Proof:
    """Return the stronger of two proofs."""
    return max(one, other, key=lambda proof: STRENGTH[proof])
