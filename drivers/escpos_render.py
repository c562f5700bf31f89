"""The ESC/POS bytes of a document. No character of a text in it is ever a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from drivers.document import (
    Align,
    Barcode,
    Cut,
    Document,
    Image,
    Line,
    Logo,
    OpenDrawer,
    QrCode,
    Size,
    Symbol,
    Text,
    layout,
)
from drivers.glyphs import TWO_BYTE, UNPRINTABLE, Encoding, encode
from drivers.pen import DOTS_PER_COLUMN, LatePen, Pen
from drivers.raster import bands, picture_bands

QR_BYTES_MAX = 700
BARCODE_CHARACTERS_MAX = 40

# ESC @ puts everything to its power-on state, two-byte mode included, which differs from model to model; ESC R 0 keeps
# the dollar sign from printing as a yuan sign on models for China.
_START = b"\x1b@\x1bR\x00"
_CUT = b"\x1dVB\x00"
_ALIGN = {Align.LEFT: b"\x1ba\x00", Align.CENTER: b"\x1ba\x01", Align.RIGHT: b"\x1ba\x02"}
_BOLD = {False: b"\x1bE\x00", True: b"\x1bE\x01"}
_PIN = {2: 0, 5: 1}
_BARS_LOOK = b"\x1dh\x50\x1dw"
"""GS h: ten millimetres high; GS w: the dots of a bar follow."""


def render(
    document: Document,
    *,
    columns: int,
    encoding: Encoding = "gb18030",
    logos: Mapping[str, bytes] | None = None,
    pen: Pen | LatePen | None = None,
) -> bytes:
    """Return the document as ESC/POS bytes, complete from ESC @ on.

    No character of a text is ever a command. A symbol that does not fit the paper appears as another one or as text.

    Args:
        columns: 32 for 58 mm, 48 for 80 mm.
        encoding: of the printer's font.
        logos: PNG pictures by name, for `Logo` blocks.
        pen: draws the lines for which the printer's font lacks a character, all of them where it has no Chinese.
    """
    out = bytearray(_START + (b"\x1c&" if encoding in TWO_BYTE else b"\x1c.\x1bt\x00"))
    style = Line("")
    pins: set[int] = set()
    pending: list[Line | Symbol] = list(reversed(layout(document, columns=columns, encoding=encoding, pen=pen)))
    while pending:
        block = pending.pop()
        if isinstance(block, Line) and block.drawn and pen is not None:
            plain = replace(style, align=block.align)
            out += _style(style, plain, encoding)
            out += bands(*pen.line(block.text, encoding, double=block.size is Size.DOUBLE, bold=block.bold))
            style = plain
        elif isinstance(block, Line):
            out += _style(style, block, encoding) + encode(block.text, encoding) + b"\n"
            style = block
        elif isinstance(block, OpenDrawer):
            if block.pin not in pins:
                pins.add(block.pin)
                out += pulse(block.pin)
        elif isinstance(block, Cut):
            out += _CUT
        else:
            drawn = _symbol(block, columns, logos or {})
            if isinstance(drawn, bytes):
                plain = Line("", block.align)
                out += _style(style, plain, encoding) + drawn
                style = plain
            else:
                pending += reversed(layout(drawn, columns=columns, encoding=encoding, pen=pen))
    return bytes(out)


def pulse(pin: int) -> bytes:
    """Return ESC p: 50 ms on, 500 ms off."""
    return bytes((0x1B, 0x70, _PIN[pin], 25, 250))


def pulse_at_once(pin: int) -> bytes:
    """Return DLE DC4 1: 100 ms on, past the buffer. Source: Epson ESC/POS command reference, DLE DC4 (fn = 1)."""
    return bytes((0x10, 0x14, 0x01, _PIN[pin], 1))


def _style(old: Line, new: Line, encoding: Encoding) -> bytes:
    """Return the commands between two lines' styles. Both size commands go out: each model obeys another one."""
    out = _ALIGN[new.align] if new.align is not old.align else b""
    out += _BOLD[new.bold] if new.bold is not old.bold else b""
    if new.size is not old.size:
        double = new.size is Size.DOUBLE
        out += b"\x1d!\x11" if double else b"\x1d!\x00"
        if encoding in TWO_BYTE:
            out += b"\x1c!\x0c" if double else b"\x1c!\x00"
    return out


def _symbol(block: QrCode | Barcode | Logo | Image, columns: int, logos: Mapping[str, bytes]) -> bytes | Document:
    """Return the symbol's bytes, or what to print instead."""
    if isinstance(block, QrCode):
        return _qr(block)
    if isinstance(block, Barcode):
        return _bars(block, columns) or Document((QrCode(block.text), Text(block.text, block.align)))
    if isinstance(block, Logo) and block.name not in logos:
        return b""
    png = logos[block.name] if isinstance(block, Logo) else block.png
    return picture_bands(png, columns * DOTS_PER_COLUMN) or Document((Text(UNPRINTABLE, block.align),))


def _qr(block: QrCode) -> bytes | Document:
    # Printers obey real-time commands even within a symbol's data.
    content = "".join(c for c in block.text if unicodedata.category(c) not in ("Cc", "Cs")).encode()
    if not 1 <= len(content) <= QR_BYTES_MAX:
        return Document((Text(block.text, block.align),))
    length = (len(content) + 3).to_bytes(2, "little")
    module = bytes((min(max(block.module, 1), 16),))
    return (
        b"\x1d(k\x04\x001A2\x00" + b"\x1d(k\x03\x001C" + module + b"\x1d(k\x03\x001E1"
        b"\x1d(k" + length + b"1P0" + content + b"\x1d(k\x03\x001Q0"
    )


def _bars(block: Barcode, columns: int) -> bytes:
    """Return a bar code of its kind; empty when the text or the paper does not allow one."""
    if block.kind == "code128":
        return _code128(block.text, columns)
    digits, kind = (13, 67) if block.kind == "ean13" else (8, 68)
    if len(block.text) != digits or not (block.text.isascii() and block.text.isdigit()):
        return b""
    return _BARS_LOOK + b"\x03\x1dH\x02\x1df\x00\x1dk" + bytes((kind, digits)) + block.text.encode()


def _code128(text: str, columns: int) -> bytes:
    """Return a bar code with its text below; empty when the text or the paper does not allow one."""
    if not 1 <= len(text) <= BARCODE_CHARACTERS_MAX or not all(" " <= character <= "~" for character in text):
        return b""
    content, symbols, ends_in_c = b"", 2, False
    # Runs of digits take half the room in code set C. The pair 16 is DLE, which a printer obeys even here.
    for digits, other in re.findall(r"((?:(?!16)\d\d){2,})|(.)", text):
        ends_in_c = bool(digits)
        if digits:
            content += b"{C" + bytes(int(digits[i : i + 2]) for i in range(0, len(digits), 2)) + b"{B"
            symbols += len(digits) // 2 + 2
        else:
            content += b"{{" if other == "{" else other.encode("ascii")
            symbols += 1
    content = b"{B" + content
    content = content.removeprefix(b"{B") if content.startswith(b"{B{C") else content
    content = content[:-2] if ends_in_c else content
    dots = next((d for d in (3, 2) if (symbols * 11 + 13) * d <= columns * DOTS_PER_COLUMN), 0)
    if not dots or len(content) > 255:
        return b""
    return _BARS_LOOK + bytes((dots,)) + b"\x1dH\x02\x1df\x00\x1dkI" + bytes((len(content),)) + content
