"""A simulated pole display at the far end of a real line: what the real driver writes to it can be looked at."""

from __future__ import annotations

import contextlib
import select
import termios
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.fake import parse_faults
from drivers.fake_wires import Line
from drivers.pole_display import SerialPole
from drivers.pole_frames import COLUMNS, PoleEncoding, PoleFace

POLE_FAULTS = ("unplug", "stuck", "slow", "speed")
ESC, US, CLR, CAN, CR = 0x1B, 0x1F, 0x0C, 0x18, 0x0D
ARRIVES_S = 0.25
"""Longest that written bytes are waited for."""
SLOW_S = 0.6
"""So much later a slow display takes what it is to show: within the driver's patience."""
OTHER_BAUD = 2_400
"""What a display is set to by mistake, where the till speaks 9600."""
KEPT_MAX = 256
"""Bytes of the longest command that is kept until it is whole."""


@dataclass(frozen=True, slots=True)
class PolePicture:
    """What stands on a display."""

    upper: str
    lower: str
    lamp: int = 0
    """1 单价, 2 总计, 3 收款, 4 找零, on a display of digits."""


class PoleScreen:
    """Obeys the bytes of one protocol, and counts those that are none of its commands."""

    def __init__(self, protocol: str, encoding: PoleEncoding = "ascii") -> None:
        self.unknown = 0
        self._is_led, self._encoding = protocol == "led8", encoding
        self._lines = [bytearray(b" " * COLUMNS), bytearray(b" " * COLUMNS)]
        self._figure, self._lamp = "", 0
        self._row = self._column = 0
        self._kept = b""

    @property
    def picture(self) -> PolePicture:
        if self._is_led:
            return PolePicture(self._figure, "", self._lamp)
        upper, lower = (bytes(row).decode(self._encoding, "replace") for row in self._lines)
        return PolePicture(upper, lower)

    def feed(self, data: bytes) -> None:
        self._kept = (self._kept + data)[-KEPT_MAX:]
        while self._kept:
            used = self._obey(self._kept)
            if not used:
                break
            self._kept = self._kept[used:]

    def _obey(self, data: bytes) -> int:
        """Do what the first bytes say and return how many they were; 0 when the rest has not come yet."""
        first = data[0]
        if first == CLR:
            self._clear()
        elif first == ESC:
            return self._escape(data)
        elif first == US:
            return self._unit(data)
        elif first >= 0x20 and not self._is_led:
            self._write(first)
        elif first != CAN:
            self.unknown += 1
        return 1

    def _escape(self, data: bytes) -> int:
        command = data[1:2]
        if command == b"@":
            self._clear()
            return 2
        if command == b"s" and self._is_led:
            self._lamp = data[2] - ord("0") if len(data) > 2 else 0
            return 3 if len(data) > 2 else 0
        if command in (b"_", b"="):
            return 3 if len(data) > 2 else 0
        if command == b"Q":
            end = data.find(CR)
            if end < 0:
                return 0
            self._put(data[2:3], data[3:end])
            return end + 1
        self.unknown += len(command)
        return 2 if command else 0

    def _unit(self, data: bytes) -> int:
        if len(data) < 2:
            return 0
        if data[1] == 0x01:
            return 2
        if data[1:2] == b"C":
            return 3 if len(data) > 2 else 0
        if data[1:2] == b"$":
            if len(data) < 4:
                return 0
            self._column, self._row = min(data[2], COLUMNS) - 1, min(data[3], 2) - 1
            return 4
        self.unknown += 1
        return 2

    def _put(self, place: bytes, text: bytes) -> None:
        if self._is_led:
            self._figure = text.decode("ascii", "replace")
        elif place in (b"A", b"B"):
            self._lines[place[0] - ord("A")][:] = text[:COLUMNS].ljust(COLUMNS)
        else:
            self.unknown += 1

    def _write(self, byte: int) -> None:
        self._lines[self._row][self._column] = byte
        self._column += 1
        if self._column == COLUMNS:
            self._column, self._row = 0, 1 - self._row

    def _clear(self) -> None:
        self._lines = [bytearray(b" " * COLUMNS), bytearray(b" " * COLUMNS)]
        self._figure, self._lamp, self._row, self._column = "", 0, 0, 0


