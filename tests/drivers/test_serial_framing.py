"""Codes of serial scanners in every frame, cut at every byte, with garbage before, between and after them."""

from __future__ import annotations

import os

import pytest

from drivers.fake_wires import Line
from drivers.serial_lines import GS, LineSplitter, SerialLines

TEXTS = {
    "ean": b"6901234567892",
    "zeros": b"0012",
    "aim_ean": b"]E06901234567892",
    "aim_gs1": b"]C1010690123456789210A-1\x1d17261231",
    "utf8": "会员:张三 𠮷野家".encode(),
    "gb18030": "会员:张三 𠮷野家".encode("gb18030"),  # one of them takes four bytes, two of which are digits
}
FRAMES = {
    "stx_etx": (b"\x02", b"\x03"),
    "stx_crlf": (b"\x02", b"\r\n"),
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "crlf": (b"", b"\r\n"),
    "tab": (b"", b"\t"),
}
GARBAGE = {
    "nothing": b"",
    "flow_control": b"\x00\x11\x13\x00\x00",
    "ends": b"\r\n\t\x03\n\n",
    "controls": b"\x1b\x07\x7f\r",
    "no_text": b"\xff\xfe\x80\r",
    "no_text_for_long": b"\xff" * 3_000 + b"\n",
    "too_long": b"7" * 3_000 + b"\t",
}
TORN = {
    "code_cut_short": b"69012",
    "frame_cut_short": b"\x0269012",
    "half_a_character": "会".encode()[:2],
    "no_end": b"7" * 3_000,
    "starts": b"\x02\x02\x021\x02",
}
"""Garbage without an end, which only STX tells from the code behind it."""
CASES = [
    (frame, garbage)
    for frame in FRAMES
    for garbage in (GARBAGE | TORN if FRAMES[frame][0] else GARBAGE)
]  # fmt: skip


def read(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("frame", "garbage"), CASES, ids="-".join)
def test_cut_at_every_byte_amid_garbage(frame: str, garbage: str, text: str) -> None:
    start, end = FRAMES[frame]
    code, noise, wanted = start + TEXTS[text] + end, (GARBAGE | TORN)[garbage], read(TEXTS[text])
    stream = noise + code + noise + code + noise
    # Inside of long garbage one cut is as good as another.
    cuts = [
        at for at in range(len(stream) + 1) if len(noise) < 100 or at < 3 or stream[at - 3 : at + 3].strip(b"7\xff")
    ]
    for at in cuts:
        splitter = LineSplitter()
        assert splitter.feed(stream[:at]) + splitter.feed(stream[at:]) == [wanted, wanted], at
        splitter.drop()  # as the driver does when nothing more comes
        assert splitter.feed(code) == [wanted], at
        is_told = garbage in TORN or garbage in ("no_text", "no_text_for_long", "too_long")
        assert splitter.dropped == (3 if is_told else 0), at


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("frame", FRAMES)
def test_byte_by_byte_over_a_line(frame: str, text: str) -> None:
    line, (start, end) = Line(), FRAMES[frame]
    reader = SerialLines("scanner", line.path)
    reader.open()
    stream = b"".join(noise + start + TEXTS[text] + end for noise in GARBAGE.values())
    found: list[str] = []
    for byte in stream:
        os.write(line.master, bytes((byte,)))
        # The line holds 4 KB at most, and nothing is lost meanwhile.
        if byte in end:
            found += reader.read(0.01)
    for _ in range(len(GARBAGE) - len(found)):
        found += reader.read(1)
    assert (found, reader.dropped) == ([read(TEXTS[text])] * len(GARBAGE), 3)
    reader.close()
    line.unplug()


def test_a_code_cut_short_before_a_framed_one_makes_no_third_code() -> None:
    splitter = LineSplitter()
    # Thirteen digits behind five would be eighteen, as a payment code has.
    assert splitter.feed(b"69012\x026901234567892\r") == ["6901234567892"]
    assert splitter.dropped == 1
    assert splitter.feed(f"\x02]d2019{GS}1\x02".encode()) == []
    assert splitter.feed(b"42\x03") == ["42"]
