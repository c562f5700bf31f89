"""The line to the broker: MQTT 5, connected again by itself, keeping nothing of its own."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.base import LinkError

ANSWER_TIMEOUT_S = 10.0
"""For the broker to accept the connection and the subscriptions."""
STOP_TIMEOUT_S = 5.0
RECEIVE_MAXIMUM = 65_535
"""Where the broker names no limit."""
HEADER_BYTES = 32
"""Room for what a packet holds beside its topic and payload."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says in our place when it loses us."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from the broker."""

    topic: str
    payload: bytes
    mid: int
    """The broker's number for it, of use to `MqttLink.ack` only."""
    qos: int
    connection: int
    """Which of our connections it came over, counted from 1; numbers of another one mean nothing."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What is told to the owner of a link. They run in the link's threads, must be quick, and must not raise."""

    on_up: Callable[[], None] = lambda: None
    """Connected, and all subscriptions stand. The owner publishes its state here."""
    on_down: Callable[[str], None] = lambda _reason: None
    """Not connected, with the reason: a connection was lost, or one more attempt failed. Not called after `stop`."""
    on_message: Callable[[Incoming], None] = lambda _message: None
    """A message; those of a session taken up again may come before `on_up`."""
    on_published: Callable[[int, str], None] = lambda _mid, _reason: None
    """The broker's PUBACK: the number that `publish` returned and the reason's name, ``Success`` or for example
    ``No matching subscribers``. It may come before `publish` has returned."""


