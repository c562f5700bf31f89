"""The line to a real broker, which each test starts for itself and ends by its process id."""

from __future__ import annotations

import datetime
import ipaddress
import queue
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers.base import LinkError
from drivers.mqtt_link import Callbacks, MqttLink, Will

pytestmark = pytest.mark.broker

WAIT_S = 10


class Broker:
    """A mosquitto of our own, on a port of its own."""

    def __init__(self, folder: Path, extra: str = "allow_anonymous true", listener: str = ""):
        self.config = folder / "mosquitto.conf"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.config.write_text(
            f"per_listener_settings false\npersistence false\nuser root\nlistener {self.port} 127.0.0.1\n{listener}\n{extra}\n"
        )
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self
        raise AssertionError("mosquitto did not start")

    def end(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(how)
            if how is not signal.SIGSTOP:
                self.process.wait(WAIT_S)
                self.process = None


@pytest.fixture
def make_broker(tmp_path):
    """Make brokers that are ended whatever happens."""
    made = []

    def make(**options):
        made.append(Broker(tmp_path, **options))
        return made[-1]

    yield make
    for broker in made:
        broker.end(signal.SIGKILL)


@pytest.fixture
def broker(make_broker):
    return make_broker().start()


class Ear:
    """Hears what a link tells."""

    def __init__(self):
        self.heard = queue.Queue(1000)
        self.callbacks = Callbacks(
            on_up=lambda: self.heard.put(("up",)),
            on_down=lambda reason: self.heard.put(("down", reason)),
            on_message=lambda message: self.heard.put(("message", message)),
            on_published=lambda mid, reason: self.heard.put(("published", mid, reason)),
        )

    def next(self, kind):
        """Return the next news of a kind, passing over others."""
        deadline = time.monotonic() + WAIT_S
        while True:
            news = self.heard.get(timeout=max(0.01, deadline - time.monotonic()))
            if news[0] == kind:
                return news[1] if len(news) == 2 else news[1:]

    def nothing(self, kind, within_s=0.3):
        time.sleep(within_s)
        return not any(news[0] == kind for news in list(self.heard.queue))


@pytest.fixture
def connect(request):
    """Start links that are stopped at the end."""
    links = []

    def make(port, name="store-1", *, topics=(), **options):
        ear = Ear()
        options = {"reconnect_min_s": 0.05, "reconnect_max_s": 0.2} | options
        link = MqttLink(name, "127.0.0.1", port, callbacks=ear.callbacks, **options)
        link.subscribe(topics)
        link.start()
        links.append(link)
        return link, ear

    yield make
    for link in links:
        link.stop()


def test_there_and_back(broker, connect):
    hq, hq_ear = connect(broker.port, "hq", topics=("t/+/up",))
    hq_ear.next("up")
    store, store_ear = connect(broker.port, "store", topics=["t/1/down"])
    store_ear.next("up")
    assert (store.up, hq.up) == (True, True)
    mid = store.publish("t/1/up", "收款".encode())
    message = hq_ear.next("message")
    assert (message.topic, message.payload, message.qos) == ("t/1/up", "收款".encode(), 1)
    assert store_ear.next("published") == (mid, "Success")
    hq.publish("t/1/down", b"\0\xff")
    assert store_ear.next("message").payload == b"\0\xff"


def test_nobody_listens_is_told(broker, connect):
    store, ear = connect(broker.port)
    ear.next("up")
    mid = store.publish("t/1/up", b"x")
    assert ear.next("published") == (mid, "No matching subscribers")


def test_a_topic_asked_for_later(broker, connect):
    store, ear = connect(broker.port)
    ear.next("up")
    store.subscribe(["late"])
    sender, sender_ear = connect(broker.port, "sender")
    sender_ear.next("up")
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        mid = sender.publish("late", b"x")
        if sender_ear.next("published") == (mid, "Success"):
            break
    assert ear.next("message").topic == "late"


def test_nothing_is_kept_while_down(broker, connect):
    store, ear = connect(broker.port, topics=["back"])
    ear.next("up")
    broker.end(signal.SIGKILL)
    assert ear.next("down")
    assert store.up is False
    assert store.publish("back", b"lost") is None
    broker.start()
    ear.next("up")
    # Subscribed again by itself, and only what is sent now arrives.
    store.publish("back", b"new")
    assert ear.next("message").payload == b"new"
    assert ear.nothing("message")


def test_messages_under_way_are_forgotten_with_the_connection(broker, connect):
    store, ear = connect(broker.port, topics=["back"])
    ear.next("up")
    broker.end(signal.SIGSTOP)
    assert store.publish("back", b"under way") is not None
    broker.process.kill()
    broker.process.wait(WAIT_S)
    ear.next("down")
    broker.start()
    ear.next("up")
    assert ear.nothing("message")


def test_a_broker_that_is_away_is_tried_again_and_again(make_broker, connect):
    broker = make_broker()
    store, ear = connect(broker.port)
    assert f"127.0.0.1:{broker.port}" in ear.next("down")
    ear.next("down")
    assert store.publish("x", b"") is None
    broker.start()
    ear.next("up")


def test_attempts_are_spaced_out(connect):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    _, ear = connect(port, reconnect_min_s=0.2, reconnect_max_s=0.4)
    time.sleep(1.5)
    # Pauses of 0.1..0.2, then 0.2..0.4 s each.
    assert 4 <= ear.heard.qsize() <= 9


def test_the_window_bounds_what_is_under_way(broker, connect):
    store, ear = connect(broker.port, window=5)
    ear.next("up")
    broker.end(signal.SIGSTOP)
    sent = [store.publish("x", b"") for _ in range(8)]
    assert [mid is None for mid in sent] == [False] * 5 + [True] * 3
    broker.process.send_signal(signal.SIGCONT)


def test_a_message_too_long_is_refused(broker, connect):
    store, ear = connect(broker.port, max_packet=1000)
    ear.next("up")
    with pytest.raises(LinkError, match="at most 1000"):
        store.publish("x", b"x" * 1000)
    assert store.publish("x", b"x" * 900) is not None


def test_the_will_is_said_when_we_are_lost_and_not_when_we_leave(broker, connect):
    _, ear = connect(broker.port, "hq", topics=["state"])
    ear.next("up")
    leaving, leaving_ear = connect(broker.port, "leaving", will=Will("state", b"lost-1"))
    leaving_ear.next("up")
    leaving.stop()
    assert ear.nothing("message")
    will = Will("state", b"lost-2")
    _, thrown_out = connect(broker.port, "same", will=will, reconnect_min_s=30, reconnect_max_s=30)
    thrown_out.next("up")
    _, second_ear = connect(broker.port, "same")
    second_ear.next("up")
    assert thrown_out.next("down")
    assert ear.next("message").payload == b"lost-2"


def test_what_is_not_acknowledged_comes_again(broker, connect):
    session = {"manual_ack": True, "clean_start": False, "session_expiry_s": 60, "topics": ["t/#"]}
    hq, ear = connect(broker.port, "hq", **session)
    ear.next("up")
    store, store_ear = connect(broker.port, "store")
    store_ear.next("up")
    store.publish("t/1", b"first")
    store.publish("t/2", b"second")
    first, second = ear.next("message"), ear.next("message")
    assert hq.ack(first) is True
    time.sleep(0.2)
    hq.stop()
    assert hq.ack(second) is False  # its connection is gone
    again, again_ear = connect(broker.port, "hq", **session)
    repeated = again_ear.next("message")
    assert (repeated.topic, repeated.payload) == ("t/2", b"second")
    assert again.ack(repeated) is True
    assert again_ear.nothing("message")


def test_an_old_connections_message_is_not_acknowledged(broker, connect):
    hq, ear = connect(broker.port, "hq", manual_ack=True, topics=["t"])
    ear.next("up")
    hq.publish("t", b"x")
    message = ear.next("message")
    broker.end(signal.SIGKILL)
    ear.next("down")
    broker.start()
    ear.next("up")
    assert hq.ack(message) is False


def test_a_wrong_password_is_told(tmp_path, make_broker, connect):
    subprocess.run(["mosquitto_passwd", "-b", "-c", tmp_path / "passwords", "store", "right"], check=True)
    broker = make_broker(extra=f"allow_anonymous false\npassword_file {tmp_path / 'passwords'}").start()
    _, wrong = connect(broker.port, "a", username="store", password="wrong")
    assert "Not authorized" in wrong.next("down")
    _, right = connect(broker.port, "b", username="store", password="right")
    right.next("up")


def test_a_refused_subscription_is_told(connect):
    # mosquitto grants every subscription and then stays quiet; this is a broker that says no.
    def refuse(server):
        client, _ = server.accept()
        with client:
            client.recv(1000)
            client.sendall(b"\x20\x03\x00\x00\x00")
            subscribe = client.recv(1000)
            client.sendall(b"\x90\x05" + subscribe[2:4] + b"\x00\x01\x87")
            client.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=refuse, args=(server,))
        thread.start()
        _, ear = connect(server.getsockname()[1], topics=["allowed", "secret"])
        assert "subscription refused: Not authorized" in ear.next("down")
        thread.join(WAIT_S)
    assert ear.nothing("up", 0)


