"""Scales at a serial line: asked where they want to be asked, listened to otherwise, and never believed too soon."""

from __future__ import annotations

import errno
import os
import select
import termios
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drivers.base import DeviceMissing
from drivers.scale_frames import SCALES, FrameParser, Reading
from drivers.serial_port import close_port, open_port

SLICE_S = 0.1
"""Longest wait in one piece: `close` from another thread takes effect after it."""
ASK_S = 0.15
"""Between two questions; a Toledo 8217 takes about 70 ms for an answer."""
ANSWER_S = 0.5
"""So long a question waits for its answer before it is asked again."""
SETTLED_S = 0.15
"""So long a scale that does not say whether it is at rest must have said the same."""
READ_MAX = 4096


class Settling:
    """Decides which readings are at rest: the scale says so, or has no word for it, and it said the same before.

    One frame that a noisy line has changed is never a weight. It is told the time and asks no clock.
    """

    def __init__(self) -> None:
        self._before: Reading | None = None
        self._since_s = 0.0

    def take(self, reading: Reading, at_s: float) -> Reading:
        """Return the reading with `is_stable` as the till may rely on it."""
        if reading != self._before:
            self._before, self._since_s = reading, at_s
            return replace(reading, is_stable=False)
        is_long = reading.is_stable is not None or at_s - self._since_s >= SETTLED_S
        return replace(reading, is_stable=reading.is_stable is not False and reading.weight_g is not None and is_long)

    def reset(self) -> None:
        self._before = None


class SerialScale:
    """A scale on a serial line; implements `drivers.base.Scale`. The port is opened for us alone."""

    def __init__(self, name: str, path: str, *, protocol: str, baud: int = 9600) -> None:
        """Take the scale at the path.

        Args:
            path: best a link under /dev/serial/by-id or by-path.
            protocol: one of `drivers.scale_frames.SCALES`. A scale that talks by itself is never written to.
        """
        self.name = name
        self.heard: Callable[[bytes], None] = lambda _: None
        """Is given the bytes as they come, to record them."""
        self._path, self._baud = path, baud
        self._protocol = SCALES[protocol]
        self._parser = FrameParser(self._protocol)
        self._settling = Settling()
        self._port: Any = None
        self._asked_s = self._next_s = 0.0
        self._is_asked = self._wants_go = False
        self._closing = False
        self._lock = threading.Lock()

    @property
    def broken(self) -> int:
        """Frames that were thrown away since the start."""
        return self._parser.broken

    def open(self) -> None:
        with self._lock:
            self._release()
            self._closing = False
            self._port = open_port(self._path, self._baud, timeout_s=SLICE_S, parity=self._protocol.parity)
            self._parser.reset()
            self._settling.reset()
            self._is_asked, self._next_s = False, 0.0
            # What waited in the line is of no use: nobody knows how old it is.
            try:
                self._port.reset_input_buffer()
            except (OSError, termios.error) as error:
                raise self._gone(error) from error

    def read(self, timeout_s: float) -> Reading | None:
        deadline = time.monotonic() + timeout_s
        reading = None
        while reading is None and not self._closing:
            with self._lock:
                if self._port is None:
                    break
                reading = self._turn(deadline)
            if time.monotonic() >= deadline:
                break
        return reading

    def close(self) -> None:
        self._closing = True
        with self._lock:
            self._release()

    def _turn(self, deadline: float) -> Reading | None:
        """Ask if it is time, and return the newest reading of what arrives within a moment."""
        try:
            self._ask()
            data = self._take(max(0.0, min(SLICE_S, deadline - time.monotonic())))
            if self._wants_go and self._protocol.ready in data:
                self._port.write(self._protocol.go)
                self._wants_go = False
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            return None
        self.heard(data)
        now_s, newest = time.monotonic(), None
        for reading in self._parser.feed(data):
            newest = self._settling.take(reading, now_s)
            self._is_asked = self._wants_go = False
        return newest

    def _take(self, wait_s: float) -> bytes:
        if self._protocol.ask and not self._is_asked:
            wait_s = min(wait_s, max(0.0, self._next_s - time.monotonic()))
        line = self._port.fileno()
        if not select.select([line], [], [], wait_s)[0]:
            return b""
        data = os.read(line, READ_MAX)
        if not data:
            raise OSError(errno.EIO, "it hung up")
        return data

    def _ask(self) -> None:
        now_s = time.monotonic()
        is_late = self._is_asked and now_s - self._asked_s >= ANSWER_S
        if self._protocol.ask and (is_late or not self._is_asked) and now_s >= self._next_s:
            self._port.write(self._protocol.ask)
            self._is_asked, self._wants_go = True, bool(self._protocol.ready)
            self._asked_s, self._next_s = now_s, now_s + ASK_S

    def _gone(self, error: Exception) -> DeviceMissing:
        self._release()
        return DeviceMissing(f"{self._path}: {error}")

    def _release(self) -> None:
        if self._port is not None:
            close_port(self._port)
            self._port = None
