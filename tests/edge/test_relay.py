"""The relay against a real broker and a head office played by hand: what it sends, when it stops, what it deletes."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.mqtt_link import Callbacks, Incoming, MqttLink
from edge.messages import MESSAGE_MAX_BYTES, Ack, Envelope, Nack, ack_topic, hq_state_topic
from edge.store import outbox
from tests.brokers import Mosquitto
from tests.offices import QUICK, TENANT, Shop, wait_for

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    found = Mosquitto(tmp_path_factory.mktemp("broker"), extra="max_inflight_messages 200").start()
    yield found
    found.stop()


class Hand:
    """Head office played by hand: it hears everything and answers what it is told to."""

    def __init__(self, port: int) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.said = b""
        self.link = MqttLink(
            "hand",
            "127.0.0.1",
            port,
            callbacks=Callbacks(on_message=self._hear),
            **QUICK,
        )
        self.link.subscribe([f"taptill/v1/{TENANT}/+/up/+", f"taptill/v1/{TENANT}/+/state"])
        self.link.start()
        wait_for(lambda: self.link.up)

    def _hear(self, incoming: Incoming) -> None:
        if incoming.topic == hq_state_topic(TENANT):
            self.said = incoming.payload
        else:
            self.heard.put((incoming.topic, incoming.payload))

    def sequences(self, count: int, within_s: float = 5.0) -> list[int]:
        """Return the sequences of the next messages of the shop."""
        found: list[int] = []
        until = time.monotonic() + within_s
        while len(found) < count:
            topic, payload = self.heard.get(timeout=max(0.01, until - time.monotonic()))
            if "/up/" in topic:
                found.append(msgspec.json.decode(payload, type=Envelope).sequence)
        return found

    def is_quiet(self, for_s: float = 0.25) -> bool:
        """Tell whether no message comes for so long."""
        time.sleep(for_s)
        return not any("/up/" in topic for topic, _ in list(self.heard.queue))

    def state(self, *, online: bool, within_s: float = 5.0) -> dict[str, object]:
        """Return the next state of the shop that is online, or offline."""
        until = time.monotonic() + within_s
        while True:
            topic, payload = self.heard.get(timeout=max(0.01, until - time.monotonic()))
            if topic.endswith("/S1/state") and payload and json.loads(payload)["online"] is online:
                return dict(json.loads(payload))

    def say(self, *, online: bool) -> None:
        """Say whether head office is there, and wait until the broker has passed it on."""
        word = b'{"online":%s}' % str(online).lower().encode()
        self.link.publish(hq_state_topic(TENANT), word, retain=True)
        wait_for(lambda: self.said == word)

    def answer(self, payload: bytes) -> None:
        self.link.publish(ack_topic(TENANT, "S1"), payload)

    def ack(self, shop: Shop, upto: int, **fields: object) -> None:
        self.answer(msgspec.json.encode(Ack(epoch=shop_epoch(shop), upto=upto, **fields)))


def shop_epoch(shop: Shop) -> str:
    return outbox.epoch(shop.store.reads)


@pytest.fixture
def hand(broker: Mosquitto) -> Iterator[Hand]:
    found = Hand(broker.port)
    found.say(online=True)
    yield found
    found.link.publish(hq_state_topic(TENANT), b"", retain=True)
    found.link.publish(f"taptill/v1/{TENANT}/S1/state", b"", retain=True)
    found.link.stop()


@pytest.fixture
def make_shop(broker: Mosquitto, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    with ExitStack() as stack:

        def make(port: int = broker.port, **options: Any) -> Shop:
            found = Shop(tmp_path, port, **options)
            stack.callback(found.close)
            return found

        yield make


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    return make_shop()


def online(shop: Shop) -> Shop:
    shop.relay.start()
    wait_for(lambda: shop.relay.status().hq_online)
    return shop


def test_a_row_leaves_the_outbox_on_the_word_of_head_office_and_not_on_the_brokers(shop: Shop, hand: Hand) -> None:
    online(shop).sell(3)
    assert hand.sequences(3) == [1, 2, 3]
    time.sleep(0.2)
    assert shop.waiting() == 3
    hand.ack(shop, 2)
    wait_for(lambda: shop.waiting() == 1)
    hand.ack(shop, 3)
    wait_for(shop.is_drained)
    assert shop.relay.status().last_ack_ms > 0


def test_at_most_a_window_is_on_its_way_and_the_backlog_is_read_in_small_pages(
    make_shop: Callable[..., Shop], hand: Hand
) -> None:
    shop = make_shop(resend_s=30)
    shop.sell(350)
    online(shop)
    assert hand.sequences(100) == list(range(1, 101))
    assert hand.is_quiet()
    hand.ack(shop, 40)
    assert hand.sequences(40) == list(range(101, 141))
    assert hand.is_quiet()
    hand.ack(shop, 140)
    hand.sequences(100)
    hand.ack(shop, 240)
    assert hand.sequences(100) == list(range(241, 341))
    assert max(shop.pages) <= 100


def test_without_progress_everything_is_sent_again_after_a_wait_that_doubles(shop: Shop, hand: Hand) -> None:
    online(shop).sell(2)
    began = time.monotonic()
    assert hand.sequences(6) == [1, 2, 1, 2, 1, 2]
    # 0.4 s, then about 0.8 s.
    assert 1.0 < time.monotonic() - began < 5.0
    hand.ack(shop, 2)
    wait_for(shop.is_drained)
    assert hand.is_quiet(0.6)


def test_a_gap_at_head_office_is_filled_before_the_long_wait(make_shop: Callable[..., Shop], hand: Hand) -> None:
    shop = make_shop(resend_s=60)
    online(shop).sell(5)
    hand.sequences(5)
    hand.ack(shop, 1, also=(3, 5), resend_from=2)
    assert hand.sequences(2) == [2, 4]
    hand.ack(shop, 5)
    wait_for(shop.is_drained)


def test_what_head_office_refuses_is_set_aside_and_the_stream_goes_on(shop: Shop, hand: Hand) -> None:
    online(shop).sell(3)
    hand.sequences(3)
    hand.ack(shop, 3, nack=(Nack(2, "wrong_shape: lines"),))
    wait_for(shop.is_drained)
    kept = shop.store.reads.execute_sql("SELECT seq, reason FROM outbox_set_aside").fetchall()
    assert kept == [(2, "wrong_shape: lines")]


def test_acks_that_are_malformed_or_of_another_epoch_are_ignored_and_counted(shop: Shop, hand: Hand) -> None:
    online(shop).sell(1)
    hand.sequences(1)
    hand.answer(b'{"epoch":"elsewhere","upto":1}')
    hand.answer(b"[[[[")
    hand.answer(b'{"epoch":"x","upto":NaN}')
    hand.answer(b"x" * (MESSAGE_MAX_BYTES - 1_000))
    wait_for(lambda: shop.relay.counts.ignored == 4)
    assert shop.waiting() == 1
    hand.ack(shop, 1)
    wait_for(shop.is_drained)


def test_while_head_office_is_away_one_message_asks_for_it(make_shop: Callable[..., Shop], hand: Hand) -> None:
    shop = make_shop(resend_s=30)
    hand.say(online=False)
    shop.sell(50)
    shop.relay.start()
    assert hand.sequences(1) == [1]
    assert hand.is_quiet()
    assert shop.relay.status().online
    assert not shop.relay.status().hq_online
    hand.say(online=True)
    assert sorted(set(hand.sequences(50))) == list(range(1, 51))


def test_nobody_listens_at_the_broker(broker: Mosquitto, shop: Shop) -> None:
    shop.sell(20)
    shop.relay.start()
    wait_for(lambda: shop.relay.counts.sent >= 2)
    assert not shop.relay.status().hq_online
    assert shop.waiting() == 20
    # One message at a time, again and again, is all that went out.
    assert shop.relay.counts.sent <= 5
    hand = Hand(broker.port)
    hand.sequences(1)
    hand.say(online=True)
    assert set(range(1, 21)) <= set(hand.sequences(20)) | {1}
    hand.link.publish(hq_state_topic(TENANT), b"", retain=True)
    hand.link.stop()


def test_the_state_is_told_and_a_clean_stop_says_offline(
    broker: Mosquitto, make_shop: Callable[..., Shop], hand: Hand
) -> None:
    shop = online(make_shop())
    state = hand.state(online=True)
    assert (state["boot"], state["version"], state["waiting"]) == ("b1", "1.0", 0)
    assert state["devices"] == {"scanner": "ok"}
    shop.sell(1)
    assert hand.state(online=True)["waiting"] == 1
    shop.relay.stop()
    assert hand.state(online=False)["boot"] == "b1"
    # Retained: whoever comes later sees it as well.
    late = Hand(broker.port)
    assert late.state(online=False)["boot"] == "b1"
    late.link.stop()


def test_a_broker_that_comes_back_gets_everything_again(tmp_path: Path, make_shop: Callable[..., Shop]) -> None:
    broker = Mosquitto(tmp_path).start()
    shop, hand = make_shop(broker.port, resend_s=60), Hand(broker.port)
    hand.say(online=True)
    online(shop).sell(3)
    hand.sequences(3)
    broker.kill()
    wait_for(lambda: not shop.relay.status().online)
    assert shop.relay.status().detail
    shop.sell(2)
    broker.start()
    wait_for(lambda: hand.link.up)
    hand.say(online=True)
    assert set(hand.sequences(5)) == {1, 2, 3, 4, 5}
    hand.ack(shop, 5)
    wait_for(shop.is_drained)
    hand.link.stop()
    broker.stop()


def test_a_deletion_that_got_lost_is_asked_for_again(make_shop: Callable[..., Shop], hand: Hand) -> None:
    shop = online(make_shop(lose_acks=1))
    shop.sell(2)
    hand.sequences(2)
    hand.ack(shop, 2)
    # The till was too busy for the ack; the outbox still shows both.
    assert hand.sequences(2) == [1, 2]
    hand.ack(shop, 2)
    wait_for(shop.is_drained)


def test_a_body_that_is_too_large_is_told_as_hollow(shop: Shop, hand: Hand) -> None:
    online(shop).put(b'"' + b"a" * MESSAGE_MAX_BYTES + b'"')
    topic, payload = "", b""
    while "/up/" not in topic:
        topic, payload = hand.heard.get(timeout=5)
    assert bytes(msgspec.json.decode(payload, type=Envelope).data) == b"null"
    assert len(payload) < 1_000


def test_a_new_epoch_begins_at_one(shop: Shop, hand: Hand) -> None:
    online(shop).sell(2)
    hand.sequences(2)
    hand.ack(shop, 1)
    wait_for(lambda: shop.waiting() == 1)
    with shop.store.transaction():
        outbox.new_life(shop.store.db, "after0restore")
    shop.relay.wake()
    topic, payload = "", b""
    while "/up/" not in topic or msgspec.json.decode(payload, type=Envelope).storeepoch != "after0restore":
        topic, payload = hand.heard.get(timeout=5)
    assert msgspec.json.decode(payload, type=Envelope).sequence == 1
    hand.ack(shop, 1)
    wait_for(shop.is_drained)


def test_a_broker_that_takes_few_messages_at_a_time_is_not_overrun(
    tmp_path: Path, make_shop: Callable[..., Shop]
) -> None:
    broker = Mosquitto(tmp_path, extra="max_inflight_messages 10").start()
    shop, hand = make_shop(broker.port, resend_s=30), Hand(broker.port)
    hand.say(online=True)
    shop.sell(50)
    online(shop)
    # One place is left for the state.
    assert hand.sequences(9) == list(range(1, 10))
    assert hand.is_quiet()
    shop.relay.stop()
    hand.link.stop()
    broker.stop()
