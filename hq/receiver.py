"""From the broker to the database: batches, committed, then acknowledged to the store, then to the broker."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from drivers.mqtt_link import Callbacks, Incoming
from edge.messages import HqState, StoreState, ack_topic, hq_state_topic
from hq.clock import Clock, monotonic_s
from hq.envelope import STORE, Received, read
from hq.store.database import DatabaseDown, HqDatabase
from hq.store.incoming import Answer, keep
from hq.store.states import read_state

log = logging.getLogger(__name__)

BATCH_MAX: Final = 200
"""Most messages in one transaction."""
GATHER_S: Final = 0.004
"""Longest that a message waits for others of its batch. Sleeping once is dearer for the first and cheaper for all."""
ENOUGH: Final = 50
"""So many are written without waiting for more."""
INBOX_MAX: Final = 2_000
"""Most messages between broker and database; beyond it the network thread waits, and with it the broker."""
RETRY_FIRST_S: Final = 0.2
RETRY_MAX_S: Final = 5.0
"""Wait for a database that takes nothing; it doubles. Nothing is acknowledged meanwhile."""
ANSWER_TRIES_MAX: Final = 50
ANSWER_PAUSE_S: Final = 0.01
STUCK_AFTER_S: Final = 30.0
"""Without a turn of the receiver for so long, the service manager is no longer told that it answers. Waiting for a
database that takes nothing is turning: a new start would not bring it back."""
SHARE: Final = "hq"
"""Name of the shared subscription: each message goes to one of its receivers."""


class Link(Protocol):
    """What the receiver asks of `drivers.mqtt_link.MqttLink`."""

    @property
    def up(self) -> bool: ...
    @property
    def receive_maximum(self) -> int: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None: ...
    def subscribe(self, topics: Sequence[str], *, qos: int = 1) -> None: ...
    def ack(self, message: Incoming) -> bool: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """What a receiver has done since its start."""

    messages: int = 0
    set_aside: int = 0
    ignored: int = 0
    """Messages of no store, and states that are none."""
    batches: int = 0
    database_down: int = 0


def subscriptions(tenant: str) -> tuple[str, ...]:
    """Return the topic filters of a receiver: messages shared with the others, states for each, head office's too."""
    return (f"$share/{SHARE}/taptill/v1/{tenant}/+/up/+", f"taptill/v1/{tenant}/+/state")


def hq_state(*, online: bool) -> bytes:
    return msgspec.json.encode(HqState(online=online))


def callbacks(receiver: Callable[[], Receiver]) -> Callbacks:
    """Return what a link must call for a receiver that is made after it."""
    return Callbacks(
        on_up=lambda: receiver().link_up(),
        on_down=lambda reason: receiver().link_down(reason),
        on_message=lambda incoming: receiver().link_message(incoming),
        on_published=lambda _mid, _reason: receiver().link_published(),
    )


