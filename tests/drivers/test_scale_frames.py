"""Frames of the five scales: whole, split, glued, spoilt; and whatever else comes down a line."""

from __future__ import annotations

import json
import random
import time
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.fake_scale import frame
from drivers.scale_frames import FRAME_MAX, SCALES, Fault, FrameParser, Reading

VECTORS = Path(__file__).parents[1] / "vectors" / "escpos_expectations.json"
NAMES = {"Toledo 8217": "toledo_8217", "Dahua ACS-A": "dahua_acs", "ST,GS indicator": "st_gs"}
MILLION = 1_000_000


def framed(body: bytes, *, spoil: int = 0) -> bytes:
    """Return a frame of CAS or Aclas with its check sum."""
    return b"\x01\x02" + body + bytes((reduce(xor, body) ^ spoil,)) + b"\x03\x04"


CASES = [
    ("toledo_8217", b"\x0201.234\r", Reading(1234, is_stable=True)),
    ("toledo_8217", b"\x0201.234N\r", Reading(1234, is_stable=True, is_net=True)),
    ("toledo_8217", b"\x02 1.23\r", Reading(1230, is_stable=True)),
    ("toledo_8217", b"\x0200.000\r", Reading(0, is_stable=True)),
    ("toledo_8217", b"\x02?A\r", Reading(None, is_stable=False)),  # in motion
    ("toledo_8217", b"\x02?B\r", Reading(None, is_stable=False, fault=Fault.OVER)),
    ("toledo_8217", b"\x02?D\r", Reading(None, is_stable=False, fault=Fault.UNDER)),
    ("toledo_8217", b"\x02?E\r", Reading(None, is_stable=False, fault=Fault.UNDER)),  # in motion and below zero
    ("toledo_8217", b"\x02?@\r", Reading(None, is_stable=False, fault=Fault.ERROR)),  # no weight and no reason
    ("cas", framed(b"S  0.532kg"), Reading(532, is_stable=True)),
    ("cas", framed(b"U  0.532kg"), Reading(532, is_stable=False)),
    ("cas", framed(b"S-00.532kg"), Reading(None, is_stable=True, fault=Fault.UNDER)),
    ("cas", framed(b"S-00.000kg"), Reading(0, is_stable=True)),  # minus nothing is nothing
    ("cas", framed(b"UF      kg"), Reading(None, is_stable=False, fault=Fault.OVER)),
    ("cas", framed(b"S    532 g"), Reading(532, is_stable=True)),
    ("cas", framed(b"S  1.000lb"), Reading(None, is_stable=True, fault=Fault.ERROR)),  # pounds are not sold by
    ("dahua_acs", b"  325\n\r", Reading(325, is_stable=None)),
    ("dahua_acs", b"    0\n\r", Reading(0, is_stable=None)),
    ("dahua_acs", b"12345\n\r", Reading(12_345, is_stable=None)),
    ("dahua_acs", b" -325\n\r", Reading(None, is_stable=None, fault=Fault.UNDER)),
    ("aclas", b"\x02S 1.234kg\x03", Reading(1234, is_stable=True)),
    ("aclas", b"\x02U 1.234kg\x03", Reading(1234, is_stable=False)),
    ("aclas", b"\x02S-00.234kg\x03", Reading(None, is_stable=True, fault=Fault.UNDER)),
    ("aclas", framed(b"S 00.532kg"), Reading(532, is_stable=True)),
    ("st_gs", b"ST,GS,+  4.876kg\r\n", Reading(4876, is_stable=True)),
    ("st_gs", b"US,GS,+  4.870kg\r\n", Reading(4870, is_stable=False)),
    ("st_gs", b"ST,NT,+  0.100kg\r\n", Reading(100, is_stable=True, is_net=True)),
    ("st_gs", b"ST,GS,-  0.100kg\r\n", Reading(None, is_stable=True, fault=Fault.UNDER)),
    ("st_gs", b"OL,GS,+ 99.999kg\r\n", Reading(None, is_stable=False, fault=Fault.OVER)),
    ("st_gs", b"ST,GS   125.5 g\r\n", Reading(126, is_stable=True)),  # half a gram is rounded up
    ("st_gs", b"ST,GS,+  4.876lb\r\n", Reading(None, is_stable=True, fault=Fault.ERROR)),
]


@pytest.mark.parametrize(("protocol", "data", "reading"), CASES)
def test_a_frame_is_one_reading(protocol: str, data: bytes, reading: Reading) -> None:
    parser = FrameParser(SCALES[protocol])
    assert (parser.feed(data), parser.broken, parser.kept) == ([reading], 0, 0)


def vector_rows() -> list[tuple[str, str, str | None, bool | None]]:
    scales = json.loads(VECTORS.read_text(encoding="utf-8"))["scales"]
    return [(NAMES[s["protocol"]], a["hex"], a["kg"], a["stable"]) for s in scales for a in s["answers"]]


