"""What a byte stream puts on paper, read without the renderer's help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.escpos_paper import Kind, decode

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "escpos_expectations.json").read_text("utf-8"))
COMMANDS = {row["name"]: bytes.fromhex(row["hex"]) for row in VECTORS["commands"]}


def test_chinese_text_with_style():
    data = b"\x1b@\x1c&\x1ba\x01\x1bE\x01" + "合计".encode("gbk") + b"\n\x1bE\x00\x1ba\x00" + b"12.50\n"
    first, second = decode(data).lines
    assert (first.text, first.align, first.bold, first.cells) == ("合计", "center", True, 4)
    assert (second.text, second.align, second.bold) == ("12.50", "left", False)


@pytest.mark.parametrize(
    ("data", "double"),
    [
        (b"\x1d!\x11A\n", True),  # GS ! doubles every character
        (b"\x1d!\x11\x1d!\x00A\n", False),  # and undoes it
        (b"\x1b!\x30A\n", True),  # ESC ! doubles width and height
        (b"\x1c!\x0c" + "合\n".encode("gbk"), True),  # FS ! doubles two-byte characters
        (b"\x1c!\x0cA\n", False),  # and only those
        (b"\x1cW\x01" + "合\n".encode("gbk"), True),  # FS W is the clones' way
    ],
)
def test_double_size(data, double):
    assert decode(data).lines[0].double is double


@pytest.mark.parametrize(
    ("data", "pins"),
    [
        (b"\x1bp\x00\x19\xfa", (2,)),  # ESC p 0: pin 2
        (COMMANDS["drawer_pin5"], (5,)),
        (b"\x10\x14\x01\x00\x01", (2,)),  # DLE DC4 1: real time
        (b"\x1bp\x00\x19\xfa" * 2, (2, 2)),  # two pulses are two
        (b"\x1dv0\x00\x05\x00\x01\x00\x10\x14\x01\x00\x01", (2,)),  # even within a picture
        (b"ESC p 0", ()),  # as text it is text
    ],
)
def test_drawer(data, pins):
    assert decode(data).kicks == pins


def test_each_command_of_the_reference_is_known():
    unknown = {name: decode(data).unknown for name, data in COMMANDS.items() if not name.startswith("asb")}
    assert {name for name, found in unknown.items() if found} == set()


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("qr_utf8", Kind.QR, "会员:张三"),
        ("code128_B", Kind.BARCODE, "No.12345"),
        ("ean13_A", Kind.BARCODE, "6901234567892"),
        ("cut_partial", Kind.CUT, ""),
        ("feed_cut_partial", Kind.CUT, ""),
    ],
)
def test_symbols_and_cuts(name, kind, text):
    line = decode(COMMANDS[name]).lines[-1]
    assert (line.kind, line.text) == (kind, text)


def test_code_set_c_holds_two_digits_a_byte():
    assert decode(b"\x1dk\x49\x07{C\x0c\x22{B-").lines[0].text == "1234-"


def test_bands_of_one_picture_are_one_picture():
    band = b"\x1dv0\x00\x02\x00\x01\x00\xf0\x0f"
    (line,) = decode(band + band).lines
    assert (line.kind, line.width, line.height, line.raster) == (Kind.IMAGE, 16, 2, b"\xf0\x0f\xf0\x0f")


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b\x07",  # no such command
        b"\x07",  # a bell is no text
        bytes.fromhex("81308436"),  # U+00A5 in GB18030 is rubbish in a GBK font
        b"\x1b",  # cut short
        b"\x1dk\x49\xff{B",  # content cut short
    ],
)
def test_what_is_no_command_is_named(data):
    assert decode(data).unknown


def test_a_line_too_long_is_broken_by_the_printer_and_says_so():
    first, second = decode(b"x" * 33 + b"\n", columns=32).lines
    assert (len(first.text), first.wrapped, len(second.text)) == (32, True, 1)


def test_single_byte_mode():
    assert decode(b"\x1c.Caf\x82\n").lines[0].text == "Café"
    assert decode(b"Caf\x82\n", encoding="cp437").lines[0].text == "Café"


def test_plain_text_is_aligned():
    data = b"\x1ba\x01" + "副本".encode("gbk") + b"\n\x1ba\x00A\n\x1dVB\x00"
    assert decode(data, columns=10).text() == "   副本\nA\n✂--------"
