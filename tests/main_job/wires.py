"""The far ends of a lane's wires: what a scanner and a card reader put on them, byte by byte and record by record."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import tty
from pathlib import Path

from drivers.evdev_lines import RECORD

WRITE_WAIT_S = 10.0
"""Longest that a till may take to read what stands in the wire."""

EV_SYN, EV_KEY, EV_MSC = 0, 1, 4
SYN_REPORT, SYN_DROPPED, MSC_SCAN = 0, 3, 4
KEY_ENTER, KEY_LEFTSHIFT = 28, 42
# Source: linux/input-event-codes.h. What the keys carry on a US keyboard.
ROWS = ((2, "1234567890"), (16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"))
KEYS = {character: first + place for first, characters in ROWS for place, character in enumerate(characters)}
KEY_GAP_US = 4_000
"""Between two keys of a reader; it types about as fast as a USB keyboard may."""


class Scanner:
    """A serial scanner at a pseudo terminal, behind a link that stays the same as links under by-id do."""

    def __init__(self, link: Path) -> None:
        self.path = link
        self._master = -1
        self.plug()

    def plug(self) -> None:
        """Come up as a new device behind the same link."""
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.close(slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(name)

    def unplug(self) -> None:
        """Be gone, as when the plug is pulled; harmless when it is gone already."""
        if self._master >= 0:
            os.close(self._master)
        self._master = -1
        self.path.unlink(missing_ok=True)

    @property
    def is_opened(self) -> bool:
        """Whether somebody has the device open."""
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(events & select.POLLHUP for _, events in poll.poll(0))

    def scan(self, text: str) -> None:
        self.send(text.encode() + b"\r\n")

    def send(self, data: bytes) -> None:
        write_all(self._master, data)


class CardReader:
    """A card reader that is a keyboard: the kernel's input records on a FIFO, with their time stamps."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path, 0o600)
        self.path = path
        # Open for both ways: so it never waits for a reader, and outlives each of them.
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        self._at_us = 1_795_320_000_000_000

    def tap(self, printed: str) -> None:
        """Hold a card to the reader, which types what it prints of the UID, and Enter."""
        self.rest(1_000)
        self.send(b"".join(map(self.key, printed)) + self.press(KEY_ENTER))

    def key(self, character: str) -> bytes:
        code = KEYS[character.lower()]
        if character.isupper():
            return (
                self.records((EV_KEY, KEY_LEFTSHIFT, 1)) + self.press(code) + self.records((EV_KEY, KEY_LEFTSHIFT, 0))
            )
        return self.press(code)

    def press(self, code: int) -> bytes:
        """Return a key's press and release, each with its scan code and report as keyboards send them."""
        scan_code = (EV_MSC, MSC_SCAN, 0x70000 + code)
        return self.records(scan_code, (EV_KEY, code, 1)) + self.records(scan_code, (EV_KEY, code, 0))

    def records(self, *events: tuple[int, int, int]) -> bytes:
        """Return the events and the report that ends them, of one moment."""
        self._at_us += KEY_GAP_US
        seconds, micros = divmod(self._at_us, 1_000_000)
        return b"".join(RECORD.pack(seconds, micros, *event) for event in (*events, (EV_SYN, SYN_REPORT, 0)))

    def lost(self) -> bytes:
        """Return the kernel's word that it dropped events, with the report up to which nothing counts."""
        return self.records((EV_SYN, SYN_DROPPED, 0))

    def rest(self, pause_ms: int) -> None:
        """Let so much time pass on the records' stamps."""
        self._at_us += pause_ms * 1_000

    def send(self, data: bytes) -> None:
        write_all(self._fd, data)

    def close(self) -> None:
        os.close(self._fd)


def write_all(fd: int, data: bytes) -> None:
    """Write everything, waiting for the reader as a wire does."""
    os.set_blocking(fd, False)
    rest = memoryview(data)
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    while rest:
        assert poll.poll(WRITE_WAIT_S * 1_000), f"{len(rest)} bytes were not read"
        with contextlib.suppress(BlockingIOError):
            rest = rest[os.write(fd, rest) :]
