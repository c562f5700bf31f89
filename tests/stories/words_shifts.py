"""Words of shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge import shifts
from edge.screen import Refusal
from edge.store import shifts as stored
from edge.store.database import rows, scalar
from edge.store.ledger import balance
from rules.ledger import CASH
from rules.money import parse_amount


def begin(player: Any, amount: str) -> Refusal | None:
    return player.ask(shifts.begin_shift, float_amount=parse_amount(amount))


def move(player: Any, kind: str, amount: str, reason: str) -> Refusal | None:
    kind = {"put in": "cash_in", "take out": "cash_out", "take to the safe": "safe_drop"}[kind]
    return player.ask(shifts.move_cash, kind=kind, amount=parse_amount(amount), reason=reason)


def print_x(player: Any) -> Refusal | None:
    return player.ask(shifts.print_x)


def close(player: Any, pieces: str, other: str, left: str) -> Refusal | None:
    counts = [pair.split(" of ") for pair in pieces.split(", ")] if pieces else []
    text = " ".join(f"{parse_amount(worth)}:{count}" for count, worth in counts)
    return player.ask(shifts.close_shift, pieces=text, other=parse_amount(other or "0"), left=parse_amount(left or "0"))


def expect_z(player: Any, number: str, counted: str, difference: str) -> None:
    db = player.shop.parts.store.reads
    report = stored.closed_report(db, stored.newest_closed(db, player.lane))
    sign = -1 if difference.startswith("-") else 1
    assert report is not None, "no shift was closed at this lane"
    player.equal(
        (report.number, report.counted, report.difference),
        (number, parse_amount(counted), sign * (parse_amount(difference.lstrip("+-")) or 0)),
    )


def expect_holds(player: Any, account: str, sign: str, amount: str) -> None:
    found = balance(player.shop.parts.store.reads, account, CASH)
    player.equal(found, (-1 if sign else 1) * (parse_amount(amount) or 0))


def expect_sales_of_shift(player: Any, count: str) -> None:
    found = scalar(
        player.shop.parts.store.reads,
        "SELECT count(*) FROM sale WHERE shift_id <> '' AND shift_id = (SELECT shift_id FROM shift WHERE lane = ?"
        " ORDER BY shift_no DESC LIMIT 1)",
        player.lane,
    )
    player.equal(found, int(count))


def expect_told_of_shifts(player: Any, count: str) -> None:
    found = rows(player.shop.parts.store.reads, "SELECT body FROM outbox WHERE kind = 'shift'")
    player.equal(len(found), int(count))


def expect_of_day(player: Any, count: str, what: str, day: str) -> None:
    """What the books, the day's figures and the messages to head office count of a day."""
    db, kind = player.shop.parts.store.reads, {"sales": "sale", "returns": "refund"}[what]
    told = rows(db, "SELECT CAST(body AS TEXT) ->> 'business_date' FROM outbox WHERE kind = ?", kind)
    figures = (
        scalar(db, "SELECT sum(sales) FROM day_stat WHERE business_date = ?", day) if kind == "sale" else int(count)
    )
    books = "sale" if kind == "sale" else "sale_return r JOIN entry e ON e.entry_id = r.return_id"
    found = scalar(db, f"SELECT count(*) FROM {books} WHERE business_date = ?", day)
    player.equal((found, figures, told.count((day,))), (int(count),) * 3)


def expect_z_of_day(player: Any, day: str) -> None:
    """The newest Z, and what head office is told of it."""
    db = player.shop.parts.store.reads
    report = stored.closed_report(db, stored.newest_closed(db, player.lane))
    assert report is not None and report.at_ms >= report.opened_ms
    (told,) = rows(
        db, "SELECT CAST(body AS TEXT) ->> 'business_date' FROM outbox WHERE kind = 'shift' ORDER BY seq DESC LIMIT 1"
    )[0]
    player.equal((report.business_date, told), (day, day))


WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"begin the shift with ([\d.]+)", begin),
    (r"(put in|take out|take to the safe) ([\d.]+) because (\w+)", move),
    (r"print the X", print_x),
    (r"close the shift with ((?:\d+ of [\d.]+(?:, )?)*)(?: ?and ([\d.]+))?(?: leaving ([\d.]+))?", close),
    (r"expect Z (\S+) counted ([\d.]+) difference ([+-]?[\d.]+)", expect_z),
    (r"expect (safe|over_short|cash_book) holds (-?)([\d.]+)", expect_holds),
    (r"expect (\d+) sales in the shift", expect_sales_of_shift),
    (r"expect (\d+) (sales|returns) on (\d{4}-\d\d-\d\d)", expect_of_day),
    (r"expect Z of (\d{4}-\d\d-\d\d)", expect_z_of_day),
    (r"expect head office is told of (\d+) shifts", expect_told_of_shifts),
)
