"""One import at a time: a dry run and then all or nothing, in the background, with its progress to be seen."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from edge.import_apply import Author, Stale, apply
from edge.import_items import plan_items
from edge.import_members import plan_members
from edge.import_plans import Plan
from edge.import_sheets import SheetError, open_sheet
from edge.shop import Shop
from edge.store.database import StoreError
from edge.store.vault import vault_of

log = logging.getLogger(__name__)


class Stage(StrEnum):
    NONE = "none"
    READING = "reading"
    PLANNED = "planned"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


KINDS: Mapping[str, Callable[..., Plan]] = {
    "members": partial(plan_members, kind="members"),
    "cards": partial(plan_members, kind="cards"),
    "balances": partial(plan_members, kind="balances"),
    "items": plan_items,
}


@dataclass(frozen=True, slots=True)
class State:
    """How far an import is."""

    stage: Stage = Stage.NONE
    kind: str = ""
    name: str = ""
    """Of the file, as it was sent."""
    done: int = 0
    total: int = 0
    """0 while nobody knows."""
    plan: Plan | None = None
    code: str = ""
    """Why it failed."""


class ImportRoom:
    """Holds the one import of a store; the file and its bad rows are kept until the next one, or until it is done."""

    def __init__(
        self,
        shop: Shop,
        writing: Shop,
        folder: Path,
        *,
        write: Callable[[Callable[[], Any]], Any],
        breathe: Callable[[], None],
    ) -> None:
        """Take the store.

        Args:
            shop: over the read-only connections.
            writing: the same over the writer's.
            folder: for the file, for the daemon's user alone.
            write: runs a change of the store in one transaction on the writer thread. Raises StoreError.
            breathe: tells from within such a change that the till is not stuck.
        """
        self._shop = shop
        self._writing = writing
        self._folder = folder
        self._write = write
        self._breathe = breathe
        self._lock = threading.Lock()
        self._state = State()

    @property
    def state(self) -> State:
        with self._lock:
            return self._state

    def _set(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)

    def begin(self, kind: str, name: str, save: Callable[[Path], None]) -> bool:
        """Begin a dry run of a file in the background; False while another import is at work.

        Args:
            save: writes the file to a path.
        """
        assert kind in KINDS
        with self._lock:
            if self._state.stage in (Stage.READING, Stage.WRITING):
                return False
            self._state = State(Stage.READING, kind, name[:120])
        self.clear_files()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        save(self._file)
        threading.Thread(target=self._read, args=(kind,), name="import", daemon=True).start()
        return True

    def carry_out(self, author: Author) -> bool:
        """Begin to write what was planned; False where nothing good is planned."""
        with self._lock:
            plan = self._state.plan
            if self._state.stage is not Stage.PLANNED or plan is None or not plan.is_good:
                return False
            self._state = replace(self._state, stage=Stage.WRITING, done=0, total=0)
        threading.Thread(target=self._apply, args=(plan, author), name="import", daemon=True).start()
        return True

    def drop(self) -> None:
        """Forget a plan, and the file with everybody's data."""
        with self._lock:
            if self._state.stage in (Stage.READING, Stage.WRITING):
                return
            self._state = State()
        self.clear_files()

    def clear_files(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _file(self) -> Path:
        return self._folder / "sheet"

    def _read(self, kind: str) -> None:
        try:
            self._plan(kind)
        except SheetError as error:
            self._set(stage=Stage.FAILED, code=error.code)
        except StoreError as error:
            log.warning("the dry run of an import failed: %s", error)
            self._set(stage=Stage.FAILED, code="store_failed")
        finally:
            self._file.unlink(missing_ok=True)
            self._shop.store.close_thread()

    def _plan(self, kind: str) -> None:
        if vault_of(self._shop.store.db).is_locked:
            raise SheetError("privacy_locked")
        rows = open_sheet(self._file).rows()
        plan = KINDS[kind](self._shop, rows, progress=lambda done: self._set(done=done))
        self._set(stage=Stage.PLANNED, plan=plan, code="" if plan.total or plan.bad else "empty")

    def _apply(self, plan: Plan, author: Author) -> None:
        try:
            answer = apply(
                self._writing, plan, author, write=self._write, breathe=self._breathe,
                progress=lambda done, total: self._set(done=done, total=total),
            )  # fmt: skip
        except StoreError as error:
            log.warning("an import was not written: %s", error)
            self._set(stage=Stage.FAILED, code="store_failed", plan=None)
            return
        is_stale = isinstance(answer, Stale)
        self._set(stage=Stage.FAILED if is_stale else Stage.DONE, code="stale" if is_stale else "")
        self._writing.committed()
