"""What a device that is not understood is set to: found by listening, for the doctor and the technician beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from drivers.evdev_lines import RECORD, EvdevLines
from drivers.key_decoder import KeyDecoder, KeyEvent
from drivers.key_layouts import LAYOUTS
from drivers.scale import SerialScale
from drivers.scale_frames import SCALES, FrameParser
from drivers.serial_lines import LineSplitter, SerialLines
from edge.clock import monotonic_s
from edge.config import DeviceConfig
from edge.config_readers import EVDEV_ENDS
from rules.gtin import has_check_digit

BAUDS = (9_600, 2_400, 4_800, 1_200, 19_200, 38_400, 57_600, 115_200)
"""In the order in which counters are set to them."""
SPEED_S, HEARD_S = 0.4, 1.5
"""So long a scale is listened to at each speed: where nothing comes, and where something does, for some talk slowly."""
QUIET_S = 0.3
"""So much silence ends what a scanner sent."""
READABLE_LEAST = 3
FRAMES_LEAST = 2
"""Good frames that a protocol must have read: one may be an accident."""
GTIN_DIGITS = (8, 12, 13, 14)
ALLOWED = frozenset((0x02, 0x03, 0x09, 0x0A, 0x0D, 0x1D))
"""Control characters that scanners send."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a scale was understood with."""

    protocol: str
    baud: int


def guess_scale(path: str, *, baud: int) -> Settings | None:
    """Return with what a scale is understood; None when with nothing. Raises DriverError when it cannot be opened.

    Those that talk by themselves are only listened to; the others are asked, as the configuration says that it is one.
    """
    for speed in speeds(baud):
        heard, _ = _listen_to_scale(path, "st_gs", speed)
        found = next((name for name, each in SCALES.items() if not each.ask and _reads(name, heard)), None)
        if found is None and not heard:
            asked = [name for name, each in SCALES.items() if each.ask]
            found = next((name for name in asked if _listen_to_scale(path, name, speed)[1]), None)
        if found is not None:
            return Settings(found, speed)
    return None


def speeds(first: int) -> Iterator[int]:
    """Give the usual speeds, one of them first."""
    yield first
    yield from (each for each in BAUDS if each != first)


def _listen_to_scale(path: str, protocol: str, baud: int) -> tuple[bytes, int]:
    """Return what a scale sent, and how many good readings its protocol made of it."""
    scale, heard, count = SerialScale("guess", path, protocol=protocol, baud=baud), bytearray(), 0
    scale.heard = heard.extend
    try:
        scale.open()
        began_s, size = monotonic_s(), 0
        while count < FRAMES_LEAST and (left_s := began_s + (HEARD_S if heard else SPEED_S) - monotonic_s()) > 0:
            count += scale.read(min(left_s, SPEED_S)) is not None
            if len(heard) > size and any(_reads(name, bytes(heard)) for name in SCALES):
                break
            size = len(heard)
    finally:
        scale.close()
    return bytes(heard), count


def _reads(protocol: str, data: bytes) -> bool:
    parser = FrameParser(SCALES[protocol])
    readings = parser.feed(data)
    # The first frame is mostly torn, because nobody waited for it.
    return len(readings) >= FRAMES_LEAST and parser.broken <= 1


