"""From the bytes of a scale to readings, by the protocol's name. Pure: it asks no clock and opens nothing.

A frame counts only as a whole, and only where the protocol's own marks stand at both its ends: what a torn or a noisy
line leaves is thrown away, and no digits of two frames ever make one weight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import reduce
from operator import xor
from types import MappingProxyType
from typing import Final

FRAME_MAX = 32
"""Bytes of the longest frame; of a longer one nothing is kept."""
GRAMS: Final[Mapping[bytes, int]] = MappingProxyType({b"kg": 1_000, b"g": 1})


class Fault(StrEnum):
    """What a scale says in the place of a weight that can be sold."""

    NONE = ""
    OVER = "over"
    """More lies on it than it can weigh."""
    UNDER = "under"
    """Less than nothing: something was taken off after it was set to zero."""
    ERROR = "error"
    """It reports an error, or weighs in a unit that the till does not sell by."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a scale said once."""

    weight_g: int | None
    """Grams as the scale shows them, 0 or more; None where there is no weight."""
    is_stable: bool | None
    """Whether it says that it is at rest; None where the protocol has no such mark."""
    is_net: bool = False
    """The scale itself has taken a tare off."""
    fault: Fault = Fault.NONE


@dataclass(frozen=True, slots=True)
class ScaleProtocol:
    """How a scale talks."""

    frame: re.Pattern[bytes]
    """One whole frame, up to the last byte that has come."""
    ends: bytes
    """The last byte of a frame is one of these."""
    read: Callable[[re.Match[bytes]], Reading | None]
    """Makes a reading of a frame; None where its check sum is wrong."""
    is_whole_line: bool = False
    """Nothing but an end marks where a frame begins: what stands before it on its line spoils it."""
    has_check: bool = False
    """A check sum stands before the last bytes and may look like them."""
    parity: str = "N"
    """`E`: seven bits and even parity; `N`: eight bits without."""
    ask: bytes = b""
    """What asks for a weight; empty for a scale that talks by itself and is never written to."""
    ready: bytes = b""
    """What the scale answers before it wants `go`; empty where it answers at once."""
    go: bytes = b""


def grams(number: bytes, unit: bytes = b"kg") -> int | None:
    """Return a weight in grams, rounded to the nearest; None where the unit is another one.

    >>> grams(b" 4.876"), grams(b"125.5", b"g"), grams(b"1.000", b"lb")
    (4876, 126, None)
    """
    factor = GRAMS.get(unit.lower())
    if factor is None:
        return None
    weight = Decimal(number.replace(b" ", b"").decode("ascii")) * factor
    return int(weight.to_integral_value(ROUND_HALF_UP))


def _reading(
    weight_g: int | None, *, is_stable: bool | None, is_negative: bool = False, is_net: bool = False
) -> Reading:
    if weight_g is None:
        return Reading(None, is_stable, is_net, Fault.ERROR)
    if is_negative and weight_g:
        return Reading(None, is_stable, is_net, Fault.UNDER)
    return Reading(weight_g, is_stable, is_net)


def _toledo(found: re.Match[bytes]) -> Reading:
    number, net, status = found.group("number", "net", "status")
    if number is not None:
        return _reading(grams(number), is_stable=True, is_net=bool(net))
    bits = status[0]
    # Bit 0: in motion, 1: over capacity, 2: under zero, 5: net. Without any of these it has no weight to give.
    fault = Fault.OVER if bits & 2 else Fault.UNDER if bits & 4 else Fault.NONE if bits & 1 else Fault.ERROR
    return Reading(None, False, bool(bits & 32), fault)


def _checked(found: re.Match[bytes]) -> Reading | None:
    """Return the reading of a frame of CAS or Aclas. BCC: the exclusive or of all from the status to the unit."""
    body, check = found.group("body", "check")
    if check is not None and reduce(xor, body) != check[0]:
        return None
    if found["sign"] == b"F":
        return Reading(None, False, fault=Fault.OVER)
    weight_g = grams(found["number"], found["unit"].strip())
    return _reading(weight_g, is_stable=found["state"] == b"S", is_negative=found["sign"] == b"-")


def _dahua(found: re.Match[bytes]) -> Reading:
    return _reading(int(found["grams"]), is_stable=None, is_negative=found["sign"] is not None)


def _st_gs(found: re.Match[bytes]) -> Reading:
    state, net, sign, number, unit = found.group("state", "net", "sign", "number", "unit")
    is_net = net.startswith(b"N")
    if state == b"OL":
        return Reading(None, False, is_net, Fault.OVER)
    return _reading(grams(number, unit), is_stable=state == b"ST", is_negative=sign == b"-", is_net=is_net)


