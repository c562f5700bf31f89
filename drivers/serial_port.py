"""A serial line of our own: opened by its stable path, kept from everybody else, let go of cleanly."""

from __future__ import annotations

import contextlib
import fcntl
import termios
from typing import Any

from drivers.base import DeviceMissing, DriverError
from drivers.os_failure import device_failure

WRITE_TIMEOUT_S = 1.0
"""A line that takes no bytes for so long is broken: it never stops its thread."""


def open_port(path: str, baud: int, *, timeout_s: float, parity: str = "N") -> Any:
    """Return the open port, pyserial's, with 1 stop bit. Raises DriverError.

    Args:
        parity: `N`: eight data bits without parity; `E`: seven with even parity, and what has the wrong one is read as
            NUL. A port of even parity is read by its file number: the library would set it back with each time-out.

    Nothing is written to it. A lock keeps out a second program that asks for one, TIOCEXCL every other one but root's.
    """
    import serial

    try:
        port = serial.Serial(path, baud, timeout=timeout_s, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
    except OSError as error:
        raise device_failure(path, error) from error
    except (ValueError, termios.error) as error:
        raise DeviceMissing(f"{path}: {error}") from error
    with contextlib.suppress(OSError, termios.error):
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
        if parity != "N":
            _set_parity(port.fileno())
    return port


def _set_parity(line: int) -> None:
    """Set seven bits and even parity, and have the kernel look at it: a damaged digit is no other digit then.

    The library never has it looked at, and a pseudo terminal knows no parity, which is no reason not to open it.
    """
    attributes = termios.tcgetattr(line)
    attributes[0] |= termios.INPCK
    attributes[2] = (attributes[2] & ~(termios.CSIZE | termios.PARODD)) | termios.CS7 | termios.PARENB
    termios.tcsetattr(line, termios.TCSANOW, attributes)


def write_port(port: Any, path: str, data: bytes) -> None:
    """Write to the port. Raises DeviceMissing when it is gone, DriverError when it takes no bytes for too long."""
    import serial

    try:
        port.write(data)
    except serial.SerialTimeoutException as error:
        raise DriverError(f"{path}: it takes no bytes; look at its cable and flow control") from error
    except OSError as error:
        raise DeviceMissing(f"{path}: {error}") from error


def close_port(port: Any) -> None:
    """Let go of the port; harmless for one whose device is gone."""
    with contextlib.suppress(OSError, termios.error):
        fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
    with contextlib.suppress(OSError, termios.error):
        port.close()
