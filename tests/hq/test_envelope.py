"""What head office takes as a message, and the reason for which it sets each other one aside."""

from __future__ import annotations

import msgspec
import pytest

from edge.messages import MESSAGE_MAX_BYTES, body_hash, encode_body
from hq.envelope import read
from tests.offices import event, sale_body

TOPIC = "taptill/v1/demo/S1/up/sale"
GOOD = encode_body(sale_body(1))


def changed(**fields: object) -> bytes:
    """Return the body of a sale with fields that the contract does not allow."""
    return msgspec.json.encode(msgspec.json.decode(GOOD) | fields)


def line(**fields: object) -> bytes:
    whole = msgspec.json.decode(GOOD)
    whole["lines"][0] |= fields
    return msgspec.json.encode(whole)


def test_a_good_sale_is_read() -> None:
    found = read(TOPIC, event(1, GOOD), "demo")
    assert found is not None
    assert (found.store, found.epoch, found.seq, found.kind, found.reason) == ("S1", "e1", 1, "sale", None)
    assert found.hash == body_hash(GOOD)
    assert found.sale == sale_body(1)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not_json"),  # nothing at all
        (b"\xff\xfe\x00", "not_json"),  # no text
        (b'{"id": "S1/e', "not_json"),  # cut off
        (b'{"a":' * 50_000, "not_json"),  # nested without end
        (b'{"specversion":"1.0"}', "wrong_shape"),  # hardly anything in it
        (event(1, b"x" * 10), "not_json"),  # an envelope around no JSON
        (event(1, GOOD)[:-40], "not_json"),  # the tail is missing
        (event(1, b'"' + b"a" * MESSAGE_MAX_BYTES + b'"'), "too_large"),
        (event(1, b"null"), "no_body"),  # the store has it no more
        (event(1, b"[]"), "wrong_shape"),  # a list for a sale
        (event(1, b"{}"), "wrong_shape"),  # a sale without anything
        (event(1, changed(total="10")), "wrong_shape"),  # a text for an amount
        (event(1, changed(total=10.5)), "wrong_shape"),  # half a fen
        (event(1, changed(total=True)), "wrong_shape"),  # a yes for an amount
        (event(1, changed(lines=[1])), "wrong_shape"),
        (event(1, changed(total=10**18)), "out_of_range"),  # beyond all trade
        (event(1, line(quantity=-(10**18))), "out_of_range"),
        (event(1, GOOD.replace(b'"total":1000', b'"total":' + b"9" * 400)), "out_of_range"),
        (event(1, GOOD.replace(b'"total":1000', b'"total":NaN')), "not_json"),
        (event(1, changed(sold_at_ms=-1)), "out_of_range"),
        (event(1, changed(sold_at_ms=10**17)), "out_of_range"),  # a year that no calendar has
        (event(1, changed(business_date="today")), "out_of_range"),
        (event(1, changed(currency="yuan")), "out_of_range"),
        (event(1, changed(lane=-1)), "out_of_range"),
        (event(1, line(tax_bp=10_001)), "out_of_range"),  # more than all of it
        (event(1, GOOD, source="/taptill/demo/S2"), "wrong_name"),  # another store's
        (event(1, GOOD, source="/taptill/other/S1"), "wrong_name"),  # another company's
        (event(1, GOOD, type="com.taptill.refund"), "wrong_name"),  # another kind than the topic's
        (event(1, GOOD, id="S1/e1/2"), "wrong_name"),  # the id of another one
        (event(1, GOOD, specversion="0.3"), "wrong_name"),
        (event(1, GOOD, datacontenttype="text/xml"), "wrong_name"),
        (event(0, GOOD), "wrong_name"),  # there is no sequence zero
        (event(2**60, GOOD), "wrong_name"),
        (event(1, GOOD, storeepoch="e 1", id="S1/e 1/1"), "wrong_name"),
        (event(1, GOOD, "not a hash"), "wrong_shape"),
    ],
)
def test_a_malformed_message_has_its_reason(payload: bytes, reason: str) -> None:
    found = read(TOPIC, payload, "demo")
    assert found is not None
    assert found.reason == reason, found.detail


@pytest.mark.parametrize(
    ("payload", "epoch", "seq"),
    [
        (event(7, b"{}"), "e1", 7),  # the envelope is good: the store is told
        (event(7, GOOD, source="/elsewhere"), "e1", 7),
        (b'{"storeepoch":"e1","sequence":7}', "e1", 7),
        (event(7, GOOD)[:-4], "", None),  # cut off: nothing in it can be trusted
        (event(-7, GOOD), "", None),
        (b'{"storeepoch":"../e1","sequence":7}', "", None),
    ],
)
def test_a_malformed_message_is_named_where_that_can_be_read(payload: bytes, epoch: str, seq: int | None) -> None:
    found = read(TOPIC, payload, "demo")
    assert found is not None
    assert (found.epoch, found.seq) == (epoch, seq)


@pytest.mark.parametrize(
    "topic",
    [
        "taptill/v1/demo/S1/down/ack",  # not upwards
        "taptill/v1/other/S1/up/sale",  # another company's
        "taptill/v1/demo//up/sale",  # no store
        "taptill/v1/demo/S 1/up/sale",
        "taptill/v2/demo/S1/up/sale",
        "taptill/v1/demo/S1/up/sale/more",
        "",
    ],
)
def test_a_topic_of_no_store_is_ignored(topic: str) -> None:
    assert read(topic, event(1, GOOD), "demo") is None


def test_only_the_fields_of_the_contract_are_kept() -> None:
    found = read(TOPIC, event(1, changed(phone="13800138000", tenders=[
        {"kind": "scan", "amount": 1000, "given": 1000, "payment_code": "134567890123456789"}
    ])), "demo")  # fmt: skip
    assert found is not None
    assert found.reason is None
    assert "13800138000" not in found.body
    assert "134567890123456789" not in found.body


def test_private_fields_of_other_kinds_are_dropped_at_any_depth() -> None:
    body = b'{"member_id":"m1","phone":"138","more":[{"birthday":"0101","tier":"gold","card":"04a1"}]}'
    found = read("taptill/v1/demo/S1/up/member", event(1, body, type="com.taptill.member"), "demo")
    assert found is not None
    assert msgspec.json.decode(found.body) == {"member_id": "m1", "more": [{"tier": "gold"}]}
    # The chain is over what was sent.
    assert found.hash == body_hash(body)


@pytest.mark.parametrize(
    "body",
    [b"[" * 20 + b"]" * 20, b'{"a":' * 20 + b"1" + b"}" * 20, b'{"a":99999999999999999999999}', b'{"a":1e999}'],
)
def test_bodies_without_a_shape_of_their_own_are_bounded_too(body: bytes) -> None:
    found = read("taptill/v1/demo/S1/up/audit", event(1, body, type="com.taptill.audit"), "demo")
    assert found is not None
    assert found.reason is not None


def test_a_nul_in_a_name_does_no_harm() -> None:
    body = encode_body(sale_body(1, staff_id="an\0na"))
    found = read(TOPIC, event(1, body), "demo")
    assert found is not None and found.sale is not None
    assert found.sale.staff_id == "an\ufffdna"
