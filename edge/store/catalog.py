"""Items, the codes they are found by, their prices over time, and the quick keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from peewee import SqliteDatabase

from edge.store import item_search
from edge.store.database import Row, execute, execute_many, row, rows, scalar
from edge.store.known import ALWAYS_MS, known
from edge.store.rows import ItemRow, QuickKey, QuickPage
from rules.basket import Item, Names
from rules.money import Minor

LIST_TIER = "#list"
"""Tier id of the list price; the tier "" is the price for any member."""
ITEM_COLUMNS = (
    "i.sku, i.name_zh_hans, i.name_zh_hant, i.name_en, i.category_id, i.brand, i.unit, i.tags, i.tax_bp,"
    " i.is_weighed, i.is_open_price, i.is_active"
)
PRICE_NOW = (
    "(SELECT amount FROM price p WHERE p.sku = i.sku AND p.tier_id = '{tier}' AND p.effective_from_ms <= ?"
    " ORDER BY p.effective_from_ms DESC LIMIT 1)"
)


def put_category(db: SqliteDatabase, category_id: str, names: Names, *, sort: int = 0) -> None:
    execute(
        db, "INSERT OR REPLACE INTO category VALUES (?, ?, ?, ?, ?)",
        category_id, names.zh_hans, names.zh_hant, names.en, sort,
    )  # fmt: skip


def put_item(db: SqliteDatabase, item: Item, *, initials: str = "", search: str = "") -> None:
    """Make or change an item; its prices and codes are put apart.

    Args:
        initials: pinyin initials in lower case, several readings separated by blanks: `kkkl klkl`.
        search: further words to find it by, such as full pinyin.
    """
    folded = " ".join((item.names.zh_hans, item.names.zh_hant, item.names.en, item.brand, item.sku, search)).lower()
    execute(
        db,
        "INSERT INTO item (sku, name_zh_hans, name_zh_hant, name_en, category_id, brand, unit, tags, tax_bp,"
        " is_weighed, is_open_price, is_active, initials, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)"
        " ON CONFLICT (sku) DO UPDATE SET name_zh_hans = excluded.name_zh_hans, name_zh_hant = excluded.name_zh_hant,"
        " name_en = excluded.name_en, category_id = excluded.category_id, brand = excluded.brand,"
        " unit = excluded.unit, tags = excluded.tags, tax_bp = excluded.tax_bp, is_weighed = excluded.is_weighed,"
        " is_open_price = excluded.is_open_price, is_active = 1, initials = excluded.initials,"
        " search = excluded.search",
        item.sku, item.names.zh_hans, item.names.zh_hant, item.names.en, item.category, item.brand, item.unit,
        " ".join(sorted(item.tags)), item.tax_bp, int(item.is_weighed), int(item.is_open_price), initials, folded,
    )  # fmt: skip
    item_search.index_item(db, item, initials=initials, search=search)


def put_code(db: SqliteDatabase, code: str, sku: str, *, quantity: int = 1) -> None:
    """Let an item be found by a code: a 14-digit GTIN, or any other text as it is scanned.

    Args:
        quantity: pieces that one scan stands for, such as 24 for a carton.
    """
    execute(db, "INSERT OR REPLACE INTO item_code VALUES (?, ?, ?)", code, sku, quantity)


def put_price(db: SqliteDatabase, sku: str, amount: Minor, *, effective_from_ms: int, tier_id: str = LIST_TIER) -> None:
    """Add a price from a moment on; what was sold before keeps its price."""
    execute(db, "INSERT OR REPLACE INTO price VALUES (?, ?, ?, ?)", sku, tier_id, effective_from_ms, amount)


def put_quick_page(
    db: SqliteDatabase, page_id: int, names: Names, keys: Sequence[tuple[str, str]], *, sort: int = 0, lane: int = 0
) -> None:
    """Put a page of quick keys in the place of the one with its id; `keys` are (sku, colour) in their order.

    Args:
        lane: whose page it is; 0: every lane's.
    """
    execute(
        db,
        "INSERT INTO quick_page (page_id, name_zh_hans, name_zh_hant, name_en, sort, lane)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (page_id) DO UPDATE SET name_zh_hans = excluded.name_zh_hans,"
        " name_zh_hant = excluded.name_zh_hant, name_en = excluded.name_en, sort = excluded.sort, lane = excluded.lane",
        page_id, names.zh_hans, names.zh_hant, names.en, sort, lane,
    )  # fmt: skip
    execute(db, "DELETE FROM quick_key WHERE page_id = ?", page_id)
    execute_many(
        db, "INSERT INTO quick_key VALUES (?, ?, ?, ?)",
        [(page_id, position, sku, colour) for position, (sku, colour) in enumerate(keys)],
    )  # fmt: skip


def find_code(db: SqliteDatabase, lookup: Iterable[str]) -> tuple[str, int] | None:
    """Return (sku, pieces) of the first of several codes that an item is known by."""
    for code in lookup:
        found = row(db, "SELECT sku, quantity FROM item_code WHERE code = ?", code)
        if found:
            return found[0], found[1]
    return None


def category_of(db: SqliteDatabase, sku: str) -> str:
    """Return the category of an item, empty for an unknown one."""
    found = row(db, "SELECT category_id FROM item WHERE sku = ?", sku)
    return str(found[0]) if found else ""


def codes_of(db: SqliteDatabase, sku: str) -> tuple[str, ...]:
    """Return the codes of one piece of an item, GTINs first."""
    return tuple(
        code
        for (code,) in rows(
            db,
            "SELECT code FROM item_code WHERE sku = ? AND quantity = 1 ORDER BY length(code) <> 14, code LIMIT 20",
            sku,
        )
    )


def item(db: SqliteDatabase, sku: str, *, now_ms: int) -> tuple[Item, bool] | None:
    """Return the item with the prices that are in force now, and whether it is still sold; None for an unknown SKU.

    An item without a list price comes with a price of -1.
    """
    return item_until(db, sku, now_ms=now_ms)[0]


def item_until(db: SqliteDatabase, sku: str, *, now_ms: int) -> tuple[tuple[Item, bool] | None, int]:
    """Return what `item` returns, and the moment from which another one of its prices is in force."""

    def read() -> tuple[tuple[tuple[Item, bool] | None, int], int]:
        found = _read_item(db, sku, now_ms)
        return found, found[1]

    return known(db, (), ("item", sku), now_ms, read)


def _read_item(db: SqliteDatabase, sku: str, now_ms: int) -> tuple[tuple[Item, bool] | None, int]:
    found = row(db, f"SELECT {ITEM_COLUMNS} FROM item i WHERE i.sku = ?", sku)  # noqa: S608 our own columns
    if found is None:
        return None, ALWAYS_MS
    prices: dict[str, Minor] = {}
    until_ms = ALWAYS_MS
    for tier_id, amount, effective_from_ms in rows(
        db, "SELECT tier_id, amount, effective_from_ms FROM price WHERE sku = ? ORDER BY effective_from_ms", sku
    ):
        if effective_from_ms > now_ms:
            until_ms = effective_from_ms
            break
        prices[tier_id] = amount
    list_price = prices.pop(LIST_TIER, -1)
    made = Item(
        sku=found[0],
        names=Names(found[1], found[2], found[3]),
        price=list_price,
        category=found[4],
        brand=found[5],
        unit=found[6],
        tags=frozenset(found[7].split()),
        tax_bp=found[8],
        is_weighed=bool(found[9]),
        is_open_price=bool(found[10]),
        tier_prices=prices,
    )
    return (made, bool(found[11])), until_ms


def first_price_ms(db: SqliteDatabase, sku: str) -> int | None:
    """Return from when on an item had a list price at all; None for one that never has one."""
    found = scalar(db, "SELECT min(effective_from_ms) FROM price WHERE sku = ? AND tier_id = ?", sku, LIST_TIER)
    return None if found is None else int(found)


def item_rows(db: SqliteDatabase, skus: Sequence[str], *, now_ms: int) -> dict[str, ItemRow]:
    """Return items by SKU; unknown ones are left out."""
    found = {}
    for sku in skus:
        one = row(
            db,
            f"SELECT {ITEM_COLUMNS}, {PRICE_NOW.format(tier=LIST_TIER)}, {PRICE_NOW.format(tier='')} FROM item i"  # noqa: S608
            " WHERE i.sku = ?",
            now_ms, now_ms, sku,
        )  # fmt: skip
        if one:
            found[sku] = _item_row(one)
    return found


def priced_since(db: SqliteDatabase, since_ms: int, *, now_ms: int, limit: int) -> list[ItemRow]:
    """Return the items on sale whose list or member price became another one since a moment, the newest first."""
    skus = rows(
        db,
        "SELECT p.sku FROM price p JOIN item i ON i.sku = p.sku WHERE i.is_active = 1 AND p.tier_id IN (?, '')"
        " AND p.effective_from_ms > ? AND p.effective_from_ms <= ?"
        " GROUP BY p.sku ORDER BY max(p.effective_from_ms) DESC, p.sku LIMIT ?",
        LIST_TIER, since_ms, now_ms, limit,
    )  # fmt: skip
    return list(item_rows(db, [sku for (sku,) in skus], now_ms=now_ms).values())


def search_items(db: SqliteDatabase, text: str, *, now_ms: int, limit: int) -> list[ItemRow]:
    """Find items as `item_search.search_skus` does, with price and stock."""
    skus = item_search.search_skus(db, text, limit=limit)
    if not skus:
        return []
    marks = ", ".join("?" * len(skus))
    found = rows(
        db,
        f"SELECT {ITEM_COLUMNS}, {PRICE_NOW.format(tier=LIST_TIER)}, {PRICE_NOW.format(tier='')} FROM item i"  # noqa: S608
        f" WHERE i.sku IN ({marks})",
        now_ms, now_ms, *skus,
    )  # fmt: skip
    order = {sku: place for place, sku in enumerate(skus)}
    return item_search.with_stock(db, sorted(map(_item_row, found), key=lambda each: order[each.sku]))


def quick_pages(db: SqliteDatabase, *, now_ms: int, lane: int = 0) -> list[QuickPage]:
    """Return the pages of quick keys that a lane shows: the store's, and its own; 0: all pages there are."""
    keys: dict[int, list[QuickKey]] = {}
    for found in rows(
        db,
        f"SELECT {ITEM_COLUMNS}, {PRICE_NOW.format(tier=LIST_TIER)}, {PRICE_NOW.format(tier='')},"  # noqa: S608
        " k.page_id, k.position, k.colour FROM quick_key k JOIN item i ON i.sku = k.sku WHERE i.is_active = 1"
        " ORDER BY k.page_id, k.position",
        now_ms,
        now_ms,
    ):
        keys.setdefault(found[14], []).append(QuickKey(found[15], found[16], _item_row(found)))
    return [
        QuickPage(page_id, Names(hans, hant, english), tuple(keys.get(page_id, ())), own_lane)
        for page_id, hans, hant, english, own_lane in rows(
            db,
            "SELECT page_id, name_zh_hans, name_zh_hant, name_en, lane FROM quick_page"
            " WHERE ? = 0 OR lane IN (0, ?) ORDER BY sort, page_id",
            lane,
            lane,
        )
    ]


def _item_row(found: Row) -> ItemRow:
    return ItemRow(
        sku=found[0],
        names=Names(found[1], found[2], found[3]),
        price=found[12] if found[12] is not None else -1,
        member_price=found[13],
        unit=found[6],
        is_weighed=bool(found[9]),
        is_open_price=bool(found[10]),
        category_id=found[4],
        brand=found[5],
    )
