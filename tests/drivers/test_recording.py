"""Recordings of readers: what was sent comes back, and is read the same again."""

from __future__ import annotations

import stat
import threading
import time

import pytest

from drivers.evdev_lines import EvdevLines
from drivers.fake_pn532 import pn532_cards
from drivers.fake_wires import KeyboardScanner, Line, keyboard_scanner, serial_scanner
from drivers.pcsc import PcscCards
from drivers.pn532_frames import IN_LIST_PASSIVE_TARGET, FrameKind, FrameParser, read_targets
from drivers.recording import BYTES_MAX, Piece, Recorder, Recording, load, record, save
from drivers.serial_lines import SerialLines


def recorded(reader, kind, texts, tmp_path, *, seconds=1.0):
    """Record a reader while texts are given to it; return the recording as it comes back from its file, and its texts."""
    told = []
    reader.open()
    threading.Thread(target=lambda: (time.sleep(0.1), [reader.type(text) for text in texts])).start()
    recording = record(reader, kind, seconds=seconds, tell=told.extend)
    reader.close()
    save(recording, tmp_path / "reader.rec")
    assert load(tmp_path / "reader.rec") == recording
    assert stat.S_IMODE((tmp_path / "reader.rec").stat().st_mode) == 0o600
    return recording, told


def test_a_serial_scanner_is_played_again(tmp_path):
    recording, told = recorded(serial_scanner("s", faults=("2:noise",)), "serial_scanner", ["1", "会员", "3"], tmp_path)
    line = Line()
    reader = SerialLines("s", line.path)
    reader.open()
    for piece in recording.pieces:
        line.send(piece.data)
    again = []
    while len(again) < 3:
        again += reader.read(1)
    assert again == told == ["1", "会员", "3"]
    reader.close()
    line.unplug()


def test_a_keyboard_scanner_is_played_again(tmp_path):
    recording, told = recorded(keyboard_scanner("k", faults=("2:lost",)), "evdev_scanner", ["1", "22", "3"], tmp_path)
    keys = KeyboardScanner()
    reader = EvdevLines("k", keys.path)
    reader.open()
    with open(keys.path, "wb", buffering=0) as pipe:  # noqa: PTH123
        pipe.write(recording.data)
        assert list(reader.read(1)) == told == ["1", "3"]
    reader.close()


def test_a_pn532_is_played_again(tmp_path):
    recording, told = recorded(pn532_cards("c"), "pn532_cards", ["9eb36e66"], tmp_path, seconds=1.5)
    assert told == ["9eb36e66"]
    parser = FrameParser()
    found = [
        target.uid.hex()
        for data in (piece.data for piece in recording.pieces)
        for frame in parser.feed(data)
        if frame.kind is FrameKind.CHIP and frame.code == IN_LIST_PASSIVE_TARGET + 1
        for target in read_targets(frame.data) or ()
    ]
    assert set(found) == {"9eb36e66"}


def test_a_recording_is_bounded():
    recorder = Recorder("serial_scanner")
    for _ in range(6):
        recorder.hear(bytes(1_000_000))
    assert recorder.is_full and len(recorder.recording.data) == BYTES_MAX


def test_a_reader_whose_bytes_are_not_ours_is_refused():
    with pytest.raises(ValueError, match="do not pass through us"):
        record(PcscCards("c", ""), "pcsc_cards", seconds=1, tell=print)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "expected a recording"),
        ("junk\n", "line 1"),
        ("[]\n", "line 1: expected an object"),
        ('{"taptill_recording": 2, "kind": "x"}\n', "expected a recording"),
        ('{"taptill_recording": 1}\n', "expected a recording"),
        ('{"taptill_recording": 1, "kind": "x"}\n{"at_ms": 1}\n', ":2: expected"),
        ('{"taptill_recording": 1, "kind": "x"}\n{"at_ms": true, "hex": ""}\n', ":2: expected"),
        ('{"taptill_recording": 1, "kind": "x"}\n{"at_ms": 1, "hex": "0"}\n', ":2: non-hex"),
    ],
)
def test_a_file_that_is_no_recording_says_where(tmp_path, text, found):
    path = tmp_path / "x.rec"
    path.write_text(text)
    with pytest.raises(ValueError, match=found):
        load(path)


def test_pieces_keep_their_times(tmp_path):
    recording = Recording("serial_scanner", (Piece(0, b"\x00\xff"), Piece(1_500, b"1\r")))
    save(recording, tmp_path / "x.rec")
    assert load(tmp_path / "x.rec") == recording