TOLEDO = rb"\x02(?:(?P<number> *\d{1,3}\.\d{2,3})(?P<net>N?)|\?(?P<status>[^\r]))\r\Z"
CAS = (
    rb"\x01\x02(?P<body>(?P<state>[SU])(?P<sign>[ +\-F])(?=[ \d.F]{6}(?:kg| g|lb|oz))"
    rb"(?:(?<=F)[ \d.F]{6}|(?P<number> *\d+(?:\.\d+)?))(?P<unit>kg| g|lb|oz))(?P<check>.)\x03\x04\Z"
)
DAHUA = rb"(?=[ \d-]{5}\n) *(?P<sign>-)? *(?P<grams>\d+)\n\r\Z"
ACLAS = (
    rb"(?:(?P<soh>\x01)|(?<!\x01))\x02(?P<body>(?P<state>[SU])(?P<sign>[ +\-F]?)"
    rb"(?:(?<=F)[ \d.F]{6}|(?P<number> *\d{1,3}(?:\.\d{1,4})?))(?P<unit>kg|KG|g|lb))(?(soh)(?P<check>.)\x03\x04|\x03)\Z"
)
ST_GS = (
    rb"(?P<state>ST|US|OL),(?P<net>GS|NT|G|N)[, ](?P<sign>[ +-]?)(?P<number> *\d{1,5}(?:\.\d{1,4})?) *"
    rb"(?P<unit>kg|KG|g|lb|oz)\r?\n\Z"
)

SCALES: Final[Mapping[str, ScaleProtocol]] = MappingProxyType(
    {
        # STX 01.234 [N] CR, or STX ? status CR while there is no weight.
        "toledo_8217": ScaleProtocol(re.compile(TOLEDO), b"\r", _toledo, parity="E", ask=b"W"),
        # ENQ, ACK, DC1, then SOH STX S|U sign six characters unit BCC ETX EOT.
        "cas": ScaleProtocol(
            re.compile(CAS, re.DOTALL), b"\x04", _checked, has_check=True, ask=b"\x05", ready=b"\x06", go=b"\x11"
        ),
        # Five characters of grams, blanks for leading zeros, LF CR; it does not say whether it is at rest.
        "dahua_acs": ScaleProtocol(re.compile(DAHUA), b"\r", _dahua, is_whole_line=True),
        # STX S|U [sign] weight kg ETX, or the same between SOH and BCC ETX EOT.
        "aclas": ScaleProtocol(re.compile(ACLAS, re.DOTALL), b"\x03\x04", _checked, has_check=True),
        # ST,GS,+  4.876kg CR LF; US in motion, OL overload, NT net.
        "st_gs": ScaleProtocol(re.compile(ST_GS), b"\n", _st_gs),
    }
)
"""Every protocol by the name that the configuration uses."""


class FrameParser:
    """Turns the bytes of one scale into readings, however they were split or glued."""

    def __init__(self, protocol: ScaleProtocol) -> None:
        self.broken = 0
        """Frames thrown away: torn, of another protocol, or with a wrong check sum."""
        self._protocol = protocol
        self._kept = bytearray()

    @property
    def kept(self) -> int:
        """Bytes that may be the beginning of a frame; never more than `FRAME_MAX`."""
        return len(self._kept)

    def feed(self, data: bytes) -> list[Reading]:
        """Return the readings of the frames that the bytes complete, in order."""
        readings = []
        for byte in data:
            self._kept.append(byte)
            if byte in self._protocol.ends:
                reading = self._frame()
                if reading is not None:
                    readings.append(reading)
            if len(self._kept) > FRAME_MAX:
                # What is that long is no frame, but a good one may have begun in it.
                del self._kept[: -FRAME_MAX // 2]
                self.broken += 1
        return readings

    def reset(self) -> None:
        """Forget a torn frame, for a device newly opened."""
        self._kept.clear()

    def _frame(self) -> Reading | None:
        found = self._protocol.frame.search(self._kept)
        if found is None or (found.start() and self._protocol.is_whole_line):
            # A check sum may look like an end, so only a frame without one is given up here.
            if not self._protocol.has_check:
                self.broken += 1 if self._kept.strip() else 0
                self._kept.clear()
            return None
        before = bytes(self._kept[: found.start()]).strip(b"\r\n\x00" + self._protocol.ready)
        reading = self._protocol.read(found)
        self._kept.clear()
        self.broken += bool(before) + (reading is None)
        return reading
