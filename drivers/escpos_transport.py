"""Ways to a printer: a TCP port, a serial line, or a device file such as the kernel's usblp.

Each is opened for one job and closed after it: a printer serves one client at a time and drops idle ones.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import time
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from drivers.base import DeviceMissing, PrinterError
from drivers.os_failure import device_failure

TCP_PORT = 9100
CONNECT_TIMEOUT_S = 3.0
CLOSE_TIMEOUT_S = 0.5
"""How long a closing TCP connection waits for the printer's own end, so that no unread answer resets the job."""
READ_MAX = 256
DRAIN_READS_MAX = 16
FLOWS = ("none", "xonxoff", "rtscts", "dsrdtr")

T = TypeVar("T")


class Transport(Protocol):
    """A way to a printer. `open` raises DriverError; `write` and `read` raise PrinterError when it broke."""

    can_answer: bool
    """False when nothing can come back; known after `open`."""

    def open(self) -> None: ...

    def write(self, data: bytes, timeout_s: float) -> None: ...

    def read(self, timeout_s: float) -> bytes:
        """Return what arrived within the time; empty when nothing did."""

    def close(self) -> None: ...


def transport_for(url: str) -> Transport:
    """Return the way to ``tcp://host[:port]``, ``serial:///dev/ttyX[?baud=9600&flow=none]`` or ``file:///dev/usb/lp0``.

    Raises ValueError which says what was found and expected.
    """
    parts = urlsplit(url)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme == "tcp" and parts.hostname and not options:
        return TcpTransport(parts.hostname, parts.port or TCP_PORT)
    if parts.scheme == "serial" and parts.path and not parts.netloc and options.keys() <= {"baud", "flow"}:
        baud, flow = options.get("baud", "9600"), options.get("flow", "none")
        if baud.isascii() and baud.isdigit() and flow in FLOWS:
            return SerialTransport(parts.path, baud=int(baud), flow=flow)
    if parts.scheme == "file" and parts.path and not parts.netloc and not options:
        return FileTransport(parts.path)
    raise ValueError(
        f"printer address {url!r}: expected tcp://HOST[:PORT], serial:///dev/NAME[?baud=N&flow={'|'.join(FLOWS)}] "
        "or file:///dev/usb/lp0"
    )


def _held(it: T | None) -> T:
    if it is None:
        # The daemon is stopping and took it away from a thread that was still at it.
        raise PrinterError("the connection was closed by ourselves")
    return it


class TcpTransport:
    def __init__(self, host: str, port: int) -> None:
        self.can_answer = True
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        try:
            self._socket = socket.create_connection(self._address, CONNECT_TIMEOUT_S)
        except OSError as error:
            raise DeviceMissing(f"{self._address[0]}:{self._address[1]}: {error}") from error

    def write(self, data: bytes, timeout_s: float) -> None:
        held = _held(self._socket)
        try:
            held.settimeout(timeout_s)
            held.sendall(data)
        except OSError as error:
            raise PrinterError(f"sending: {error}") from error

    def read(self, timeout_s: float) -> bytes:
        held = _held(self._socket)
        try:
            held.settimeout(max(timeout_s, 0.001))
            data = held.recv(READ_MAX)
        except TimeoutError:
            return b""
        except OSError as error:
            raise PrinterError(f"waiting for an answer: {error}") from error
        if not data:
            raise PrinterError("the printer closed the connection")
        return data

    def close(self) -> None:
        # Whoever stops the daemon may close what the printer's own thread is just closing: each takes it once.
        held, self._socket = self._socket, None
        if held is None:
            return
        with held, contextlib.suppress(OSError):
            held.shutdown(socket.SHUT_WR)
            held.settimeout(CLOSE_TIMEOUT_S)
            for _ in range(DRAIN_READS_MAX):
                if not held.recv(READ_MAX):
                    break


class SerialTransport:
    def __init__(self, path: str, *, baud: int, flow: str) -> None:
        self.can_answer = True
        self._path, self._baud, self._flow = path, baud, flow
        self._port: Any = None

    def open(self) -> None:
        import serial

        try:
            self._port = serial.Serial(
                self._path, self._baud, exclusive=True, **({} if self._flow == "none" else {self._flow: True})
            )
        except OSError as error:
            raise device_failure(self._path, error) from error
        except ValueError as error:
            raise DeviceMissing(f"{self._path}: {error}") from error

    def write(self, data: bytes, timeout_s: float) -> None:
        held = _held(self._port)
        try:
            held.write_timeout = timeout_s
            held.write(data)
        except OSError as error:
            raise PrinterError(f"sending: {error}") from error

    def read(self, timeout_s: float) -> bytes:
        held = _held(self._port)
        try:
            held.timeout = timeout_s
            first: bytes = held.read(1)
            return first + held.read(min(held.in_waiting, READ_MAX)) if first else b""
        except (OSError, TypeError) as error:
            # pyserial meets None instead of a descriptor when the port vanished under it.
            raise PrinterError(f"waiting for an answer: {error}") from error

    def close(self) -> None:
        held, self._port = self._port, None
        if held is not None:
            with contextlib.suppress(OSError):
                held.close()


class FileTransport:
    """A character device that may answer, or a file or pipe that only takes bytes. It is never created."""

    def __init__(self, path: str) -> None:
        self.can_answer = False
        self._path = path
        self._fd = -1

    def open(self) -> None:
        try:
            mode = Path(self._path).stat().st_mode
            self.can_answer = stat.S_ISCHR(mode)
            way = os.O_RDWR if self.can_answer else os.O_WRONLY | os.O_APPEND
            self._fd = os.open(self._path, way | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise device_failure(self._path, error) from error

    def write(self, data: bytes, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        rest = memoryview(data)
        while rest:
            try:
                self._wait(select.POLLOUT, deadline - time.monotonic())
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                pass
            except OSError as error:
                raise PrinterError(f"sending: {error}") from error
            if rest and time.monotonic() >= deadline:
                raise PrinterError(f"sending: {len(rest)} bytes not taken within {timeout_s:g} s")

    def read(self, timeout_s: float) -> bytes:
        try:
            if not self._wait(select.POLLIN, timeout_s):
                return b""
            data = os.read(self._fd, READ_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PrinterError(f"waiting for an answer: {error}") from error
        if not data:
            # usblp gives nothing, at once, when the printer has nothing to say.
            time.sleep(min(max(timeout_s, 0.0), 0.02))
        return data

    def close(self) -> None:
        held, self._fd = self._fd, -1
        if held >= 0:
            os.close(held)

    def _wait(self, events: int, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(_held(self._fd if self._fd >= 0 else None), events)
        return bool(poll.poll(max(timeout_s, 0.0) * 1000))