@pytest.mark.parametrize(
    ("garbage", "why"),
    [
        (b"\x20\x01\x00", "Protocol error"),  # half a CONNACK
        (b"\x20\x03\x00\x00\x00\x30\x06\x00\x02\xff\xfe\x00x", "a topic that is no text"),
        (b"\x20\x03\x00\x00\x00\x30\x01\x00", "Protocol error"),  # a PUBLISH that ends within its topic
        (b"\x20\x03\x00\x00\x00\xe0\x01\x33", "Protocol error"),  # a DISCONNECT for no reason there is
    ],
)
def test_what_is_no_broker_ends_the_connection_and_nothing_else(connect, monkeypatch, garbage, why):
    mistakes = queue.Queue()
    monkeypatch.setattr(threading, "excepthook", lambda args: mistakes.put(args.exc_value))

    def talk(server):
        client, _ = server.accept()
        with client:
            client.recv(1000)
            client.sendall(garbage)
            client.settimeout(WAIT_S)
            while client.recv(1000):
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk, args=(server,))
        thread.start()
        _, ear = connect(server.getsockname()[1])
        assert why in ear.next("down")
        thread.join(WAIT_S)
    assert mistakes.empty()


def test_a_callback_that_fails_ends_the_connection_and_shows(broker, monkeypatch):
    mistakes, up, down = queue.Queue(), queue.Queue(), queue.Queue()
    monkeypatch.setattr(threading, "excepthook", lambda args: mistakes.put(args.exc_value))

    def fail(_message):
        raise AssertionError("our own mistake")

    callbacks = Callbacks(on_up=lambda: up.put(1), on_down=down.put, on_message=fail)
    link = MqttLink("x", "127.0.0.1", broker.port, callbacks=callbacks, reconnect_min_s=0.05, reconnect_max_s=0.1)
    link.subscribe(["t"])
    link.start()
    up.get(timeout=WAIT_S)
    link.publish("t", b"x")
    assert "our own mistake" in str(mistakes.get(timeout=WAIT_S))
    assert "a callback failed" in down.get(timeout=WAIT_S)
    up.get(timeout=WAIT_S)
    link.stop()


