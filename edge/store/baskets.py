"""Open baskets: every step is a row, so that the last one can be undone and none is lost with the power."""

from __future__ import annotations

import msgspec
from peewee import SqliteDatabase

from edge.store.database import execute, row, scalar
from edge.store.known import aside
from rules.card_policy import Proof

STEPS_MAX = 50
"""Steps of an open basket that can be undone."""
_SPAN = "SELECT count(*), min(step), max(step) FROM basket_step WHERE lane = ?"


class StoredLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line without its item's data: these are looked up afresh, so that a new price counts at once."""

    line_id: str
    sku: str
    quantity: int = 1
    weight_g: int | None = None
    label_amount: int | None = None
    open_price: int | None = None
    code: str = ""
    hand_price: int | None = None
    """What a person changed its price to: a piece or a kilogram."""
    off_bp: int = 0
    off_amount: int = 0
    """Taken off by hand: a part of what promotions leave, or an amount."""
    note: str = ""
    """What the cashier wrote beside it."""

    @property
    def is_by_hand(self) -> bool:
        """True where a person decided its price: what was allowed for so many pieces is not allowed for more."""
        return self.hand_price is not None or self.off_bp > 0 or self.off_amount > 0


class StoredTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Times of a card that pay for some pieces of an item."""

    unit: str
    sku: str
    quantity: int
    holder_id: str
    """The member whose card it is."""


class StoredProof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of the member being here themselves; it counts for this member alone."""

    member_id: str
    level: Proof
    card_uid: str = ""
    """The card that was held to the reader; empty where there was none."""


class StoredBack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that is brought back in this basket: of a sale, or without a receipt."""

    line_id: str
    sale_id: str = ""
    """The sale that it is of; empty without a receipt."""
    line: int = 0
    """Position among that sale's lines, from 0."""
    sku: str = ""
    quantity: int = 1
    """Pieces; 1 for a weighed portion."""
    weight_g: int | None = None
    unit_price: int = 0
    """Without a receipt: what is given for a piece or a kilogram."""
    is_restocked: bool = True
    reason: str = ""
    approved_by: str = ""
    """Who allowed it where somebody had to; on hold that is forgotten."""


class StoredBasket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A basket at one step."""

    sale_id: str
    member_id: str | None = None
    lines: tuple[StoredLine, ...] = ()
    next_line: int = 1
    newest_line: str = ""
    codes: tuple[str, ...] = ()
    """Coupon codes as they were given."""
    points: int = 0
    """Points that the member wants to pay with."""
    gift_choices: tuple[tuple[str, str], ...] = ()
    """(promotion id, SKU) where a gift was chosen."""
    times: tuple[StoredTimes, ...] = ()
    """What times cards pay for; it is no part of `lines` and has no price."""
    keeps_change: bool = False
    """The member keeps the change as stored value."""
    proof: StoredProof | None = None
    off_bp: int = 0
    """Taken off the whole basket by hand."""
    back: tuple[StoredBack, ...] = ()
    """What comes back: its worth is taken off what is due, or the rest is given back."""
    age: int = 0
    """Years that the cashier confirmed the buyer to have; 0: nobody looked."""
    off_gross: int = 0
    """What the goods listed for when that was allowed: more of them is to be allowed anew."""


class StoredTender(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    given: int
    ref: str = ""


class StoredBanner(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for the cashier that stands until it is dismissed."""

    code: str
    params: dict[str, str | int] = {}


class LaneState(msgspec.Struct, frozen=True, kw_only=True):
    """What a lane remembers beside its basket."""

    staff_id: str = ""
    seen_ms: int = 0
    """When something was last done at the lane."""
    tenders: tuple[StoredTender, ...] = ()
    banner: StoredBanner | None = None
    waiting: tuple[str, ...] = ()
    """Scans taken while the banner stands. No payment code is among them."""


