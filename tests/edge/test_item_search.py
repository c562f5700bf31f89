"""Finding items: initials, both scripts, the last digits of a code; what comes first; an index that is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store import catalog, item_search
from edge.store.database import Store, execute, open_store
from edge.store.pinyin import spellings
from rules.basket import Item, Names

ITEMS = (
    ("cola", Names("可口可乐", "可口可樂", "Coca-Cola"), "06901234567892"),
    ("colaz", Names("无糖可口可乐 330ml", "", "Coca-Cola Zero"), "06901234500003"),
    ("noodle", Names("康师傅红烧牛肉面", "康師傅紅燒牛肉麵", "Beef noodles"), "06900000000014"),
    ("tissue", Names("", "維達紙巾", ""), "06900000001234"),
    ("gone", Names("可口糖"), "06900000007777"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "shop.db", synchronous="OFF")
    with opened.transaction():
        for sku, names, code in ITEMS:
            read = spellings(names.zh_hans or names.zh_hant)
            initials = " ".join(each for _, each in read)
            item = Item(sku, names, 0, brand="Swire")
            catalog.put_item(opened.db, item, initials=initials, search=" ".join(each for each, _ in read))
            catalog.put_code(opened.db, code, sku)
        execute(opened.db, "UPDATE item SET is_active = 0 WHERE sku = 'gone'")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kk", ["cola", "colaz"]),  # what begins with it first
        ("KKKL", ["cola", "colaz"]),  # capitals are the same letters
        ("kekoukele", ["cola"]),  # full pinyin from the first character
        ("kl", ["cola", "colaz"]),  # initials of a part of the name
        ("可乐", ["cola", "colaz"]),
        ("可樂", ["cola", "colaz"]),  # 繁體 finds what has a name in 简体 alone
        ("牛肉面", ["noodle"]),
        ("牛肉麵", ["noodle"]),
        ("纸巾", ["tissue"]),  # and the other way round
        ("ＣＯＬＡ", ["cola", "colaz"]),  # full width
        ("330 可乐", ["colaz"]),  # all words, in any order
        ("7892", ["cola"]),  # the last digits of the code
        ("1234", ["tissue"]),
        ("6901234567892", ["cola"]),  # a whole code
        ("swire noo", ["noodle"]),
        ("7777", []),  # no longer sold
        ("%", []),
        ('" OR "', []),  # nothing typed is a query
        ("head:kk*", []),
        ("   ", []),
        ("x" * 500, []),
    ],
)
def test_what_is_typed_finds_what_is_meant(store: Store, typed: str, found: list[str]) -> None:
    assert [each.sku for each in catalog.search_items(store.reads, typed, now_ms=1, limit=24)] == found


def test_a_changed_item_is_found_by_its_new_name_only(store: Store) -> None:
    with store.transaction():
        catalog.put_item(store.db, Item("cola", Names("雪碧"), 0), initials="xb", search="xuebi")
    assert [each.sku for each in catalog.search_items(store.reads, "xb", now_ms=1, limit=24)] == ["cola"]
    assert [each.sku for each in catalog.search_items(store.reads, "kk", now_ms=1, limit=24)] == ["colaz"]


def test_a_store_of_before_is_indexed_once(store: Store) -> None:
    with store.transaction():
        for table in ("item_heads", "item_words", "item_place"):
            execute(store.db, f"DELETE FROM {table}")
        execute(store.db, "DELETE FROM meta WHERE key = 'item_index'")
        assert item_search.index_all(store.db) == len(ITEMS)
        assert item_search.index_all(store.db) == 0
    assert [each.sku for each in catalog.search_items(store.reads, "kl", now_ms=1, limit=24)] == ["cola", "colaz"]
