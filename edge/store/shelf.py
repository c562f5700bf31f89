"""What lies at hand on the device bench: items with a code that a scanner would read, and the cards of the house."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store import catalog
from edge.store.database import rows
from edge.store.members import name_of
from rules.basket import Names
from rules.money import Minor

ITEMS_MAX = 600
"""Most items that lie on the bench; any other code can be typed."""
CARDS_MAX = 200


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """An item that can be held to the scanner."""

    sku: str
    names: Names
    category_id: str
    unit: str
    price: Minor
    """A piece, or a kilogram where weighed; -1 without one."""
    is_weighed: bool
    code: str
    """What the catalogue finds it by: a GTIN of 14 digits, or item digits of a scale label; empty without one."""
    words: str
    """Lower-case words to find it by, pinyin among them."""


@dataclass(frozen=True, slots=True)
class ShelfCard:
    """A card that can be held to the reader."""

    uid: str
    name: str
    """Masked for a member, in clear for staff."""
    role: str
    """manager or cashier; empty for a member."""
    tier_id: str = ""
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    categories: tuple[tuple[str, Names], ...]
    """Id and names of every category that has items here, in the shop's order."""
    items: tuple[ShelfItem, ...]
    members: tuple[ShelfCard, ...]
    staff: tuple[ShelfCard, ...]


def shelf(db: SqliteDatabase, *, now_ms: int) -> Shelf:
    """Return the first `ITEMS_MAX` items, by category, and `CARDS_MAX` cards."""
    found = rows(
        db,
        "SELECT i.sku, i.name_zh_hans, i.name_zh_hant, i.name_en, i.category_id, i.unit,"  # noqa: S608 our own columns
        f" coalesce({catalog.PRICE_NOW.format(tier=catalog.LIST_TIER)}, -1), i.is_weighed, coalesce(c.code, ''),"
        " i.search || ' ' || i.initials"
        " FROM item i LEFT JOIN category g ON g.category_id = i.category_id"
        " LEFT JOIN item_code c ON c.code = (SELECT code FROM item_code WHERE sku = i.sku"
        " ORDER BY quantity, code LIMIT 1)"
        " WHERE i.is_active = 1 ORDER BY coalesce(g.sort, 9999), i.sku LIMIT ?",
        now_ms,
        ITEMS_MAX,
    )
    items = tuple(ShelfItem(r[0], Names(*r[1:4]), r[4], r[5], r[6], bool(r[7]), r[8], r[9]) for r in found)
    used = {item.category_id for item in items}
    categories = rows(db, "SELECT category_id, name_zh_hans, name_zh_hant, name_en FROM category ORDER BY sort")
    members = rows(
        db,
        "SELECT c.uid, m.member_id, m.tier_id, c.status = 'blocked' OR m.status = 'blocked' FROM card c"
        " JOIN member m ON m.member_id = c.member_id"
        " WHERE m.status <> 'erased' ORDER BY m.code, c.uid LIMIT ?",
        CARDS_MAX,
    )
    staff = rows(
        db,
        "SELECT badge_uid, name, role FROM staff WHERE is_active = 1 AND badge_uid IS NOT NULL"
        " ORDER BY role DESC, staff_id LIMIT ?",
        CARDS_MAX,
    )
    return Shelf(
        categories=tuple((r[0], Names(*r[1:])) for r in categories if r[0] in used),
        items=items,
        members=tuple(
            ShelfCard(uid, name_of(db, member_id), "", tier, bool(blocked)) for uid, member_id, tier, blocked in members
        ),
        staff=tuple(ShelfCard(uid, name, role) for uid, name, role in staff),
    )
