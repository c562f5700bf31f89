"""Each row of the printers' reference bytes, at the place where it belongs: emitted by us, understood by the paper, or answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.base import PrinterState
from drivers.document import Align, Barcode, Cut, Document, OpenDrawer, QrCode, Size, Text
from drivers.escpos_paper import Kind, decode
from drivers.escpos_render import render
from drivers.escpos_status import ASK_OFFLINE_CAUSE, ASK_PAPER, ASK_TYPE, TELL_NOTHING, Answers
from drivers.glyphs import encode, legible, printable, width
from tests.drivers.pens import PatternPen

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "escpos_expectations.json").read_text("utf-8"))
COMMANDS = {row["name"]: bytes.fromhex(row["hex"]) for row in VECTORS["commands"]}

EMITTED = {
    # What the renderer sends, by a document that needs it.
    "init": render(Document(()), columns=48),
    "kanji_off": render(Document(()), columns=48, encoding="none"),
    "size_normal": render(Document((Text("x", size=Size.DOUBLE), Text("x"))), columns=48),
    "bold_off": render(Document((Text("x", bold=True), Text("x"))), columns=48),
    "align_center": render(Document((Text("x", Align.CENTER),)), columns=48),
    "codepage_cp437": render(Document(()), columns=48, encoding="none"),
    "feed_cut_partial": render(Document((Cut(),)), columns=48),
    "drawer_pin5": render(Document((OpenDrawer(5),)), columns=48),
    "barcode_width_3": render(Document((Barcode("6901234567892", "ean13"),)), columns=48),
    "qr_utf8": render(Document((QrCode("会员:张三"),)), columns=48),
    # What the driver asks.
    "dle_eot_2": ASK_OFFLINE_CAUSE,
    "dle_eot_4": ASK_PAPER,
    "asb_disable": TELL_NOTHING,
    "gs_I_type": ASK_TYPE,
}
OURS_DIFFER = {
    # Ours do the same in another way: each has to be understood all the same.
    "kanji_quad_on": "FS ! 12 goes to clones, which know FS W too",
    "print_mode_double": "GS ! and FS ! instead, as ESC ! leaves Chinese small on some",
    "codepage_cp858": "no character above code page 437's yen sign is sent as one byte",
    "line_spacing_default": "ESC @ sets it",
    "cut_partial": "feeds to the cutter first",
    "cut_old_partial": "for printers of the oldest kind",
    "buzzer_cn": "no paper of ours beeps",
    "gs_r_drawer": "the drawer's switch is wired in few drawers",
    "gs_H_process_id": "printers that do not know it would print its figures",
    "ean13_A": "function B, which tells its length",
    "code128_B": "pairs of digits go out in code set C",
}


@pytest.mark.parametrize("row", VECTORS["commands"], ids=lambda row: row["name"])
def test_every_command_is_emitted_or_understood(row):
    name = row["name"]
    if name in EMITTED:
        assert COMMANDS[name] in EMITTED[name]
    else:
        assert name in OURS_DIFFER
    # Text before and after: nothing of it is swallowed, and nothing of the command is printed.
    paper = decode(b"A\n" + COMMANDS[name] + b"B\n", columns=48)
    assert paper.unknown == ()
    assert [line.text for line in paper.of(Kind.TEXT)] == ["A", "B"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("kanji_quad_on", lambda paper: paper.lines[0].double),
        ("print_mode_double", lambda paper: paper.lines[0].double),
        ("cut_partial", lambda paper: paper.lines[0].kind is Kind.CUT),
        ("cut_old_partial", lambda paper: paper.lines[0].kind is Kind.CUT),
        ("drawer_pin5", lambda paper: paper.kicks == (5,)),
        ("ean13_A", lambda paper: paper.lines[0].text == "6901234567892"),
        ("code128_B", lambda paper: paper.lines[0].text == "No.12345"),
        ("qr_utf8", lambda paper: paper.lines[0].text == "会员:张三"),
        ("align_center", lambda paper: paper.lines[0].align == "center"),
    ],
)
def test_what_a_command_does(name, shown):
    assert shown(decode(COMMANDS[name] + "大\n".encode("gbk"), columns=48))


@pytest.mark.parametrize("row", VECTORS["text_gbk"], ids=lambda row: row["name"])
def test_every_text(row):
    text, pen = row["text"], PatternPen()
    assert text.encode("gb18030").hex() == row["gb18030"]
    if row["bytes"]:
        assert encode(printable(text, "gbk"), "gbk").hex() == row["bytes"]
        assert width(text, "gb18030") == row["columns"]
        # Line by line it comes out of the printer as it went in.
        paper = decode(render(Document((Text(text),)), columns=48, pen=pen), columns=48)
        assert [line.text for line in paper.lines] == [text]
    else:
        # No printer has it, and no font of ours: a mark, not a gap.
        assert legible(text, "gb18030", pen).count("?") == len(row["not_in_gbk"])


@pytest.mark.parametrize("row", VECTORS["asb"], ids=lambda row: row["bytes"])
@pytest.mark.parametrize("before", [b"", b"\x11", b"\x12", b"\x10\x00", b"\x5f", b"\xff\x90"], ids=bytes.hex)
def test_every_automatic_status(row, before):
    """Split at every byte, behind flow control, another answer, half of another status, and noise."""
    answers = Answers()
    for byte in before + bytes.fromhex(row["bytes"]):
        answers.feed(bytes((byte,)))
    means = row["means"]
    expected = PrinterState.READY if means["online"] else PrinterState.OFFLINE
    if means.get("cover_open"):
        expected = PrinterState.COVER_OPEN
    if means.get("paper"):
        expected = PrinterState.PAPER_LOW
    assert answers.automatic is expected


@pytest.mark.parametrize("row", VECTORS["reply_classes"], ids=lambda row: row["kind"])
def test_every_class_of_answers(row):
    told = {}
    for byte in range(256):
        answers = Answers()
        answers.feed(bytes((byte,)))
        told[byte] = (bool(answers.realtime), bool(answers.done))
    if row["kind"] == "DLE EOT answer":
        assert all(told[byte][0] is (byte & 0x93 == 0x12) for byte in range(256))
    elif row["kind"] == "first ASB byte":
        for byte in (each for each in range(256) if each & 0x93 == 0x10):
            answers = Answers()
            answers.feed(bytes((byte, 0, 0)))
            assert answers.automatic is None
            answers.feed(b"\x00")
            assert answers.automatic is not None and not answers.done
    elif row["kind"] == "GS r answer":
        assert all(told[byte][1] is (byte & 0x90 == 0x00) for byte in range(256))
    else:
        assert told[0x11] == told[0x13] == (False, False)
        answers = Answers()
        answers.feed(b"\x10\x11\x00\x13\x03\x00")
        assert answers.automatic is PrinterState.PAPER_LOW
