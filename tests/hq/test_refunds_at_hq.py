"""What came back is off the takings, once, in whatever order it was told; older databases learn of what they had kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.messages import ReturnBody, ReturnLineBody, TenderBody, body_hash, encode_body
from hq.envelope import Reason, read
from hq.store.database import HqDatabase
from hq.store.incoming import keep
from hq.store.wall import Takings, wall
from tests.offices import NOON_MS, database, event, sale_body

DAY = "2026-11-22"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[HqDatabase]:
    found = database(tmp_path)
    yield found
    found.close()


def refund(number: int, money: int, **changes: object) -> bytes:
    whole = {
        "return_id": f"back-{number}", "receipt_number": f"S1-1-20261122-R{number:04d}", "sale_id": "sale-1",
        "sale_number": "S1-1-20261122-0001", "lane": 1, "staff_id": "chen", "at_ms": NOON_MS, "business_date": DAY,
        "currency": "CNY", "amount": money, "lines": (ReturnLineBody(line=0, units=(0,), net=money),),
        "tenders": (TenderBody(kind="cash", amount=money, given=money),),
    }  # fmt: skip
    return encode_body(ReturnBody(**{**whole, **changes}))


def told(*bodies: tuple[str, bytes]) -> list[bytes]:
    found, prev = [], ""
    for number, (kind, body) in enumerate(bodies, start=1):
        found.append(event(number, body, prev, type=f"com.taptill.{kind}"))
        prev = body_hash(body)
    return found


def take(db: HqDatabase, kinds: list[str], payloads: list[bytes]) -> None:
    messages = [
        read(f"taptill/v1/demo/S1/up/{kind}", payload, "demo") for kind, payload in zip(kinds, payloads, strict=True)
    ]
    keep(db, [message for message in messages if message], {}, at_ms=NOON_MS)


def today(db: HqDatabase) -> tuple[Takings, ...]:
    return wall(db, business_date=DAY).today


def test_takings_are_sales_less_what_came_back(db: HqDatabase) -> None:
    kinds = ["sale", "refund", "sale", "refund"]
    bodies = [encode_body(sale_body(1)), refund(1, 300), encode_body(sale_body(2)), refund(2, 150)]
    payloads = told(*zip(kinds, bodies, strict=True))
    take(db, kinds, payloads)
    assert today(db) == (Takings("CNY", 2, 2_000 - 450, 450),)
    assert today(db)[0].average == 1_000
    # The same messages again, as after a lost acknowledgement, change nothing.
    take(db, kinds, payloads)
    assert today(db) == (Takings("CNY", 2, 1_550, 450),)
    assert list(db.db.execute_sql("SELECT return_id, amount FROM refund ORDER BY 1").fetchall()) == [
        ("back-1", 300),
        ("back-2", 150),
    ]


def test_what_came_beyond_a_gap_counts_when_the_gap_is_filled(db: HqDatabase) -> None:
    kinds = ["sale", "refund", "refund"]
    payloads = told(("sale", encode_body(sale_body(1))), ("refund", refund(1, 300)), ("refund", refund(2, 50)))
    take(db, kinds[2:], payloads[2:])
    assert today(db) == ()
    take(db, kinds[:1], payloads[:1])
    assert today(db) == (Takings("CNY", 1, 1_000, 0),)
    take(db, kinds[1:2], payloads[1:2])
    assert today(db) == (Takings("CNY", 1, 650, 350),)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": -1}, Reason.OUT_OF_RANGE),
        ({"amount": 10**12}, Reason.OUT_OF_RANGE),
        ({"business_date": "someday"}, Reason.OUT_OF_RANGE),
        ({"currency": "Yuan"}, Reason.OUT_OF_RANGE),
        ({"at_ms": -1}, Reason.OUT_OF_RANGE),
        ({"lane": 10_000}, Reason.OUT_OF_RANGE),
    ],
)
def test_a_refund_that_cannot_be_is_set_aside(changes: dict[str, object], reason: Reason) -> None:
    message = read(
        "taptill/v1/demo/S1/up/refund", event(1, refund(1, 300, **changes), type="com.taptill.refund"), "demo"
    )
    assert message is not None
    assert message.reason is reason


def test_a_refund_without_a_field_is_set_aside() -> None:
    message = read("taptill/v1/demo/S1/up/refund", event(1, b'{"amount": 1}', type="com.taptill.refund"), "demo")
    assert message is not None
    assert message.reason is Reason.WRONG_SHAPE


def test_a_database_that_kept_refunds_before_counts_them_when_it_is_opened(tmp_path: Path) -> None:
    db = database(tmp_path)
    kinds = ["sale", "refund", "refund", "refund"]
    take(db, kinds, told(
        ("sale", encode_body(sale_body(1))), ("refund", refund(1, 300)), ("refund", refund(2, 50)), ("refund", refund(3, 1)),
    ))  # fmt: skip
    # As the version before left it: messages kept, nothing beside them; the third one was set aside.
    for statement in (
        "DROP INDEX refund_day", "DROP TABLE refund", "ALTER TABLE store_day DROP COLUMN returns", "ALTER TABLE store_day DROP COLUMN refunded",
        "DELETE FROM schema_migration WHERE name = '0002_refunds'", "UPDATE message SET set_aside = 1 WHERE seq = 4",
    ):  # fmt: skip
        db.execute(statement)
    db.close()
    again = database(tmp_path)
    assert today(again) == (Takings("CNY", 1, 650, 350),)
    again.close()
