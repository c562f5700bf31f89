"""Two ends of the line, each real: a store with its outbox and relay, and head office with its receiver."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from drivers.mqtt_link import Callbacks, MqttLink, Will
from edge.clock import Clock
from edge.messages import (
    Ack,
    Envelope,
    SaleBody,
    SaleLineBody,
    StoreState,
    TenderBody,
    body_hash,
    encode_body,
    state_topic,
)
from edge.relay import Relay
from edge.store import outbox
from edge.store.database import open_store
from hq.store.database import HqDatabase, open_database
from tests.brokers import free_port

REPOSITORY = Path(__file__).resolve().parents[1]
WAIT_S = 30.0
TENANT = "demo"
QUICK = {"reconnect_min_s": 0.05, "reconnect_max_s": 0.2}
NOON_MS = 1_795_320_000_000


def wait_for(what: Callable[[], Any], *, within_s: float = WAIT_S) -> Any:
    """Return the first answer that is true; fail when none comes in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if answer := what():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"not within {within_s} s")


def sale_body(number: int, **changes: Any) -> SaleBody:
    """Return a sale of two lines: 10.00 in all."""
    line = SaleLineBody(sku="tea", name="绿茶", quantity=1, unit_price=500, gross=500, net=500, unit_nets=((500, 1),))
    body = SaleBody(
        sale_id=f"sale-{number:06d}",
        receipt_number=f"S1-1-20261122-{number:04d}",
        lane=1,
        staff_id="anna",
        business_date="2026-11-22",
        sold_at_ms=NOON_MS + number,
        currency="CNY",
        gross=1_000,
        discount=0,
        total=1_000,
        tax=0,
        rules_version="1",
        lines=(line, line),
        tenders=(TenderBody(kind="cash", amount=1_000, given=1_000),),
    )
    return msgspec.structs.replace(body, **changes)


def event(number: int, body: bytes, prev_hash: str = "", **changes: Any) -> bytes:
    """Return a message upwards of store S1, epoch e1."""
    fields = {
        "id": f"S1/e1/{number}",
        "source": "/taptill/demo/S1",
        "type": "com.taptill.sale",
        "subject": f"sale-{number:06d}",
        "time": "2026-11-22T04:00:00.000Z",
        "storeepoch": "e1",
        "sequence": number,
        "prevhash": prev_hash,
        "data": msgspec.Raw(body),
    }
    return msgspec.json.encode(Envelope(**(fields | changes)))


def chain(count: int) -> list[bytes]:
    """Return the first messages of store S1, epoch e1, each chained to the one before."""
    found, prev_hash = [], ""
    for number in range(1, count + 1):
        body = encode_body(sale_body(number))
        found.append(event(number, body, prev_hash))
        prev_hash = body_hash(body)
    return found


class Shop:
    """A store's end: outbox and relay."""

    def __init__(self, folder: Path, port: int, store_id: str = "S1", *, lose_acks: int = 0, **options: Any) -> None:
        self.store_id, self.lose_acks = store_id, lose_acks
        self.store = open_store(folder / store_id / "store.db", synchronous="OFF")
        self.pages: list[int] = []
        self.link = MqttLink(
            f"edge-{store_id}",
            "127.0.0.1",
            port,
            callbacks=Callbacks(
                on_up=lambda: self.relay.link_up(),  # noqa: PLW0108 - the relay comes after the link
                on_down=lambda reason: self.relay.link_down(reason),  # noqa: PLW0108 - the relay comes after the link
                on_message=lambda incoming: self.relay.link_message(incoming),  # noqa: PLW0108 - the relay comes after the link
                on_published=lambda mid, reason: self.relay.link_published(mid, reason),  # noqa: PLW0108 - the relay comes after the link
            ),
            will=Will(state_topic(TENANT, store_id), msgspec.json.encode(StoreState(online=False, boot="b1"))),
            **QUICK,
        )
        self.relay = Relay(
            tenant=TENANT,
            store_id=store_id,
            boot="b1",
            version="1.0",
            link=self.link,
            read=self._read,
            acked=self._acked,
            state=self._state,
            clock=Clock(),
            **{"resend_s": 0.4, "gap_s": 0.2} | options,
        )
        self.sold = 0

    def sell(self, count: int = 1, **changes: Any) -> None:
        with self.store.transaction():
            for _ in range(count):
                self.sold += 1
                body = sale_body(self.sold, **changes)
                outbox.put(
                    self.store.db, kind="sale", subject=body.sale_id, body=encode_body(body), at_ms=body.sold_at_ms
                )
        self.relay.wake()

    def put(self, body: bytes, kind: str = "sale") -> None:
        """Put raw bytes in the outbox."""
        with self.store.transaction():
            outbox.put(self.store.db, kind=kind, subject="", body=body, at_ms=NOON_MS)
        self.relay.wake()

    def waiting(self) -> int:
        return outbox.waiting(self.store.reads)

    def is_drained(self) -> bool:
        return self.waiting() == 0

    def close(self) -> None:
        self.relay.stop()
        self.store.close()

    def _read(self, after_seq: int, limit: int) -> list[outbox.OutboxRow]:
        self.pages.append(limit)
        return outbox.unacked(self.store.reads, after_seq, limit)

    def _acked(self, ack: Ack) -> None:
        if self.lose_acks > 0:
            self.lose_acks -= 1
            return
        with self.store.transaction():
            outbox.apply_ack(self.store.db, ack)

    def _state(self) -> StoreState:
        return StoreState(
            online=True,
            epoch=outbox.epoch(self.store.reads),
            waiting=outbox.waiting(self.store.reads),
            devices={"scanner": "ok"},
        )


def database(folder: Path) -> HqDatabase:
    return open_database(f"sqlite:///{folder}/hq.db", synchronous="OFF")


def sales_of(db: HqDatabase, store: str = "S1") -> list[str]:
    """Return the sale ids that head office has of a store, in the order of their messages."""
    cursor = db.db.execute_sql("SELECT sale_id FROM sale WHERE store = ? ORDER BY epoch, seq", (store,))
    return [row[0] for row in cursor.fetchall()]


def sale_ids(count: int) -> list[str]:
    return [f"sale-{number:06d}" for number in range(1, count + 1)]


class OfficeProcess:
    """Head office as a process of its own: `python -m hq run`."""

    def __init__(self, folder: Path, port: int, name: str = "hq-1") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / f"{name}.toml"
        self.wall_port = free_port()
        self._config.write_text(
            f'[office]\ntenant = "{TENANT}"\nreceiver = "{name}"\n[broker]\nport = {port}\n'
            f'[database]\nurl = "sqlite:///hq.db"\n[wall]\nport = {self.wall_port}\n'
        )
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> OfficeProcess:
        """Start and wait until it has announced its wall."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hq", "run", "--config", str(self._config)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("wall: "), line
        return self

    def end(self, how: signal.Signals = signal.SIGTERM, *, within_s: float = 5.0) -> int:
        """End it and return its exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        code = self._process.wait(within_s)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)