class FakePole(Line):
    """The far end of the line; a stuck one takes no bytes."""

    cut_after: int | None = None
    """Bytes after which its plug comes out, once; None: it stays."""

    def received(self, size: int = 1024) -> bytes:
        with self.lock:
            if self.cut_after is None:
                return super().received(size)
            data = super().received(min(size, self.cut_after)) if self.cut_after else b""
            self.cut_after -= len(data)
            if not self.cut_after:
                self.cut_after = None
                self.unplug()
            return data

    def stick(self, *, is_stuck: bool) -> None:
        with self.lock, contextlib.suppress(OSError, termios.error):
            if self.plugged:
                termios.tcflow(self._slave, termios.TCOOFF if is_stuck else termios.TCOON)


class WiredPole:
    """A simulated display and the real driver that writes to it; implements `drivers.base.PoleDisplay`."""

    faults = POLE_FAULTS

    def __init__(
        self, name: str, protocol: str = "cd5220", *, encoding: PoleEncoding = "ascii", faults: Sequence[str] = ()
    ) -> None:
        """Take both ends.

        Args:
            faults: ``"N:what"``: the Nth thing shown meets it.
        """
        self.name, self.protocol, self._encoding = name, protocol, encoding
        self.wire = FakePole()
        self.screen = PoleScreen(protocol, encoding)
        self._driver = SerialPole(name, self.wire.path, protocol=protocol, encoding=encoding)
        self._faults = parse_faults(faults, POLE_FAULTS)
        self._shown = 0
        self._trouble = ""
        self._lock = threading.Lock()

    @property
    def plugged(self) -> bool:
        return self.wire.plugged

    @property
    def trouble(self) -> str:
        return self._trouble

    def picture(self) -> PolePicture:
        """Return what stands on it now."""
        with self._lock:
            self._look()
            return self.screen.picture if self.plugged else PolePicture("", "")

    def be(self, trouble: str) -> None:
        """Let it fail in one of `faults` from now on, or be sound again with ''."""
        if trouble not in ("", *POLE_FAULTS):
            raise ValueError(f"{self.name}: fault {trouble!r}: expected one of {', '.join(POLE_FAULTS)}")
        if trouble == "unplug":
            self.unplug()
            return
        if self._trouble == "speed" != trouble:
            # Its switch is set right, and it starts anew, dark.
            self.screen = PoleScreen(self.protocol, self._encoding)
        self._trouble = trouble
        self.wire.stick(is_stuck=trouble == "stuck")
        self.wire.baud = OTHER_BAUD if trouble == "speed" else 0

    def unplug(self) -> None:
        self.wire.unplug()

    def plug(self) -> None:
        self.wire.plug()

    def open(self) -> None:
        self._driver.open()
        self._look(wait_s=ARRIVES_S)

    def show(self, face: PoleFace) -> None:
        with self._lock:
            self._shown += 1
            fault = self._faults.get(self._shown, "")
            if fault:
                self.be(fault)
            if self._trouble == "slow":
                self.wire.stick(is_stuck=True)
                later = threading.Timer(SLOW_S, self._unstick)
                later.daemon = True
                later.start()
            self._driver.show(face)
            self._look(wait_s=ARRIVES_S)

    def check(self) -> None:
        self._driver.check()
        self._look()

    def close(self) -> None:
        self._driver.close()

    def _unstick(self) -> None:
        if self._trouble != "stuck":
            self.wire.stick(is_stuck=False)

    def _look(self, *, wait_s: float = 0.0) -> None:
        """Take from the line what was written to it: a display is never behind, but the kernel may be for a moment."""
        if self._trouble != "stuck" and self.plugged:
            select.select([self.wire.master], [], [], wait_s)
            for _ in range(16):
                data = self.wire.received(4096)
                if not data:
                    break
                self.screen.feed(data)
