"""Phone numbers in one form: what a cashier, a customer or a spreadsheet writes, and what is kept."""

from __future__ import annotations

import re
import unicodedata

WRITTEN_MAX = 40
"""Longest text that is looked at."""
DIGITS_MIN, DIGITS_MAX = 5, 15
"""Digits of a number that is no Chinese mobile one. Source: ITU-T E.164 for the upper bound."""
LAST = 4
"""Digits that a member is asked for, to be found."""

_SEPARATORS = re.compile(r"[\s().\-‐-―/]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")


def normal_phone(text: str) -> str | None:
    """Return a phone number as it is kept, or None for what is none.

    A mobile number of the mainland is 11 digits without the country's code; numbers of other countries keep a plus and
    their code; a local number is its digits.

    >>> normal_phone("+86 138-1234-5678"), normal_phone("０１０ ８８８８００００"), normal_phone("+852 9123 4567")
    ('13812345678', '01088880000', '+85291234567')
    >>> normal_phone("12345678901"), normal_phone("phone"), normal_phone("138 1234 567"), normal_phone("")
    (None, None, None, None)
    """
    if len(text) > WRITTEN_MAX:
        return None
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if plain.startswith("+86"):
        plain = plain[3:]
    elif re.fullmatch(r"861[3-9]\d{9}", plain):
        plain = plain[2:]
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and DIGITS_MIN <= len(digits) <= DIGITS_MAX):
        return None
    if plain.startswith("+"):
        return plain if not digits.startswith("0") else None
    # Whatever begins like a mobile number is meant as one: a digit too few or too many is a slip to be told at once.
    if plain.startswith("1") and len(plain) >= 10:
        return plain if _MOBILE.fullmatch(plain) else None
    return plain
