"""The outbox to head office: sends in order, and sends again until head office itself says that it has each message.

The broker's PUBACK is flow control and no more: a broker may lose what it took.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from drivers.mqtt_link import Incoming
from edge.clock import Clock, monotonic_s
from edge.messages import WINDOW_MAX, Ack, HqState, StoreState, ack_topic, hq_state_topic, state_topic, up_topic
from edge.relay_window import Window
from edge.relay_wire import envelope, hollow_row, read_ack
from edge.store.outbox import OutboxRow

log = logging.getLogger(__name__)

RESEND_S: Final = 30.0
"""Send again when no acknowledgement made progress for so long."""
RESEND_MAX_S: Final = 600.0
"""The wait doubles up to this, with jitter."""
GAP_S: Final = 2.0
"""A gap at head office that lasts so long is filled at once; a shorter one is only two messages in the wrong order."""
STATE_S: Final = 60.0
"""The retained state is told again after so long even when nothing changed."""
STATE_CHANGE_S: Final = 1.0
"""Shortest time between two tellings of a state that changes."""
TICK_S: Final = 0.25
INBOX_MAX: Final = 10_000
"""Most signals from the network that wait for the relay; what is dropped beyond it is sent again by head office."""
NO_LISTENERS: Final = "No matching subscribers"
PROBE_WINDOW: Final = 1
"""Messages in flight while head office is away: the one whose resending finds out when it is back."""


class Link(Protocol):
    """What the relay asks of `drivers.mqtt_link.MqttLink`."""

    @property
    def receive_maximum(self) -> int: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None: ...
    def subscribe(self, topics: Sequence[str], *, qos: int = 1) -> None: ...


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The line to head office, as the status strip shows it."""

    online: bool = False
    """The broker is connected."""
    hq_online: bool = False
    """Head office takes messages."""
    waiting: int = 0
    """Messages that it has not acknowledged."""
    since_ms: int = 0
    """When `online` changed last."""
    last_ack_ms: int = 0
    """When head office last acknowledged something; 0: not since the start."""
    detail: str = ""
    """Why the broker is not connected."""


@dataclass(slots=True)
class RelayCounts:
    """What the relay has done since its start; counted up by its thread alone."""

    sent: int = 0
    acks: int = 0
    resends: int = 0
    ignored: int = 0
    """Acks that were malformed, too large, or of another epoch, and other messages that mean nothing to us."""


