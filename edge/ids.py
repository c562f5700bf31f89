"""Ids that are born at the edge."""

from __future__ import annotations

import secrets

from edge.clock import Clock
from rules.coupon_codes import ENTROPY_BITS, make_code

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: nothing that is mistaken for something else when it is read out."""

CODE_TRIES_MAX = 100


def _base32(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 32)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def new_id(clock: Clock) -> str:
    """Return a new id of 26 characters: 48 bits of milliseconds, then 80 random bits, so that ids sort by age.

    Source: the ULID specification.
    """
    return _base32(clock.now_ms() & (2**48 - 1), 10) + _base32(secrets.randbits(80), 16)


def new_member_id() -> str:
    """Return a random member id of 16 characters that says nothing of the member."""
    return _base32(secrets.randbits(80), 16)


def new_epoch() -> str:
    """Return the random name of a store database's life: a new one when it is made and after any restore."""
    return _base32(secrets.randbits(50), 10)


def new_coupon_code() -> str:
    """Return a new random code of a coupon, with capitals folded; nobody finds one by trying."""
    for _ in range(CODE_TRIES_MAX):
        code = make_code(secrets.randbits(ENTROPY_BITS))
        if code is not None:
            return code
    raise AssertionError("one random number in seven makes no code")
