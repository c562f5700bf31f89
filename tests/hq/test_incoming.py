"""Batches into the database: every message once and in order, whatever order and number they come in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from peewee import DatabaseError

from edge.messages import Ack, Nack, StoreState, body_hash, encode_body
from hq.envelope import Received, read
from hq.store.database import DatabaseDown, HqDatabase
from hq.store.incoming import HOLD_MAX, keep
from hq.store.tables import Alarm
from hq.store.wall import wall
from tests.offices import chain, database, event, sale_body, sale_ids, sales_of

SALE = "taptill/v1/demo/S1/up/sale"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[HqDatabase]:
    found = database(tmp_path)
    yield found
    found.close()


def received(*payloads: bytes) -> list[Received]:
    found = [read(SALE, payload, "demo") for payload in payloads]
    assert None not in found
    return [message for message in found if message]


def take(db: HqDatabase, *payloads: bytes) -> Ack:
    answers = keep(db, received(*payloads), {}, at_ms=1_000)
    assert len(answers) == 1
    return answers[0].ack


def rows(db: HqDatabase, sql: str) -> list[tuple[object, ...]]:
    return list(db.db.execute_sql(sql).fetchall())


def alarms(db: HqDatabase) -> list[tuple[object, ...]]:
    return rows(db, "SELECT seq, kind FROM alarm ORDER BY id")


def test_a_sale_with_its_lines_and_tenders(db: HqDatabase) -> None:
    assert take(db, *chain(2)) == Ack(epoch="e1", upto=2)
    assert rows(db, "SELECT sale_id, seq, receipt_number, total FROM sale ORDER BY seq") == [
        ("sale-000001", 1, "S1-1-20261122-0001", 1_000),
        ("sale-000002", 2, "S1-1-20261122-0002", 1_000),
    ]
    assert rows(db, "SELECT line, sku, name, net FROM sale_line WHERE sale_id = 'sale-000001'") == [
        (1, "tea", "绿茶", 500),
        (2, "tea", "绿茶", 500),
    ]
    assert rows(db, "SELECT number, kind, amount FROM tender") == [(1, "cash", 1_000), (1, "cash", 1_000)]
    assert rows(db, "SELECT * FROM store_day") == [("S1", "2026-11-22", "CNY", 2, 2_000, 0, 0)]


def test_the_same_message_again_changes_nothing(db: HqDatabase) -> None:
    messages = chain(3)
    take(db, *messages)
    assert take(db, *messages, messages[0]) == Ack(epoch="e1", upto=3)
    assert sales_of(db) == sale_ids(3)
    assert rows(db, "SELECT sales, takings FROM store_day") == [(3, 3_000)]
    assert alarms(db) == []


def test_twice_in_one_batch_is_once(db: HqDatabase) -> None:
    first = chain(1)[0]
    assert take(db, first, first, first) == Ack(epoch="e1", upto=1)
    assert rows(db, "SELECT count(*) FROM sale") == [(1,)]


def test_what_lies_beyond_a_gap_is_kept_and_counted_when_the_gap_is_filled(db: HqDatabase) -> None:
    messages = chain(5)
    assert take(db, messages[0], messages[2], messages[4]) == Ack(epoch="e1", upto=1, also=(3, 5), resend_from=2)
    assert sales_of(db) == sale_ids(1)
    assert take(db, messages[1]) == Ack(epoch="e1", upto=3, also=(5,), resend_from=4)
    assert sales_of(db) == sale_ids(3)
    assert take(db, messages[3]) == Ack(epoch="e1", upto=5)
    assert sales_of(db) == sale_ids(5)
    assert rows(db, "SELECT sales FROM store_day") == [(5,)]


def test_too_far_beyond_a_gap_is_left_to_the_store(db: HqDatabase) -> None:
    take(db, chain(1)[0])
    last_held, too_far = 1 + HOLD_MAX, 2 + HOLD_MAX
    assert take(db, event(last_held, encode_body(sale_body(7)))).also == (last_held,)
    assert take(db, event(too_far, encode_body(sale_body(8)))) == Ack(
        epoch="e1", upto=1, also=(last_held,), resend_from=2
    )
    assert rows(db, "SELECT seq FROM message ORDER BY seq") == [(1,), (last_held,)]


def test_any_order_and_any_repetition_give_the_same_books(tmp_path: Path) -> None:
    messages = chain(60)
    books = []
    for seed in range(6):
        dice = random.Random(seed)
        folder = tmp_path / str(seed)
        db = database(folder)
        deliveries = messages * 3
        dice.shuffle(deliveries)
        ack = None
        while deliveries:
            size = dice.randint(1, 25)
            batch, deliveries = deliveries[:size], deliveries[size:]
            ack = take(db, *batch)
        assert ack == Ack(epoch="e1", upto=60)
        books.append([rows(db, f"SELECT * FROM {table}") for table in ("sale", "sale_line", "tender", "store_day")])
        assert alarms(db) == []
        db.close()
    assert all(book == books[0] for book in books)
    assert len(books[0][0]) == 60


def test_two_messages_of_one_sequence_raise_an_alarm(db: HqDatabase) -> None:
    take(db, *chain(2))
    forged = event(2, encode_body(sale_body(99)), body_hash(encode_body(sale_body(1))))
    assert take(db, forged) == Ack(epoch="e1", upto=2)
    assert sales_of(db) == sale_ids(2)
    assert alarms(db) == [(2, "double")]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0)])
def test_a_message_that_is_not_chained_raises_an_alarm_and_is_kept(db: HqDatabase, order: tuple[int, ...]) -> None:
    messages = chain(3)
    messages[1] = event(2, encode_body(sale_body(2, total=5)), body_hash(encode_body(sale_body(1))))
    for index in order:
        ack = take(db, messages[index])
    assert ack == Ack(epoch="e1", upto=3)
    assert len(sales_of(db)) == 3
    # The third one was chained to another second one.
    assert alarms(db) == [(3, "fork")]


def test_a_malformed_message_is_set_aside_and_the_stream_goes_on(db: HqDatabase) -> None:
    messages = chain(3)
    messages[1] = event(2, b'{"phone":"13800138000"}')
    ack = take(db, *messages)
    assert (ack.upto, [nack.sequence for nack in ack.nack]) == (3, [2])
    assert ack.nack[0].reason.startswith("wrong_shape: ")
    assert sales_of(db) == ["sale-000001", "sale-000003"]
    ((reason, size, head),) = rows(db, "SELECT reason, size, head FROM set_aside")
    assert (reason, size) == ("wrong_shape", len(messages[1]))
    assert b"13800138000" not in bytes(head)
    found = wall(db, business_date="2026-11-22")
    assert (found.set_aside, found.stores[0].set_aside, found.notes[0].kind) == (1, 1, "wrong_shape")


def test_a_refusal_is_told_again_with_every_ack_that_covers_it(db: HqDatabase) -> None:
    messages = chain(3)
    messages[1] = event(2, b"{}")
    take(db, *messages)
    # The ack was lost: the store sends from the first one again, and the first batch holds only that one.
    ack = take(db, messages[0])
    assert (ack.upto, [nack.sequence for nack in ack.nack]) == (3, [2])


def test_a_good_message_takes_the_place_of_the_one_set_aside(db: HqDatabase) -> None:
    messages = chain(3)
    take(db, messages[0], event(2, b"{}"), messages[2])
    assert take(db, messages[1]) == Ack(epoch="e1", upto=3)
    assert sorted(sales_of(db)) == sale_ids(3)
    assert wall(db, business_date="2026-11-22").set_aside == 0


def test_rubbish_without_a_name_is_set_aside_once(db: HqDatabase) -> None:
    for _ in range(3):
        assert keep(db, received(b"rubbish"), {}, at_ms=1) == []
    assert rows(db, "SELECT store, reason, seq FROM set_aside") == [("S1", "not_json", None)]


def test_a_new_epoch_begins_anew_and_its_old_sales_count_once(db: HqDatabase) -> None:
    take(db, *chain(3))
    body = encode_body(sale_body(3))
    again = event(1, body, storeepoch="e2", id="S1/e2/1")
    new = event(2, encode_body(sale_body(4)), body_hash(body), storeepoch="e2", id="S1/e2/2")
    assert take(db, again, new) == Ack(epoch="e2", upto=2)
    assert sales_of(db) == sale_ids(4)
    assert alarms(db) == [(0, "epoch")]
    assert rows(db, "SELECT takings FROM store_day") == [(4_000,)]


def test_another_sale_of_the_same_id_raises_an_alarm(db: HqDatabase) -> None:
    take(db, *chain(1))
    take(db, event(1, encode_body(sale_body(1, total=7)), storeepoch="e2", id="S1/e2/1"))
    assert rows(db, "SELECT total FROM sale") == [(1_000,)]
    assert alarms(db) == [(0, "epoch"), (1, "sale")]


def test_stores_do_not_mix(db: HqDatabase) -> None:
    body = encode_body(sale_body(1))
    other = event(1, body, id="S2/e1/1", source="/taptill/demo/S2")
    messages = [read(SALE, chain(1)[0], "demo"), read(SALE.replace("S1", "S2"), other, "demo")]
    answers = keep(db, [message for message in messages if message], {}, at_ms=1)
    assert [(answer.store, answer.ack.upto) for answer in answers] == [("S1", 1), ("S2", 1)]
    assert sales_of(db, "S1") == sales_of(db, "S2") == sale_ids(1)


def test_what_a_store_has_no_more_is_passed_over(db: HqDatabase) -> None:
    messages = chain(3)
    audit = "taptill/v1/demo/S1/up/audit"
    hollow = [read(audit, event(number, b"null", type="com.taptill.audit"), "demo") for number in (1, 2)]
    take(db, messages[2])
    answers = keep(db, [message for message in hollow if message], {}, at_ms=1)
    assert answers[0].ack == Ack(
        epoch="e1", upto=3, nack=(Nack(1, "no_body: "), Nack(2, "no_body: ")), resend_from=None
    )
    assert sales_of(db) == ["sale-000003"]


def test_the_last_state_of_a_store_stays_and_a_will_only_takes_it_offline(db: HqDatabase) -> None:
    keep(db, [], {"S1": StoreState(online=True, boot="b1", version="1.0", epoch="e1", waiting=7)}, at_ms=5)
    keep(db, [], {"S1": StoreState(online=False, boot="b1", version="1.0")}, at_ms=9)
    (card,) = wall(db, business_date="2026-11-22").stores
    assert (card.is_online, card.waiting, card.heard_ms) == (False, 7, 9)


def test_a_full_disk_is_a_database_that_is_down_and_nothing_is_lost(db: HqDatabase) -> None:
    messages = chain(200)
    take(db, messages[0])
    db.db.execute_sql("PRAGMA max_page_count = 1")
    with pytest.raises(DatabaseDown, match="full"):
        take(db, *messages)
    assert sales_of(db) == sale_ids(1)
    db.db.execute_sql("PRAGMA max_page_count = 1000000")
    assert take(db, *messages) == Ack(epoch="e1", upto=200)
    assert sales_of(db) == sale_ids(200)


def test_what_goes_past_peewee_fails_as_peewee_does(db: HqDatabase) -> None:
    """The receiver waits for a database that is down, and ends on an error that it does not know."""
    db.db.connection().close()
    with pytest.raises(DatabaseError):
        db.insert_new(Alarm, [("S1", "e1", 1, "fork", "", 0)])


def test_a_broken_connection_is_opened_again(db: HqDatabase) -> None:
    """The database was started anew: the connection at hand is dead for ever, another one is not."""
    messages = chain(3)
    take(db, messages[0])
    db.db.connection().close()
    with pytest.raises(DatabaseDown):
        take(db, *messages)
    assert take(db, *messages) == Ack(epoch="e1", upto=3)
    assert sales_of(db) == sale_ids(3)


def test_what_the_database_cannot_hold_takes_nothing_else_with_it(db: HqDatabase) -> None:
    messages = received(*chain(3))
    assert messages[1].sale is not None
    messages[1] = replace(messages[1], sale=msgspec.structs.replace(messages[1].sale, sold_at_ms=2**70))
    states = {
        "S1": StoreState(online=True, version="1.0", epoch="e1", waiting=3),
        "S2": StoreState(online=True, epoch="e1", waiting=2**70),
        "S3": StoreState(online=True, version="1.1", epoch="e7"),
    }
    answers = keep(db, messages, states, at_ms=1_000)
    assert answers[-1].ack.upto == 3
    assert sales_of(db) == ["sale-000001", "sale-000003"]
    assert [(note.kind, note.detail) for note in wall(db, business_date="2026-11-22").notes] == [
        ("out_of_range", "OverflowError")
    ]
    # The broker has been told that the states arrived as well.
    assert rows(db, "SELECT store, version FROM store_state ORDER BY store") == [("S1", "1.0"), ("S3", "1.1")]
