"""Ways to a printer: a TCP port, a serial line, or a device file such as the kernel's usblp, by path or by what it is.

Each is opened for one job and closed after it: a printer serves one client at a time and drops idle ones.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import select
import socket
import stat
import termios
import time
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from drivers.base import DeviceMissing, PrinterError
from drivers.os_failure import device_failure

TCP_PORT = 9100
CONNECT_TIMEOUT_S = 0.8
"""With the second between two questions, a printer that is off is said to be within two."""
CLOSE_TIMEOUT_S = 0.5
"""How long a closing TCP connection waits for the printer's own end, so that no unread answer resets the job."""
READ_MAX = 256
DRAIN_READS_MAX = 16
USB_PRINTERS = Path("/sys/class/usbmisc")
LPGETSTATUS = 0x060B
IDENTITY_MAX = 1_024
BAUD = 9_600
"""Of a serial address that names none."""
FLOWS = ("none", "xonxoff", "rtscts", "dsrdtr")

T = TypeVar("T")


class Transport(Protocol):
    """A way to a printer. `open` raises DriverError; `write` and `read` raise PrinterError when it broke."""

    can_answer: bool
    """False when nothing can come back; known after `open`."""

    def open(self) -> None: ...

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """Hand over as much as is taken at once, waiting so long for the first byte; return how many bytes went."""

    def read(self, timeout_s: float) -> bytes:
        """Return what arrived within the time; empty when nothing did."""

    def line_status(self) -> int | None:
        """Return the printer port's status byte, told by the cable and not by commands; None where there is none."""

    def close(self) -> None: ...


def transport_for(url: str) -> Transport:
    """Return the way to ``tcp://host[:port]``, ``serial:///dev/ttyX[?baud=9600&flow=none]``, ``file:///dev/usb/lp0`` or
    ``usb:TEXT``, a text that the IEEE 1284 id of one printer alone holds.

    Raises ValueError which says what was found and expected.
    """
    parts = urlsplit(url)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme == "tcp" and parts.hostname and not options:
        return TcpTransport(parts.hostname, parts.port or TCP_PORT)
    if parts.scheme == "serial" and parts.path and not parts.netloc and options.keys() <= {"baud", "flow"}:
        baud, flow = options.get("baud", str(BAUD)), options.get("flow", "none")
        if baud.isascii() and baud.isdigit() and flow in FLOWS:
            return SerialTransport(parts.path, baud=int(baud), flow=flow)
    if parts.scheme == "file" and parts.path and not parts.netloc and not options:
        return FileTransport(parts.path)
    if parts.scheme == "usb" and (wanted := url.partition(":")[2].strip()) and not wanted.startswith("/"):
        return UsbTransport(wanted)
    raise ValueError(
        f"printer address {url!r}: expected tcp://HOST[:PORT], serial:///dev/NAME[?baud=N&flow={'|'.join(FLOWS)}], "
        "file:///dev/usb/lp0 or usb:MODEL"
    )


def speed_of(url: str) -> int | None:
    """Return the speed that an address names, 9600 where a serial one names none; None for one without a speed.

    >>> speed_of("serial:///dev/ttyS0?baud=2400"), speed_of("serial:///dev/ttyS0"), speed_of("tcp://10.0.0.9")
    (2400, 9600, None)
    """
    parts = urlsplit(url)
    if parts.scheme != "serial":
        return None
    return int(parse_qs(parts.query).get("baud", [str(BAUD)])[-1])


def at_speed(url: str, baud: int) -> str:
    """Return a serial address with another speed.

    >>> at_speed("serial:///dev/ttyS0?flow=xonxoff", 2400)
    'serial:///dev/ttyS0?baud=2400&flow=xonxoff'
    """
    way, _, query = url.partition("?")
    options = {key: values[-1] for key, values in parse_qs(query).items()}
    return f"{way}?{urlencode({'baud': baud} | {key: each for key, each in options.items() if key != 'baud'})}"


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

    def write_some(self, data: bytes, timeout_s: float) -> int:
        held = _held(self._socket)
        try:
            held.settimeout(timeout_s)
            return held.send(data)
        except TimeoutError:
            return 0
        except OSError as error:
            raise PrinterError(f"sending: {error}") from error

    def read(self, timeout_s: float) -> bytes:
        held = _held(self._socket)
        try:
            held.settimeout(max(timeout_s, 0.0))
            data = held.recv(READ_MAX)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise PrinterError(f"waiting for an answer: {error}") from error
        if not data:
            raise PrinterError("the printer closed the connection")
        return data

    def line_status(self) -> int | None:
        return None

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
        except (ValueError, termios.error) as error:
            raise DeviceMissing(f"{self._path}: {error}") from error

    def write_some(self, data: bytes, timeout_s: float) -> int:
        # pyserial's own write does not tell how much went before it gave up.
        fd = _held(self._port).fd
        return _write_some(-1 if fd is None else fd, data, timeout_s)

    def line_status(self) -> int | None:
        return None

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

    def write_some(self, data: bytes, timeout_s: float) -> int:
        return _write_some(self._fd, data, timeout_s)

    def line_status(self) -> int | None:
        # Linux, drivers/usb/class/usblp.c: LPGETSTATUS fills an int.
        status = array.array("i", [0])
        try:
            fcntl.ioctl(_held(self._fd if self._fd >= 0 else None), LPGETSTATUS, status)
        except OSError:
            return None
        return status[0] & 0xFF

    def read(self, timeout_s: float) -> bytes:
        try:
            if not _wait(self._fd, select.POLLIN, timeout_s):
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


class UsbTransport(FileTransport):
    """The kernel's usblp device of the one printer whose IEEE 1284 id holds a text, whatever number it has today."""

    def __init__(self, wanted: str, *, sys: Path = USB_PRINTERS, dev: Path = Path("/dev")) -> None:
        super().__init__("")
        self._wanted, self._sys, self._dev = wanted, sys, dev

    def open(self) -> None:
        found = [node for node, identity in usb_printers(self._sys) if self._wanted in identity]
        if len(found) != 1:
            what = "no USB printer" if not found else f"{len(found)} USB printers"
            raise DeviceMissing(f"{what} with {self._wanted!r} in the IEEE 1284 id")
        self._path = str(self._dev / "usb" / found[0])
        super().open()


def usb_printers(sys: Path = USB_PRINTERS) -> list[tuple[str, str]]:
    """Return name, such as lp0, and IEEE 1284 id of each printer that usblp drives; nothing is opened for it."""
    found = []
    for node in sorted(sys.glob("lp*")) if sys.is_dir() else ():
        with contextlib.suppress(OSError):
            identity = (node / "device" / "ieee1284_id").read_bytes()[:IDENTITY_MAX]
            found.append((node.name, identity.decode("latin-1").strip()))
    return found


def _write_some(fd: int, data: bytes, timeout_s: float) -> int:
    try:
        _wait(fd, select.POLLOUT, timeout_s)
        return os.write(_held(fd if fd >= 0 else None), data)
    except BlockingIOError:
        return 0
    except OSError as error:
        raise PrinterError(f"sending: {error}") from error


def _wait(fd: int, events: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(_held(fd if fd >= 0 else None), events)
    return bool(poll.poll(max(timeout_s, 0.0) * 1000))
