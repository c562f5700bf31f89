"""What the service manager hears of head office: ready, a beat while the receiver answers, and the end."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from drivers.mqtt_link import Incoming
from hq.clock import Clock
from hq.receiver import Receiver
from tests.brokers import free_port
from tests.offices import TENANT, OfficeProcess, chain, database, wait_for

STUCK_AFTER_S = 0.6


def test_head_office_says_that_it_is_ready_and_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker is there: that is no reason to be started again."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        office = OfficeProcess(tmp_path / "hq", free_port()).start()
        try:
            heard = [manager.recv(100).decode() for _ in range(3)]
            assert office.end(signal.SIGTERM) == 0
            while heard[-1] == "WATCHDOG=1":
                heard.append(manager.recv(100).decode())
        finally:
            office.close()
    assert (heard[:3], heard[-1]) == (["READY=1", "WATCHDOG=1", "WATCHDOG=1"], "STOPPING=1")


class HangingLink:
    """A link that takes everything, and does not come back from an ack until it is let go."""

    up = True
    receive_maximum = 20

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def subscribe(self, topics: Sequence[str], *, qos: int = 1) -> None: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None:
        return 1

    def ack(self, message: Incoming) -> bool:
        return self.let_go.wait(10)


def test_a_receiver_that_hangs_does_not_answer(tmp_path: Path) -> None:
    link, db = HangingLink(), database(tmp_path)
    receiver = Receiver(tenant=TENANT, database=db, link=link, clock=Clock(), stuck_after_s=STUCK_AFTER_S)
    assert not receiver.is_answering()
    receiver.start()
    try:
        time.sleep(2 * STUCK_AFTER_S)
        assert receiver.is_answering(), "a quiet hour is no hanging"
        receiver.link_message(Incoming(f"taptill/v1/{TENANT}/S1/up/sale", chain(1)[0], mid=1, qos=1, connection=1))
        wait_for(lambda: not receiver.is_answering())
        assert receiver.is_running()
        link.let_go.set()
        wait_for(receiver.is_answering)
    finally:
        link.let_go.set()
        receiver.stop()
        db.close()
    assert not receiver.is_running()


def test_waiting_for_a_database_that_is_down_is_answering(tmp_path: Path) -> None:
    db = database(tmp_path)
    receiver = Receiver(tenant=TENANT, database=db, link=HangingLink(), clock=Clock(), stuck_after_s=STUCK_AFTER_S)
    db.db.execute_sql("ALTER TABLE stream RENAME TO elsewhere")
    receiver.start()
    try:
        receiver.link_message(Incoming(f"taptill/v1/{TENANT}/S1/up/sale", chain(1)[0], mid=1, qos=1, connection=1))
        wait_for(lambda: receiver.counts.database_down >= 2)
        assert receiver.is_answering()
    finally:
        receiver.stop()
        db.close()
