"""Codes of issued coupons: 65 random bits that are read out, typed and scanned without mistakes.

`CP`, thirteen signs of Crockford's base 32 and his check sign: sixteen letters and digits, shown in groups of four.
A code whose check sign would be none of the alphabet is never made, so that any keyboard and any symbology holds it.
"""

from __future__ import annotations

import re

PREFIX = "cp"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Nothing that is mistaken for something else: no i, l, o, u."""
CHECK_MODULUS = 37
"""A prime above 32: it finds every wrong sign, and every two that changed places. Source: Crockford's base 32."""
DIGITS = 13
ENTROPY_BITS = 65
CODE_LENGTH = len(PREFIX) + DIGITS + 1
TYPED_LENGTH_MAX = 40
_SIGNS = frozenset(ALPHABET)
_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""To the digits in which `int` reads base 32."""
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})
_LOOKS = re.compile(rf"{PREFIX}[0-9a-z*~$=-]{{{DIGITS},}}")


def make_code(entropy: int) -> str | None:
    """Return the code of a random number, with capitals folded; None for those, one in seven, that make none.

    Args:
        entropy: 0..2**65 - 1.

    >>> make_code(0), make_code(36)
    ('cp00000000000000', None)
    >>> make_code(12345678901234567890)
    'cpapn59hknhy2pj1'
    """
    assert 0 <= entropy < 2**ENTROPY_BITS
    check = entropy % CHECK_MODULUS
    if check >= len(ALPHABET):
        return None
    digits = "".join(ALPHABET[entropy >> shift & 31] for shift in range(5 * (DIGITS - 1), -1, -5))
    return PREFIX + digits + ALPHABET[check]


def looks_like_code(text: str) -> bool:
    """Tell whether a text was meant to be the code of a coupon, be it right or not."""
    return len(text) <= TYPED_LENGTH_MAX and _LOOKS.fullmatch(_plain(text)) is not None


def read_code(text: str) -> str | None:
    """Return the code that was typed or scanned, with capitals folded; None for what is none, or has a slip in it.

    >>> read_code("CPAP-N59H-KNHY-2PJ1"), read_code(" cpapn59hknhy2pji "), read_code("CPAP-N59H-KNHY-2P1J")
    ('cpapn59hknhy2pj1', 'cpapn59hknhy2pj1', None)
    """
    if len(text) > TYPED_LENGTH_MAX:
        return None
    plain = _plain(text).replace("-", "")
    rest = plain[len(PREFIX) :].translate(_MISREAD)
    if len(plain) != CODE_LENGTH or not plain.startswith(PREFIX) or not set(rest) <= _SIGNS:
        return None
    number = int(rest[:-1].translate(_DIGITS), 32)
    return PREFIX + rest if number % CHECK_MODULUS == ALPHABET.index(rest[-1]) else None


def shown_code(code: str) -> str:
    """Return a code as people read it.

    >>> shown_code("cpapn59hknhy2pj1")
    'CPAP-N59H-KNHY-2PJ1'
    """
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4)).upper()


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
