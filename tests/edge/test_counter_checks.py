"""`taptill doctor` and `taptill record` at scales and pole displays."""

from __future__ import annotations

import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from drivers.fake_pole import PoleScreen, WiredPole
from drivers.fake_scale import FakeScale
from drivers.fake_wires import Line
from drivers.recording import load as load_recording
from drivers.scale_frames import SCALES, FrameParser
from edge.cli.device_checks import Finding, Verdict, check_device
from edge.cli.recorder import record
from edge.config import DeviceConfig
from tests.shops import CONFIG, COUNTER


@pytest.fixture(params=sorted(SCALES))
def scale(request: pytest.FixtureRequest) -> Iterator[FakeScale]:
    made = FakeScale(request.param)
    made.start()
    yield made
    made.stop()
    made.unplug()


def looked_at(kind: str, path: str, protocol: str) -> Finding:
    return check_device(DeviceConfig(name="d", kind=kind, path=path, protocol=protocol), {})  # type: ignore[arg-type]


def test_a_scale_says_what_lies_on_it(scale: FakeScale) -> None:
    scale.put(532)
    found = looked_at("serial_scale", scale.path, scale.protocol)
    assert (found.verdict, "it says 532 g, stable" in found.found) == (Verdict.OK, True), found


@pytest.mark.parametrize(("trouble", "words"), [("overload", "overload"), ("negative", "below zero")])
def test_a_scale_that_gives_no_weight_is_understood(trouble: str, words: str) -> None:
    scale = FakeScale("st_gs")
    scale.trouble = trouble
    scale.start()
    found = looked_at("serial_scale", scale.path, "st_gs")
    assert (found.verdict, f"it says {words}" in found.found) == (Verdict.OK, True), found
    scale.stop()


def test_a_silent_scale_and_one_of_another_protocol() -> None:
    line = Line()
    found = looked_at("serial_scale", line.path, "st_gs")
    assert (found.verdict, "says nothing as st_gs at 9600 baud" in found.found) == (Verdict.BAD, True), found
    assert "switch it on" in found.advice
    line.unplug()
    other = FakeScale("aclas")
    other.start()
    found = looked_at("serial_scale", other.path, "st_gs")
    assert (found.verdict, "not understood as st_gs" in found.found) == (Verdict.BAD, True), found
    assert found.advice == 'protocol = "aclas", baud = 9600'
    other.stop()


@pytest.mark.parametrize(
    ("protocol", "upper"), [("cd5220", "TapTill 1234567890"), ("epson", "TapTill 1234567890"), ("led8", "8888.88")]
)
def test_a_display_is_written_to(protocol: str, upper: str) -> None:
    line, screen = Line(), PoleScreen(protocol)
    found = looked_at("pole_display", line.path, protocol)
    assert (found.verdict, "it shows TapTill" in found.advice) == (Verdict.OK, True), found
    while select.select([line.master], [], [], 1)[0]:  # a busy kernel hands over late, and piece by piece
        screen.feed(line.received(4_096))
    assert (screen.picture.upper.strip(), screen.unknown) == (upper, 0)
    line.unplug()


def test_what_is_missing_or_held_is_said(tmp_path: Path) -> None:
    for kind, protocol in (("serial_scale", "cas"), ("pole_display", "led8")):
        found = looked_at(kind, str(tmp_path / "ttyUSB9"), protocol)
        assert (found.verdict, "does not exist" in found.found) == (Verdict.BAD, True), found
    holder = WiredPole("pole")
    holder.open()
    found = looked_at("serial_scale", holder.wire.path, "st_gs")
    assert (found.verdict, "another process holds it" in found.found) == (Verdict.BAD, True), found
    holder.close()


def test_record_keeps_what_a_scale_sends(tmp_path: Path) -> None:
    (tmp_path / "taptill.toml").write_text(CONFIG + COUNTER + "[screen]\nbench = true\n", encoding="utf-8")
    (tmp_path / "promotions.toml").write_text("", encoding="utf-8")
    file = tmp_path / "scale.rec"
    command = ["scale-1", str(file), "--config", str(tmp_path / "taptill.toml"), "--seconds", "1"]
    result = CliRunner().invoke(record, command)
    assert result.exit_code == 0, result.output
    recording = load_recording(file)
    # It can be played again.
    assert recording.kind == "fake_scale"
    assert FrameParser(SCALES["st_gs"]).feed(recording.data)[-1].weight_g == 0
