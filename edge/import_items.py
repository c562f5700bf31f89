"""Bringing in the catalogue from a table: items, the codes they are scanned by, and their prices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from edge.import_plans import Column, Plan, Row, Slip, as_count, as_flag, as_minor, as_text, find_columns, shown
from edge.import_sheets import Value
from edge.shop import Shop
from edge.store import catalog, item_terms
from edge.store.database import Database, row, rows
from edge.store.item_terms import AGE_MAX, Terms
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
    Column("open_price", ("开价", "開價", "现场定价", "現場定價", "时价", "時價", "open price")),
    Column("price_least", ("最低价", "最低價", "lowest price")),
    Column("price_most", ("最高价", "最高價", "highest price")),
    Column("age", ("年龄限制", "年齡限制", "最低年龄", "最低年齡", "minimum age")),
)


@dataclass(slots=True)
class ItemWork:
    """What is to be written."""

    items: list[tuple[Item, str, str]] = field(default_factory=list)
    """Item, initials, further words to find it by."""
    codes: list[tuple[str, str]] = field(default_factory=list)
    prices: list[tuple[str, Minor, str]] = field(default_factory=list)
    """SKU, amount, tier."""
    terms: list[tuple[str, Terms]] = field(default_factory=list)


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
    needed = ("sku", "name") if "open_price" in places else ("sku", "name", "price")
    missing = [key for key in needed if key not in places]
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
    before = catalog.item(db, item.sku, now_ms=now_ms)
    if before is not None and not line.has("open_price"):
        # A table that says nothing of it leaves it as it is.
        item = replace(item, is_open_price=before[0].is_open_price)
    old_terms = item_terms.terms(db, item.sku)
    terms = _terms(line, old_terms)
    if not item.sku:
        line.wrong("sku", "missing")
    elif item.sku in seen.skus:
        line.wrong("sku", "twice_in_file")
    seen.skus.add(item.sku)
    if not (item.names.zh_hans or item.names.zh_hant or item.names.en):
        line.wrong("name", "missing")
    if not line.has("price") and not item.is_open_price:
        line.wrong("price", "missing")
    prices = {catalog.LIST_TIER: item.price} if line.has("price") else {}
    if line.has("member_price"):
        prices[""] = int(line.take("member_price", as_minor, "amount_wrong", PRICE_NONE))
    given = _codes(db, line, item.sku, seen.codes)
    if line.slips:
        return
    known = {code for (code,) in rows(db, "SELECT code FROM item_code WHERE sku = ?", item.sku)}
    old = {catalog.LIST_TIER: before[0].price, **before[0].tier_prices} if before else {}
    new_prices = [(item.sku, amount, tier) for tier, amount in prices.items() if old.get(tier) != amount]
    new_codes = [(code, item.sku) for code in given if code not in known]
    is_other = before is None or not before[1] or _shape(before[0]) != _shape(item)
    if is_other:
        # A name in 繁體 alone is spelled as well: most of its characters are in the table of readings.
        read = spellings(item.names.zh_hans or item.names.zh_hant)
        seen.work.items.append((item, " ".join(each for _, each in read), " ".join(each for each, _ in read)))
    if terms != old_terms:
        seen.work.terms.append((item.sku, terms))
    seen.work.codes += new_codes
    seen.work.prices += new_prices
    if before is None:
        plan.new += 1
    elif is_other or new_prices or new_codes or terms != old_terms:
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
        is_open_price=bool(line.take("open_price", as_flag, "flag_wrong", default=False)),
    )


def _terms(line: Row, before: Terms) -> Terms:
    """Return the terms that a row says; a column that the table does not have leaves them as they are."""
    least = line.take("price_least", as_minor, "amount_wrong", before.price_least)
    most = line.take("price_most", as_minor, "amount_wrong", before.price_most)
    if least is not None and most is not None and least > most:
        line.wrong("price_most", "below_least")
    return Terms(least, most, line.take("age", _age, "age_wrong", before.age) or None)


def _age(value: Value) -> int | None:
    years = as_count(value)
    return years if years is not None and years <= AGE_MAX else None


def _shape(item: Item) -> tuple[object, ...]:
    return (
        item.names,
        item.category,
        item.brand,
        item.unit,
        item.tags,
        item.tax_bp,
        item.is_weighed,
        item.is_open_price,
    )


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
