"""Scanners and card readers that act as keyboards, read from the kernel's input devices."""

from __future__ import annotations

import errno
import os
import select
import stat
import struct
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from drivers.base import DeviceMissing
from drivers.key_decoder import KeyDecoder, KeyEvent
from drivers.os_failure import device_failure

RECORD = struct.Struct("llHHi")
"""`struct input_event`: seconds, microseconds, type, code, value."""
READ_RECORDS = 64
"""The kernel keeps so many for us; reading must not wait for anything else."""
SLICE_S = 0.2
"""Longest wait in one piece: `close` from another thread takes effect after it."""
INPUT_MAJOR = 13
"""The kernel's device number of everything under /dev/input."""


class EvdevLines:
    """A keyboard-type device as lines of text; implements `drivers.base.LineReader`.

    A character device of the input subsystem is opened read-only and grabbed, so that what it types goes nowhere else.
    Any other path (a FIFO above all) is read as raw records of `RECORD`; there, a writer that leaves is no error.
    """

    def __init__(
        self,
        name: str,
        path: str,
        *,
        layout: str = "us",
        terminators: Collection[str] = ("enter", "kpenter", "tab"),
        prefix: str = "",
        suffix: str = "",
        idle_ms: int = 0,
        grab: bool = True,
    ) -> None:
        """Take the device at the path.

        Args:
            name: of the device in the configuration.
            path: best a link under /dev/input/by-id or by-path.
            layout: the keyboard country the device is set to, of `drivers.key_layouts.LAYOUTS`; ValueError for others.
            terminators: of enter, kpenter and tab; empty with idle_ms only.
            prefix: taken off the front of each text that has it.
            suffix: taken off the end of each text that has it.
            idle_ms: a pause that ends a text, 80 or more; 0 for none.
            grab: keep what is typed from everybody else; off for a keyboard that people type on.
        """
        self.name = name
        self.dropped = 0
        self._path = path
        self._prefix, self._suffix = prefix, suffix
        self._idle_s = idle_ms / 1000
        self._grab = grab
        self._decoder = KeyDecoder(layout=layout, terminators=terminators)
        self._device: Any = None
        self._fd = -1
        self._torn = b""
        self._last_data_s = 0.0
        self._closing = False
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._release()
            self._closing = False
            try:
                mode = Path(self._path).stat()
                if stat.S_ISCHR(mode.st_mode) and os.major(mode.st_rdev) == INPUT_MAJOR:
                    self._open_input_device()
                else:
                    self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            except OSError as error:
                self._release()
                raise device_failure(self._path, error) from error
            self._decoder.reset()
            self.dropped = self._decoder.dropped
            self._torn = b""

    def read(self, timeout_s: float) -> Sequence[str]:
        deadline = time.monotonic() + timeout_s
        texts: list[str] = []
        while not texts and not self._closing:
            with self._lock:
                if self._fd < 0:
                    break
                texts = self._read_once(max(0.0, min(SLICE_S, deadline - time.monotonic())))
                self.dropped = self._decoder.dropped
            if time.monotonic() >= deadline:
                break
        return tuple(filter(None, (text.removeprefix(self._prefix).removesuffix(self._suffix) for text in texts)))

    def close(self) -> None:
        self._closing = True
        with self._lock:
            self._release()

    def _open_input_device(self) -> None:
        import evdev

        self._device = evdev.InputDevice(self._path, readonly=True)
        self._fd = self._device.fd
        if self._grab:
            self._device.grab()

    def _release(self) -> None:
        if self._device is not None:
            # Closing the descriptor ends the grab too.
            self._device.close()
        elif self._fd >= 0:
            os.close(self._fd)
        self._device, self._fd = None, -1

    def _read_once(self, wait_s: float) -> list[str]:
        """Return the texts of what arrives within the time. Raises DriverError when the device is gone."""
        if self._idle_s and self._decoder.pending:
            wait_s = min(wait_s, max(0.0, self._last_data_s + self._idle_s - time.monotonic()))
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        data = b""
        if poll.poll(wait_s * 1000):
            data = self._take(wait_s)
        if data:
            self._last_data_s = time.monotonic()
            return self._decoder.feed(self._records(data))
        if self._idle_s and self._decoder.pending and time.monotonic() >= self._last_data_s + self._idle_s:
            return [self._decoder.end()]
        return []

    def _take(self, wait_s: float) -> bytes:
        try:
            data = os.read(self._fd, RECORD.size * READ_RECORDS)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._release()
            raise device_failure(self._path, error) from error
        if not data:
            # Nobody holds the other end of the pipe, which polls as ready all the time.
            self._torn = b""
            if not self._still_there():
                self._release()
                raise DeviceMissing(f"{self._path}: {os.strerror(errno.ENODEV)}")
            time.sleep(wait_s)
        return data

    def _still_there(self) -> bool:
        try:
            return os.path.samestat(Path(self._path).stat(), os.fstat(self._fd))
        except OSError:
            return False

    def _records(self, data: bytes) -> list[KeyEvent]:
        data = self._torn + data
        whole = len(data) - len(data) % RECORD.size
        self._torn = data[whole:]
        return [
            KeyEvent(seconds * 1000 + micros // 1000, kind, code, value)
            for seconds, micros, kind, code, value in RECORD.iter_unpack(data[:whole])
        ]
