"""The outbox: how much waits, told without looking at all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.messages import Ack, Nack
from edge.store import outbox
from edge.store.database import Store, open_store, rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path / "taptill.db", synchronous="OFF")
    yield found
    found.close()


def put(store: Store, count: int) -> None:
    with store.transaction():
        for number in range(count):
            outbox.put(store.db, kind="sale", subject=f"sale-{number}", body=b"{}", at_ms=0)


def acked(store: Store, **ack: object) -> int:
    """Return how many wait after an ack."""
    with store.transaction():
        outbox.apply_ack(store.db, Ack(epoch=outbox.epoch(store.db), **ack))  # type: ignore[arg-type]
    return outbox.waiting(store.reads)


def test_how_many_wait(store: Store) -> None:
    assert outbox.waiting(store.reads) == 0
    put(store, 5)
    assert outbox.waiting(store.reads) == 5
    assert acked(store, upto=2) == 3
    # Head office misses the third and has the fourth: all from the third on still wait for their turn.
    assert acked(store, upto=2, also=(4,)) == 3
    assert acked(store, upto=4, nack=(Nack(3, "wrong_shape: "),)) == 1
    assert acked(store, upto=5) == 0
    put(store, 1)
    assert outbox.waiting(store.reads) == 1
    with store.transaction():
        outbox.new_life(store.db, "another")
    assert outbox.waiting(store.reads) == 1


def test_a_backlog_costs_the_question_nothing(store: Store) -> None:
    """It is asked every second, and a store may be cut off for a month: no table or index of it is walked."""
    put(store, 3)
    asked: list[str] = []
    store.reads.connection().set_trace_callback(asked.append)
    assert outbox.waiting(store.reads) == 3
    store.reads.connection().set_trace_callback(None)
    plan = [str(step) for *_, step in rows(store.reads, f"EXPLAIN QUERY PLAN {asked[-1]}")]
    assert "SEARCH outbox" in plan
    assert [step for step in plan if step.startswith("SCAN") and step != "SCAN outbox_head"] == ["SCAN CONSTANT ROW"]
