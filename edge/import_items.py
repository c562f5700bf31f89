"""Bringing in the catalogue from a table: items, the codes they are scanned by, and their prices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edge.import_plans import Column, Plan, Row, Slip, as_flag, as_minor, as_text, find_columns, shown
from edge.import_sheets import Value
from edge.shop import Shop
from edge.store import catalog
from edge.store.database import Database, row, rows
from edge.store.pinyin import spellings
from rules.basket import Item, Names
from rules.gtin import read_gtin
from rules.money import BASIS_POINTS, Minor

NAME_MAX, SHORT_MAX, CODE_MAX = 120, 40, 60
PROGRESS_EVERY = 500
PRICE_NONE = -1
GTIN_LENGTHS = (8, 12, 13, 14)
COLUMNS = (
    Column("sku", ("货号", "貨號", "商品编号", "商品編號", "编号", "item")),
    Column("code", ("条码", "條碼", "条形码", "條形碼", "barcode", "gtin")),
    Column("name", ("名称", "名稱", "商品名称", "商品名稱", "品名", "name_zh_hans")),
    Column("name_zh_hant", ("繁体名称", "繁體名稱")),
    Column("name_en", ("英文名称", "英文名稱", "english name")),
    Column("price", ("售价", "售價", "零售价", "零售價", "单价", "單價", "list price")),
    Column("member_price", ("会员价", "會員價", "member price")),
    Column("unit", ("单位", "單位")),
    Column("category", ("分类", "分類", "类别", "類別")),
    Column("brand", ("品牌",)),
    Column("tags", ("标签", "標籤")),
    Column("tax", ("税率", "稅率", "tax %")),
    Column("weighed", ("称重", "稱重", "by weight")),
)


@dataclass(slots=True)
class ItemWork:
    """What is to be written."""

    items: list[tuple[Item, str, str]] = field(default_factory=list)
    """Item, initials, further words to find it by."""
    codes: list[tuple[str, str]] = field(default_factory=list)
    prices: list[tuple[str, Minor, str]] = field(default_factory=list)
    """SKU, amount, tier."""


@dataclass(slots=True)
class _Seen:
    work: ItemWork = field(default_factory=ItemWork)
    skus: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


def plan_items(shop: Shop, source_rows: Iterable[tuple[int, list[Value]]], *, progress: Callable[[int], None]) -> Plan:
    """Return what bringing in a table of items would do; nothing is written."""
    source = iter(source_rows)
    plan = Plan("items")
    header = next(source, (0, []))[1]
    plan.header = tuple(shown(cell) for cell in header)
    places, plan.unknown = find_columns(header, COLUMNS)
    missing = [key for key in ("sku", "name", "price") if key not in places]
    if missing:
        plan.bad.append((1, header, [Slip("", "column_missing", key) for key in missing]))
        return plan
    seen = _Seen()
    for number, cells in source:
        plan.total += 1
        line = Row(cells, places, plan.header)
        _take(shop, line, plan, seen)
        if line.slips:
            plan.bad.append((number, cells, line.slips))
        if plan.total % PROGRESS_EVERY == 0:
            progress(plan.total)
    progress(plan.total)
    plan.work = seen.work
    return plan


def _take(shop: Shop, line: Row, plan: Plan, seen: _Seen) -> None:
    db, now_ms = shop.store.db, shop.clock.now_ms()
    item = _item(line)
    if not item.sku:
        line.wrong("sku", "missing")
    elif item.sku in seen.skus:
        line.wrong("sku", "twice_in_file")
    seen.skus.add(item.sku)
    if not (item.names.zh_hans or item.names.zh_hant or item.names.en):
        line.wrong("name", "missing")
    if not line.has("price"):
        line.wrong("price", "missing")
    prices = {catalog.LIST_TIER: item.price}
    if line.has("member_price"):
        prices[""] = int(line.take("member_price", as_minor, "amount_wrong", PRICE_NONE))
    given = _codes(db, line, item.sku, seen.codes)
    if line.slips:
        return
    before = catalog.item(db, item.sku, now_ms=now_ms)
    known = {code for (code,) in rows(db, "SELECT code FROM item_code WHERE sku = ?", item.sku)}
    old = {catalog.LIST_TIER: before[0].price, **before[0].tier_prices} if before else {}
    new_prices = [(item.sku, amount, tier) for tier, amount in prices.items() if old.get(tier) != amount]
    new_codes = [(code, item.sku) for code in given if code not in known]
    is_other = before is None or not before[1] or _shape(before[0]) != _shape(item)
    if is_other:
        full = " ".join(each for each, _ in spellings(item.names.zh_hans))
        seen.work.items.append((item, " ".join(each for _, each in spellings(item.names.zh_hans)), full))
    seen.work.codes += new_codes
    seen.work.prices += new_prices
    if before is None:
        plan.new += 1
    elif is_other or new_prices or new_codes:
        plan.changed += 1
    else:
        plan.same += 1


def _item(line: Row) -> Item:
    tags = line.text("tags", 200).replace(",", " ").replace("，", " ").split()
    return Item(
        sku=line.text("sku", SHORT_MAX),
        names=Names(line.text("name", NAME_MAX), line.text("name_zh_hant", NAME_MAX), line.text("name_en", NAME_MAX)),
        price=int(line.take("price", as_minor, "amount_wrong", PRICE_NONE)),
        category=line.text("category", SHORT_MAX),
        brand=line.text("brand", SHORT_MAX),
        unit=line.text("unit", 12),
        tags=frozenset(tags),
        tax_bp=int(line.take("tax", _tax, "tax_wrong", 0)),
        is_weighed=bool(line.take("weighed", as_flag, "flag_wrong", default=False)),
    )


def _shape(item: Item) -> tuple[object, ...]:
    return (item.names, item.category, item.brand, item.unit, item.tags, item.tax_bp, item.is_weighed)


def _tax(value: Value) -> int | None:
    """Return basis points of a percentage: 13, 13%, 0.13 as Excel keeps 13 %."""
    if isinstance(value, float) and 0 < value < 1:
        return round(value * BASIS_POINTS)
    text = as_text(value, 8) if not isinstance(value, float) else str(value)
    amount = as_minor((text or "").removesuffix("%").strip())
    return amount if amount is not None and amount <= BASIS_POINTS else None


def _codes(db: Database, line: Row, sku: str, seen: set[str]) -> list[str]:
    found = []
    for text in line.text("code", CODE_MAX * 5).replace("，", ",").replace(" ", ",").split(","):
        if not text:
            continue
        is_gtin = text.isascii() and text.isdecimal() and len(text) in GTIN_LENGTHS
        gtin = read_gtin(text) if is_gtin else None
        code = gtin.gtin14 if gtin else text
        other = row(db, "SELECT sku FROM item_code WHERE code = ?", code)
        if len(code) > CODE_MAX or (is_gtin and gtin is None):
            line.wrong("code", "code_wrong")
        elif code in seen:
            line.wrong("code", "twice_in_file")
        elif other and other[0] != sku:
            line.wrong("code", "code_of_item")
        seen.add(code)
        found.append(code)
    return found
