"""What keyboard-type devices have typed, by their events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import TEXT_MAX
from drivers.key_decoder import GS, KeyDecoder, KeyEvent
from drivers.key_layouts import LAYOUTS

HID_FORMS = json.loads((Path(__file__).parent.parent / "vectors" / "pn532_frames.json").read_text("utf-8"))[
    "hid_reader_forms"
]
ENTER, SHIFT, RSHIFT, CTRL, ALT, ALTGR, CAPS = 28, 42, 54, 29, 56, 100, 58
DROPPED = KeyEvent(0, 0, 3, 0)
REPORT = KeyEvent(0, 0, 0, 0)
CODES = {
    character: (code, shifted)
    for code, (alone, shift, _) in reversed(LAYOUTS["us"].items())
    for shifted, character in ((False, alone), (True, shift))
    if code < 71 or code == 57
}


def key(code, value=None, at_ms=0):
    """Events of a press and release, or of one of them."""
    return [KeyEvent(at_ms, 1, code, v) for v in ((1, 0) if value is None else (value,))] + [REPORT]


def typed(text, at_ms=0):
    events = []
    for character in text:
        code, shifted = CODES[character]
        events += (key(SHIFT, 1) if shifted else []) + key(code, at_ms=at_ms) + (key(SHIFT, 0) if shifted else [])
    return events


ALL_KEYS = "".join(CODES)


@pytest.mark.parametrize(
    ("events", "texts"),
    [
        (typed("6901234567892") + key(ENTER), ["6901234567892"]),
        (typed("0012") + key(ENTER), ["0012"]),  # leading zeros stay
        (typed(ALL_KEYS) + key(ENTER), [ALL_KEYS]),
        (typed("1") + key(96) + typed("2") + key(15), ["1", "2"]),  # keypad Enter and Tab
        (key(ENTER) + key(ENTER), []),  # nothing is no text
        (typed("12"), []),  # not ended
        ([*key(2, 1), *key(2, 2) * 50, *key(2, 0), *key(ENTER)], ["1"]),  # autorepeat
        (key(SHIFT, 1) + key(30) + key(SHIFT, 0) + key(RSHIFT, 1) + key(48) + key(RSHIFT, 0) + key(ENTER), ["AB"]),
        # Both shifts held, one let go.
        (key(SHIFT, 1) + key(RSHIFT, 1) + key(SHIFT, 0) + key(30) + key(RSHIFT, 0) + key(30) + key(ENTER), ["Aa"]),
        (key(CAPS) + typed("aB1") + key(CAPS) + typed("a") + key(ENTER), ["Ab1a"]),  # letters only
        (key(CAPS) + typed("a") + key(ENTER) + typed("a") + key(ENTER), ["A", "a"]),  # off when a text begins
        (key(71) + key(82) + key(83) + key(98) + key(55) + key(74) + key(78) + key(96), ["70./*-+"]),  # keypad
        (typed("01") + key(CTRL, 1) + key(27) + key(CTRL, 0) + typed("10") + key(ENTER), [f"01{GS}10"]),  # FNC1
        (typed("a") + key(CTRL, 1) + key(46) + key(CTRL, 0) + typed("b") + key(ENTER), ["ab"]),  # Ctrl+C is nothing
        (typed("a") + key(59) + key(103) + key(240) + key(767) + typed("b") + key(ENTER), ["ab"]),  # F1, Up, no key
        # Keys packed into one report: all down, then all up; and the next down before the last up.
        (
            [*[e for c in (2, 3, 4) for e in key(c, 1)], *[e for c in (2, 3, 4) for e in key(c, 0)], *key(ENTER)],
            ["123"],
        ),
        ([KeyEvent(0, 4, 4, 458782), *key(2), KeyEvent(0, 17, 0, 1), *key(ENTER)], ["1"]),  # scan codes and lamps
    ],
)
def test_events_to_texts(events, texts):
    decoder = KeyDecoder()
    assert decoder.feed(events) == texts
    assert decoder.dropped == 0


@pytest.mark.parametrize("card", HID_FORMS["cards"], ids=lambda card: card["uid"])
@pytest.mark.parametrize("form", ["dec_msb", "dec_lsb", "hex_msb", "hex_lsb"])
def test_reference_cards_arrive_as_typed(card, form):
    assert KeyDecoder().feed(typed(card[form]) + key(ENTER)) == [card[form]]


@pytest.mark.parametrize(
    ("events", "texts", "dropped"),
    [
        # The first half is lost: what follows up to the terminator is no code.
        ([*typed("690"), DROPPED, *typed("1234"), *key(ENTER), *typed("42"), *key(ENTER)], ["42"], 1),
        # Nothing counts before the next report, the release of Shift neither.
        ([*key(SHIFT, 1), DROPPED, KeyEvent(0, 1, 28, 1), REPORT, *key(ENTER), *typed("1a"), *key(ENTER)], ["1a"], 1),
        ([DROPPED, DROPPED, REPORT, *typed("7"), *key(ENTER)], [], 1),  # lost twice within one text
        # The terminator was lost as well: the next text begins after a pause.
        ([DROPPED, REPORT, *typed("12", 10), *typed("345", 900), *key(ENTER, at_ms=900)], ["345"], 1),
        # An old time stamp before the loss is no pause.
        ([*typed("1", 10), *key(ENTER, at_ms=10), KeyEvent(9000, 0, 3, 0), REPORT, *typed("5", 9001), *key(ENTER)], ["1"], 1),
        (typed("x" * TEXT_MAX) + key(ENTER), ["x" * TEXT_MAX], 0),
        (typed("x" * (TEXT_MAX + 1)) + key(ENTER) + typed("y") + key(ENTER), ["y"], 1),
        # Alt and 233, and no word of what the device means by it: better no text than a wrong one.
        (typed("a") + key(ALT, 1) + [*key(80), *key(81), *key(81)] + key(ALT, 0) + key(ENTER) + typed("b") + key(ENTER), ["b"], 1),
        (typed("a") + key(ALT, 1) + key(30) + key(ALT, 0) + key(ENTER) + typed("b") + key(ENTER), ["b"], 1),  # Alt+A
        # Ctrl+Shift+U begins a character in hex: its digits are no digits.
        (key(CTRL, 1) + key(SHIFT, 1) + key(22) + key(SHIFT, 0) + key(CTRL, 0) + typed("597d") + key(ENTER), [], 1),
        (typed("a") + key(ALTGR, 1) + key(16) + key(ALTGR, 0) + typed("b") + key(ENTER), ["ab"], 0),  # US has no AltGr
    ],
)  # fmt: skip
def test_what_is_dropped_is_counted(events, texts, dropped):
    decoder = KeyDecoder()
    assert (decoder.feed(events), decoder.dropped) == (texts, dropped)


def test_a_pause_ends_a_text_without_terminator():
    decoder = KeyDecoder(terminators=())
    assert decoder.feed(typed("123") + key(15)) == []
    assert (decoder.pending, decoder.end(), decoder.pending, decoder.end()) == (True, "123", False, "")


def test_terminators_are_chosen():
    assert KeyDecoder(terminators=("tab",)).feed(typed("1") + key(ENTER) + typed("2") + key(15)) == ["12"]


@pytest.mark.parametrize(
    ("layout", "keys", "text"),
    [
        # Keys by their codes; "s" holds Shift, "S" the right one, "g" AltGr, "gc" Ctrl and Alt as a keyboard without it.
        ("uk", [("s", 3), ("s", 4), ("", 43), ("s", 43), ("s", 40), ("s", 3), ("g", 5)], '"£#~@"€'),
        ("de", [("", 44), ("", 21), ("s", 8), ("", 53), ("s", 53), ("", 43)], "yz/-_#"),
        ("de", [("g", 16), ("gc", 8), ("g", 9), ("g", 10), ("g", 11), ("g", 12), ("g", 86), ("g", 27)], "@{[]}\\|~"),
        ("de", [("", 12), ("", 26), ("S", 26), ("", 39), ("", 40)], "ßüÜöä"),
        # A code of digits on the azerty row, which needs Shift.
        ("fr", [("s", code) for code in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)], "1234567890"),
        ("fr", [("", 16), ("", 30), ("", 17), ("", 44), ("s", 52), ("", 51), ("", 7), ("g", 11)], "aqzw/;-@"),
        ("be", [("s", 2), ("s", 11), ("", 13), ("s", 13), ("s", 52), ("", 53), ("g", 3), ("g", 26)], "10-_/=@["),
        ("jp", [("s", 3), ("", 13), ("s", 12), ("", 26), ("", 27), ("", 43), ("", 89), ("s", 89)], '"^=@[]\\_'),
        ("jp", [("", 11), ("s", 11), ("", 40), ("s", 40), ("s", 39), ("s", 124)], "0:*+|"),
    ],
)
def test_layouts(layout, keys, text):
    events = []
    for held, code in keys:
        held_keys = {"": (), "s": (SHIFT,), "S": (RSHIFT,), "g": (ALTGR,), "gc": (CTRL, ALT)}[held]
        events += [e for each in held_keys for e in key(each, 1)] + key(code)
        events += [e for each in held_keys for e in key(each, 0)]
    assert KeyDecoder(layout=layout).feed(events + key(ENTER)) == [text]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_types_all_that_a_code_may_hold(layout):
    """Digits, letters and the characters of GS1 and of addresses can be typed, each by one key at most twice."""
    typed_by = [character for typed in LAYOUTS[layout].values() for character in typed if character]
    wanted = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-/_.:?=&%+!\"'()*,;<>#@[]{}|~$^ \\"
    assert [character for character in wanted if character not in typed_by] == []
    assert all(
        len(typed) == 3 and all(len(character) <= 1 for character in typed) for typed in LAYOUTS[layout].values()
    )


def test_a_code_with_fnc1_in_the_layout_of_japan():
    events = typed("01") + key(CTRL, 1) + key(43) + key(CTRL, 0) + typed("10") + key(ENTER)
    assert KeyDecoder(layout="jp").feed(events) == [f"01{GS}10"]


def alt(digits, *, pad=True):
    """Alt held while digits are typed on the keypad, or on the row of digits."""
    pad_codes = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))
    codes = pad_codes if pad else {digit: code for digit, (code, _) in CODES.items() if digit.isdigit()}
    return key(ALT, 1) + [event for digit in digits for event in key(codes[digit])] + key(ALT, 0)


@pytest.mark.parametrize(
    ("meaning", "events", "texts", "dropped"),
    [
        ("gbk", alt("47811") + alt("0047811"), ["好好"], 0),
        ("gbk", alt("50403", pad=False) + typed("1"), ["你1"], 0),
        ("unicode", alt("22909"), ["好"], 0),
        ("unicode", alt("128512"), ["😀"], 0),
        ("unicode", alt("0065") + alt("97"), ["Aa"], 0),
        ("", alt("65") + typed("b"), ["Ab"], 0),  # below 128 both mean the same
        ("", alt("029") + typed("10"), [f"{GS}10"], 0),  # the separator of GS1 codes
        ("gbk", typed("a") + alt("7") + typed("b"), ["ab"], 0),  # a bell is no part of a text
        ("gbk", alt("200") + typed("1"), [], 1),  # half a character
        ("gbk", alt("65535"), [], 1),  # no character
        ("unicode", alt("55296"), [], 1),  # half of a pair
        ("unicode", alt("9999999999"), [], 1),
        ("unicode", alt("1" * 40), [], 1),
        ("", alt("47811"), [], 1),  # it is not known what the device means
        ("gbk", key(ALT, 1) + key(ALT, 0) + typed("1"), ["1"], 0),
    ],
)  # fmt: skip
def test_alt_and_digits(meaning, events, texts, dropped):
    decoder = KeyDecoder(alt_codes=meaning)
    assert (decoder.feed(events + key(ENTER)), decoder.dropped) == (texts, dropped)


@pytest.mark.parametrize(("f8_is_gs", "text"), [(True, f"01{GS}10"), (False, "0110")])
def test_f8_as_the_separator(f8_is_gs, text):
    assert KeyDecoder(f8_is_gs=f8_is_gs).feed(typed("01") + key(66) + typed("10") + key(ENTER)) == [text]


def test_events_may_be_fed_in_any_portions():
    events = typed("0109501101020917") + key(CTRL, 1) + key(27) + key(CTRL, 0) + alt("029") + typed("aB") + key(ENTER)
    whole = KeyDecoder().feed(events)
    for cut in range(len(events) + 1):
        decoder = KeyDecoder()
        assert decoder.feed(events[:cut]) + decoder.feed(events[cut:]) == whole


def test_lost_events_at_every_position_give_no_half_code():
    events = typed("6901234567892") + key(ENTER)
    for cut in range(len(events)):
        decoder = KeyDecoder()
        texts = decoder.feed([*events[:cut], DROPPED, REPORT, *events[cut:], *typed("42"), *key(ENTER)])
        assert "6901234567892" not in texts or cut >= len(events) - 3
        assert [text for text in texts if text not in ("42", "6901234567892")] == []
        assert decoder.dropped == 1


@pytest.mark.parametrize("wrong", [{"alt_codes": "utf-8"}, {"layout": "xx"}, {"terminators": ("space",)}])
def test_wrong_names_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        KeyDecoder(**wrong)


def test_a_reopened_device_forgets_and_counts_a_torn_text():
    decoder = KeyDecoder()
    decoder.feed(typed("12") + key(SHIFT, 1))
    decoder.reset()
    assert (decoder.feed(typed("1") + key(ENTER)), decoder.dropped) == (["1"], 1)


def test_fault_39_a_text_cut_short_is_counted_once_and_keys_stay_held():
    decoder = KeyDecoder()
    decoder.feed(typed("12") + key(SHIFT, 1))
    decoder.drop()
    decoder.drop()
    assert (decoder.feed(key(30) + key(SHIFT, 0) + key(30) + key(ENTER)), decoder.dropped) == (["Aa"], 1)


def caps(text, *, at_ms, ends="after"):
    """A code of a scanner that presses Caps Lock before it and, before or after its end or never, once more."""
    events = key(CAPS, at_ms=at_ms) + [e for each in text for e in key(CODES[each][0], at_ms=at_ms)]
    tail = {"before": key(CAPS, at_ms=at_ms) + key(ENTER, at_ms=at_ms), "never": key(ENTER, at_ms=at_ms)}
    return events + (tail.get(ends) or key(ENTER, at_ms=at_ms) + key(CAPS, at_ms=at_ms + 60))


@pytest.mark.parametrize("ends", ["before", "after", "never"])
@pytest.mark.parametrize("gap_ms", [200, 900, 5_000])
@pytest.mark.parametrize(("lamp", "read"), [(False, "ABC"), (True, "abc")])
def test_caps_lock_around_each_of_many_codes_means_the_same_in_each(ends, gap_ms, lamp, read):
    decoder = KeyDecoder()
    decoder.reset(caps_lamp=lamp)
    for count in range(4):
        assert decoder.feed(caps("abc", at_ms=gap_ms * count, ends=ends)) == [read]
    assert decoder.dropped == 0


@pytest.mark.parametrize("lamp", [False, True])
@pytest.mark.parametrize("ends", ["before", "after", "never"])
def test_a_code_without_caps_lock_is_read_as_it_is_typed_whatever_came_before_it(ends, lamp):
    decoder = KeyDecoder()
    decoder.reset(caps_lamp=lamp)
    assert decoder.feed(typed("aB", 1) + key(ENTER, at_ms=1)) == ["aB"]
    decoder.feed(caps("abc", at_ms=200, ends=ends))
    assert decoder.feed(typed("aB", 400) + key(ENTER, at_ms=400)) == ["aB"]


def test_caps_lock_pressed_once_after_a_code_that_owes_none_begins_the_next_one():
    decoder = KeyDecoder()
    assert decoder.feed(typed("a", 1) + key(ENTER, at_ms=1) + caps("b", at_ms=20, ends="before")) == ["a", "B"]


def test_caps_lock_put_back_is_forgotten_with_a_silence_and_with_a_reopened_device():
    decoder = KeyDecoder()
    assert decoder.feed(caps("a", at_ms=0)) == ["A"]
    decoder.drop()
    assert (decoder.feed(caps("a", at_ms=70)), decoder.dropped) == (["A"], 0)
    decoder.reset(caps_lamp=True)
    assert decoder.feed(caps("a", at_ms=140)) == ["a"]


def test_a_million_keys_without_terminator_are_bounded():
    decoder = KeyDecoder()
    for _ in range(1000):
        assert decoder.feed([KeyEvent(0, 1, 30, 1)] * 1000) == []
    assert decoder.dropped == 1
    assert decoder.feed(key(ENTER) + typed("1") + key(ENTER)) == ["1"]


EVENTS = st.builds(
    KeyEvent, st.integers(0, 2000), st.sampled_from([0, 1, 1, 1, 4]), st.integers(0, 130), st.integers(0, 2)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENTS, max_size=300))
def test_any_events_give_only_clean_bounded_texts(events):
    for text in KeyDecoder().feed(events):
        assert 0 < len(text) <= TEXT_MAX
        assert all(character == GS or character.isprintable() for character in text)