def is_readable(data: bytes) -> bool:
    """Tell whether bytes can be what a scanner reads from paper, and not a line at the wrong speed.

    >>> is_readable(b"6901234567892\\r"), is_readable(b"\\x86\\x00\\xf8\\x06"), is_readable("会员7".encode("gb18030"))
    (True, False, True)
    """
    if len(data) < READABLE_LEAST or any(byte < 0x20 and byte not in ALLOWED for byte in data):
        return False
    plain = sum(0x20 <= byte < 0x7F or byte in ALLOWED for byte in data)
    if plain == len(data):
        return True
    if not plain:
        # A code has a digit, a letter or an end; what has none may look like Chinese by chance, two bytes at a time.
        return False
    # Rubbish is seldom UTF-8, and seldom whole GB18030 of common characters.
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            return all(character.isprintable() or ord(character) in ALLOWED for character in text)
    return False


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of listening to a serial scanner."""

    baud: int
    """At which it can be read; 0: at none."""
    at_first: bytes = b""
    """What was heard at the configured speed."""
    data: bytes = b""
    """What can be read."""


def guess_scanner(
    device: DeviceConfig,
    *,
    ask: Callable[[int], None],
    wait_s: float,
    is_over: Callable[[], bool] = lambda: False,
) -> Heard:
    """Return at which speed what somebody scans can be read. Raises DriverError.

    Args:
        ask: is told each speed at which a code is to be scanned once more.
        wait_s: how long each is waited for.
        is_over: ends it early.
    """
    at_first = b""
    for speed in speeds(device.baud):
        ask(speed)
        data = _listen_to_scanner(device, speed, wait_s, is_over)
        if speed == device.baud:
            at_first = data
        if not data:
            break
        if is_readable(data):
            return Heard(speed, at_first, data)
    return Heard(0, at_first)


def _listen_to_scanner(device: DeviceConfig, baud: int, wait_s: float, is_over: Callable[[], bool]) -> bytes:
    reader, heard = SerialLines(device.name, device.path, baud=baud), bytearray()
    reader.heard = heard.extend
    try:
        reader.open()
        until_s, size = monotonic_s() + wait_s, 0
        while monotonic_s() < until_s and not is_over():
            reader.read(QUIET_S)
            if heard and len(heard) == size:
                break
            size = len(heard)
    finally:
        reader.close()
    return bytes(heard)


def hear_keys(device: DeviceConfig, *, wait_s: float, is_over: Callable[[], bool] = lambda: False) -> bytes:
    """Return the key records of the first code that somebody scans with a keyboard-type reader. Raises DriverError."""
    reader, records = EvdevLines(device.name, device.path, layout=device.layout), bytearray()
    reader.heard = records.extend
    try:
        reader.open()
        until_s, texts = monotonic_s() + wait_s, 0
        while monotonic_s() < until_s and not texts and not is_over():
            texts = len(reader.read(0.5)) + reader.dropped
    finally:
        reader.close()
    return bytes(records)


def encoding_trouble(data: bytes, encoding: str) -> str:
    """Return the encoding that reads what a scanner sent, where the configured one loses it; '' where it does not."""
    if _count(data, encoding):
        return ""
    return "auto" if _count(data, "auto") else ""


def _count(data: bytes, encoding: str) -> int:
    splitter = LineSplitter(terminators=b"\r\n\t\x03", encoding=encoding)  # type: ignore[arg-type]
    return sum(bool(text) for text in splitter.feed(data))


def texts_by_layout(records: bytes, device: DeviceConfig) -> dict[str, tuple[str, ...]]:
    """Return what a keyboard-type reader's records say in each keyboard country, the configured one first."""
    found = {}
    for layout in (device.layout, *(each for each in LAYOUTS if each != device.layout)):
        decoder = KeyDecoder(
            layout=layout,
            terminators=tuple(each for each in device.terminators if each in EVDEV_ENDS) or EVDEV_ENDS,
            alt_codes=device.alt_codes,
            f8_is_gs=device.gs_key == "f8",
        )
        whole = len(records) - len(records) % RECORD.size
        events = (
            KeyEvent(seconds * 1_000 + micros // 1_000, kind, code, value)
            for seconds, micros, kind, code, value in RECORD.iter_unpack(records[:whole])
        )
        found[layout] = tuple(text for text in (*decoder.feed(events), decoder.end()) if text)
    return found


def layouts_that_fit(records: bytes, device: DeviceConfig) -> Sequence[str]:
    """Return the keyboard countries in which what was scanned, an EAN or UPC of any item, has a right check digit."""
    return [
        layout
        for layout, texts in texts_by_layout(records, device).items()
        if texts and all(is_gtin(text) for text in texts)
    ]


def is_gtin(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in GTIN_DIGITS and has_check_digit(text)