@pytest.mark.parametrize(("protocol", "answer", "kilograms", "is_stable"), vector_rows())
def test_every_row_of_the_vectors(protocol: str, answer: str, kilograms: str | None, is_stable: bool | None) -> None:
    (reading,) = FrameParser(SCALES[protocol]).feed(bytes.fromhex(answer))
    weight_g = None if kilograms is None else int(kilograms.replace(".", ""))
    assert (reading.weight_g, reading.is_stable) == (weight_g, is_stable)


def test_what_is_asked_is_as_the_vectors_say() -> None:
    scales = json.loads(VECTORS.read_text(encoding="utf-8"))["scales"]
    assert {NAMES[s["protocol"]]: SCALES[NAMES[s["protocol"]]].ask for s in scales} == {
        NAMES[s["protocol"]]: bytes.fromhex(s["ask"] or "") for s in scales
    }


@pytest.mark.parametrize(("protocol", "data", "reading"), CASES)
def test_split_at_every_byte(protocol: str, data: bytes, reading: Reading) -> None:
    for at in range(len(data) + 1):
        parser = FrameParser(SCALES[protocol])
        assert parser.feed(data[:at]) + parser.feed(data[at:]) == [reading], at


@pytest.mark.parametrize(("protocol", "data", "reading"), CASES)
def test_glued_and_byte_by_byte(protocol: str, data: bytes, reading: Reading) -> None:
    assert FrameParser(SCALES[protocol]).feed(data * 5) == [reading] * 5
    parser = FrameParser(SCALES[protocol])
    assert [each for byte in data * 3 for each in parser.feed(bytes((byte,)))] == [reading] * 3


@pytest.mark.parametrize("noise", [b"\xff\xfe", b"\x00" * 9, b"\x02", b"123", b"ST,GS,+", b"\x01\x02S", b"x" * 100_000])
@pytest.mark.parametrize("protocol", SCALES)
def test_noise_before_between_and_after_hides_no_more_than_one_frame(protocol: str, noise: bytes) -> None:
    good, reading = frame(protocol, 532), FrameParser(SCALES[protocol]).feed(frame(protocol, 532))[0]
    parser = FrameParser(SCALES[protocol])
    readings = parser.feed(noise + good + good + noise + good + good + noise)
    # Only good weights, and the second frame after the noise is always read.
    assert 2 <= len(readings) <= 4 and set(readings) == {reading}
    assert parser.kept <= FRAME_MAX
    assert parser.feed(good + good)[-1] == reading


@pytest.mark.parametrize("protocol", SCALES)
def test_a_frame_with_a_byte_missing_is_no_other_weight(protocol: str) -> None:
    data = frame(protocol, 12_345)
    for at in range(len(data)):
        parser = FrameParser(SCALES[protocol])
        torn = parser.feed(data[:at] + data[at + 1 :])
        if protocol in ("cas", "dahua_acs"):
            # A check sum, or a fixed width, gives it away at once; the others are found out by the next frame.
            assert torn == [], at
        assert parser.feed(frame(protocol, 532) * 2)[-1].weight_g == 532, at


@pytest.mark.parametrize("protocol", ["cas", "aclas"])
def test_fault_44_a_wrong_check_sum_is_no_weight(protocol: str) -> None:
    for spoil in range(1, 256):
        parser = FrameParser(SCALES[protocol])
        assert parser.feed(framed(b"S 00.532kg", spoil=spoil)) == []
        assert parser.feed(framed(b"S 00.532kg"))[-1] == Reading(532, is_stable=True)
    for bit in range(8 * 10):  # every single bit of what the sum covers
        body = bytearray(b"S 00.532kg")
        body[bit // 8] ^= 1 << bit % 8
        assert FrameParser(SCALES[protocol]).feed(framed(bytes(body), spoil=1 << bit % 8)) == []


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SCALES)), st.lists(st.binary(max_size=200), max_size=6))
def test_any_bytes_give_only_weights_that_stand_in_them(protocol: str, reads: list[bytes]) -> None:
    parser = FrameParser(SCALES[protocol])
    for data in reads:
        for reading in parser.feed(data):
            assert reading.weight_g is None or 0 <= reading.weight_g <= 99_999_000
        assert parser.kept <= FRAME_MAX
    good = frame(protocol, 532)
    assert parser.feed(good + good)[-1].weight_g == 532


@pytest.mark.parametrize("protocol", SCALES)
def test_fault_39_a_million_random_bytes(protocol: str) -> None:
    chance = random.Random(44)
    # Half of it out of the bytes that frames are made of: those come nearest to one.
    marks = b"\x01\x02\x03\x04\x06\n\r .,-+0123456789?NSTUGOLkgF"
    noise = chance.randbytes(MILLION // 2) + bytes(chance.choices(marks, k=MILLION // 2))
    parser = FrameParser(SCALES[protocol])
    began = time.process_time()
    for at in range(0, len(noise), 4_096):
        parser.feed(noise[at : at + 4_096])
        assert parser.kept <= FRAME_MAX
    assert time.process_time() - began < 20
    assert parser.broken > 1_000
    good = frame(protocol, 532)
    assert parser.feed(good + good)[-1].weight_g == 532
