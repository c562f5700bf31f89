"""A simulated scale at the far end of a real line, read by the real driver: a hand puts grams on it, and faults.

A fault is written ``"N:what"``: the Nth thing put on it (counted from 1) meets it, and it stays that way until it is
mended.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Sequence
from functools import reduce
from operator import xor

from drivers.fake import parse_faults
from drivers.fake_wires import Line
from drivers.scale import SerialScale
from drivers.scale_frames import SCALES, Reading

SCALE_FAULTS = ("unplug", "unstable", "negative", "overload", "silent", "garbage", "stuck", "checksum", "bytewise")
EVERY_S = 0.1
"""Between two frames of a scale that talks by itself."""
POLL_S = 0.02
"""Between two looks at whether the till has asked."""
MOVING_S = 0.3
"""So long it swings after something was put on it."""
NOISE = b"\xff\x00\x02ST,G\x13\x01?\x80 12.\r\x04"


def frame(protocol: str, weight_g: int, *, is_stable: bool = True, is_over: bool = False, check: int = 0) -> bytes:
    """Return what a scale of a protocol sends.

    Args:
        weight_g: below 0 for less than nothing.
        check: spoils the check sum, or a mark of the frame where it has none.
    """
    sign, kilograms = ("-" if weight_g < 0 else " "), f"{abs(weight_g) / 1000:6.3f}"
    if protocol == "toledo_8217":
        status = (0 if is_stable else 1) | (2 if is_over else 0) | (4 if weight_g < 0 else 0)
        text = f"?{chr(64 | status)}" if status else kilograms.strip().zfill(6)
        data = b"\x02" + text.encode() + b"\r"
    elif protocol == "dahua_acs":
        data = (f"{weight_g:5d}"[-5:]).encode() + b"\n\r"
    elif protocol == "st_gs":
        state = "OL" if is_over else "ST" if is_stable else "US"
        data = f"{state},GS,{'-' if weight_g < 0 else '+'}{kilograms:>7}kg\r\n".encode()
    else:
        state = "S" if is_stable else "U"
        body = f"{state}{'F' if is_over else sign}{'      ' if is_over else kilograms}kg".encode()
        data = b"\x01\x02" + body + bytes((reduce(xor, body),)) + b"\x03\x04"
    if check:
        place = -3 if protocol in ("cas", "aclas") else 0
        spoilt = bytearray(data)
        spoilt[place] ^= check
        data = bytes(spoilt)
    return data


def _serve(held: weakref.ref[FakeScale], stopping: threading.Event) -> None:
    # Only who uses the scale holds it: it ends with them, and so does its thread.
    wait_s = 0.0
    while not stopping.wait(wait_s) and (scale := held()) is not None:
        scale.turn()
        wait_s = scale.turn_s
        del scale


class FakeScale(Line):
    """The far end: a scale with something on it."""

    def __init__(self, protocol: str) -> None:
        super().__init__()
        self.protocol = protocol
        self.weight_g = 0
        self.trouble = ""
        """Empty, or one of `SCALE_FAULTS`."""
        self._asked = b""
        self._stuck_g = 0
        self._moved_s = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, weight_g: int) -> None:
        """Let so many grams lie on it."""
        if self.trouble != "stuck":
            self._stuck_g = weight_g
        self.weight_g = weight_g
        self._moved_s = time.monotonic()

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=_serve, args=(weakref.ref(self), self._stopping), name="fake-scale", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def say(self) -> bytes:
        """Return the frame that it would send now."""
        if self.trouble == "garbage":
            return NOISE
        is_stuck = self.trouble == "stuck"
        is_stable = is_stuck or (self.trouble != "unstable" and time.monotonic() - self._moved_s >= MOVING_S)
        weight_g = self._stuck_g if is_stuck else -250 if self.trouble == "negative" else self.weight_g
        if not is_stable:
            # A pan that swings shows another figure each time, on scales without a mark for it too.
            weight_g = max(0, weight_g + 5 * (int(time.monotonic() * 20) % 3 - 1)) if weight_g > 0 else weight_g
        is_over = self.trouble == "overload"
        if is_over and self.protocol == "dahua_acs":
            return b"-----\n\r"
        return frame(
            self.protocol, weight_g, is_stable=is_stable, is_over=is_over, check=1 if self.trouble == "checksum" else 0
        )

    @property
    def turn_s(self) -> float:
        """How often it looks whether it is asked, or speaks by itself."""
        return POLL_S if SCALES[self.protocol].ask else EVERY_S

    def turn(self) -> None:
        if not self.plugged or self.trouble == "silent":
            return
        if SCALES[self.protocol].ask:
            self._answer()
        else:
            self._speak()

    def _answer(self) -> None:
        protocol = SCALES[self.protocol]
        self._asked += self.received()
        if protocol.ready and protocol.ask in self._asked:
            self._asked = self._asked.replace(protocol.ask, b"")
            self.send(protocol.ready)
        if (protocol.go or protocol.ask) in self._asked:
            self._asked = b""
            self._speak()

    def _speak(self) -> None:
        data = self.say()
        for piece in [bytes((byte,)) for byte in data] if self.trouble == "bytewise" else [data]:
            self.send(piece)


class WiredScale:
    """A simulated scale and the real driver that reads it; implements `drivers.base.Scale`, and a hand uses it."""

    faults = SCALE_FAULTS

    def __init__(self, name: str, protocol: str = "st_gs", *, faults: Sequence[str] = ()) -> None:
        self.name = name
        self.wire = FakeScale(protocol)
        self._driver = SerialScale(name, self.wire.path, protocol=protocol)
        self._faults = parse_faults(faults, SCALE_FAULTS)
        self._put = 0
        self._lock = threading.Lock()

    @property
    def broken(self) -> int:
        return self._driver.broken

    @property
    def heard(self) -> Callable[[bytes], None]:
        return self._driver.heard

    @heard.setter
    def heard(self, listener: Callable[[bytes], None]) -> None:
        self._driver.heard = listener

    @property
    def plugged(self) -> bool:
        return self.wire.plugged

    @property
    def weight_g(self) -> int:
        """What lies on it, whatever it says."""
        return self.wire.weight_g

    @property
    def trouble(self) -> str:
        return self.wire.trouble

    def put(self, weight_g: int) -> None:
        """Let so many grams lie on it; 0 takes everything off."""
        with self._lock:
            self._put += 1
            fault = self._faults.get(self._put, "")
            if fault:
                self.be(fault)
            self.wire.put(weight_g)

    def be(self, trouble: str) -> None:
        """Let it fail in one of `faults` from now on, or be sound again with ''."""
        if trouble not in ("", *SCALE_FAULTS):
            raise ValueError(f"{self.name}: fault {trouble!r}: expected one of {', '.join(SCALE_FAULTS)}")
        if trouble == "unplug":
            self.unplug()
        else:
            self.wire.trouble = trouble
            self.wire.put(self.wire.weight_g)

    def unplug(self) -> None:
        self.wire.unplug()

    def plug(self) -> None:
        self.wire.plug()

    def open(self) -> None:
        self._driver.open()
        self.wire.start()

    def read(self, timeout_s: float) -> Reading | None:
        return self._driver.read(timeout_s)

    def close(self) -> None:
        self._driver.close()
