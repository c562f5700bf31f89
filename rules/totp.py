"""The e-card on a member's phone: a code that changes by the clock, and what it proves.

A phone makes it without any network, from a secret that it was given once. Source: RFC 6238 over RFC 4226.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

STEP_S = 30
"""Seconds that a code stands on the phone."""
DIGITS = 6
WINDOW = 1
"""Steps that the clocks of phone and till may differ, either way."""
STEP_MAX = 2**40
CODE_DIGITS = (6, 8)

_PAYLOAD = re.compile(r"([0-9A-Za-z._-]{2,64}):([0-9]{1,12}):([0-9]{6,8})")


class Algorithm(StrEnum):
    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


_HASHES = {Algorithm.SHA1: hashlib.sha1, Algorithm.SHA256: hashlib.sha256, Algorithm.SHA512: hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Ecard:
    """What a phone shows as a QR code: whose card it is, the step that its clock is at, and the code for it."""

    member_code: str
    step: int
    digits: str


class Verdict(StrEnum):
    """What is known of a code that was shown."""

    FRESH = "fresh"
    """Right, of now, and not used before."""
    USED = "used"
    """Right, but this code or a later one of the member was used already."""
    STALE = "stale"
    """Of another time than now: a picture of the code, or a clock that is wrong."""
    WRONG = "wrong"


def read_ecard(text: str) -> Ecard | None:
    """Return the parts of a phone's QR code, `M1001:59666666:005924`, or None for a text that is none."""
    found = _PAYLOAD.fullmatch(text)
    if found is None or int(found[2]) > STEP_MAX or len(found[3]) not in CODE_DIGITS:
        return None
    return Ecard(found[1], int(found[2]), found[3])


def ecard_text(member_code: str, step: int, digits: str) -> str:
    """Return what a phone shows as a QR code.

    >>> ecard_text("M1001", 41152263, "005924")
    'M1001:41152263:005924'
    """
    return f"{member_code}:{step}:{digits}"


def step_at(at_ms: int) -> int:
    """Return the step that a moment, in UTC milliseconds, lies in."""
    return at_ms // (STEP_S * 1_000)


def code_of(secret: bytes, step: int, *, digits: int = DIGITS, algorithm: Algorithm = Algorithm.SHA1) -> str:
    """Return the code of a step, leading zeros kept; of a plain counter it is HOTP.

    >>> code_of(b"12345678901234567890", 1, digits=8)
    '94287082'
    """
    digest = hmac.new(secret, step.to_bytes(8, "big"), _HASHES[algorithm]).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def check_ecard(
    secret: bytes,
    digits: str,
    *,
    now_step: int,
    last_step: int,
    shown_step: int | None = None,
    window: int = WINDOW,
    algorithm: Algorithm = Algorithm.SHA1,
) -> tuple[Verdict, int]:
    """Return what a code proves, and its step where it is one's at all; -1 otherwise.

    Args:
        now_step: of the till's clock, which must be right: with an unset one nothing may be believed.
        last_step: newest step that was accepted of this member; -1 before the first one.
        shown_step: what the phone said its step is; None for a code that was typed, which is looked for in the window.
    """
    steps = range(now_step - window, now_step + window + 1) if shown_step is None else (shown_step,)
    found = -1
    for step in steps:
        # Every one is made and compared, so that the time taken does not tell which one was near.
        right = step >= 0 and hmac.compare_digest(
            code_of(secret, step, digits=len(digits), algorithm=algorithm).encode(), digits.encode()
        )
        # The newest one that fits, where two steps happen to have one code.
        found = step if right else found
    if found < 0:
        return Verdict.WRONG, -1
    if abs(found - now_step) > window:
        return Verdict.STALE, found
    return (Verdict.USED if found <= last_step else Verdict.FRESH), found
