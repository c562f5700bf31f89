"""UIDs in one form, whatever the reader prints."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import cards
from rules.cards import UidForm, is_cut_uid, is_random_uid, mask_uid, normalise_uid

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pn532_frames.json").read_text(encoding="utf-8"))
PRINTED = [
    (card["uid"], form, card[form])
    for card in VECTORS["hid_reader_forms"]["cards"]
    for form in ("hex_msb", "hex_lsb", "dec_msb", "dec_lsb")
]


@pytest.mark.parametrize(("uid", "form", "printed"), PRINTED)
def test_every_known_form(uid: str, form: str, printed: str) -> None:
    # Ten decimals hold four bytes, so of a 7-byte UID only the first four come through.
    whole = uid if form.startswith("hex") else uid[:8]
    assert normalise_uid(printed, form=form) == whole
    if form.endswith("msb"):
        assert normalise_uid(printed, form="auto") == whole


def test_real_pairs() -> None:
    whole, cut = VECTORS["hid_reader_forms"]["real_pairs"]
    assert normalise_uid(whole["reader_prints"], form="dec_lsb") == whole["uid"]
    found = normalise_uid(cut["reader_prints"], form="dec_lsb")
    assert found == "88" + cut["uid"][:6]
    assert is_cut_uid(found)


@pytest.mark.parametrize(
    ("printed", "form", "uid"),
    [
        ("9EB36E66\r\n", "hex_msb", "9eb36e66"),
        ("9E:B3:6E:66", "auto", "9eb36e66"),
        ("04 82 22 AA DC 39 80", "auto", "048222aadc3980"),
        ("12345678", "auto", "12345678"),  # eight digits are hex
        ("0000000001", "auto", "00000001"),  # ten are decimal, and leading zeros are bytes
        ("4294967295", "dec_msb", "ffffffff"),  # the largest
        ("4294967296", "dec_msb", None),  # does not fit in four bytes
        ("2662559334", "hex_msb", None),  # ten hex digits are no UID
        ("9EB36E66", "dec_msb", None),
        ("662559334", "dec_msb", None),  # a digit was lost
        ("9EB36E6", "auto", None),
        ("9EB3-6E-6-6", "auto", None),
        ("٩٩٩٩٩٩٩٩٩٩", "auto", None),  # digits of another script
        ("6901234567892", "auto", None),  # a scanner set up as a card reader
        ("", "auto", None),
    ],
)
def test_normalise(printed: str, form: str, uid: str | None) -> None:
    assert normalise_uid(printed, form=form) == uid


@pytest.mark.parametrize(
    ("uid", "random"),
    [(uid, True) for uid in VECTORS["random_uid"]["examples"]]
    + [(uid, False) for uid in VECTORS["random_uid"]["not_random"]]
    + [("08a1b2c3d4e5f6", False)],  # only four-byte UIDs are made up
)
def test_random_uid(uid: str, random: bool) -> None:
    assert is_random_uid(uid) is random


@pytest.mark.parametrize(
    ("uid", "cut"),
    [("880412ab", True), ("9eb36e66", False), ("880412ab000000", False)],
)
def test_cut_uid(uid: str, cut: bool) -> None:
    assert is_cut_uid(uid) is cut


def test_mask_hides_most_of_a_uid() -> None:
    assert mask_uid("048222aadc3980") == "04…3980"
    assert mask_uid("9eb36e66") == "9e…6e66"


@given(st.text(max_size=30) | st.text("0123456789abcdefABCDEF: -", max_size=22), st.sampled_from(UidForm))
def test_no_text_raises(text: str, form: UidForm) -> None:
    uid = normalise_uid(text, form=form)
    assert uid is None or (len(uid) in (8, 14) and uid == uid.lower())


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(cards).failed == 0
