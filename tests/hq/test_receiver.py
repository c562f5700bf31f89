"""Stores and head office over a real broker: each sale exactly once and in order, whatever breaks on the way."""

from __future__ import annotations

import queue
import signal
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.mqtt_link import Callbacks, Incoming, MqttLink, Will
from edge.messages import HqState, encode_body, hq_state_topic, up_topic
from edge.store import outbox
from hq.clock import Clock
from hq.receiver import Receiver, callbacks, hq_state
from hq.store.wall import wall
from tests.brokers import Mosquitto
from tests.offices import (
    QUICK,
    TENANT,
    OfficeProcess,
    Shop,
    database,
    event,
    sale_body,
    sale_ids,
    sales_of,
    wait_for,
)

pytestmark = pytest.mark.broker


@pytest.fixture
def end(tmp_path: Path) -> Iterator[ExitStack]:
    """Everything that a test starts ends in reverse."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def broker(tmp_path: Path, end: ExitStack) -> Mosquitto:
    found = Mosquitto(tmp_path, extra="max_inflight_messages 200").start()
    end.callback(found.stop)
    return found


class Office:
    """A receiver in this process; it can lose the acks that it sends, and send its messages on twice."""

    def __init__(self, folder: Path, port: int, name: str = "hq-1", *, lose_acks: int = 0, repeat: int = 1) -> None:
        self.db = database(folder)
        self._lose_acks, self._repeat = lose_acks, repeat
        told = callbacks(lambda: self.receiver)
        self.link = MqttLink(
            name,
            "127.0.0.1",
            port,
            callbacks=Callbacks(
                on_up=told.on_up, on_down=told.on_down, on_message=self._hear, on_published=told.on_published
            ),
            will=Will(hq_state_topic(TENANT), hq_state(online=False)),
            clean_start=False,
            session_expiry_s=600,
            max_packet=524_288,
            window=400,
            manual_ack=True,
            **QUICK,
        )
        self.receiver = Receiver(tenant=TENANT, database=self.db, link=self, clock=Clock())

    # The receiver's link: everything goes on to the real one, but the acks that are to be lost.

    @property
    def up(self) -> bool:
        return self.link.up

    @property
    def receive_maximum(self) -> int:
        return self.link.receive_maximum

    def start(self) -> None:
        self.link.start()

    def stop(self) -> None:
        self.link.stop()

    def subscribe(self, topics: Any, *, qos: int = 1) -> None:
        self.link.subscribe(topics, qos=qos)

    def ack(self, message: Incoming) -> bool:
        return self.link.ack(message)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None:
        if topic.endswith("/down/ack") and self._lose_acks > 0:
            self._lose_acks -= 1
            return 1
        return self.link.publish(topic, payload, qos=qos, retain=retain)

    def _hear(self, incoming: Incoming) -> None:
        for _ in range(self._repeat):
            self.receiver.link_message(incoming)

    def sales(self, store: str = "S1") -> list[str]:
        return sales_of(self.db, store)

    def close(self) -> None:
        self.receiver.stop()
        self.db.close()


@pytest.fixture
def open_shop(tmp_path: Path, broker: Mosquitto, end: ExitStack) -> Callable[..., Shop]:
    def make(store_id: str = "S1", **options: Any) -> Shop:
        shop = Shop(tmp_path, broker.port, store_id, **options)
        end.callback(shop.close)
        shop.relay.start()
        return shop

    return make


@pytest.fixture
def open_office(tmp_path: Path, broker: Mosquitto, end: ExitStack) -> Callable[..., Office]:
    def make(name: str = "hq-1", **options: Any) -> Office:
        office = Office(tmp_path / "hq", broker.port, name, **options)
        end.callback(office.close)
        office.receiver.start()
        wait_for(lambda: office.up)
        return office

    return make


def test_a_sale_arrives_and_leaves_the_outbox(
    open_shop: Callable[..., Shop], open_office: Callable[..., Office]
) -> None:
    office, shop = open_office(), open_shop()
    shop.sell(3)
    wait_for(shop.is_drained)
    assert office.sales() == sale_ids(3)
    assert shop.relay.status().hq_online
    (card,) = wait_for(lambda: [card for card in wall(office.db, business_date="2026-11-22").stores if card.is_online])
    assert (card.store, card.last_number, card.today[0].amount) == ("S1", "S1-1-20261122-0003", 3_000)
    assert card.devices == {"scanner": "ok"}


def test_head_office_is_away_for_a_long_time(
    open_shop: Callable[..., Shop], open_office: Callable[..., Office]
) -> None:
    shop = open_shop()
    shop.sell(1_500)
    wait_for(lambda: shop.relay.status().online)
    # More than the broker would keep by itself, and more than head office holds beyond a gap.
    office = open_office()
    wait_for(shop.is_drained)
    assert office.sales() == sale_ids(1_500)
    assert max(shop.pages) <= 100


def test_the_broker_is_killed_again_and_again(
    broker: Mosquitto, open_shop: Callable[..., Shop], open_office: Callable[..., Office]
) -> None:
    office, shop = open_office(), open_shop()
    for _ in range(3):
        shop.sell(200)
        wait_for(office.sales)
        broker.kill()
        shop.sell(50)
        broker.start()
        wait_for(lambda: office.up and shop.link.up)
    wait_for(shop.is_drained)
    assert office.sales() == sale_ids(750)
    assert wall(office.db, business_date="2026-11-22").alarms == ()


def test_acks_are_lost_and_messages_come_twice(
    open_shop: Callable[..., Shop], open_office: Callable[..., Office]
) -> None:
    office, shop = open_office(lose_acks=3, repeat=2), open_shop()
    for _ in range(4):
        shop.sell(30)
        time.sleep(0.1)
    wait_for(shop.is_drained)
    assert office.sales() == sale_ids(120)


def test_two_receivers_share_the_work(open_shop: Callable[..., Shop], open_office: Callable[..., Office]) -> None:
    first, second = open_office("hq-1"), open_office("hq-2")
    shops = [open_shop(name) for name in ("S1", "S2", "S3")]
    for shop in shops:
        shop.sell(150)
    for shop in shops:
        wait_for(shop.is_drained)
        assert first.sales(shop.store_id) == sale_ids(150)
    assert first.receiver.counts.messages > 0
    assert second.receiver.counts.messages > 0
    # One of them goes, and denies on leaving that anybody listens; the other one says that it does.
    first.receiver.stop()
    shops[0].sell(5)
    wait_for(shops[0].is_drained)
    wait_for(lambda: all(shop.relay.status().hq_online for shop in shops))


def test_a_malformed_message_does_not_stop_the_stream(
    broker: Mosquitto, end: ExitStack, open_shop: Callable[..., Shop], open_office: Callable[..., Office]
) -> None:
    office, shop = open_office(), open_shop()
    shop.sell(1)
    shop.put(b'{"sale_id": 5}')
    shop.sell(1)
    stranger = MqttLink("stranger", "127.0.0.1", broker.port, callbacks=Callbacks(), max_packet=600_000, **QUICK)
    end.callback(stranger.stop)
    stranger.start()
    wait_for(lambda: stranger.up)
    for payload in (b"", b"\x00\xff", b"[" * 50_000, b"x" * 300_000, event(1, encode_body(sale_body(1)))):
        stranger.publish(up_topic(TENANT, "S9", "sale"), payload)
        stranger.publish(f"taptill/v1/{TENANT}/S9/state", payload)
    shop.sell(1)
    wait_for(shop.is_drained)
    assert office.sales() == sale_ids(3)
    kept = shop.store.reads.execute_sql("SELECT seq, reason FROM outbox_set_aside").fetchall()
    assert [(seq, reason.split(":")[0]) for seq, reason in kept] == [(2, "wrong_shape")]
    wait_for(lambda: wall(office.db, business_date="2026-11-22").set_aside == 6)


def test_a_store_begins_a_new_epoch(open_shop: Callable[..., Shop], open_office: Callable[..., Office]) -> None:
    office, shop = open_office(), open_shop()
    shop.sell(3)
    wait_for(shop.is_drained)
    with shop.store.transaction():
        outbox.new_life(shop.store.db, "restored")
    shop.sell(2)
    wait_for(shop.is_drained)
    assert sorted(office.sales()) == sale_ids(5)
    assert [note.kind for note in wall(office.db, business_date="2026-11-22").alarms] == ["epoch"]


def test_head_office_lost_its_database(
    tmp_path: Path,
    broker: Mosquitto,
    end: ExitStack,
    open_shop: Callable[..., Shop],
    open_office: Callable[..., Office],
) -> None:
    shop = open_shop()
    first = open_office()
    shop.sell(20)
    wait_for(shop.is_drained)
    first.receiver.stop()
    second = Office(tmp_path / "another", broker.port)
    end.callback(second.close)
    second.receiver.start()
    shop.sell(3)
    wait_for(shop.is_drained)
    # What the store has no more is told as gone, and head office does not wait for it for ever.
    wait_for(lambda: len(second.sales()) == 3)
    assert wall(second.db, business_date="2026-11-22").notes[0].kind == "no_body"


class Listener:
    """Hears what head office says of itself."""

    def __init__(self, port: int) -> None:
        self.heard: queue.Queue[bool] = queue.Queue()
        self.link = MqttLink(
            "listener",
            "127.0.0.1",
            port,
            callbacks=Callbacks(
                on_message=lambda m: self.heard.put(msgspec.json.decode(m.payload, type=HqState).online)
            ),
            **QUICK,
        )
        self.link.subscribe([hq_state_topic(TENANT)])
        self.link.start()

    def hears(self, online: bool) -> bool:
        """Tell whether the word comes; it may be said more than once."""
        try:
            while self.heard.get(timeout=5) is not online:
                pass
        except queue.Empty:
            return False
        return True


def test_head_office_is_killed_between_receiving_and_writing(
    tmp_path: Path, broker: Mosquitto, end: ExitStack, open_shop: Callable[..., Shop]
) -> None:
    folder = tmp_path / "hq"
    listener = Listener(broker.port)
    end.callback(listener.link.stop)
    office = OfficeProcess(folder, broker.port).start()
    end.callback(office.close)
    assert listener.hears(True)
    # Another writer holds the database: what head office receives now it cannot write.
    blocker = sqlite3.connect(folder / "hq.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    shop = open_shop()
    shop.sell(40)
    wait_for(lambda: shop.relay.counts.sent >= 40)
    time.sleep(0.2)
    office.end(signal.SIGKILL)
    assert listener.hears(False)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert shop.waiting() == 40
    office.start()
    assert listener.hears(True)
    wait_for(shop.is_drained)
    db = database(folder)
    end.callback(db.close)
    assert sales_of(db) == sale_ids(40)
    # And it ends cleanly and at once when it is told to, saying so.
    with urllib.request.urlopen(f"http://127.0.0.1:{office.wall_port}/wall", timeout=5) as answer:
        assert "S1-1-20261122-0040" in answer.read().decode()
    began = time.monotonic()
    assert office.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < 2
    assert listener.hears(False)