def test_a_server_that_never_answers_does_not_hold_us(connect):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        link, _ = connect(deaf.getsockname()[1])
        time.sleep(0.2)
        started = time.monotonic()
        link.stop()
        assert time.monotonic() - started < 4
        assert not any(thread.name == "mqtt:store-1" for thread in threading.enumerate())


def test_a_frozen_broker_does_not_hold_us(broker, connect):
    link, ear = connect(broker.port)
    ear.next("up")
    broker.end(signal.SIGSTOP)
    started = time.monotonic()
    link.stop()
    assert time.monotonic() - started < 4
    broker.process.send_signal(signal.SIGCONT)


def test_a_host_that_does_not_exist_is_told():
    ear = Ear()
    link = MqttLink("x", "no-such-host.invalid", 1883, callbacks=ear.callbacks)
    link.start()
    assert "no-such-host.invalid:1883" in ear.next("down")
    link.stop()


def certificate(name, key, issuer=None, issuer_key=None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    builder = builder if issuer is None else builder.add_extension(address, critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def test_tls(tmp_path, make_broker, connect):
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = certificate("Test CA", ca_key)
    server = certificate("127.0.0.1", key, ca, ca_key)
    pem = serialization.Encoding.PEM
    (tmp_path / "ca.pem").write_bytes(ca.public_bytes(pem))
    (tmp_path / "server.pem").write_bytes(server.public_bytes(pem))
    (tmp_path / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    listener = f"certfile {tmp_path / 'server.pem'}\nkeyfile {tmp_path / 'server.key'}"
    broker = make_broker(listener=listener).start()
    _, ear = connect(broker.port, "trusting", tls_ca=tmp_path / "ca.pem")
    ear.next("up")
    (tmp_path / "other.pem").write_bytes(certificate("Other CA", key).public_bytes(pem))
    _, ear = connect(broker.port, "wary", tls_ca=tmp_path / "other.pem")
    assert "CERTIFICATE_VERIFY_FAILED" in ear.next("down")
    _, ear = connect(broker.port, "missing", tls_ca=tmp_path / "missing.pem")
    assert "No such file" in ear.next("down")
