"""Receipt printers that speak ESC/POS: the bytes of a document, and what became of them."""

from __future__ import annotations

import io
import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.base import DriverError, Outcome, PrinterState
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
from drivers.escpos_status import (
    ASK_OFFLINE_CAUSE,
    ASK_ONLINE,
    ASK_PAPER,
    ASK_WHEN_DONE,
    Answers,
    state_of,
    state_when_done,
)
from drivers.escpos_transport import transport_for
from drivers.glyphs import TWO_BYTE, UNPRINTABLE, Encoding, encode

DOTS_PER_COLUMN = 12
QR_BYTES_MAX = 700
BARCODE_CHARACTERS_MAX = 40
IMAGE_PIXELS_MAX = 4_000_000
BAND_LINES = 128
"""Raster lines sent in one command; a longer one overflows small buffers and comes out as rubbish."""

# ESC @ puts everything to its power-on state, two-byte mode included, which differs from model to model; ESC R 0 keeps
# the dollar sign from printing as a yuan sign on models for China.
_START = b"\x1b@\x1bR\x00"
_CUT = b"\x1dVB\x00"
_ALIGN = {Align.LEFT: b"\x1ba\x00", Align.CENTER: b"\x1ba\x01", Align.RIGHT: b"\x1ba\x02"}
_BOLD = {False: b"\x1bE\x00", True: b"\x1bE\x01"}
_PIN = {2: 0, 5: 1}


