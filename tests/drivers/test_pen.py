"""Characters that a printer lacks, drawn: by a real font of the box, and by a pattern where bytes must not depend on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.document import Align, Columns, Document, Line, Row, Size, Text, layout
from drivers.escpos_paper import Kind, decode
from drivers.escpos_render import render
from drivers.glyphs import is_drawn, legible, width
from drivers.pen import LINE_DOTS, FontError, LatePen, Pen, find_font, open_pen
from tests.drivers.pens import PatternPen

PATTERN = PatternPen()


@pytest.fixture(scope="module")
def pen() -> Pen:
    found = open_pen("")
    assert found is not None, "make test installs fonts-noto-cjk"
    return found


@pytest.mark.parametrize(
    ("text", "encoding", "shown", "is_picture"),
    [
        ("合计 12.50", "gb18030", "合计 12.50", False),  # the font has it
        ("¥12.50 € ½", "gb18030", "￥12.50 EUR 1/2", False),  # something stands for each: no picture
        ("𠮷野家", "gb18030", "𠮷野家", True),
        ("會員", "gb2312", "會員", True),
        ("会员", "big5", "会员", True),
        ("合计：12.50", "none", "合计：12.50", True),  # and its full-width colon with it
        ("Café £5", "none", "Cafe GBP5", False),
        ("苹果🍎", "none", "苹果?", True),  # no font has it
        ("苹果🍎", "gb18030", "苹果?", False),
        ("a\x1b@会\x00员", "none", "a@会员", True),  # commands are no commands in a picture either
    ],
)
def test_what_is_drawn(text, encoding, shown, is_picture):
    found = legible(text, encoding, PATTERN)
    assert (found, is_drawn(found, encoding)) == (shown, is_picture)


def test_without_a_pen_something_stands_for_it():
    assert legible("𠮷野家", "gb18030", None) == "?野家"


@pytest.mark.parametrize("columns", [32, 42, 48])
@pytest.mark.parametrize("encoding", ["gb18030", "big5", "none"])
def test_drawn_columns_stand_under_printed_ones(columns, encoding):
    document = Document(
        (
            Columns("会員𠮷 Café", "￥12.50"),
            Row(("𠮷野", "18.00", "2", "36.00")),
            Text("会𠮷" * 30, Align.CENTER, Size.DOUBLE),
        )
    )
    lines = layout(document, columns=columns, encoding=encoding, pen=PATTERN)
    assert any(line.drawn for line in lines if isinstance(line, Line))
    for line in lines:
        assert isinstance(line, Line)
        full = columns // 2 if line.size is Size.DOUBLE else columns
        assert width(line.text, encoding, PATTERN) <= full
    # The amounts end at the edge.
    assert width(lines[0].text, encoding, PATTERN) == width(lines[1].text, encoding, PATTERN) == columns


def test_only_the_line_that_needs_it_is_a_picture(pen: Pen):
    document = Document((Text("普通的一行"), Text("𠮷野家", Align.CENTER), Text("再一行", Align.RIGHT)))
    paper = decode(render(document, columns=32, pen=pen), columns=32)
    assert [(line.kind, line.align) for line in paper.lines] == [
        (Kind.TEXT, "left"), (Kind.IMAGE, "center"), (Kind.TEXT, "right"),
    ]  # fmt: skip
    image = paper.lines[1]
    assert (image.width, image.height) == (72, LINE_DOTS)
    assert 0.1 < sum(byte.bit_count() for byte in image.raster) / (72 * LINE_DOTS) < 0.6  # neither blank nor a block


def test_a_printer_without_chinese_gets_pictures_and_its_own_latin(pen: Pen):
    document = Document((Text("Total 12.50"), Text("合计 12.50", size=Size.DOUBLE, bold=True)))
    paper = decode(render(document, columns=48, encoding="none", pen=pen), columns=48, encoding="none")
    text, image = paper.lines
    assert (text.kind, text.text) == (Kind.TEXT, "Total 12.50")
    assert (image.kind, image.width, image.height) == (Kind.IMAGE, 240, 2 * LINE_DOTS)
    assert paper.unknown == ()


def test_a_drawn_line_leaves_the_style_of_the_next_alone(pen: Pen):
    blocks = (Text("大", size=Size.DOUBLE), Text("𠮷", bold=True), Text("小"))
    paper = decode(render(Document(blocks), columns=48, pen=pen), columns=48)
    assert [(line.kind, line.double, line.bold) for line in paper.lines] == [
        (Kind.TEXT, True, False), (Kind.IMAGE, False, False), (Kind.TEXT, False, False),
    ]  # fmt: skip


def test_the_font_knows_what_it_has(pen: Pen):
    assert all(pen.has(each) for each in "汉漢A￥×é𠮷—")
    assert not any(pen.has(each) for each in "\U0010fffd\u0000\u200d \u3000")
    assert [pen.columns(each) for each in "汉A￥é"] == [2, 1, 2, 1]


def test_two_characters_are_two_pictures(pen: Pen):
    assert pen.line("汉", "none")[0] != pen.line("漢", "none")[0]
    assert pen.line("汉", "none", bold=True)[0] != pen.line("汉", "none")[0]


def test_a_box_without_a_font_says_so_and_prints_on(tmp_path: Path):
    assert find_font([tmp_path]) is None
    lacking = LatePen(str(tmp_path / "gone.ttf"))
    paper = decode(render(Document((Text("合计 12.50"),)), columns=48, encoding="none", pen=lacking), encoding="none")
    assert [line.text for line in paper.lines] == ["?? 12.50"]
    assert "gone.ttf" in lacking.problem


def test_a_font_without_chinese_is_refused():
    latin = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    files = [latin] if latin.exists() else []
    for path in files:
        with pytest.raises(FontError, match="no font for Chinese"):
            Pen(path)
    with pytest.raises(FontError):
        Pen(Path(__file__))


def test_a_font_is_looked_for_by_its_name(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    for name in ("wqy-microhei.ttc", "Other.ttf"):
        (tmp_path / "deep" / name).touch()
    assert find_font([tmp_path / "none", tmp_path]) == tmp_path / "deep" / "wqy-microhei.ttc"
    (tmp_path / "NotoSansCJK-Regular.ttc").touch()
    assert find_font([tmp_path]) == tmp_path / "NotoSansCJK-Regular.ttc"


TEXTS = st.one_of(
    st.text(max_size=40), st.text(alphabet="\x00\x04\x10\x14\x1b\x1c\x1dp@V\x01会𠮷員é🍎￥ \u200d\u202e", max_size=40)
)


@settings(max_examples=80, deadline=None)
@given(
    text=TEXTS,
    other=TEXTS,
    columns=st.sampled_from([24, 32, 48]),
    encoding=st.sampled_from(["gb18030", "gb2312", "big5", "none"]),
    size=st.sampled_from(Size),
)
def test_fault_52_nothing_of_a_drawn_text_is_a_command(text, other, columns, encoding, size):
    blocks = (Text(text, size=size), Columns(text, other, size=size), Row((other, text, text)), Text(other, bold=True))
    data = render(Document(blocks), columns=columns, encoding=encoding, pen=PATTERN)
    paper = decode(data, columns=columns, encoding=encoding)
    assert (paper.unknown, paper.kicks, paper.of(Kind.CUT)) == ((), (), ())
    assert not any(line.wrapped or line.width > columns * 12 + 7 for line in paper.lines)
