"""What the service manager gives and wants to hear. Without it, everything here does nothing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from drivers.base import DriverError

CREDENTIAL_NAME_MAX = 255


class ManagerUnreachable(DriverError):
    """The service manager gave us an address for news and does not listen there."""


def notify(state: str) -> bool:
    """Tell the service manager, for example ``READY=1``, ``WATCHDOG=1`` or ``STATUS=selling``.

    Returns:
        False when there is no service manager to tell.

    Raises:
        ManagerUnreachable: there is one and it did not take the message.

    Source: sd_notify(3).
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # An abstract socket is written with @ and addressed with a zero byte.
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            # A manager that is busy must not stop the till; the next beat comes soon.
            sender.setblocking(False)
            sender.sendto(state.encode(), target)
    except OSError as error:
        raise ManagerUnreachable(f"{address}: {error}") from error
    return True


def watchdog_interval_s() -> float | None:
    """Return how often to send ``WATCHDOG=1``: half of what the manager waits; None when it does not watch us.

    Source: sd_watchdog_enabled(3).
    """
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    watched = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    if not (
        microseconds.isascii() and microseconds.isdigit() and int(microseconds) > 0 and watched == str(os.getpid())
    ):
        return None
    return int(microseconds) / 2_000_000


def credential(name: str) -> Path | None:
    """Return the file of a credential that the manager put there for us (LoadCredential=), or None."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder or not name or "/" in name or name in (".", "..") or len(name) > CREDENTIAL_NAME_MAX:
        return None
    path = Path(folder) / name
    return path if path.is_file() else None
