"""What is to be printed: a durable queue for each printer, written with what it tells of.

A receipt's job names its sale and is laid out when it is printed; other papers are kept as documents. The cash drawer
hangs on a printer, so its opening is a job as well, without paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, row, scalar

RECENT_JOBS = 50
"""How far back, over all printers, a doubtful paper is looked for."""


@dataclass(frozen=True, slots=True)
class PrintJob:
    job_id: int
    printer: str
    kind: str
    """receipt, copy, gift_receipt, return, slip, kitchen, kitchen_copy, label, test, drawer, shift; `sale_id` is the
    id of the return for one, and of the shift for a Z report."""
    sale_id: str | None
    state: str
    document: bytes
    """JSON of a drivers.document.Document; empty for receipts, kitchen slips and copies of both."""
    created_ms: int


def put(
    db: SqliteDatabase, *, printer: str, kind: str, at_ms: int, sale_id: str | None = None, document: bytes = b""
) -> int:
    """Queue a paper within the caller's transaction and return its job id."""
    job_id = execute(
        db,
        "INSERT INTO print_job (printer, kind, sale_id, state, document, created_ms) VALUES (?, ?, ?, 'queued', ?, ?)",
        printer,
        kind,
        sale_id,
        document,
        at_ms,
    ).lastrowid
    assert job_id is not None
    return job_id


def next_job(db: SqliteDatabase, printer: str) -> PrintJob | None:
    """Return the job of a printer that comes next: its drawer before any paper, then the oldest."""
    found = row(
        db,
        "SELECT job_id, printer, kind, sale_id, state, document, created_ms FROM print_job"
        " WHERE printer = ? AND state IN ('queued', 'sending') ORDER BY kind <> 'drawer', job_id LIMIT 1",
        printer,
    )
    return PrintJob(*found) if found else None


def set_state(db: SqliteDatabase, job_id: int, state: str, *, at_ms: int) -> None:
    done_ms = at_ms if state in ("printed", "sent", "doubtful", "dropped") else None
    execute(db, "UPDATE print_job SET state = ?, done_ms = ? WHERE job_id = ?", state, done_ms, job_id)


def doubt_the_sending(db: SqliteDatabase, *, at_ms: int) -> int:
    """Call every job doubtful that was being sent when the daemon stopped, and return how many.

    It may be on paper: only a person can say, and what follows is a marked copy.
    """
    return int(
        execute(db, "UPDATE print_job SET state = 'doubtful', done_ms = ? WHERE state = 'sending'", at_ms).rowcount
    )


def state_of_sale(db: SqliteDatabase, sale_id: str) -> str:
    """Return the state of the newest paper of a sale, `none` where nothing was to be printed."""
    found = scalar(
        db,
        "SELECT state FROM print_job WHERE sale_id = ?"
        " AND kind NOT IN ('drawer', 'kitchen', 'kitchen_copy', 'gift_receipt')"
        " ORDER BY job_id DESC LIMIT 1",
        sale_id,
    )
    return str(found) if found else "none"


def doubtful_receipt(db: SqliteDatabase, printer: str) -> str:
    """Return the sale of a printer's newest doubtful receipt that nobody has answered for: by a copy, or by saying that
    it is there. An empty text where there is none, or only one of long ago."""
    return _doubtful(db, printer, ("receipt", "copy"))


def doubtful_slip(db: SqliteDatabase, printer: str) -> str:
    """Return the same of its kitchen slips."""
    return _doubtful(db, printer, ("kitchen", "kitchen_copy"))


def doubtful_z(db: SqliteDatabase, printer: str) -> str:
    """Return the shift of its newest Z report that is so; a copy of one is of the same kind."""
    return _doubtful(db, printer, ("shift", "shift"))


def _doubtful(db: SqliteDatabase, printer: str, kinds: tuple[str, str]) -> str:
    found = scalar(
        db,
        "SELECT sale_id FROM print_job j WHERE job_id > (SELECT max(job_id) FROM print_job) - ?"
        " AND printer = ? AND kind IN (?, ?) AND state = 'doubtful' AND sale_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM print_job k"
        " WHERE k.sale_id = j.sale_id AND k.job_id > j.job_id AND k.kind = ?) ORDER BY job_id DESC LIMIT 1",
        RECENT_JOBS, printer, *kinds, kinds[1],
    )  # fmt: skip
    return str(found or "")


def believe(db: SqliteDatabase, printer: str, sale_id: str) -> int:
    """Call the doubtful papers of a sale printed, because somebody sees them; return how many there were."""
    changed = execute(
        db,
        "UPDATE print_job SET state = 'printed' WHERE printer = ? AND sale_id = ? AND state = 'doubtful'",
        printer, sale_id,
    )  # fmt: skip
    return int(changed.rowcount)