class Relay:
    """The thread `relay`. It starts and stops the link, whose callbacks go to it, and never writes the database."""

    def __init__(
        self,
        *,
        tenant: str,
        store_id: str,
        boot: str,
        version: str,
        link: Link,
        read: Callable[[int, int], Sequence[OutboxRow]],
        acked: Callable[[Ack], None],
        state: Callable[[], StoreState],
        clock: Clock,
        resend_s: float = RESEND_S,
        gap_s: float = GAP_S,
    ) -> None:
        """Make a relay.

        Args:
            read: returns at most so many rows beyond a sequence, in order; called in the relay's thread.
            acked: is handed each ack that is news, and sees to the deletion in the writer's thread.
            state: returns the store's state now; its `online`, `boot`, `version` and `at_ms` are set by the relay.
            resend_s: first wait for progress before everything unacknowledged is sent again.
            gap_s: how long head office may miss a message before it is sent again.
        """
        self._tenant, self._store, self._boot, self._version = tenant, store_id, boot, version
        self._link, self._read, self._acked, self._state, self._clock = link, read, acked, state, clock
        self._resend_s, self._gap_s = resend_s, gap_s
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._topics = {
            "ack": ack_topic(tenant, store_id),
            "hq": hq_state_topic(tenant),
            "state": state_topic(tenant, store_id),
        }
        self._window = Window("")
        self._wait_s = resend_s
        self._resend_at = 0.0
        self._gap_at: float | None = None
        self._told = StoreState(online=False)
        self._told_at = self._looked_at = -STATE_S
        # Head office, or the broker, said that nobody takes messages; unlike `hq_online`, false while nothing is known.
        self._is_away = False
        self._status = LinkStatus(since_ms=clock.now_ms())
        self.counts = RelayCounts()

    def start(self) -> None:
        self._link.subscribe((self._topics["ack"], self._topics["hq"]))
        self._thread.start()
        self._link.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Say that the store is offline and disconnect; what is not acknowledged stays in the outbox.

        Harmless before `start` and after itself.
        """
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._status.online:
            self._publish_state(self._state(), online=False)
        self._link.stop()

    def wake(self) -> None:
        """Tell that a new row was committed. Costs next to nothing and may be called from any thread."""
        if not self._is_woken.is_set():
            self._is_woken.set()
            self._inbox.put(self._is_woken.clear)

    def status(self) -> LinkStatus:
        return self._status

    # Called by the link, in its thread.

    def link_up(self) -> None:
        self._inbox.put(self._on_up)

    def link_down(self, reason: str) -> None:
        self._inbox.put(lambda: self._on_down(reason))

    def link_message(self, incoming: Incoming) -> None:
        if self._inbox.qsize() < INBOX_MAX:
            self._inbox.put(lambda: self._on_message(incoming))

    def link_published(self, mid: int, reason: str) -> None:  # noqa: ARG002 - the window counts HQ's acks, not PUBACKs
        if reason == NO_LISTENERS:
            self._inbox.put(self._on_no_listeners)

    # The relay's own thread.

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._inbox.get(timeout=TICK_S)()
                for _ in range(INBOX_MAX):
                    self._inbox.get_nowait()()
            except queue.Empty:
                pass
            if self._stopping.is_set():
                return
            self._look_at_state()
            if self._status.online:
                self._resend_when_due()
                self._send()

    def _on_up(self) -> None:
        # `hq_online` stays as it is: the retained word of head office may have come before this.
        self._status = replace(self._status, online=True, since_ms=self._clock.now_ms(), detail="")
        self._looked_at = self._told_at = -STATE_S
        self._wait_s = self._resend_s
        self._rewind()

    def _on_down(self, reason: str) -> None:
        was_online = self._status.online
        since_ms = self._clock.now_ms() if was_online else self._status.since_ms
        self._status = replace(self._status, online=False, hq_online=False, since_ms=since_ms, detail=reason)

    def _on_message(self, incoming: Incoming) -> None:
        if incoming.topic == self._topics["ack"]:
            self._on_ack(read_ack(incoming.payload))
        elif incoming.topic == self._topics["hq"]:
            self._on_hq_state(incoming.payload)
        else:
            self.counts.ignored += 1

    def _on_hq_state(self, payload: bytes) -> None:
        try:
            is_online = msgspec.json.decode(payload, type=HqState).online
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.counts.ignored += 1
            return
        if is_online and self._is_away:
            self._wait_s = self._resend_s
            self._rewind()
        self._is_away = not is_online
        self._status = replace(self._status, hq_online=is_online)

    def _on_no_listeners(self) -> None:
        # The broker took the message and threw it away. It stays in flight, so that the resend probes for head office.
        self._is_away = True
        self._status = replace(self._status, hq_online=False)

    def _on_ack(self, ack: Ack | None) -> None:
        if ack is None or ack.epoch != self._window.epoch:
            self.counts.ignored += 1
            return
        before, gap_before = self._window.in_flight, self._window.gap
        news = self._window.take(ack)
        now = monotonic_s()
        if news is not None or self._window.in_flight < before:
            self._wait_s = self._resend_s
            self._resend_at = now + self._wait_s
        if self._window.gap is None:
            self._gap_at = None
        elif self._gap_at is None or self._window.gap != gap_before:
            self._gap_at = now + self._gap_s
        self.counts.acks += 1
        self._is_away = False
        self._status = replace(self._status, hq_online=True, last_ack_ms=self._clock.now_ms())
        if news is not None:
            self._acked(news)

    def _rewind(self) -> None:
        self._window.rewind()
        self._gap_at = None
        self._resend_at = monotonic_s() + self._wait_s

    def _resend_when_due(self) -> None:
        now = monotonic_s()
        if self._gap_at is not None and now >= self._gap_at and self._window.gap is not None:
            rows = self._read(self._window.gap - 1, 1)
            self._window.rewind_to_gap(rows[0].seq if rows else None)
            self._gap_at = now + self._lengthen()
            self._resend_at = now + self._wait_s
        elif now >= self._resend_at and self._window.in_flight:
            gap_at = self._gap_at
            self._lengthen()
            self._rewind()
            self._gap_at = gap_at
        elif now >= self._resend_at and self._status.waiting:
            # Everything was acknowledged and the outbox is not empty: a deletion got lost. Asking again brings it back.
            self._window = Window(self._window.epoch, self._window.size)
            self._resend_at = now + self._lengthen()
        else:
            return
        self.counts.resends += 1

    def _lengthen(self) -> float:
        # Jitter, or a thousand stores that lost head office together come back together.
        self._wait_s = min(2 * self._wait_s, RESEND_MAX_S) * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
        return self._wait_s

    def _send(self) -> None:
        window = self._window
        # One place under the broker's limit is left for the state.
        limit = max(PROBE_WINDOW, min(WINDOW_MAX, self._link.receive_maximum - 1))
        window.size = limit if self._status.hq_online else PROBE_WINDOW
        while window.room and (seq := window.next_hollow()) is not None:
            if not self._publish(hollow_row(seq, window.epoch, self._clock.now_ms())):
                return
        while window.room:
            rows = self._read(window.cursor, window.room)
            if rows and rows[0].epoch != window.epoch:
                window = self._window = Window(rows[0].epoch, window.size)
            for row in rows:
                if window.is_known(row.seq):
                    window.skipped(row.seq)
                elif not self._publish(row):
                    return
            if not rows:
                return

    def _publish(self, row: OutboxRow) -> bool:
        payload = envelope(row, tenant=self._tenant, store=self._store)
        if self._link.publish(up_topic(self._tenant, self._store, row.kind), payload, qos=1) is None:
            return False
        if not self._window.in_flight:
            self._resend_at = monotonic_s() + self._wait_s
        self._window.sent(row.seq)
        self.counts.sent += 1
        return True

    def _look_at_state(self) -> None:
        now = monotonic_s()
        if now - self._looked_at < STATE_CHANGE_S:
            return
        self._looked_at = now
        state = self._state()
        if state.epoch and self._window.epoch and state.epoch != self._window.epoch:
            self._window = Window(state.epoch, self._window.size)
        if state.waiting != self._status.waiting:
            self._status = replace(self._status, waiting=state.waiting)
        # The moment alone is no news.
        state = msgspec.structs.replace(state, at_ms=0)
        is_due = state != self._told or now - self._told_at >= STATE_S
        if self._status.online and is_due and self._publish_state(state, online=True):
            self._told, self._told_at = state, now

    def _publish_state(self, state: StoreState, *, online: bool) -> bool:
        told = msgspec.structs.replace(
            state, online=online, boot=self._boot, version=self._version, at_ms=self._clock.now_ms()
        )
        return self._link.publish(self._topics["state"], msgspec.json.encode(told), qos=1, retain=True) is not None
