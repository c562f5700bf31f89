"""Frames of the PN532: every one of the reference file, split at every byte, glued, broken and in noise."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.pn532_frames import ACK, CHIP, PAYLOAD_MAX, Frame, FrameKind, FrameParser, build, read_targets

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pn532_frames.json").read_text("utf-8"))
GOOD = [row for row in VECTORS["frames"] if row.get("valid", True)]
BROKEN = [row for row in VECTORS["frames"] if not row.get("valid", True)]
LISTS = [row for row in GOOD if "expect" in row]
PROBE = build(0x15, tfi=CHIP)
"""A good frame that must come through, whatever was before it."""


def parsed(row):
    told = row["parsed"] if "parsed" in row else row["reference_parser"]
    return Frame(FrameKind(told["type"]), told.get("code", 0), bytes.fromhex(told.get("data", "")))


def named(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row["name"])


@named(GOOD)
def test_each_frame_is_read(row):
    assert FrameParser().feed(bytes.fromhex(row["hex"]))[0] == parsed(row)


@named(GOOD)
def test_each_frame_may_be_split_at_every_byte(row):
    data = bytes.fromhex(row["hex"])
    whole = FrameParser().feed(data)
    for cut in range(len(data) + 1):
        parser = FrameParser()
        assert parser.feed(data[:cut]) + parser.feed(data[cut:]) == whole
    parser = FrameParser()
    assert [frame for byte in data for frame in parser.feed(bytes((byte,)))] == whole


@named(GOOD)
def test_each_frame_of_the_chip_and_the_host_is_made(row):
    frame, data = parsed(row), bytes.fromhex(row["hex"])
    if frame.kind in (FrameKind.CHIP, FrameKind.HOST):
        tfi = CHIP if frame.kind is FrameKind.CHIP else 0xD4
        assert data.endswith(build(frame.code, frame.data, tfi=tfi))


@named(BROKEN)
def test_what_is_broken_does_not_take_the_next_frame_along(row):
    parser = FrameParser()
    frames = parser.feed(bytes.fromhex(row["hex"]) + PROBE)
    # A response to another command is a good frame; that it is the wrong one, the reader sees by its code.
    expected = [] if isinstance(row["reference_parser"], str) else [parsed(row)]
    assert frames == [*expected, Frame(FrameKind.CHIP, 0x15)]


@named(LISTS)
def test_each_card_is_found(row):
    (target,) = read_targets(bytes.fromhex(row["parsed"]["data"]))
    told = row["expect"]
    assert (target.uid.hex(), target.sak, f"{target.atqa:04x}") == (told["uid"], told["sak"], told["atqa"])


@named(LISTS)
def test_a_list_that_is_cut_short_is_no_list(row):
    data = bytes.fromhex(row["parsed"]["data"])
    for size in range(1, len(data)):
        assert read_targets(data[:size]) is None
    assert read_targets(b"") is None


@pytest.mark.parametrize(
    ("data", "uids"),
    [
        ("00", []),
        ("0201000408049eb36e66020044000704416d412b0289", ["9eb36e66", "04416d412b0289"]),
        # Cards that speak ISO 14443-4 bring an ATS along, which counts itself.
        ("0101034420070448b2ca7c248006757781028002", ["0448b2ca7c2480"]),
        ("02010344200704010203040506067577810280020004080411223344", ["04010203040506", "11223344"]),
    ],
)
def test_lists(data, uids):
    assert [target.uid.hex() for target in read_targets(bytes.fromhex(data))] == uids


@pytest.mark.parametrize("data", ["03", "ff", "01010004080c" + "00" * 12, "0101034420070448b2ca7c2480ff7577"])
def test_lists_that_do_not_add_up(data):
    assert read_targets(bytes.fromhex(data)) is None


@pytest.mark.parametrize(
    "noise", [b"\xff", b"\x00", b"\x55" * 40, b"\x00\xff\x05", ACK, b"\x00\xff\xff\xff\x01\x09\xf6"]
)
def test_noise_before_between_and_after(noise):
    parser = FrameParser()
    frames = parser.feed(noise + PROBE + noise + PROBE + noise)
    while parser.kept > 1:
        frames += parser.give_up()
    assert frames.count(Frame(FrameKind.CHIP, 0x15)) == 2


def test_a_false_start_is_given_up_and_what_it_swallowed_is_read():
    parser = FrameParser()
    assert parser.feed(b"\x00\xff\xc8\x38" + PROBE) == []  # it claims 200 bytes
    assert parser.give_up() == [Frame(FrameKind.CHIP, 0x15)]
    assert parser.broken == 1


@pytest.mark.parametrize("size", [0, 1, 252, 253, 254, PAYLOAD_MAX - 2])
def test_each_size_comes_back(size):
    data = bytes(each & 0xFF for each in range(size))
    assert FrameParser().feed(build(0x40, data)) == [Frame(FrameKind.HOST, 0x40, data)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=6))
def test_any_bytes_are_survived(reads):
    parser = FrameParser()
    for data in reads:
        for frame in parser.feed(data):
            read_targets(frame.data)
    while parser.kept > 1:
        before = parser.kept
        parser.give_up()
        assert parser.kept < before
    assert parser.feed(PROBE) == [Frame(FrameKind.CHIP, 0x15)]


def test_a_million_random_bytes_are_bounded_and_the_next_frame_is_read():
    parser, noise = FrameParser(), random.Random(532)
    for _ in range(1_000):
        parser.feed(noise.randbytes(1_000))
        assert parser.kept <= PAYLOAD_MAX + 10
    while parser.kept > 1:
        parser.give_up()
    assert parser.feed(PROBE) == [Frame(FrameKind.CHIP, 0x15)]
