"""What is on its way: which sequences are sent, known, and sent again; and acks read without trust."""

from __future__ import annotations

import pytest

from edge.messages import MESSAGE_MAX_BYTES, Ack, Nack
from edge.relay_window import Window
from edge.relay_wire import read_ack


def sent(*seqs: int) -> Window:
    window = Window("e1", 10)
    for seq in seqs:
        window.sent(seq)
    return window


@pytest.mark.parametrize(
    ("ack", "in_flight", "is_news"),
    [
        (Ack(epoch="e1", upto=3), 2, True),  # the usual case: everything up to three
        (Ack(epoch="e1", upto=0), 5, False),  # nothing new
        (Ack(epoch="e1", upto=1, also=(3, 4), resend_from=2), 2, True),  # single ones beyond a gap
        (Ack(epoch="e1", upto=5, nack=(Nack(2, "not_json"),)), 0, True),  # set aside there: done with as well
        (Ack(epoch="e1", upto=999), 0, True),  # more than was ever sent: only what was sent counts
        (Ack(epoch="e1", upto=0, also=(77,)), 5, False),  # one that was never sent
    ],
)
def test_an_ack_takes_messages_out_of_flight(ack: Ack, in_flight: int, is_news: bool) -> None:
    window = sent(1, 2, 3, 4, 5)
    news = window.take(ack)
    assert (window.in_flight, news is not None) == (in_flight, is_news)


def test_an_ack_never_deletes_beyond_what_was_sent() -> None:
    assert sent(1, 2, 3).take(Ack(epoch="e1", upto=10**9, also=(5, 6))) == Ack(epoch="e1", upto=3)


def test_the_same_ack_again_is_no_news() -> None:
    window = sent(1, 2, 3)
    ack = Ack(epoch="e1", upto=1, also=(3,), resend_from=2)
    assert window.take(ack) == ack
    assert window.take(ack) is None


def test_sending_again_begins_behind_what_head_office_has() -> None:
    window = sent(1, 2, 3, 4, 5)
    window.take(Ack(epoch="e1", upto=2, also=(4,), resend_from=3))
    window.rewind()
    assert (window.cursor, window.in_flight) == (2, 0)
    assert [seq for seq in range(1, 6) if not window.is_known(seq)] == [3, 5]


def test_what_the_outbox_has_no_more_is_told_as_hollow() -> None:
    window = sent(8, 9)
    window.take(Ack(epoch="e1", upto=5, also=(8, 9), resend_from=6))
    window.rewind_to_gap(8)
    assert [window.next_hollow(), window.next_hollow(), window.next_hollow()] == [6, 7, None]


@pytest.mark.parametrize(
    "payload",
    [
        b"",  # nothing
        b"no json",
        b"[]",  # another shape
        b'{"epoch":"e1"}',  # a field is missing
        b'{"epoch":"e1","upto":"3"}',  # a text for a number
        b'{"epoch":"e1","upto":1.5}',  # half a message
        b'{"epoch":"e1","upto":NaN}',  # no JSON at all
        b'{"epoch":"e1","upto":-1}',  # below zero
        b'{"epoch":"e1","upto":99999999999999999999999}',  # beyond every database
        b'{"epoch":"e1","upto":1,"also":[0]}',  # there is no sequence zero
        b'{"epoch":"e1","upto":1,"resend_from":0}',
        b'{"epoch":"e1","upto":1,"also":[' + b",".join([b"5"] * 2_000) + b"]}",  # more than can be held
        b"[" * 100_000,  # nested without end
        b'{"epoch":"\xff","upto":1}',  # no UTF-8
        b'{"epoch":"e1","upto":1,"x":"' + b"a" * MESSAGE_MAX_BYTES + b'"}',  # too large
    ],
)
def test_a_malformed_ack_is_none(payload: bytes) -> None:
    assert read_ack(payload) is None


def test_a_good_ack_is_read() -> None:
    payload = (
        b'{"epoch":"e1","upto":41,"also":[44],"nack":[{"sequence":43,"reason":"not_json"}],"resend_from":42,"later":1}'
    )
    assert read_ack(payload) == Ack(epoch="e1", upto=41, also=(44,), nack=(Nack(43, "not_json"),), resend_from=42)
