"""Which characters a printer's font has, and how wide they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.glyphs import encode, printable, width

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "escpos_expectations.json").read_text("utf-8"))
PRINTED_WHOLE = [row for row in VECTORS["text_gbk"] if row["bytes"]]


@pytest.mark.parametrize("row", PRINTED_WHOLE, ids=lambda row: row["name"])
@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_reference_texts(row, encoding):
    assert printable(row["text"], encoding) == row["text"]
    assert encode(row["text"], encoding).hex() == row["bytes"]
    assert width(row["text"], encoding) == row["columns"]


@pytest.mark.parametrize("row", [row for row in VECTORS["text_gbk"] if row["not_in_gbk"]], ids=lambda row: row["name"])
def test_reference_texts_beyond_the_font_stay_visible(row):
    shown = printable(row["text"], "gb18030")
    assert shown == "".join("?" if character in row["not_in_gbk"] else character for character in row["text"])


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("¥12.50", "gb18030", "￥12.50"),  # U+00A5 has four bytes in GB18030
        ("¥12.50", "cp437", "¥12.50"),  # CP437 has it at 9D
        ("¥12.50", "big5", "¥12.50"),  # A2 44, as wide as a character
        ("￥12.50", "big5", "¥12.50"),
        ("¥12.50", "none", "¥12.50"),  # no font that is known, and still 9D
        ("￥12.50", "none", "¥12.50"),
        ("½é", "none", "1/2e"),
        ("€5", "gbk", "EUR5"),
        ("½ • ß", "gbk", "1/2 · ss"),
        ("Cafe\u0301", "gbk", "Café"),  # composed first
        ("Café", "gb2312", "Café"),  # é is in GB 2312 as a pinyin letter
        ("naïve", "gbk", "naive"),  # ï is not
        ("𠮷野家", "gb18030", "?野家"),  # beyond the two-byte font
        ("會員", "gb2312", "??"),  # GB 2312 has simplified characters only
        ("會員", "big5", "會員"),
        ("한국", "gbk", "??"),
        ("Ａ１", "none", "A1"),  # full-width letters
        ("a\tb\nc\rd", "gbk", "a b c d"),
        ("a\x00\x1b@\x1dV\x42\x00b", "gbk", "a@VBb"),  # commands are no longer commands
        ("a\x9bb\x7f", "gbk", "ab"),  # C1 and DEL
        ("a\u200d\u202eb\ufeff", "gbk", "ab"),  # joiners and direction marks have no shape
        ("\ud800", "gbk", "?"),  # half of a pair
        ("a\u3000b", "gbk", "a\u3000b"),
        ("a\u3000b", "none", "a b"),
    ],
)
def test_what_stands_for_a_character(text, encoding, shown):
    assert printable(text, encoding) == shown


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("gb18030", b"\xa3\xa4"), ("gb2312", b"\xa3\xa4"), ("big5", b"\xa2\x44"), ("cp437", b"\x9d"), ("none", b"\x9d")],
)
@pytest.mark.parametrize("sign", ["¥", "￥"])
def test_the_yuan_sign_is_printed_by_every_font(sign, encoding, data):
    assert encode(printable(sign, encoding), encoding) == data
