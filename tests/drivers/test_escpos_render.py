"""The bytes of a document, proved by an interpreter that shares no code with the renderer."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from drivers.document import (
    Align,
    Barcode,
    Columns,
    Cut,
    Document,
    Feed,
    Image,
    Line,
    Logo,
    OpenDrawer,
    QrCode,
    Row,
    Rule,
    Size,
    Text,
    layout,
)
from drivers.escpos_paper import Kind, decode
from drivers.escpos_render import render
from drivers.glyphs import ENCODINGS

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "escpos_expectations.json").read_text("utf-8"))
COMMANDS = {row["name"]: bytes.fromhex(row["hex"]) for row in VECTORS["commands"]}
EVERYTHING = Document(
    (
        OpenDrawer(2),
        Logo("shop"),
        Text("阳光超市", Align.CENTER, Size.DOUBLE, bold=True),
        Rule(),
        Row(("品名", "数量", "单价", "金额")),
        Row(("可口可乐330ml", "2", "3.50", "7.00")),
        Columns("合计", "￥7.00", bold=True, size=Size.DOUBLE),
        Feed(1),
        Barcode("S01-1-20261122-0001"),
        QrCode("会员:张三"),
        Text("谢谢惠顾", Align.RIGHT),
        Cut(),
    )
)


def png(across: int, down: int, color: int = 0) -> bytes:
    file = io.BytesIO()
    Picture.new("L", (across, down), color).save(file, "PNG")
    return file.getvalue()


def paper_of(document, *, columns=48, encoding="gb18030", logos=None):
    data = render(document, columns=columns, encoding=encoding, logos=logos)
    return decode(data, encoding=encoding, columns=columns)


def test_a_receipt_as_paper():
    paper = paper_of(EVERYTHING, columns=32, logos={"shop": png(64, 16)})
    assert paper.unknown == ()
    assert paper.kicks == (2,)
    shown = [(line.kind, line.text.strip(), line.align, line.double, line.bold) for line in paper.lines]
    assert shown == [
        (Kind.IMAGE, "", "center", False, False),
        (Kind.TEXT, "阳光超市", "center", True, True),
        (Kind.TEXT, "-" * 32, "left", False, False),
        (Kind.TEXT, "品名      数量     单价     金额", "left", False, False),
        (Kind.TEXT, "可口可乐330ml", "left", False, False),
        (Kind.TEXT, "2     3.50     7.00", "left", False, False),
        (Kind.TEXT, "合计      ￥7.00", "left", True, True),
        (Kind.TEXT, "", "left", False, False),
        (Kind.QR, "S01-1-20261122-0001", "center", False, False),  # too broad for 58 mm as a bar code
        (Kind.TEXT, "S01-1-20261122-0001", "center", False, False),
        (Kind.QR, "会员:张三", "center", False, False),
        (Kind.TEXT, "谢谢惠顾", "right", False, False),
        (Kind.CUT, "", "left", False, False),
    ]


@pytest.mark.parametrize(
    ("block", "command"),
    [
        (Cut(), "feed_cut_partial"),
        (OpenDrawer(5), "drawer_pin5"),
        (Text("x", Align.CENTER), "align_center"),
        (QrCode("会员:张三", module=6), "qr_utf8"),
        (Text("x"), "init"),
    ],
)
def test_commands_of_the_reference(block, command):
    assert COMMANDS[command] in render(Document((block,)), columns=48)


def test_two_byte_mode_is_said_after_every_reset():
    assert render(Document(()), columns=48).startswith(b"\x1b@\x1bR\x00\x1c&")
    assert render(Document(()), columns=48, encoding="cp437").startswith(b"\x1b@\x1bR\x00\x1c.\x1bt\x00")


def test_double_size_is_said_in_both_ways_and_undone():
    data = render(Document((Text("大", size=Size.DOUBLE), Text("小"))), columns=48)
    assert data.endswith(b"\x1d!\x11\x1c!\x0c" + "大\n".encode("gbk") + b"\x1d!\x00\x1c!\x00" + "小\n".encode("gbk"))


def test_the_drawer_opens_once_whatever_the_document_says():
    assert paper_of(Document((OpenDrawer(2), Text("x"), OpenDrawer(2)))).kicks == (2,)
    assert paper_of(Document((OpenDrawer(2), OpenDrawer(5)))).kicks == (2, 5)


@pytest.mark.parametrize(
    "text",
    [
        "\x1bp\x00\x19\xfa",  # ESC p
        "\x10\x14\x01\x00\x01",  # DLE DC4
        "\x1b@\x1dV\x42\x00",  # reset and cut
        "张\x1b\x70\x00三",
    ],
)
@pytest.mark.parametrize("make", [Text, QrCode, Barcode, lambda t: Columns(t, t), lambda t: Row((t, t, t))])
def test_a_name_with_commands_is_never_obeyed(text, make):
    paper = paper_of(Document((make(text),)))
    assert (paper.kicks, paper.unknown, paper.of(Kind.CUT)) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "columns", "kind", "shown"),
    [
        ("No.12345", 32, Kind.BARCODE, "No.12345"),
        ("12345678901234567890", 32, Kind.BARCODE, "12345678901234567890"),  # pairs of digits fit
        ("AB{12}", 48, Kind.BARCODE, "AB{12}"),
        ("{B", 48, Kind.BARCODE, "{B"),  # a brace is no choice of code set
        ("1620010001", 48, Kind.BARCODE, "1620010001"),  # in code set C it would be DLE DC4
        ("A1234", 48, Kind.BARCODE, "A1234"),
        ("12345", 48, Kind.BARCODE, "12345"),
        ("会员", 48, Kind.QR, "会员"),  # no bar code has it
        ("x" * 41, 48, Kind.QR, "x" * 41),
    ],
)
def test_barcodes(text, columns, kind, shown):
    paper = paper_of(Document((Barcode(text),)), columns=columns)
    assert (paper.lines[0].kind, paper.lines[0].text, paper.unknown, paper.kicks) == (kind, shown, (), ())


def test_digits_in_a_barcode_hold_no_real_time_command():
    assert b"\x10" not in render(Document((Barcode("16200100011604"),)), columns=48)


def test_a_qr_code_too_long_is_text():
    paper = paper_of(Document((QrCode("好" * 300),)))
    assert "".join(line.text for line in paper.lines) == "好" * 300


def test_a_picture_is_shrunk_to_the_paper_and_sent_in_bands():
    paper = paper_of(Document((Image(png(1000, 700)),)), columns=32)
    (image,) = paper.lines
    assert (image.width, image.height, image.align) == (384, 269, "center")
    assert set(image.raster) == {0xFF}
    data = render(Document((Image(png(1000, 700)),)), columns=32)
    assert data.count(b"\x1dv0\x00\x30\x00\x80\x00") == 2  # 48 bytes across, 128 lines


@pytest.mark.parametrize(
    "picture",
    [b"", b"GIF89a", png(8, 8)[:40], b"\x89PNG\r\n\x1a\n" + b"\0" * 30, png(8, 8).replace(b"\0\0\0\x08", b"\0\1\0\0")],
)
def test_a_broken_picture_is_a_mark_and_the_rest_prints(picture):
    paper = paper_of(Document((Image(picture), Text("x"))))
    assert [line.text for line in paper.lines] == ["?", "x"]


def test_a_picture_holds_no_real_time_command():
    # Dots that spell DLE DC4 1 0 1, the drawer's pulse.
    picture = Picture.frombytes("1", (40, 1), bytes(b ^ 0xFF for b in b"\x10\x14\x01\x00\x01"))
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = render(Document((Image(file.getvalue()),)), columns=48)
    assert b"\x10\x14" not in data
    assert data.endswith(b"\x10\x16\x01\x00\x01")


def test_no_logo_is_nothing():
    assert paper_of(Document((Logo("missing"), Text("x")))).lines[0].text == "x"


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="\x00\x04\x10\x14\x1b\x1c\x1dp@V\x01{B1620￥会员 é🍎", max_size=60),
)


@settings(max_examples=150, deadline=None)
@given(
    text=TEXTS,
    other=TEXTS,
    columns=st.sampled_from([24, 32, 42, 48]),
    encoding=st.sampled_from(ENCODINGS),
    size=st.sampled_from(Size),
)
def test_any_text_is_only_text(text, other, columns, encoding, size):
    document = Document(
        (
            Text(text, Align.CENTER, size, bold=True),
            Columns(text, other, size=size),
            Row((other, text, text, other)),
            Rule(text),
            Barcode(text),
            QrCode(other),
        )
    )
    paper = paper_of(document, columns=columns, encoding=encoding)
    assert (paper.unknown, paper.kicks, paper.of(Kind.CUT)) == ((), (), ())
    assert not any(line.wrapped for line in paper.lines)
    # The screen's lines are the paper's lines.
    laid = [block for block in layout(document, columns=columns, encoding=encoding) if isinstance(block, Line)]
    printed = [line for line in paper.lines if line.kind is Kind.TEXT]
    assert [line.text for line in printed[: len(laid)]] == [line.text for line in laid]