class Receiver:
    """Takes the messages of every store of a tenant. Several may run at once, on one database."""

    def __init__(
        self, *, tenant: str, database: HqDatabase, link: Link, clock: Clock, stuck_after_s: float = STUCK_AFTER_S
    ) -> None:
        self._tenant = tenant
        self._stuck_after_s = stuck_after_s
        self._database = database
        self._link = link
        self._clock = clock
        self._inbox: queue.Queue[Incoming] = queue.Queue(INBOX_MAX)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)
        self._hq_topic = hq_state_topic(tenant)
        # Each is counted up by one thread alone: said by ours, taken by the link's.
        self._answers_said = self._answers_taken = 0
        self._turned_s = monotonic_s()
        self.counts = Counts()

    def start(self) -> None:
        self._link.subscribe(subscriptions(self._tenant))
        self._thread.start()
        self._link.start()

    def stop(self, timeout_s: float = 1.5) -> None:
        """Finish the batch at hand, tell the stores that nobody listens, and disconnect."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._link.publish(self._hq_topic, hq_state(online=False), qos=1, retain=True)
        self._link.stop()

    def is_running(self) -> bool:
        """Tell whether the receiver's thread is there at all; one that has ended does not come back by itself."""
        return self._thread.is_alive()

    def is_answering(self) -> bool:
        """Tell whether the receiver does its turns: what the watchdog is fed on."""
        return self.is_running() and monotonic_s() - self._turned_s < self._stuck_after_s

    # Called by the link, in its thread.

    def link_up(self) -> None:
        self._answers_taken = self._answers_said
        self._link.publish(self._hq_topic, hq_state(online=True), qos=1, retain=True)

    def link_down(self, reason: str) -> None:
        log.warning("broker: %s", reason)

    def link_published(self) -> None:
        self._answers_taken += 1

    def link_message(self, incoming: Incoming) -> None:
        while not self._stopping.is_set():
            try:
                # Waiting here stops the reading from the socket: the broker keeps what we cannot take yet.
                self._inbox.put(incoming, timeout=0.2)
                return
            except queue.Full:
                continue

    # The receiver's own thread.

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turned_s = monotonic_s()
            batch = self._next_batch()
            if batch:
                self._take(batch)
        self._database.close()

    def _next_batch(self) -> list[Incoming]:
        try:
            batch = [self._inbox.get(timeout=0.2)]
        except queue.Empty:
            return []
        if self._inbox.qsize() < ENOUGH:
            self._stopping.wait(GATHER_S)
        try:
            while len(batch) < BATCH_MAX:
                batch.append(self._inbox.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _take(self, batch: Sequence[Incoming]) -> None:
        messages: list[Received] = []
        states: dict[str, StoreState] = {}
        ignored = 0
        for incoming in batch:
            if incoming.topic == self._hq_topic:
                self._hold_up(incoming.payload)
            elif incoming.topic.endswith("/state"):
                store = incoming.topic.split("/")[3]
                state = read_state(incoming.payload)
                if state and STORE.fullmatch(store):
                    states[store] = state
                else:
                    ignored += 1
            elif (message := read(incoming.topic, incoming.payload, self._tenant)) is None:
                ignored += 1
            else:
                messages.append(message)
        answers = self._keep(messages, states) if messages or states else []
        if answers is None:
            return
        for answer in answers:
            self._turned_s = monotonic_s()
            self._answer(answer)
        for incoming in batch:
            self._link.ack(incoming)
        self._count(messages, ignored)

    def _answer(self, answer: Answer) -> None:
        payload = msgspec.json.encode(answer.ack)
        for _ in range(ANSWER_TRIES_MAX):
            # One place under the broker's limit is left for head office's state.
            if self._answers_said - self._answers_taken < max(1, self._link.receive_maximum - 1):
                if self._link.publish(ack_topic(self._tenant, answer.store), payload) is not None:
                    self._answers_said += 1
                    return
                if not self._link.up:
                    return
            # The broker has not taken the acks before it yet. One that is given up is told again when the store
            # sends its messages again.
            self._stopping.wait(ANSWER_PAUSE_S)

    def _keep(self, messages: Sequence[Received], states: dict[str, StoreState]) -> list[Answer] | None:
        """Return the answers to a batch that is on the disk; None when we were stopped before it was."""
        wait_s = RETRY_FIRST_S
        while not self._stopping.is_set():
            self._turned_s = monotonic_s()
            try:
                return keep(self._database, messages, states, at_ms=self._clock.now_ms())
            except DatabaseDown as error:
                log.error("database: %s; again in %.1f s", error, wait_s)  # noqa: TRY400 - the text says it all
                self.counts = replace(self.counts, database_down=self.counts.database_down + 1)
                self._stopping.wait(wait_s)
                wait_s = min(2 * wait_s, RETRY_MAX_S)
        return None

    def _hold_up(self, payload: bytes) -> None:
        """Say again that head office listens when another receiver's last will denied it."""
        try:
            said = msgspec.json.decode(payload, type=HqState)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if not said.online and not self._stopping.is_set():
            self._link.publish(self._hq_topic, hq_state(online=True), qos=1, retain=True)

    def _count(self, messages: Sequence[Received], ignored: int) -> None:
        broken = [message for message in messages if message.reason]
        if broken:
            # One line a batch: a store that sends nothing but rubbish fills no disk.
            first = broken[0]
            log.warning("%d set aside, such as one of %s: %s %s", len(broken), first.store, first.reason, first.detail)
        old = self.counts
        self.counts = replace(
            old,
            messages=old.messages + len(messages),
            set_aside=old.set_aside + len(broken),
            ignored=old.ignored + ignored,
            batches=old.batches + 1,
        )
