"""Trade item numbers: the check digit, GTINs and zero-suppressed UPCs; and what can be wrong with a code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """Why a text is no good code."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    LENGTH = "length"
    CHECK_DIGIT = "check_digit"
    MEASURE_CHECK = "measure_check"
    ELEMENTS = "elements"
    DATE = "date"
    RANGE = "range"
    SYMBOLOGY = "symbology"
    PAYMENT_TOO_EARLY = "payment_too_early"
    """It looks like a payment code, and nobody asked for one."""


@dataclass(frozen=True, slots=True)
class Gtin:
    """A trade item number with a right check digit."""

    gtin14: str
    format: str
    """`GTIN-8`, `GTIN-12`, `GTIN-13`, `GTIN-14` by its significant digits, or `UPC-E` as it was printed."""


def gtin_check_digit(digits: str) -> int:
    """Return the GS1 mod-10 check digit.

    Args:
        digits: the code without its check digit; 7, 11, 12, 13 or 17 decimals.

    Source: GS1 General Specifications, 7.9.1.

    >>> gtin_check_digit("400638133393")
    1
    """
    return -sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))) % 10


def has_check_digit(digits: str) -> bool:
    """Return whether the last digit is the check digit of those before it."""
    return gtin_check_digit(digits[:-1]) == int(digits[-1])


def read_gtin(digits: str) -> Gtin | None:
    """Return the GTIN that 8, 12, 13 or 14 decimals are, or None when the length or the check digit is wrong.

    A UPC-A that was read as an EAN-13 with a leading zero is the same number: only significant digits set the format.

    >>> read_gtin("0614141000036")
    Gtin(gtin14='00614141000036', format='GTIN-12')
    """
    if len(digits) not in (8, 12, 13, 14) or not has_check_digit(digits):
        return None
    significant = len(digits.lstrip("0"))
    length = next(size for size in (8, 12, 13, 14) if significant <= size)
    return Gtin(digits.zfill(14), f"GTIN-{length}")


def read_upc_e(digits: str) -> Gtin | None:
    """Return the GTIN that a zero-suppressed UPC stands for, or None when it is none.

    Args:
        digits: 6 decimals (number system 0, no check digit), 7 (no check digit) or 8.

    Source: GS1 General Specifications, 5.2.2.4.2.

    >>> read_upc_e("04252614")
    Gtin(gtin14='00042100005264', format='UPC-E')
    """
    if len(digits) not in (6, 7, 8):
        return None
    payload = digits.zfill(7)[:7]
    if payload[0] not in "01":
        return None
    system, body, last = payload[0], payload[1:6], payload[6]
    if last in "012":
        full = f"{system}{body[:2]}{last}0000{body[2:]}"
    elif last == "3":
        full = f"{system}{body[:3]}00000{body[3:]}"
    elif last == "4":
        full = f"{system}{body[:4]}00000{body[4:]}"
    else:
        full = f"{system}{body}0000{last}"
    check = gtin_check_digit(full)
    if len(digits) == 8 and check != int(digits[7]):
        return None
    return Gtin(f"00{full}{check}", "UPC-E")