class MqttLink:
    """A connection to the broker that is made again whenever it breaks, until `stop`.

    It holds no messages while it is down, and forgets those under way when it goes down: numbers that `publish`
    returned are good until the next `on_down`, and whoever needs a message delivered keeps it until it is answered.
    """

    def __init__(
        self,
        client_id: str,
        host: str,
        port: int,
        *,
        callbacks: Callbacks,
        username: str | None = None,
        password: str | None = None,
        tls_ca: Path | None = None,
        tls_cert: Path | None = None,
        tls_key: Path | None = None,
        will: Will | None = None,
        keepalive_s: int = 30,
        clean_start: bool = True,
        session_expiry_s: int = 0,
        max_packet: int = 262_144,
        window: int = 100,
        manual_ack: bool = False,
        reconnect_min_s: float = 1.0,
        reconnect_max_s: float = 30.0,
    ) -> None:
        """Make a link that is not started yet.

        Args:
            client_id: unique at the broker; a second client of this name throws the first one out.
            host: of the broker.
            port: of the broker.
            callbacks: what to tell, and how.
            username: None for none.
            password: None for none.
            tls_ca: certificates to trust; TLS is used when this or tls_cert is given.
            tls_cert: our own certificate.
            tls_key: its key.
            will: said by the broker when it loses us, not at `stop`.
            keepalive_s: a silent line is given up after one and a half times this.
            clean_start: False to take up the broker's session of the last time.
            session_expiry_s: how long the broker keeps that session for us.
            max_packet: bytes of the longest packet either way.
            window: messages under way at a time, either way; 1..65_535.
            manual_ack: True when `ack` answers each message, after it is safe.
            reconnect_min_s: first pause between attempts; it doubles, with jitter.
            reconnect_max_s: longest pause. A connection that lasted less does not make the pauses short again.
        """
        self.client_id = client_id
        self._address = (host, port)
        self._callbacks = callbacks
        self._credentials = (username, password)
        self._tls = (tls_ca, tls_cert, tls_key)
        self._will = will
        self._keepalive_s = keepalive_s
        self._clean_start, self._session_expiry_s = clean_start, session_expiry_s
        self._max_packet, self._window = max_packet, window
        self._manual_ack = manual_ack
        self._pauses_s = (reconnect_min_s, reconnect_max_s)
        self._topics: dict[str, int] = {}
        self._client: Client | None = None
        self._connection = 0
        self._accepted = self._up = self._gone = self._stopping = False
        self._why = ""
        self._awaited: set[int] = set()
        self._receive_maximum = RECEIVE_MAXIMUM
        # Guards everything from _topics on.
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"mqtt:{client_id}", daemon=True)

    @property
    def up(self) -> bool:
        """Whether `publish` has a chance."""
        return self._up

    @property
    def receive_maximum(self) -> int:
        """Most messages of QoS 1 that the broker takes before it has answered; paho does not keep to it.

        Source: MQTT 5.0, 3.2.2.3.3 Receive Maximum.
        """
        return self._receive_maximum

    def start(self) -> None:
        """Begin to connect; once only."""
        self._thread.start()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Take leave of the broker, which does not speak the will then, and wait so long for the end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None:
        """Hand a message to the connection.

        Returns:
            The number which `on_published` will name, or None when there is no connection or its window is full.

        Raises:
            LinkError: the message is longer than a packet may be.
        """
        length = len(topic.encode()) + len(payload) + HEADER_BYTES
        if length > self._max_packet:
            raise LinkError(f"message to {topic}: {length} bytes, at most {self._max_packet}")
        client = self._client if self._up else None
        if client is None:
            return None
        info = client.publish(topic, payload, qos, retain)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe(self, topics: Sequence[str], *, qos: int = 1) -> None:
        """Ask for topics, now and after every connect. A subscription that is refused ends the connection."""
        with self._changed:
            self._topics.update(dict.fromkeys(topics, qos))
            if self._accepted and self._client is not None:
                self._send_subscriptions(self._client, dict.fromkeys(topics, qos))

    def ack(self, incoming: Incoming) -> bool:
        """Answer a message of a link with manual_ack; False when its connection is gone, so that it will come again."""
        client = self._client
        # The broker repeats a session's messages as soon as it accepts us, before the subscriptions stand.
        if client is None or incoming.connection != self._connection or not self._accepted:
            return False
        return client.ack(incoming.mid, incoming.qos) == MQTTErrorCode.MQTT_ERR_SUCCESS

    # The link's own thread: one client object for each connection, so that none keeps messages of the one before.

    def _run(self) -> None:
        attempt = 0
        while not self._stopping:
            started_s = time.monotonic()
            reason = self._connect_once()
            if self._stopping:
                return
            self._callbacks.on_down(reason)
            shortest_s, longest_s = self._pauses_s
            attempt = 0 if time.monotonic() - started_s > longest_s + ANSWER_TIMEOUT_S else attempt + 1
            # Without jitter, all stores would come back to a restarted broker in the same second.
            pause_s = min(longest_s, shortest_s * 2 ** min(attempt - 1, 16)) * random.SystemRandom().uniform(0.5, 1)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, pause_s)

    def _connect_once(self) -> str:
        """Connect, stay until the connection ends, and return why it did."""
        with self._changed:
            self._accepted = self._up = self._gone = False
            self._why = ""
            self._awaited.clear()
            self._connection += 1
        host, port = self._address
        try:
            client = self._new_client(self._connection)
            client.connect(host, port, self._keepalive_s, clean_start=self._clean_start, properties=self._properties())
        except (OSError, UnicodeError) as error:
            return f"{host}:{port}: {error}"
        self._client = client
        client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._up or self._gone or self._stopping, ANSWER_TIMEOUT_S)
            if not self._up:
                self._why = self._why or f"no answer within {ANSWER_TIMEOUT_S:g} s"
            else:
                self._changed.wait_for(lambda: self._gone or self._stopping)
            self._up = self._accepted = False
        self._end(client)
        self._client = None
        return f"{host}:{port}: {self._why}"

    def _end(self, client: Client) -> None:
        client.disconnect()
        with self._changed:
            over = self._changed.wait_for(lambda: self._gone, 1.0)
        connection: Any = client.socket()
        if not over and connection is not None:
            # The broker takes nothing any more, not even our leave.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        client.loop_stop()

    def _properties(self) -> Any:
        properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_expiry_s
        properties.MaximumPacketSize = self._max_packet
        properties.ReceiveMaximum = self._window
        return properties

    def _new_client(self, connection: int) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            self.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=self._manual_ack,
        )
        client.max_inflight_messages_set(self._window)
        client.max_queued_messages_set(self._window)
        client.username_pw_set(*self._credentials)
        ca, cert, key = (str(path) if path else None for path in self._tls)
        if ca or cert:
            client.tls_set(ca, cert, key)
        if self._will:
            client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = lambda _client, _data, mid, reason, _properties: self._tell(
            self._callbacks.on_published, mid, str(reason)
        )
        client.on_message = lambda _client, _data, message: self._on_message(message, connection)
        return client

    # What paho calls, in the thread of its connection.

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
        with self._changed:
            if reason.is_failure:
                self._lose(str(reason))
                return
            self._receive_maximum = getattr(properties, "ReceiveMaximum", RECEIVE_MAXIMUM)
            self._accepted = True
            self._send_subscriptions(client, self._topics)
        self._come_up()

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, reasons: Any, _properties: Any) -> None:
        with self._changed:
            self._awaited.discard(mid)
            refused = [str(reason) for reason in reasons if reason.is_failure]
            if refused:
                self._lose(f"subscription refused: {', '.join(refused)}")
                return
        self._come_up()

    def _on_message(self, message: MQTTMessage, connection: int) -> None:
        try:
            incoming = _incoming(message, connection)
        except UnicodeDecodeError:
            # Whoever answers at this address is no broker, and its mistakes must not become ours.
            with self._changed:
                self._lose("a topic that is no text")
            return
        self._tell(self._callbacks.on_message, incoming)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._changed:
            # paho's name for a connection that ended without a word.
            self._lose("connection lost" if str(reason) == "Unspecified error" else str(reason))

    def _send_subscriptions(self, client: Client, topics: dict[str, int]) -> None:
        if topics:
            _, mid = client.subscribe(list(topics.items()))
            if mid is not None:
                self._awaited.add(mid)

    def _come_up(self) -> None:
        with self._changed:
            if self._up or self._gone or self._awaited:
                return
            self._up = True
            self._changed.notify_all()
        self._tell(self._callbacks.on_up)

    def _lose(self, why: str) -> None:
        self._why = self._why or why
        self._gone = True
        self._up = self._accepted = False
        self._changed.notify_all()

    def _tell(self, callback: Callable[..., None], *values: Any) -> None:
        told = False
        try:
            callback(*values)
            told = True
        finally:
            if not told:
                # The mistake goes on its way and ends paho's thread; the connection is of no use without it.
                with self._changed:
                    self._lose("a callback failed")


def _send_at_once(_client: Client, _data: Any, connection: Any) -> None:
    # Small packets follow each other: the kernel would hold the second one back for 40 ms, until the first is answered.
    with suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _incoming(message: MQTTMessage, connection: int) -> Incoming:
    return Incoming(message.topic, bytes(message.payload), message.mid, message.qos, connection)
