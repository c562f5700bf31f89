"""From what a reader sends to a clean text: symbology, noise, full-width digits, and what must not be shown."""

from __future__ import annotations

import re

from rules.gs1 import GS
from rules.gtin import Flaw

TEXT_MAX = 512
"""Longest text, in characters, that is looked at."""

# AIM symbology identifiers (ISO/IEC 15424) that fix what the data is.
# EAN: 0 EAN-13, UPC-A or UPC-E; 1 and 2 an add-on alone; 3 with add-on; 4 EAN-8.
_AIM = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
AIM_GS1 = frozenset(("C1", "e0", "e1", "e2", "e3", "d2", "Q3", "J1"))
AIM_EAN = frozenset(("E0", "E1", "E2", "E3", "E4"))
_NOISE = str.maketrans(dict.fromkeys("\x00\x11\x13\ufeff"))
_FULL_WIDTH = str.maketrans({0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20})
_CONTROL = re.compile(r"[\x00-\x1c\x1e\x1f\x7f-\x9f]")
_PAYMENT_SHAPES = (
    ("wechat", range(10, 16), range(18, 19)),
    ("alipay", range(25, 31), range(16, 25)),
    ("unionpay", range(62, 63), range(19, 20)),
)


def clean_text(text: str) -> tuple[str, str, Flaw | None]:
    """Return the text without noise, its AIM symbology identifier or "", and why it cannot be a code, or None.

    Terminators, the identifier, spaces between digits and full-width forms are gone; leading zeros and GS stay.
    """
    if len(text) > TEXT_MAX:
        return text[:32].encode("ascii", "replace").decode(), "", Flaw.TOO_LONG
    # Lone surrogates can be neither stored nor printed.
    text = text.encode("utf-8", "replace").decode().translate(_NOISE)
    if all(c.isascii() or ord(c) in _FULL_WIDTH for c in text):
        # An input method in full-width mode, not Chinese: those texts are kept as they are.
        text = text.translate(_FULL_WIDTH)
    body = text.strip(" \t\r\n\x02\x03\x04")
    aim = ""
    if body.startswith("]"):
        found = _AIM.match(body)
        if found is None:
            return body, "", Flaw.SYMBOLOGY
        aim, body = found.group(1), body[found.end() :]
        # The second part of a composite symbol is about the lot, not the item.
        body = body.partition("|]e")[0] if aim in AIM_EAN else body
    elif body.startswith(GS):
        aim = "C1"
    body = body.strip()
    if not body:
        return "", aim, Flaw.EMPTY
    if _CONTROL.search(body):
        return _CONTROL.sub("", body), aim, Flaw.CHARACTERS
    joined = body.replace(" ", "")
    return joined if is_digits(joined) else body, aim, None


def is_digits(text: str) -> bool:
    """Return whether the text is decimals 0 to 9 and nothing else."""
    return text.isascii() and text.isdecimal()


def payment_channel(text: str) -> str:
    """Return the channel whose payment codes look like this text, or ""."""
    if not is_digits(text):
        return ""
    shapes = (name for name, starts, lengths in _PAYMENT_SHAPES if len(text) in lengths and int(text[:2]) in starts)
    return next(shapes, "")


def mask(digits: str) -> str:
    """Return a payment code as it may be shown.

    >>> mask("134567890123456789")
    '134567******6789'
    """
    return f"{digits[:6]}******{digits[-4:]}"
