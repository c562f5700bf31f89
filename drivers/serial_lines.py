"""Scanners at a serial line or a USB serial port (CDC-ACM). They are only listened to, never written to."""

from __future__ import annotations

import contextlib
import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Literal

from drivers.base import TEXT_MAX, DeviceMissing
from drivers.serial_port import close_port, open_port

GS = "\x1d"
BYTES_MAX = TEXT_MAX * 4
"""Bytes of a text that are kept while it comes in; no character takes more than four."""
READ_MAX = 4096
SLICE_S = 0.2
"""Longest wait in one piece: `close` from another thread takes effect after it."""
STALE_S = 1.0
"""Silence after which a text without its terminator was cut short and is thrown away. It is between two bytes, not
over the whole code: even at 1200 baud a scanner sends about 120 characters a second without a break."""

_NOISE = b"\x00\x11\x13"
"""NUL, XON and XOFF: line noise and flow control."""
_START = b"\x02"
"""STX, which some scanners send before a code: what stands before it without an end was cut short."""

TextEncoding = Literal["auto", "utf-8", "gb18030", "ascii"]
"""auto is UTF-8 where the bytes are valid UTF-8, else GB18030."""


class LineSplitter:
    """Turns the bytes of one device into texts, however they were split or glued. It asks no clock."""

    def __init__(self, *, terminators: bytes = b"\r\n\t\x03", encoding: TextEncoding = "auto") -> None:
        self.dropped = 0
        """Texts thrown away: too long, or not in the encoding."""
        self._ends = bytes(terminators)
        self._encodings = ("utf-8", "gb18030") if encoding == "auto" else (encoding,)
        self._line = bytearray()
        self._overlong = False

    @property
    def pending(self) -> bool:
        """Whether a text has begun and not ended."""
        return bool(self._line) or self._overlong

    def feed(self, data: bytes) -> list[str]:
        """Return the texts that the bytes complete, in order."""
        texts = []
        # Every terminator becomes the first one, so that one split finds all of them.
        marked = data.translate(bytes.maketrans(self._ends, self._ends[:1] * len(self._ends)), _NOISE)
        *ended, rest = marked.split(self._ends[:1]) if self._ends else [marked]
        for part in ended:
            self._add(part)
            texts.append(self.end())
        self._add(rest)
        return [text for text in texts if text]

    def end(self) -> str:
        """Return the text so far, for a device without terminator after a pause; empty when there is none."""
        line, overlong = bytes(self._line), self._overlong
        self._line.clear()
        self._overlong = False
        if overlong:
            return ""
        text = self._decode(line)
        if text is None or len(text) > TEXT_MAX:
            self.dropped += 1
            return ""
        return text

    def reset(self) -> None:
        """Forget a torn text, for a device newly opened."""
        self.dropped += 1 if self._line else 0
        self._line.clear()
        self._overlong = False

    def drop(self) -> None:
        """Throw away a text that was cut short, for a device silent for long; it counts as dropped.

        What is no text counts as nothing: the LF after a CR that alone is the terminator is there after every code.
        """
        if self.end():
            self.dropped += 1

    def _add(self, part: bytes) -> None:
        *torn, part = part.split(_START)
        for each in torn:
            self._keep(each)
            self.drop()
        self._keep(part)

    def _keep(self, part: bytes) -> None:
        if len(self._line) + len(part) > BYTES_MAX and not self._overlong:
            self._overlong = True
            self.dropped += 1
        if self._overlong:
            self._line.clear()
        else:
            self._line += part

    def _decode(self, line: bytes) -> str | None:
        for encoding in self._encodings:
            with contextlib.suppress(UnicodeDecodeError):
                text = line.decode(encoding)
                # Of the control characters only the separator of GS1 codes belongs to a text.
                return "".join(c for c in text if c == GS or unicodedata.category(c) != "Cc")
        return None


class SerialLines:
    """A serial device as lines of text; implements `drivers.base.LineReader`. The port is opened for us alone."""

    def __init__(
        self,
        name: str,
        path: str,
        *,
        baud: int = 9600,
        terminators: bytes = b"\r\n\t\x03",
        encoding: TextEncoding = "auto",
        prefix: str = "",
        suffix: str = "",
        idle_ms: int = 0,
    ) -> None:
        """Take the device at the path.

        Args:
            name: of the device in the configuration.
            path: best a link under /dev/serial/by-id or by-path.
            baud: 8 data bits, no parity, 1 stop bit.
            terminators: each of these bytes ends a text; empty with idle_ms only.
            encoding: of the bytes.
            prefix: taken off the front of each text that has it.
            suffix: taken off the end of each text that has it.
            idle_ms: a pause that ends a text; 0 for none: then a text without terminator is dropped after `STALE_S`.
        """
        self.name = name
        self.dropped = 0
        self.heard: Callable[[bytes], None] = lambda _: None
        """Is given the bytes as they come, to record them."""
        self._path, self._baud = path, baud
        self._prefix, self._suffix = prefix, suffix
        self._idle_s = idle_ms / 1000
        self._drops_stale = bool(terminators) and not idle_ms
        self._silent_s = 0.0
        """Waited in vain since the last bytes. Only that is silence: what comes while this thread is held up waits in
        the kernel, and the clock at the time of reading would call it late."""
        self._splitter = LineSplitter(terminators=terminators, encoding=encoding)
        self._port: Any = None
        self._last_data_s = 0.0
        self._closing = False
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._release()
            self._closing = False
            self._port = open_port(self._path, self._baud, timeout_s=SLICE_S)
            self._splitter.reset()
            self._silent_s = 0.0
            self.dropped = self._splitter.dropped

    def read(self, timeout_s: float) -> Sequence[str]:
        deadline = time.monotonic() + timeout_s
        texts: list[str] = []
        while not texts and not self._closing:
            with self._lock:
                if self._port is None:
                    break
                texts = self._read_once(max(0.0, min(SLICE_S, deadline - time.monotonic())))
                self.dropped = self._splitter.dropped
            if time.monotonic() >= deadline:
                break
        return tuple(filter(None, (text.removeprefix(self._prefix).removesuffix(self._suffix) for text in texts)))

    def close(self) -> None:
        self._closing = True
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._port is not None:
            close_port(self._port)
            self._port = None

    def _read_once(self, wait_s: float) -> list[str]:
        """Return the texts of what arrives within the time. Raises DriverError when the device is gone."""
        if self._idle_s and self._splitter.pending:
            wait_s = min(wait_s, max(0.0, self._last_data_s + self._idle_s - time.monotonic()))
        try:
            self._port.timeout = wait_s
            data: bytes = self._port.read(1)
            if data:
                data += self._port.read(min(self._port.in_waiting, READ_MAX))
        except OSError as error:
            self._release()
            raise DeviceMissing(f"{self._path}: {error}") from error
        if data:
            self.heard(data)
            self._last_data_s = time.monotonic()
            self._silent_s = 0.0
            return self._splitter.feed(data)
        if self._idle_s and self._splitter.pending and time.monotonic() >= self._last_data_s + self._idle_s:
            return [self._splitter.end()]
        self._silent_s += wait_s
        if self._drops_stale and self._silent_s >= STALE_S:
            # The next code would be glued to this one, and the two may look like a code of another kind.
            self._splitter.drop()
        return []
