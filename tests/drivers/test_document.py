"""How documents fall into lines."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

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
    document_from_json,
    document_json,
    layout,
    marked_copy,
)
from drivers.glyphs import width

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "escpos_expectations.json").read_text("utf-8"))


def lines(*blocks, columns=32, encoding="gb18030"):
    return [line.text for line in layout(Document(blocks), columns=columns, encoding=encoding)]


@pytest.mark.parametrize("row", VECTORS["two_column_lines"], ids=lambda row: f"{row['left']}-{row['columns']}")
def test_reference_two_column_lines(row):
    (line,) = lines(Columns(row["left"], row["right"]), columns=row["columns"])
    assert line == row["line"]
    assert width(line, "gb18030") == row["gbk_bytes"]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("合计", "￥12.50", ["合计             ￥12.50"]),
        ("", "￥12.50", ["                 ￥12.50"]),
        ("会员日全场满二百减二十", "-￥20.00", ["会员日全场满二", "百减二十        -￥20.00"]),  # no half character
        ("Member discount day", "-20.00", ["Member discount", "day               -20.00"]),  # between words
        ("Supercalifragilistic", "-20.00", ["Supercalifragilis", "tic               -20.00"]),  # or where it is full
        ("积分", "1234567890123456789", ["积分 1234567890123456789"]),
        ("会员积分", "1234567890123456789", ["会员积分", "     1234567890123456789"]),  # no room beside the value
        ("名", "x" * 30, ["名", "x" * 24, " " * 18 + "x" * 6]),  # a value wider than the paper breaks, nothing is lost
    ],
)
def test_description_and_value(left, right, expected):
    assert lines(Columns(left, right), columns=24) == expected


def test_double_size_has_half_the_columns():
    (line,) = layout(Document((Columns("合计", "8.00", size=Size.DOUBLE, bold=True),)), columns=32)
    assert line == Line("合计        8.00", Align.LEFT, Size.DOUBLE, bold=True)


@pytest.mark.parametrize(
    ("cells", "columns", "expected"),
    [
        (("品名", "数量", "单价", "金额"), 48, ["品名                   数量      单价       金额"]),
        (("可乐", "2", "3.50", "7.00"), 48, ["可乐                      2      3.50       7.00"]),
        (("可乐", "2", "3.50", "7.00"), 32, ["可乐         2     3.50     7.00"]),
        (("可口可乐330ml", "2", "3.50", "7.00"), 32, ["可口可乐330ml", "             2     3.50     7.00"]),
        (("可口可乐330ml", "×2", "7.00"), 32, ["可口可乐330ml     ×2       7.00"]),
    ],
)
def test_rows_stand_under_each_other(cells, columns, expected):
    assert lines(Row(cells), columns=columns) == expected


def test_values_that_fit_no_line_together_take_a_line_each():
    values = ("1000.255kg", "1234567.89", "123456789.00")
    assert lines(Row(("散装大米", *values))) == ["散装大米", *(value.rjust(32) for value in values)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("谢谢惠顾\n欢迎再来", ["谢谢惠顾", "欢迎再来"]),
        ("一二三四五六七八九十一二三四", ["一二三四五六七八九十一二", "三四"]),
        ("x一二三四五六七八九十一二三", ["x一二三四五六七八九十一", "二三"]),  # a half column stays free
        ("Thank you for coming, see you", ["Thank you for coming,", "see you"]),
        ("  indented", ["  indented"]),
    ],
)
def test_paragraphs(text, expected):
    assert lines(Text(text), columns=24) == expected


def test_rules_and_feeds():
    assert lines(Rule(), Feed(2), Rule("="), Rule("—"), columns=24) == ["-" * 24, "", "", "=" * 24, "-" * 24]


def test_a_font_without_chinese_changes_the_width():
    assert lines(Columns("Café", "1"), columns=24, encoding="cp437") == ["Café" + " " * 19 + "1"]
    assert lines(Columns("Café", "1"), columns=24, encoding="gbk") == ["Café" + " " * 18 + "1"]


def test_symbols_pass_through():
    symbols = (QrCode("x"), Barcode("x"), Logo(), Image(b"x"), Cut(), OpenDrawer(5))
    assert layout(Document(symbols), columns=48) == symbols


def test_json_keeps_everything():
    document = Document(
        (
            Text("收据", Align.CENTER, Size.DOUBLE, bold=True),
            Columns("a", "b"),
            Row(("a", "b", "c")),
            Rule(),
            Feed(3),
            QrCode("q"),
            Barcode("b"),
            Logo("l"),
            Image(b"\x00\xff"),
            Cut(),
            OpenDrawer(5),
        )
    )
    assert document_from_json(document_json(document)) == document


def test_json_of_something_else_is_refused():
    with pytest.raises(msgspec.ValidationError):
        document_from_json(b'{"lines":[{"type":"bomb"}]}')


def test_a_copy_is_marked_and_leaves_the_drawer_closed():
    copy = marked_copy(Document((OpenDrawer(), Text("x"))), "副本 COPY")
    assert copy.lines == (Text("副本 COPY", Align.CENTER, Size.DOUBLE, bold=True), Text("x"))


def test_a_very_long_text_is_laid_out_quickly_and_whole():
    assert "".join(lines(Text("字" * 200_000))) == "字" * 200_000
