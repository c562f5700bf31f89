"""Pole displays: the bytes of each protocol, what fits, what was meant to be a command, and displays that fail."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import DeviceBusy, DeviceMissing, DriverError
from drivers.fake_pole import KEPT_MAX, SLOW_S, PolePicture, PoleScreen, WiredPole
from drivers.pole_display import SerialPole
from drivers.pole_frames import COLUMNS, POLES, TOO_LONG, Lamp, PoleFace, cd5220, digits, encoded, epson, led8, line

VECTORS = Path(__file__).parents[1] / "vectors" / "escpos_expectations.json"
DISPLAYS = {row["name"]: row for row in json.loads(VECTORS.read_text(encoding="utf-8"))["displays"]}
TOTAL = PoleFace(("可乐", "3.50"), ("合计", "1234.50"), amount="1234.50", lamp=Lamp.TOTAL)


def bytes_of(name: str) -> bytes:
    return bytes.fromhex(DISPLAYS[name]["hex"])


def test_vector_vfd_init() -> None:
    assert POLES["cd5220"].start.startswith(bytes_of("vfd_init"))


def test_vector_vfd_upper() -> None:
    # The vector's text, filled up to the width so that nothing of the line before it stays.
    sent = cd5220(PoleFace(("TOTAL", "")), "ascii")
    assert sent.startswith(bytes_of("vfd_upper")[:-1]) and sent[3 + COLUMNS] == bytes_of("vfd_upper")[-1]
    screen = PoleScreen("cd5220")
    screen.feed(bytes_of("vfd_upper"))
    assert screen.picture.upper.rstrip() == "TOTAL"


def test_vector_vfd_cursor_is_not_needed() -> None:
    # ESC Q writes whole lines, so the cursor is never set; an Epson's is, by a command of its own.
    assert bytes_of("vfd_cursor_cd5220")[:2] not in cd5220(TOTAL, "gbk")
    assert epson(PoleFace(), "ascii").startswith(b"\x1f$\x01\x01")


def test_vector_led8_total() -> None:
    assert led8(TOTAL, "ascii") == bytes_of("led8_total")


def test_vector_led8_clear() -> None:
    assert POLES["led8"].start.endswith(bytes_of("led8_clear")) and led8(PoleFace(), "ascii")[3:] == bytes_of(
        "led8_clear"
    )


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1234.50", "1234.50"),
        ("1,234.50", "1234.50"),  # the separator of thousands is not on the display
        ("123456.78", "123456.78"),  # eight digits
        ("1234567.89", TOO_LONG),  # vector led8_limits: never cut short
        ("-3.00", "-3.00"),
        ("-1234567.89", TOO_LONG),
        ("", ""),
        ("\x1b@\x0c9", "9"),
    ],
)
def test_vector_led8_limits(amount: str, shown: str) -> None:
    assert digits(amount) == shown
    screen = PoleScreen("led8")
    screen.feed(led8(PoleFace(amount=amount, lamp=Lamp.CHANGE), "ascii"))
    assert (screen.picture, screen.unknown) == (PolePicture(shown, "", 4 if shown else 0), 0)


@pytest.mark.parametrize(
    ("text", "figure", "encoding", "shown"),
    [
        ("Cola", "3.50", "ascii", "Cola            3.50"),
        ("可乐 330ml", "7.00", "gbk", "可乐 330ml      7.00"),
        ("农夫山泉饮用天然水大桶", "12.00", "gbk", "农夫山泉饮用天 12.00"),  # 14 columns of seven characters
        ("a农夫山泉饮用天然水大桶", "12.00", "gbk", "a农夫山泉饮用  12.00"),  # half a character is none
        ("可樂", "3.50", "big5", "可樂            3.50"),
        ("可乐", "3.50", "ascii", "                3.50"),  # what the font lacks is left out, the price is not
        ("Total", "123,456,789,012,345.00", "ascii", "Total       --------"),  # no part of a figure
        ("x", "", "ascii", "x                   "),
    ],
)
def test_a_line_is_twenty_columns(text: str, figure: str, encoding: str, shown: str) -> None:
    sent = line(text, figure, encoding)  # type: ignore[arg-type]
    assert (len(sent), sent.decode(encoding)) == (COLUMNS, shown)


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text(max_size=12), st.sampled_from(("ascii", "gbk", "big5")))
def test_no_text_becomes_a_command(text: str, figure: str, encoding: str) -> None:
    face = PoleFace((text, figure), (text, figure), amount=figure, lamp=Lamp.PRICE)
    for name, protocol in POLES.items():
        screen = PoleScreen(name, encoding)  # type: ignore[arg-type]
        sent = protocol.encode(face, encoding)  # type: ignore[arg-type]
        screen.feed(sent)
        assert screen.unknown == 0
        # Control bytes are those of the two commands, whatever the text was.
        commands = 1 if name == "led8" and not digits(figure) else 2
        assert sent.count(b"\x1b") + sent.count(b"\x1f") == commands
    assert all(byte >= 0x20 for byte in encoded(text, encoding, 20))  # type: ignore[arg-type]


@pytest.mark.parametrize("protocol", POLES)
def test_a_million_random_bytes_do_not_break_the_simulated_display(protocol: str) -> None:
    chance = random.Random(7)
    screen = PoleScreen(protocol, "gbk")
    for _ in range(250):
        screen.feed(chance.randbytes(4_000))
        assert len(screen._kept) <= KEPT_MAX and len(screen.picture.lower) <= COLUMNS
    screen.feed(b"\r" + POLES[protocol].start + POLES[protocol].encode(TOTAL, "gbk"))
    assert "1234.50" in screen.picture.upper + screen.picture.lower


@pytest.mark.parametrize("protocol", POLES)
def test_a_face_over_a_line(protocol: str) -> None:
    display = WiredPole("pole", protocol, encoding="gbk")
    display.open()
    display.show(TOTAL)
    expected = PolePicture("1234.50", "", 2)
    if POLES[protocol].has_text:
        expected = PolePicture("可乐            3.50", "合计         1234.50")
    assert (display.picture(), display.screen.unknown) == (expected, 0)
    display.show(PoleFace(("谢谢", "")))
    assert display.picture().upper.strip() == ("谢谢" if POLES[protocol].has_text else "")
    display.close()


def test_fault_43_a_display_that_takes_no_bytes_is_given_up_after_a_second() -> None:
    display = WiredPole("pole", faults=("2:stuck",))
    display.open()
    display.show(TOTAL)
    began = time.monotonic()
    with pytest.raises(DriverError, match="takes no bytes"):
        display.show(PoleFace(("next", "")))
    assert time.monotonic() - began < 2
    with pytest.raises(DriverError):  # it is to be opened afresh
        display.show(TOTAL)
    display.be("")
    display.open()
    display.show(PoleFace(("again", "")))
    assert display.picture().upper.strip() == "again"
    display.close()


def test_a_slow_display_shows_everything_late_and_is_kept() -> None:
    display = WiredPole("pole", faults=("1:slow",))
    display.open()
    for text in ("first", "next"):
        began = time.monotonic()
        display.show(PoleFace((text, "")))
        assert SLOW_S * 0.9 < time.monotonic() - began < 2 * SLOW_S
        assert display.picture().upper.strip() == text
    display.be("")
    began = time.monotonic()
    display.show(TOTAL)
    assert time.monotonic() - began < SLOW_S
    assert "1234.50" in display.picture().lower
    display.close()


@pytest.mark.parametrize("protocol", POLES)
def test_at_the_wrong_speed_it_shows_nothing_of_what_was_sent_until_it_is_set_right(protocol: str) -> None:
    display = WiredPole("pole", protocol, faults=("2:speed",))
    display.open()
    display.show(TOTAL)
    right = display.picture()
    assert "1234.50" in right.upper + right.lower
    display.show(PoleFace(("牛奶", "98.76"), ("找零", "98.76"), amount="98.76", lamp=Lamp.CHANGE))
    wrong = display.picture()
    assert "98.76" not in wrong.upper + wrong.lower
    display.be("")
    display.show(TOTAL)
    assert (display.picture(), display.screen.unknown) == (right, 0)
    display.close()


def test_fault_38_unplugged_it_is_missed_even_while_nothing_is_shown() -> None:
    display = WiredPole("pole")
    display.open()
    display.check()
    display.unplug()
    with pytest.raises(DeviceMissing):
        display.check()
    with pytest.raises(DeviceMissing):
        display.open()
    assert display.picture() == PolePicture("", "")
    display.plug()
    display.open()
    display.show(TOTAL)
    assert "1234.50" in display.picture().lower
    display.close()


def test_a_port_that_is_held_is_not_written_to() -> None:
    display = WiredPole("pole")
    display.open()
    with pytest.raises(DeviceBusy):
        SerialPole("other", display.wire.path, protocol="led8").open()
    display.close()


def test_what_a_display_sends_is_thrown_away() -> None:
    display = WiredPole("pole")
    display.open()
    os.write(display.wire.master, b"\xff" * 2_000)
    for _ in range(3):
        display.check()
    display.show(TOTAL)
    assert "1234.50" in display.picture().lower
    display.close()


def test_a_display_that_was_switched_on_later_shows_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.pole_display.REFRESH_S", 0.05)
    display = WiredPole("pole")
    display.open()
    display.show(TOTAL)
    display.screen.feed(b"\x1b@")  # it lost its power and came back
    assert display.picture().lower.strip() == ""
    time.sleep(0.06)
    display.check()
    assert "1234.50" in display.picture().lower
    display.close()
