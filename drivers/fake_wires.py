"""Simulated readers at the far end of a real wire, a pseudo terminal or a pipe, read by the real drivers.

What goes wrong on a wire goes wrong here: a fault hits one code, and the next is good again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import tempfile
import termios
import threading
import tty
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from drivers.base import TEXT_MAX, LineReader
from drivers.evdev_lines import RECORD, EvdevLines
from drivers.fake import HandReader, parse_faults
from drivers.fake_baud import heard_at
from drivers.key_decoder import EV_KEY, EV_SYN, PRESS, RELEASE, REPEAT, SYN_DROPPED, SYN_REPORT
from drivers.key_layouts import KEY_CAPSLOCK, KEY_ENTER, KEY_LEFTCTRL, KEY_LEFTSHIFT, KEY_RIGHTBRACE, LAYOUTS
from drivers.serial_lines import GS, SerialLines

SERIAL_FAULTS = ("unplug", "noise", "bytewise", "glued", "cut")
KEYBOARD_FAULTS = ("unplug", "noise", "lost", "repeat", "caps", "cut")
BAUDS = (1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200)
SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in BAUDS}
"""Speeds by what the kernel calls them."""
NOISE = b"\x00\x11\xff\xfe\x80\x13\r"
"""What a loose plug sends: no text in any encoding, up to a terminator."""


class Wire(Protocol):
    """What stands at the far end of a wire."""

    path: str
    lost: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What may go wrong with one code."""

    @property
    def plugged(self) -> bool: ...

    def plug(self) -> None: ...

    def unplug(self) -> None: ...

    def give(self, text: str, fault: str) -> None:
        """Send a code or show a card, with a fault of `faults`, or ''."""


class Line:
    """A serial line whose far end is ours, under a path that stays the same when it is plugged in again."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="taptill-line-")
        self.path = str(Path(self._folder.name) / "port")
        self.baud = 0
        """The speed that the device is set to; a till at another one hears what a receiver makes of it. 0: any."""
        self.lock = threading.RLock()
        self.master = -1
        self._slave = -1
        self.plug()

    @property
    def plugged(self) -> bool:
        return self.master >= 0

    def plug(self) -> None:
        with self.lock:
            if self.plugged:
                return
            master, self._slave = pty.openpty()
            tty.setraw(self._slave)
            # A device does not wait for anybody: what nobody takes is lost.
            os.set_blocking(master, False)
            link = Path(self.path)
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(self._slave))
            self.master = master

    def unplug(self) -> None:
        with self.lock:
            if self.plugged:
                Path(self.path).unlink(missing_ok=True)
                os.close(self._slave)
                os.close(self.master)
                self.master = self._slave = -1

    def __del__(self) -> None:
        # A line that nobody holds any more gives its two ends back: a process may make thousands. A thread with a weak
        # reference can still get hold of it while this runs, and must find it unplugged: the numbers of its ends may
        # belong to another file by then.
        if getattr(self, "_slave", -1) >= 0:
            with self.lock:
                ends, self.master, self._slave = (self.master, self._slave), -1, -1
                for end in (end for end in ends if end >= 0):
                    os.close(end)

    def send(self, data: bytes) -> None:
        with self.lock, contextlib.suppress(BlockingIOError):
            if self.plugged:
                speed = self._speed()
                other = self.baud and speed and speed != self.baud
                os.write(self.master, heard_at(data, sent_baud=self.baud, heard_baud=speed) if other else data)

    def _speed(self) -> int:
        """Return the speed that the till has set; 0 for one that is in no table."""
        return SPEEDS.get(termios.tcgetattr(self.master)[4], 0)

    def received(self, size: int = 1024) -> bytes:
        """Return what the till wrote; empty when it wrote nothing. A scanner's driver never writes."""
        with self.lock:
            if not self.plugged:
                return b""
            try:
                data, speed = os.read(self.master, size), self._speed()
                other = self.baud and speed and speed != self.baud
                return heard_at(data, sent_baud=speed, heard_baud=self.baud) if other else data
            except BlockingIOError:
                return b""
            except OSError as error:
                if error.errno == errno.EIO:
                    return b""
                raise


