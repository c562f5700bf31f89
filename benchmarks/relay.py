"""Outbox -> head office's commit -> its ack -> deleted from the outbox, beside bare QoS 1 publishing by that client.

Two processes and a broker, as in a shop: this one is the store, `python -m hq run` is head office with its database in
WAL FULL. The window is 100 messages in both; the floor counts the broker's PUBACKs and keeps nothing. Both take turns.
"""

from __future__ import annotations

import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from drivers.mqtt_link import Callbacks, MqttLink
from edge.clock import Clock
from edge.messages import WINDOW_MAX, Ack, StoreState, encode_body, up_topic
from edge.relay import Relay
from edge.relay_wire import envelope
from edge.store import outbox
from edge.store.database import Store, open_store
from tests.brokers import Mosquitto
from tests.offices import TENANT, OfficeProcess, sale_body, wait_for

GOAL = 0.35
ROUNDS, MESSAGES = 5, 4_000
ROUND_MAX_S = 60.0
STORE = "bench"


def fill(store: Store, first: int, count: int) -> None:
    with store.transaction():
        for number in range(first, first + count):
            body = sale_body(number)
            outbox.put(store.db, kind="sale", subject=body.sale_id, body=encode_body(body), at_ms=body.sold_at_ms)


class Edge:
    """The store: its outbox in WAL FULL, and the relay whose acks another thread applies, as the till's writer does."""

    def __init__(self, store: Store, port: int) -> None:
        self.store = store
        self.drained = threading.Event()
        link = MqttLink(
            "bench-edge",
            "127.0.0.1",
            port,
            callbacks=Callbacks(
                on_up=lambda: self.relay.link_up(),  # noqa: PLW0108 - the relay comes after the link
                on_down=lambda reason: self.relay.link_down(reason),  # noqa: PLW0108
                on_message=lambda incoming: self.relay.link_message(incoming),  # noqa: PLW0108
                on_published=lambda mid, reason: self.relay.link_published(mid, reason),  # noqa: PLW0108
            ),
        )
        self.relay = Relay(
            tenant=TENANT,
            store_id=STORE,
            boot="bench",
            version="bench",
            link=link,
            read=lambda after, limit: outbox.unacked(store.reads, after, limit),
            acked=self.apply,
            state=lambda: StoreState(online=True, epoch=outbox.epoch(store.reads)),
            clock=Clock(),
        )

    def apply(self, ack: Ack) -> None:
        with self.store.transaction():
            outbox.apply_ack(self.store.db, ack)

    def drain(self) -> float:
        """Return messages a second of a full outbox, until it is empty."""
        began = time.perf_counter()
        self.relay.wake()
        until = began + ROUND_MAX_S
        while outbox.waiting(self.store.reads) and time.perf_counter() < until:
            time.sleep(0.005)
        assert outbox.waiting(self.store.reads) == 0, "head office did not take everything"
        return MESSAGES / (time.perf_counter() - began)


class Bare:
    """The floor: the same bytes published at QoS 1, so many under way, nothing read and nothing kept."""

    def __init__(self, port: int) -> None:
        self.room = threading.Semaphore(WINDOW_MAX)
        self.link = MqttLink(
            "bench-bare", "127.0.0.1", port, callbacks=Callbacks(on_published=lambda _mid, _reason: self.room.release())
        )
        self.link.start()
        wait_for(lambda: self.link.up)

    def publish(self, topic: str, payloads: list[bytes]) -> float:
        began = time.perf_counter()
        for payload in payloads:
            assert self.room.acquire(timeout=ROUND_MAX_S)
            assert self.link.publish(topic, payload) is not None
        for _ in range(WINDOW_MAX):
            assert self.room.acquire(timeout=ROUND_MAX_S)
        rate = len(payloads) / (time.perf_counter() - began)
        self.room.release(WINDOW_MAX)
        return rate


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = Mosquitto(folder, extra=f"max_inflight_messages {2 * WINDOW_MAX}").start()
        office = OfficeProcess(folder / "hq", broker.port).start()
        store = open_store(folder / "store.db")
        edge, bare = Edge(store, broker.port), Bare(broker.port)
        fill(store, 1, 100)
        payloads = [envelope(row, tenant="floor", store=STORE) for row in outbox.unacked(store.reads, 0, 100)]
        try:
            edge.relay.start()
            wait_for(lambda: outbox.waiting(store.reads) == 0)
            ours, floor = [], []
            for turn in range(ROUNDS):
                floor.append(bare.publish(up_topic("floor", STORE, "sale"), payloads * (MESSAGES // 100)))
                fill(store, 101 + turn * MESSAGES, MESSAGES)
                ours.append(edge.drain())
        finally:
            edge.relay.stop()
            bare.link.stop()
            store.close()
            office.end(signal.SIGTERM)
            broker.stop()
    rate, floor_rate = statistics.median(ours), statistics.median(floor)
    ratio = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
    verdict = "met" if ratio >= GOAL else "MISSED"
    print(f"messages of {len(payloads[0])} bytes, window {WINDOW_MAX}, {ROUNDS} rounds of {MESSAGES}")
    print(f"outbox -> HQ commit -> ack -> deleted   {rate:8,.0f} /s")
    print(f"bare QoS 1 publish -> PUBACK            {floor_rate:8,.0f} /s")
    print(f"ratio {ratio:.2f} (goal at least {GOAL}): {verdict}")
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
