"""The PN532's language: frames to bytes, bytes to frames, and what its list of cards says.

Source: NXP UM0701-02, 6.2 (frames) and 7 (commands).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

START = b"\x00\xff"
HOST, CHIP = 0xD4, 0xD5
"""First byte of what goes to the chip, and of what comes from it."""
ERROR_BYTE = 0x7F
PAYLOAD_MAX = 265
"""Longest payload of a frame with its first byte: an extended frame with 264 bytes of data."""
SHORT_MAX = 255
ACK = b"\x00\x00\xff\x00\xff\x00"
"""From the chip: the command was understood. From the host: give up what you are doing."""
NACK = b"\x00\x00\xff\xff\x00\x00"
"""From the host: say that again."""

GET_FIRMWARE, SAM_CONFIGURATION, RF_CONFIGURATION = 0x02, 0x14, 0x32
IN_DATA_EXCHANGE, IN_LIST_PASSIVE_TARGET, IN_RELEASE = 0x40, 0x4A, 0x52

ISO_14443_4 = 0x20
"""Bit of SAK: the card speaks ISO 14443-4 (NTAG 424, DESFire, phones) and its entry in the list ends with an ATS."""
UID_SIZES = (4, 7, 10)


class FrameKind(StrEnum):
    ACK = "ack"
    NACK = "nack"
    ERROR = "error"
    """The chip found a mistake in the command."""
    HOST = "host"
    CHIP = "chip"


@dataclass(frozen=True, slots=True)
class Frame:
    kind: FrameKind
    code: int = 0
    """Of a command; of a response, which is the command's and one; of an error."""
    data: bytes = b""


def build(code: int, data: bytes = b"", *, tfi: int = HOST) -> bytes:
    """Return a frame as it goes over the line; extended where the data does not fit a short one."""
    payload = bytes((tfi, code)) + data
    assert len(payload) <= PAYLOAD_MAX
    size = len(payload)
    if size <= SHORT_MAX:
        head = bytes((size, -size & 0xFF))
    else:
        high, low = divmod(size, 256)
        head = bytes((0xFF, 0xFF, high, low, -(high + low) & 0xFF))
    return b"\x00" + START + head + payload + bytes((-sum(payload) & 0xFF, 0))


class FrameParser:
    """Turns the bytes of a line into frames, however they were split or glued, with noise before, between and after.

    It keeps at most one unfinished frame, so its memory is bounded by `PAYLOAD_MAX`.
    """

    def __init__(self) -> None:
        self.broken = 0
        """Things that began like a frame and were none: a wrong length or checksum."""
        self._bytes = bytearray()

    @property
    def kept(self) -> int:
        """Bytes of a frame that has begun and not ended."""
        return len(self._bytes)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that the bytes complete, in order."""
        self._bytes += data
        frames: list[Frame] = []
        while (start := self._bytes.find(START)) >= 0:
            del self._bytes[:start]
            found, used = _first(bytes(self._bytes[: PAYLOAD_MAX + 10]))
            if not used:
                return frames
            if found is None:
                # Its second byte may be noise, and a good frame begin within what this one claimed for itself.
                self.broken += 1
                used = 1
            else:
                frames.append(found)
            del self._bytes[:used]
        # A start may have been split between its two bytes.
        del self._bytes[: len(self._bytes) - (1 if self._bytes.endswith(START[:1]) else 0)]
        return frames

    def give_up(self) -> list[Frame]:
        """Take an unfinished frame for noise, and return the frames that its claim had swallowed."""
        if not self._bytes.startswith(START):
            self._bytes.clear()
            return []
        self.broken += 1
        del self._bytes[:1]
        return self.feed(b"")

    def reset(self) -> None:
        self._bytes.clear()


def _first(data: bytes) -> tuple[Frame | None, int]:
    """Return the frame that bytes begin with and its length: (None, 0) unfinished, (None, 1) no frame."""
    body = data[2:]
    if len(body) < 2:
        return None, 0
    if body[:2] == b"\x00\xff":
        return Frame(FrameKind.ACK), 4
    if body[:2] == b"\xff\x00":
        return Frame(FrameKind.NACK), 4
    if body[:2] == b"\xff\xff":
        if len(body) < 5:
            return None, 0
        size, check, head = body[2] * 256 + body[3], body[2] + body[3] + body[4], 5
    else:
        size, check, head = body[0], body[0] + body[1], 2
    if check & 0xFF or not 1 <= size <= PAYLOAD_MAX:
        return None, 1
    whole = body[head : head + size + 1]
    if len(whole) <= size:
        return None, 0
    if sum(whole) & 0xFF:
        return None, 1
    used = 2 + head + size + 1
    if whole[0] == ERROR_BYTE and size == 1:
        return Frame(FrameKind.ERROR, ERROR_BYTE), used
    kind = {HOST: FrameKind.HOST, CHIP: FrameKind.CHIP}.get(whole[0])
    if kind is None or size < 2:
        return None, 1
    return Frame(kind, whole[1], whole[2:size]), used


@dataclass(frozen=True, slots=True)
class Target:
    """A card that the chip found in its field."""

    number: int
    """By which the chip calls it."""
    uid: bytes
    """First byte of the card first."""
    sak: int
    atqa: int

    @property
    def speaks_apdus(self) -> bool:
        return bool(self.sak & ISO_14443_4)


def read_targets(data: bytes) -> tuple[Target, ...] | None:
    """Return the cards of a response to InListPassiveTarget at 106 kbps type A; None when it does not add up.

    >>> read_targets(bytes.fromhex("0101000408049eb36e66"))[0].uid.hex()
    '9eb36e66'
    """
    if not data or data[0] > 2:
        return None
    targets, rest = [], data[1:]
    for _ in range(data[0]):
        if len(rest) < 5 or rest[4] not in UID_SIZES or len(rest) < 5 + rest[4]:
            return None
        target = Target(rest[0], rest[5 : 5 + rest[4]], rest[3], rest[1] * 256 + rest[2])
        targets.append(target)
        rest = rest[5 + rest[4] :]
        if target.speaks_apdus and rest:
            # The first byte of an ATS counts itself.
            if not 1 <= rest[0] <= len(rest):
                return None
            rest = rest[rest[0] :]
    return tuple(targets)