class SerialScanner(Line):
    """A scanner at a serial line: STX, the code in UTF-8 or GB18030, CR LF."""

    faults = SERIAL_FAULTS

    def __init__(self, *, encoding: str = "utf-8") -> None:
        super().__init__()
        self.lost = 0
        self._encoding = encoding
        self._held_back = b""

    def give(self, text: str, fault: str = "") -> None:
        data = b"\x02" + text.encode(self._encoding, "replace") + b"\r\n"
        if fault in ("unplug", "cut"):
            self.send(data[: len(data) // 2])
            self.lost += 1
            # A code cut short has no end: the driver has to notice that nothing more comes.
            if fault == "unplug":
                self.unplug()
        elif fault == "glued":
            self._held_back += data
        elif fault == "bytewise":
            for byte in data:
                self.send(bytes((byte,)))
        else:
            self.send(self._held_back + (NOISE if fault == "noise" else b"") + data)
            self._held_back = b""


class KeyboardScanner:
    """A scanner that acts as a keyboard: the kernel's records through a pipe."""

    faults = KEYBOARD_FAULTS

    def __init__(self, *, layout: str = "us") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="taptill-keys-")
        self.path = str(Path(self._folder.name) / "event")
        self.lost = 0
        self._pipe = -1
        self._keys = {
            character: (code, is_shifted)
            for code, (alone, shifted, _) in reversed(list(LAYOUTS[layout].items()))
            for character, is_shifted in ((alone, False), (shifted, True))
        }
        self.plug()

    @property
    def plugged(self) -> bool:
        return Path(self.path).exists()

    def plug(self) -> None:
        if not self.plugged:
            os.mkfifo(self.path)

    def unplug(self) -> None:
        Path(self.path).unlink(missing_ok=True)
        self._hang_up()

    def give(self, text: str, fault: str = "") -> None:
        events: list[tuple[int, int, int]] = []
        for character in text:
            events += self._press(character)
        half = len(events) // 2
        if fault in ("unplug", "cut"):
            self.lost += 1
            self._send(events[:half])
            if fault == "unplug":
                self.unplug()
            return
        if fault == "lost":
            self.lost += 1
            events = [*events[:half], (EV_SYN, SYN_DROPPED, 0), (EV_SYN, SYN_REPORT, 0), *events[half:]]
        elif fault == "repeat":
            events = [part for event in events for part in (event, (EV_KEY, event[1], REPEAT)) if event[0] == EV_KEY]
        elif fault == "noise":
            events = [(4, 4, 458_782), (17, 0, 1), (EV_KEY, 767, PRESS), (EV_KEY, 767, RELEASE), *events]
        elif fault == "caps":
            # The scanner inverts what it sends and lights the lamp: the two cancel out.
            events = [*_stroke(KEY_CAPSLOCK)]
            for character in text:
                events += self._press(character.swapcase())
        self._send([*events, *_stroke(KEY_ENTER)])

    def _press(self, character: str) -> list[tuple[int, int, int]]:
        if character == GS:
            return [*_stroke(KEY_LEFTCTRL, PRESS), *_stroke(KEY_RIGHTBRACE), *_stroke(KEY_LEFTCTRL, RELEASE)]
        code, is_shifted = self._keys.get(character, self._keys["?"])
        stroke = _stroke(code)
        return [*_stroke(KEY_LEFTSHIFT, PRESS), *stroke, *_stroke(KEY_LEFTSHIFT, RELEASE)] if is_shifted else stroke

    def _send(self, events: Sequence[tuple[int, int, int]]) -> None:
        data = b"".join(RECORD.pack(0, 0, *event) for event in events)
        # Nobody reads, or too slowly: the kernel's buffer of a real device overflows just so.
        try:
            if self._pipe < 0:
                self._pipe = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(self._pipe, data)
        except BlockingIOError:
            pass
        except OSError:
            # Whoever read has left; the next one finds nothing old.
            self._hang_up()

    def __del__(self) -> None:
        if getattr(self, "_pipe", -1) >= 0:
            os.close(self._pipe)

    def _hang_up(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


def _stroke(code: int, value: int | None = None) -> list[tuple[int, int, int]]:
    values = (PRESS, RELEASE) if value is None else (value,)
    return [event for each in values for event in ((EV_KEY, code, each), (EV_SYN, SYN_REPORT, 0))]


class WiredReader(HandReader):
    """A simulated device and the real driver that reads it, as one reader."""

    def __init__(
        self, name: str, wire: Wire, make_driver: Callable[[str, str], LineReader], *, faults: Sequence[str] = ()
    ) -> None:
        """Take both ends.

        Args:
            make_driver: makes the driver of a name and a path.
            faults: ``"N:what"``, what of the wire's own faults.
        """
        self.name = name
        self.wire = wire
        self.one_time_faults = wire.faults
        self._driver = make_driver(name, wire.path)
        self._faults = parse_faults(faults, wire.faults)
        self.dropped = self._given = self._refused = 0
        self._next_fault = ""
        self._lock = threading.Lock()

    @property
    def heard(self) -> Callable[[bytes], None]:
        """Is given the bytes that the driver takes from the wire."""
        return self._driver.heard  # type: ignore[attr-defined,no-any-return]

    @heard.setter
    def heard(self, listener: Callable[[bytes], None]) -> None:
        self._driver.heard = listener  # type: ignore[attr-defined]

    @property
    def plugged(self) -> bool:
        return self.wire.plugged

    def type(self, text: str) -> None:
        with self._lock:
            self._given += 1
            fault = self._faults.get(self._given, self._next_fault)
            self._next_fault = ""
            if not self.plugged or not text or len(text) > TEXT_MAX:
                self._refused += 1
                self._count()
                return
            self.wire.give(text, fault)

    def fail_next(self, fault: str) -> None:
        if fault not in self.one_time_faults:
            raise ValueError(f"{self.name}: fault {fault!r}: expected one of {', '.join(self.one_time_faults)}")
        self._next_fault = fault

    def unplug(self) -> None:
        self.wire.unplug()

    def plug(self) -> None:
        self.wire.plug()

    def open(self) -> None:
        self._driver.open()
        self._count()

    def read(self, timeout_s: float) -> Sequence[str]:
        texts = self._driver.read(timeout_s)
        self._count()
        return texts

    def close(self) -> None:
        self._driver.close()

    def _count(self) -> None:
        self.dropped = self._driver.dropped + self._refused


def serial_scanner(name: str, *, faults: Sequence[str] = ()) -> WiredReader:
    """Return a simulated scanner at a serial line."""
    return WiredReader(name, SerialScanner(), SerialLines, faults=faults)


def keyboard_scanner(name: str, *, faults: Sequence[str] = ()) -> WiredReader:
    """Return a simulated scanner that acts as a keyboard."""
    return WiredReader(name, KeyboardScanner(), EvdevLines, faults=faults)
