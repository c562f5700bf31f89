"""What a tap proves: UIDs in one form, whatever the reader prints, and which of them name a card for good."""

from __future__ import annotations

import re
from enum import StrEnum

UID_BYTES = (4, 7)
"""Lengths of a card's UID: single and double size of ISO 14443-3."""

DECIMAL_DIGITS = 10
"""Digits that a keyboard-type reader prints for four bytes, leading zeros included."""

CASCADE_TAG = 0x88
"""First byte of what a reader prints when it cuts a 7-byte UID to four: only three bytes of the card are left."""


class UidForm(StrEnum):
    """How a keyboard-type reader prints a UID; set for each reader."""

    AUTO = "auto"
    """Ten decimals as `dec_msb`, anything else as `hex_msb`."""
    HEX_MSB = "hex_msb"
    """Hex, first byte of the card first."""
    HEX_LSB = "hex_lsb"
    """Hex, last byte of the card first."""
    DEC_MSB = "dec_msb"
    """Ten decimals, the card's first byte the highest."""
    DEC_LSB = "dec_lsb"
    """Ten decimals, the card's first byte the lowest."""


def normalise_uid(text: str, *, form: str) -> str | None:
    """Return a printed UID in lower-case hex, first byte of the card first, or None when it is no UID of that form.

    A reader that prints decimals has only four bytes to print. Of a 7-byte UID it gives the first four, or the cascade
    tag and the first three: what is left is not the card's UID, and `is_cut_uid` tells where that can be seen.

    Args:
        text: what the reader typed; spaces, colons and dashes between bytes are allowed in hex.
        form: a value of UidForm.

    >>> normalise_uid("1718530974", form="dec_lsb")
    '9eb36e66'
    """
    printed = text.strip()
    chosen = UidForm(form)
    if chosen is UidForm.AUTO:
        chosen = UidForm.DEC_MSB if _is_decimal(printed) else UidForm.HEX_MSB
    raw = _from_decimal(printed) if chosen in (UidForm.DEC_MSB, UidForm.DEC_LSB) else _from_hex(printed)
    if raw is None:
        return None
    if chosen in (UidForm.DEC_LSB, UidForm.HEX_LSB):
        raw = raw[::-1]
    return raw.hex()


def is_random_uid(uid: str) -> bool:
    """Return whether the card makes a new UID at each tap, as phones do: it names nobody and is no member card.

    Args:
        uid: lower-case hex, first byte first.

    Source: ISO/IEC 14443-3, 6.5.4: a single-size UID that begins with 08.

    >>> [is_random_uid(uid) for uid in ("08a1b2c3", "880412ab", "08a1b2c3d4e5f6")]
    [True, False, False]
    """
    return len(uid) == 8 and uid.startswith("08")


def is_cut_uid(uid: str) -> bool:
    """Return whether a reader cut a 7-byte UID down: four bytes that begin with the cascade tag, as no card's own do.

    The cards of a whole batch share what is left, so it is refused as a member card.

    Source: ISO/IEC 14443-3, 6.5.4.

    >>> is_cut_uid("8804c43b")
    True
    """
    return len(uid) == 8 and int(uid[:2], 16) == CASCADE_TAG


def mask_uid(uid: str) -> str:
    """Return a UID as a log or a screen may show it.

    >>> mask_uid("048222aadc3980")
    '04…3980'
    """
    return f"{uid[:2]}…{uid[-4:]}"


def _is_decimal(text: str) -> bool:
    return re.fullmatch(rf"[0-9]{{{DECIMAL_DIGITS}}}", text) is not None


def _from_decimal(text: str) -> bytes | None:
    if not _is_decimal(text) or int(text) > 0xFFFF_FFFF:
        return None
    return int(text).to_bytes(4, "big")


def _from_hex(text: str) -> bytes | None:
    digits = re.sub(r"(?<=[0-9A-Fa-f]{2})[ :-](?=[0-9A-Fa-f]{2})", "", text)
    if re.fullmatch(r"[0-9A-Fa-f]+", digits) is None or len(digits) not in {size * 2 for size in UID_BYTES}:
        return None
    return bytes.fromhex(digits)
