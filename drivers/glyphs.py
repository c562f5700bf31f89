"""The characters a printer's font has: what a text becomes in it, how wide it is, and its bytes.

A two-byte font prints every character of two bytes two columns wide, `×` and `é` included, so the width of a text is
the length of its bytes.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Literal, Protocol, get_args

Encoding = Literal["gb18030", "gbk", "gb2312", "big5", "cp437", "none"]
"""The printer's font. gb18030 is used for the characters that it shares with GBK; none is ASCII and the yen sign."""

ENCODINGS: tuple[str, ...] = get_args(Encoding)
TWO_BYTE: tuple[str, ...] = ("gb18030", "gbk", "gb2312", "big5")

# A four-byte GB18030 character comes out of a GBK font as rubbish, and the two are sold under one part number.
# One without a font that is known is set to code page 437, of which only what every such page has is used.
_CODECS = {"gb18030": "gbk", "none": "cp437"}

# What stands for a character that the font may lack, in the order of trying. The last of each row is ASCII.
_INSTEAD = {
    "¥": ("￥", "Y"),
    "￥": ("¥", "Y"),
    "€": ("EUR",),
    "£": ("GBP",),
    "½": ("1/2",),
    "¼": ("1/4",),
    "¾": ("3/4",),
    "•": ("·", "*"),
    "·": ("*",),
    "ß": ("ss",),
    "×": ("x",),
    "÷": ("/",),
    "–": ("—", "-"),
    "—": ("-",),
    "…": ("...",),
    "“": ('"',),
    "”": ('"',),
    "‘": ("'",),
    "’": ("'",),
    "《": ("<",),
    "》": (">",),
    "、": (",",),
    "。": (".",),
    "℃": ("C",),
    "æ": ("ae",),
    "ø": ("o",),
    "ł": ("l",),
}
UNPRINTABLE = "?"
"""Stands for each character which the font has not and nothing is known to stand for."""


class Pen(Protocol):
    """What draws characters that a font lacks; `drivers.pen` has one."""

    def has(self, character: str) -> bool:
        """Tell whether it can draw a character."""

    def columns(self, character: str) -> int:
        """Return how many columns a drawn character takes, 1 or 2."""


def printable(text: str, encoding: Encoding) -> str:
    """Return the text in characters which the font has, normalised (NFC) and without control characters.

    Space characters become one blank each, characters without a shape (joiners, direction marks) vanish, all others
    stay visible: as themselves, as a near one, or as `UNPRINTABLE`.
    """
    return "".join(_shown(character, encoding) for character in unicodedata.normalize("NFC", text))


def legible(text: str, encoding: Encoding, pen: Pen | None) -> str:
    """Return the text in characters which the font has or the pen draws.

    Nothing is drawn while every character of the text has one of the font that stands for it: drawing is slower. Once
    one has none the line is a picture anyway, and shows all of them as they are.
    """
    plain = printable(text, encoding)
    if pen is None or UNPRINTABLE not in plain:
        return plain
    shown = [(each, _shown(each, encoding)) for each in unicodedata.normalize("NFC", text)]
    if not any(stands == UNPRINTABLE != each and pen.has(each) for each, stands in shown):
        return plain
    return "".join(each if stands.strip(" ") and pen.has(each) else stands for each, stands in shown)


def is_drawn(text: str, encoding: Encoding) -> bool:
    """Tell whether a legible text holds a character that the font has not."""
    return not text.isascii() and not all(_has(each, encoding) for each in text)


def width(text: str, encoding: Encoding, pen: Pen | None = None) -> int:
    """Return how many columns of normal size a printable text takes, or a legible one with its pen."""
    if pen is None or text.isascii():
        return len(encode(text, encoding))
    return sum(cells(each, encoding, pen) for each in text)


def cells(character: str, encoding: Encoding, pen: Pen) -> int:
    """Return the columns of one legible character."""
    return len(encode(character, encoding)) if _has(character, encoding) else pen.columns(character)


def encode(text: str, encoding: Encoding) -> bytes:
    """Return the bytes of a printable text."""
    return text.encode(_CODECS.get(encoding, encoding))


def _shown(character: str, encoding: Encoding) -> str:
    if " " <= character <= "~":
        return character
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\n\r":
        # U+3000, the blank of two columns, is as wide as the characters it aligns.
        return character if character == "\u3000" and _has(character, encoding) else " "
    if category in ("Cc", "Cf", "Mn", "Me"):
        return ""
    if _has(character, encoding):
        return character
    for other in (*_INSTEAD.get(character, ()), _plain(character)):
        if other and all(_has(each, encoding) for each in other):
            return other
    return UNPRINTABLE


@lru_cache(maxsize=20_000)
def _has(character: str, encoding: Encoding) -> bool:
    if encoding == "none" and not (character.isascii() or character == "¥"):
        return False
    try:
        encoded = encode(character, encoding)
    except UnicodeEncodeError:
        return False
    # No second byte may be read as a command by a font that is not what we were told.
    return all(byte >= 0x20 for byte in encoded) and encoded != b"\x7f"


def _plain(character: str) -> str:
    """Return the character without its accents, or in the common form of a compatibility character."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(part for part in decomposed if unicodedata.category(part) not in ("Mn", "Me", "Cc", "Cf"))
