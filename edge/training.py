"""Practice: a lane that sells in a store of its own, so that nothing of it can ever count.

A till that practises is a till like any other, over another file: it has its own receipt numbers, ledger, shifts, chain
and outbox, which nobody sends. Items, prices, quick keys and staff are copied when it begins; members are made up. The
lane's own till waits meanwhile, as it is. The file is thrown away when the last lane ends its practice.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import msgspec

from drivers.document import document_json
from edge.config import Config, DeviceConfig, LaneConfig
from edge.desk import Desk
from edge.papers import Papers
from edge.screen import Refusal
from edge.shop import Shop
from edge.store import printjobs, training_copy
from edge.store.baskets import LaneState, put_lane_state
from edge.store.database import Store, StoreError
from edge.store.printjobs import PrintJob
from edge.store.reads import StoreReads
from edge.text_marks import N_
from edge.till import Till

log = logging.getLogger(__name__)

STORE_ID = "TRAIN"
"""Stands in the receipt numbers of practice in place of the store's id."""
MARK = N_("TRAINING: COUNTS FOR NOTHING")
"""Stands on top and at the foot of every paper of practice."""
JOBS_MAX = 20
"""Most papers of one deed."""


class TrainingRoom:
    """The lanes that practise. `prepare` is for a web thread, `begin` and `end` for the writer thread."""

    def __init__(self, folder: Path, swap: Callable[[int, Till], Till]) -> None:
        """Take the room's own folder, which is emptied.

        Args:
            swap: puts a till in a lane's place and returns the one before; on the writer thread.
        """
        self._folder = folder
        self._swap = swap
        self._lock = Lock()
        self._ready: Store | None = None
        self._reads: dict[int, StoreReads] = {}
        self._waiting: dict[int, Till] = {}
        self._store: Store | None = None
        shutil.rmtree(folder, ignore_errors=True)

    def is_on(self, lane: int) -> bool:
        return lane in self._reads

    def reads(self, lane: int) -> StoreReads | None:
        """Return what a lane that practises reads; None for one that does not."""
        return self._reads.get(lane)

    def prepare(self, shop: Shop) -> bool:
        """Copy what a practice needs, which takes a while for many items; tell whether it is there."""
        with self._lock:
            if self._ready is not None or self._store is not None:
                return True
            try:
                self._ready = training_copy.make(self._folder / "practice.db", shop.store, now_ms=shop.clock.now_ms())
            except (StoreError, OSError) as error:
                log.warning("no practice: %s", error)
                return False
            self._ready.close_thread()
            return True

    def begin(self, desk: Desk, lane: LaneConfig) -> Refusal | None:
        """Let a lane practise from here on."""
        store = self._store or self._ready
        if store is None or desk.memory.staff is None:
            return desk.refuse(Refusal("training_busy"))
        self._store, self._ready = store, None
        shop = self._shop(desk.shop, store)
        state = LaneState(staff_id=desk.memory.staff.staff_id, seen_ms=desk.now_ms())
        with store.transaction():
            put_lane_state(store.db, desk.lane, state)
        papers = _papers(shop)
        self._reads[desk.lane] = StoreReads(store, shop.clock, tier_names=shop.rulebook.tier_names, receipts=papers)
        self._waiting[desk.lane] = self._swap(desk.lane, Till(lane, shop))
        return None

    def end(self, desk: Desk) -> None:
        """Give the lane its own till back, locked: whoever goes on signs in."""
        till = self._waiting.pop(desk.lane)
        self._reads.pop(desk.lane)
        self._swap(desk.lane, till)
        real = till.desk
        with real.shop.store.transaction():
            real.note("training_end", detail={"sales": training_copy.sales(desk.shop.store.db, desk.lane)})
        till.sign_out()
        if not self._waiting and self._store is not None:
            self._store.close_thread()
            self._store = None
            shutil.rmtree(self._folder, ignore_errors=True)

    def _shop(self, shop: Shop, store: Store) -> Shop:
        config = _config(shop.config)
        made = replace(shop, config=config, store=store, is_training=True, committed=lambda: None, charges=None)
        papers = _papers(made)
        return replace(made, committed=lambda: _print(shop, store, papers, config.device))


def _config(config: Config) -> Config:
    # Whoever practises in a shop that sells only within a shift need not begin one first: no shift counts here.
    return msgspec.structs.replace(
        config,
        store=msgspec.structs.replace(config.store, id=STORE_ID),
        shift=msgspec.structs.replace(config.shift, required=False),
    )


def _papers(shop: Shop) -> Papers:
    return Papers(shop.store, shop.config, shop.rulebook, shop.clock, mark=MARK)


def _print(shop: Shop, store: Store, papers: Papers, devices: Sequence[DeviceConfig]) -> None:
    """Hand the papers of practice, marked, to the real printers' queue; the drawer stays shut."""
    now_ms = shop.clock.now_ms()
    for device in devices:
        for _ in range(JOBS_MAX):
            job = printjobs.next_job(store.db, device.name)
            if job is None:
                break
            document = None if job.kind in ("drawer", "test") else _laid_out(papers, job, device)
            with store.transaction():
                printjobs.set_state(store.db, job.job_id, "dropped" if document is None else "printed", at_ms=now_ms)
            if document is not None:
                with shop.store.transaction():
                    printjobs.put(shop.store.db, printer=device.name, kind="practice", at_ms=now_ms, document=document)
    shop.committed()


def _laid_out(papers: Papers, job: PrintJob, device: DeviceConfig) -> bytes | None:
    document = papers.marked(job, device)
    return document_json(document) if document is not None else None