def render(
    document: Document, *, columns: int, encoding: Encoding = "gb18030", logos: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the document as ESC/POS bytes, complete from ESC @ on.

    No character of a text is ever a command. A symbol that does not fit the paper appears as another one or as text.

    Args:
        columns: 32 for 58 mm, 48 for 80 mm.
        encoding: of the printer's font.
        logos: PNG pictures by name, for `Logo` blocks.
    """
    out = bytearray(_START + (b"\x1c&" if encoding in TWO_BYTE else b"\x1c.\x1bt\x00"))
    style = Line("")
    pins: set[int] = set()
    pending: list[Line | Symbol] = list(reversed(layout(document, columns=columns, encoding=encoding)))
    while pending:
        block = pending.pop()
        if isinstance(block, Line):
            out += _style(style, block, encoding) + encode(block.text, encoding) + b"\n"
            style = block
        elif isinstance(block, OpenDrawer):
            if block.pin not in pins:
                pins.add(block.pin)
                out += _pulse(block.pin)
        elif isinstance(block, Cut):
            out += _CUT
        else:
            drawn = _symbol(block, columns, logos or {})
            if isinstance(drawn, bytes):
                plain = Line("", block.align)
                out += _style(style, plain, encoding) + drawn
                style = plain
            else:
                pending += reversed(layout(drawn, columns=columns, encoding=encoding))
    return bytes(out)


def _pulse(pin: int) -> bytes:
    """Return ESC p: 50 ms on, 500 ms off."""
    return bytes((0x1B, 0x70, _PIN[pin], 25, 250))


def _pulse_at_once(pin: int) -> bytes:
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
        return _code128(block.text, columns) or Document((QrCode(block.text), Text(block.text, block.align)))
    if isinstance(block, Logo) and block.name not in logos:
        return b""
    png = logos[block.name] if isinstance(block, Logo) else block.png
    return _image(png, columns * DOTS_PER_COLUMN) or Document((Text(UNPRINTABLE, block.align),))


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
    return b"\x1dh\x50\x1dw" + bytes((dots,)) + b"\x1dH\x02\x1df\x00\x1dkI" + bytes((len(content),)) + content


def _image(png: bytes, dots: int) -> bytes:
    """Return a picture in bands, not broader than the paper; empty when it is no picture that can be read."""
    from escpos.image import EscposImage
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    # The size stands in the first chunk; it is checked before anything is unpacked.
    across, down = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    if not png.startswith(b"\x89PNG") or not 1 <= across * down <= IMAGE_PIXELS_MAX:
        return b""
    try:
        picture = Picture.open(io.BytesIO(png), formats=("PNG",))
        picture.thumbnail((dots, IMAGE_PIXELS_MAX // dots))
        drawn = EscposImage(picture)
        raster, across = drawn.to_raster_format(), drawn.width_bytes
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return b""
    # DLE EOT, DLE ENQ and DLE DC4 are obeyed even within a picture: one dot is turned black to break them.
    raster = re.sub(rb"\x10([\x04\x05\x14])", lambda found: bytes((0x10, found[1][0] | 0x02)), raster)
    out = b""
    for start in range(0, len(raster), across * BAND_LINES):
        band = raster[start : start + across * BAND_LINES]
        out += b"\x1dv0\x00" + across.to_bytes(2, "little") + (len(band) // across).to_bytes(2, "little") + band
    return out


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a printer may take, in seconds."""

    status_s: float = 0.5
    """To answer a real-time question."""
    write_s: float = 10.0
    """To take the next `CHUNK` bytes."""
    finish_s: float = 15.0
    """To print what it was sent."""
    poll_s: float = 1.0
    """Between questions while it prints."""


CHUNK = 1024
TROUBLE = (PrinterState.PAPER_OUT, PrinterState.COVER_OPEN, PrinterState.OFFLINE)


class EscposPrinter:
    """A printer at an address of `transport_for`, which is opened for one job at a time.

    Three kinds of printers are told apart. One that answers DLE EOT is asked before a job and GS r after it, and only
    its answer makes the job PRINTED. One that answers DLE EOT but not GS r is PRINTED when it is ready afterwards. One
    that never answered anything gets its jobs all the same: they are PRINTED as far as anyone can know, and its state
    is UNKNOWN; a broken connection still makes them DOUBTFUL. A printer that answered once and falls silent is
    OFFLINE before a job (REFUSED) and DOUBTFUL after it.
    """

    def __init__(self, name: str, url: str, *, answers: bool | None = None, timing: Timing | None = None) -> None:
        """Take the printer at the address.

        Args:
            name: of the device in the configuration.
            url: see `transport_for`; ValueError when it is wrong.
            answers: True when it does answer status requests, False when it is not to be asked, None to find out.
            timing: shorter times for tests.
        """
        self.name = name
        self.last_state = PrinterState.UNKNOWN
        """What the last job or question found, without asking again."""
        self.last_error = ""
        """Why the last job or question failed; empty when it did not."""
        self._transport = transport_for(url)
        self._ask = answers is not False
        self._answered = answers is True
        self._answers_done: bool | None = None
        self._timing = timing or Timing()
        self._answers = Answers()

    def state(self) -> PrinterState:
        self.last_error = ""
        try:
            self._open()
            self.last_state = self._ask_state()
        except DriverError as error:
            self._failed(error)
        finally:
            self._transport.close()
        return self.last_state

    def print(self, data: bytes) -> Outcome:
        self.last_error = ""
        outcome = Outcome.REFUSED
        try:
            self._open()
            self.last_state = self._ask_state()
            if self.last_state not in TROUBLE:
                outcome = Outcome.DOUBTFUL
                for start in range(0, len(data), CHUNK):
                    self._transport.write(data[start : start + CHUNK], self._timing.write_s)
                outcome = self._finish()
        except DriverError as error:
            self._failed(error)
        finally:
            self._transport.close()
        return outcome

    def open_drawer(self, pin: int) -> Outcome:
        self.last_error = ""
        outcome = Outcome.REFUSED
        try:
            self._open()
            self.last_state = self._ask_state()
            if self.last_state in (PrinterState.PAPER_OUT, PrinterState.COVER_OPEN):
                # What stands in the buffer waits for paper, and the drawer would open whenever somebody brings it.
                outcome = Outcome.DOUBTFUL
                self._transport.write(_pulse_at_once(pin), self._timing.write_s)
                outcome = Outcome.DOUBTFUL if self._told_state() is None else Outcome.PRINTED
            elif self.last_state is not PrinterState.OFFLINE:
                outcome = Outcome.DOUBTFUL
                self._transport.write(_pulse(pin), self._timing.write_s)
                outcome = self._finish()
        except DriverError as error:
            self._failed(error)
        finally:
            self._transport.close()
        return outcome

    def close(self) -> None:
        self._transport.close()

    def _open(self) -> None:
        self._answers = Answers()
        self._transport.open()

    def _failed(self, error: DriverError) -> None:
        self.last_state, self.last_error = PrinterState.OFFLINE, str(error)

    @property
    def _may_ask(self) -> bool:
        return self._ask and self._transport.can_answer

    def _ask_state(self) -> PrinterState:
        """Return the state by DLE EOT. Raises PrinterError when the connection broke."""
        if not self._may_ask:
            return PrinterState.UNKNOWN
        state = self._told_state()
        if state is None:
            self.last_error = "no answer to a status request" if self._answered else ""
            return PrinterState.OFFLINE if self._answered else PrinterState.UNKNOWN
        self._answered = True
        return state

    def _told_state(self) -> PrinterState | None:
        online = self._question(ASK_ONLINE)
        if online is None:
            return None
        return state_of(online=online, cause=self._question(ASK_OFFLINE_CAUSE), paper=self._question(ASK_PAPER))

    def _question(self, question: bytes) -> int | None:
        self._answers.realtime.clear()
        self._transport.write(question, self._timing.write_s)
        deadline = time.monotonic() + self._timing.status_s
        while not self._answers.realtime and (left := deadline - time.monotonic()) > 0:
            self._answers.feed(self._transport.read(left))
        return self._answers.realtime[-1] if self._answers.realtime else None

    def _finish(self) -> Outcome:
        """Return what became of a job whose last byte was sent. Raises PrinterError when the connection broke."""
        if not self._may_ask or not self._answered:
            # Nobody answers, but a connection that broke meanwhile shows here.
            if self._transport.can_answer:
                self._transport.read(self._timing.status_s)
            self.last_state = PrinterState.UNKNOWN
            return Outcome.PRINTED
        if self._answers_done is not False:
            outcome = self._await_done()
            if outcome is not None:
                return outcome
        self.last_state = self._ask_state()
        if self.last_state in TROUBLE or self._answers_done:
            return Outcome.DOUBTFUL
        # It is well and says nothing to GS r: it does not know the command, and will not be asked again.
        self._answers_done = False
        return Outcome.PRINTED

    def _await_done(self) -> Outcome | None:
        """Return the outcome by GS r; None when no answer came in time though nothing is wrong."""
        self._answers.done.clear()
        self._transport.write(ASK_WHEN_DONE, self._timing.write_s)
        deadline = time.monotonic() + self._timing.finish_s
        next_poll = time.monotonic() + self._timing.poll_s
        while (now := time.monotonic()) < deadline:
            self._answers.feed(self._transport.read(min(next_poll, deadline) - now))
            if self._answers.done:
                self._answers_done = True
                self.last_state = state_when_done(self._answers.done[-1])
                return Outcome.PRINTED
            if time.monotonic() >= next_poll:
                next_poll += self._timing.poll_s
                # Silence is no trouble here: some printers answer nothing while they print.
                told = self._told_state()
                if told in TROUBLE and not self._answers.done:
                    self.last_state = told
                    return Outcome.DOUBTFUL
        return None
