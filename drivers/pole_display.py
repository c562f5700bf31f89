"""Pole displays at a serial line: two lines of text, or eight digits with lamps. They never answer."""

from __future__ import annotations

import termios
import threading
import time
from typing import Any

from drivers.base import DeviceMissing, DriverError
from drivers.pole_frames import POLES, PoleEncoding, PoleFace
from drivers.serial_port import close_port, open_port, write_port

REFRESH_S = 30.0
"""A display that was switched on later shows what is due after so long at most."""


class SerialPole:
    """A pole display on a serial line; implements `drivers.base.PoleDisplay`. The port is opened for us alone."""

    def __init__(
        self, name: str, path: str, *, protocol: str, baud: int = 9600, encoding: PoleEncoding = "ascii"
    ) -> None:
        """Take the display at the path.

        Args:
            path: best a link under /dev/serial/by-id or by-path.
            protocol: one of `drivers.pole_frames.POLES`.
            encoding: what its font understands.
        """
        self.name = name
        self._path, self._baud, self._encoding = path, baud, encoding
        self._protocol = POLES[protocol]
        self._port: Any = None
        self._shown = PoleFace()
        self._written_s = 0.0
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._release()
            self._port = open_port(self._path, self._baud, timeout_s=0)
            self._shown = PoleFace()
            self._write(self._protocol.start)

    def show(self, face: PoleFace) -> None:
        with self._lock:
            self._shown = face
            self._write(self._protocol.encode(face, self._encoding))

    def check(self) -> None:
        with self._lock:
            if self._port is None:
                raise DeviceMissing(f"{self._path}: not open")
            try:
                # What it sends is nothing that we asked for.
                if self._port.in_waiting:
                    self._port.reset_input_buffer()
            except (OSError, termios.error) as error:
                self._release()
                raise DeviceMissing(f"{self._path}: {error}") from error
            if time.monotonic() - self._written_s >= REFRESH_S:
                self._write(self._protocol.start + self._protocol.encode(self._shown, self._encoding))

    def close(self) -> None:
        with self._lock:
            self._release()

    def _write(self, data: bytes) -> None:
        if self._port is None:
            raise DeviceMissing(f"{self._path}: not open")
        try:
            write_port(self._port, self._path, data)
        except DriverError:
            self._release()
            raise
        self._written_s = time.monotonic()

    def _release(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            close_port(port)
