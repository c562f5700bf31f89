"""What a receiver makes of bytes that were sent at another speed than it listens at. Pure."""

from __future__ import annotations

SLICES = 16
"""How often within a bit a receiver looks for the beginning of a byte, as real ones do."""
BITS = 10
"""A start bit, eight of data, a stop bit."""


def heard_at(data: bytes, *, sent_baud: int, heard_baud: int) -> bytes:
    """Return the bytes that a line set to one speed hears of what was sent at another; a broken one is NUL.

    >>> heard_at(b"6901", sent_baud=9600, heard_baud=9600)
    b'6901'
    >>> heard_at(b"6901", sent_baud=9600, heard_baud=19200) == b"6901"
    False
    """
    assert sent_baud > 0 and heard_baud > 0
    line = [1, 1]
    for byte in data:
        line += [0, *(byte >> place & 1 for place in range(8)), 1]
    line += [1] * BITS
    # Moments are counted in slices of the receiver's bits, so that no fraction is lost.
    end = len(line) * heard_baud * SLICES

    def level(slices: int) -> int:
        place = slices * sent_baud // (heard_baud * SLICES)
        return line[place] if place < len(line) else 1

    heard, moment = bytearray(), 0
    while moment * sent_baud < end:
        if level(moment) or level(moment + SLICES // 2):
            moment += 1
            continue
        middle = moment + SLICES // 2
        byte = sum(level(middle + (place + 1) * SLICES) << place for place in range(8))
        is_whole = level(middle + 9 * SLICES)
        heard.append(byte if is_whole else 0)
        moment = middle + 9 * SLICES
        while not level(moment) and moment * sent_baud < end:
            moment += 1
    return bytes(heard)
