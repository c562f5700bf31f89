"""What a customer's pole display shows, as the bytes of its protocol. Pure: names become text, never a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final, Literal

COLUMNS = 20
"""Columns of each of the two lines; a Chinese character takes two, as it takes two bytes."""
DIGITS_MAX = 8
"""Digits that an LED8 display has; points lie between them."""
TOO_LONG: Final = "--------"
"""Stands for an amount that does not fit: a part of a figure would be a wrong figure."""

PoleEncoding = Literal["ascii", "gbk", "big5"]


class Lamp(IntEnum):
    """The four lamps of a 客显, and none of them."""

    NONE = 0
    PRICE = 1
    """单价"""
    TOTAL = 2
    """总计"""
    PAID = 3
    """收款"""
    CHANGE = 4
    """找零"""


@dataclass(frozen=True, slots=True)
class PoleFace:
    """One thing to show, for either make of display."""

    upper: tuple[str, str] = ("", "")
    """Text at the left and figure at the right of the upper line; the text gives way."""
    lower: tuple[str, str] = ("", "")
    amount: str = ""
    """What a display of digits alone shows, such as `1234.50`."""
    lamp: Lamp = Lamp.NONE


def encoded(text: str, encoding: PoleEncoding, width: int) -> bytes:
    """Return as much of a text as fits into so many bytes; control characters and what it cannot write are left out.

    >>> encoded("可乐 330ml", "gbk", 8).decode("gbk")
    '可乐 330'
    >>> encoded("Café 可乐", "ascii", 20)
    b'Caf '
    """
    data = b""
    for character in text:
        code = character.encode(encoding, "ignore") if character.isprintable() else b""
        if len(data) + len(code) > width:
            break
        data += code
    return data


def line(text: str, figure: str, encoding: PoleEncoding) -> bytes:
    """Return a whole line: the text at the left, the figure at the right. A figure that does not fit shows dashes.

    >>> line("Fuji apples 0.532kg", "6.81", "ascii")
    b'Fuji apples 0.5 6.81'
    """
    right = encoded(figure, encoding, COLUMNS * 2)
    if len(right) > COLUMNS:
        right = TOO_LONG.encode()
    room = COLUMNS - len(right) - (1 if right else 0)
    return encoded(text, encoding, max(room, 0)).ljust(COLUMNS - len(right)) + right


def digits(amount: str) -> str:
    """Return what a display of eight digits shows of an amount: dashes where it does not fit.

    >>> digits("1234.50"), digits("1234567.89"), digits("-3.00")
    ('1234.50', '--------', '-3.00')
    """
    kept = "".join(c for c in amount if c in "0123456789.-")
    return kept if len(kept.replace(".", "")) <= DIGITS_MAX else TOO_LONG


def cd5220(face: PoleFace, encoding: PoleEncoding) -> bytes:
    """ESC Q A text CR is the upper line, ESC Q B text CR the lower one."""
    return b"\x1bQA" + line(*face.upper, encoding) + b"\r\x1bQB" + line(*face.lower, encoding) + b"\r"


def epson(face: PoleFace, encoding: PoleEncoding) -> bytes:
    """US $ x y sets the cursor, and text is written over what stands there."""
    return b"\x1f$\x01\x01" + line(*face.upper, encoding) + b"\x1f$\x01\x02" + line(*face.lower, encoding)


def led8(face: PoleFace, encoding: PoleEncoding) -> bytes:
    """ESC s n lights a lamp, ESC Q A digits CR shows a figure."""
    del encoding
    figure = digits(face.amount)
    shown = b"\x1bQA" + figure.encode() + b"\r" if figure else b"\x0c"
    return b"\x1bs" + str(int(face.lamp)).encode() + shown


@dataclass(frozen=True, slots=True)
class PoleProtocol:
    """How a display is spoken to."""

    start: bytes
    """Makes it forget what was shown: ESC @ and CLR, and whatever else it needs once."""
    encode: Callable[[PoleFace, PoleEncoding], bytes]
    has_text: bool = True


POLES: Final[Mapping[str, PoleProtocol]] = MappingProxyType(
    {
        # The cursor is switched off, or it blinks behind the last digit.
        "cd5220": PoleProtocol(b"\x1b@\x0c\x1b_\x00", cd5220),
        # ESC = 2 picks the display where a printer stands before it; US MD1 is overwriting, US C 0 no cursor.
        "epson": PoleProtocol(b"\x1b=\x02\x1b@\x1f\x01\x0c\x1fC\x00", epson),
        "led8": PoleProtocol(b"\x1b@\x0c", led8, has_text=False),
    }
)
"""Every protocol by the name that the configuration uses."""