def push(db: SqliteDatabase, lane: int, basket: StoredBasket) -> int:
    """Make the basket the lane's newest step and return how many steps can be undone."""
    kept, oldest, newest = row(db, _SPAN, lane) or (0, None, None)
    step = (newest or 0) + 1
    with aside(db):
        execute(db, "INSERT INTO basket_step VALUES (?, ?, ?)", lane, step, msgspec.json.encode(basket))
        if kept >= STEPS_MAX:
            execute(db, "DELETE FROM basket_step WHERE lane = ? AND step <= ?", lane, step - STEPS_MAX)
            return _undoable(db, lane)
    return _undoable_of(kept + 1, oldest or step)


def lay(db: SqliteDatabase, lane: int, basket: StoredBasket) -> None:
    """Make a basket from hold the lane's only step; it cannot be undone, or nobody would have it any more."""
    with aside(db):
        execute(db, "INSERT INTO basket_step VALUES (?, 2, ?)", lane, msgspec.json.encode(basket))


def _undoable(db: SqliteDatabase, lane: int) -> int:
    kept, oldest, _ = row(db, _SPAN, lane) or (0, None, None)
    return _undoable_of(kept, oldest)


def _undoable_of(kept: int, oldest: int | None) -> int:
    # What came before the first step is the empty lane; once that step was dropped, the oldest kept one is the end.
    return kept if oldest in (None, 1) else kept - 1


def pop(db: SqliteDatabase, lane: int) -> StoredBasket | None:
    """Take the newest step away and return the one before it, or None, changing nothing, when there is none."""
    if scalar(db, "SELECT count(*) FROM basket_step WHERE lane = ?", lane) < 2:
        return None
    with aside(db):
        execute(
            db, "DELETE FROM basket_step WHERE lane = ? AND step = (SELECT max(step) FROM basket_step WHERE lane = ?)",
            lane, lane,
        )  # fmt: skip
    return newest(db, lane)[0]


def before(db: SqliteDatabase, lane: int) -> StoredBasket | None:
    """Return the step before the lane's newest one; None where that is the empty lane."""
    found = row(db, "SELECT body FROM basket_step WHERE lane = ? ORDER BY step DESC LIMIT 1 OFFSET 1", lane)
    return msgspec.json.decode(found[0], type=StoredBasket) if found else None


def newest(db: SqliteDatabase, lane: int) -> tuple[StoredBasket | None, int]:
    """Return the lane's open basket and how many of its steps can be undone."""
    found = row(db, "SELECT body FROM basket_step WHERE lane = ? ORDER BY step DESC LIMIT 1", lane)
    if found is None:
        return None, 0
    return msgspec.json.decode(found[0], type=StoredBasket), _undoable(db, lane)


def clear(db: SqliteDatabase, lane: int) -> None:
    with aside(db):
        execute(db, "DELETE FROM basket_step WHERE lane = ?", lane)
        execute(db, "UPDATE lane_state SET tenders = '[]' WHERE lane = ?", lane)


def lane_state(db: SqliteDatabase, lane: int) -> LaneState:
    found = row(db, "SELECT staff_id, seen_ms, tenders, banner, waiting FROM lane_state WHERE lane = ?", lane)
    if found is None:
        return LaneState()
    return LaneState(
        staff_id=found[0],
        seen_ms=found[1],
        tenders=msgspec.json.decode(found[2], type=tuple[StoredTender, ...]),
        banner=msgspec.json.decode(found[3], type=StoredBanner | None),
        waiting=msgspec.json.decode(found[4], type=tuple[str, ...]),
    )


def put_lane_state(db: SqliteDatabase, lane: int, state: LaneState) -> None:
    with aside(db):
        execute(
            db, "INSERT OR REPLACE INTO lane_state VALUES (?, ?, ?, ?, ?, ?)",
            lane, state.staff_id, state.seen_ms,
            *(msgspec.json.encode(each).decode() for each in (state.tenders, state.banner, state.waiting)),
        )  # fmt: skip
