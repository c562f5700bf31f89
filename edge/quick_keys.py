"""Changing the pages of quick keys at a lane: keys and pages are put, moved, coloured, named and taken away.

Every change is in force at once at every lane that shows the page, and stands in the journal with who made it.
"""

from __future__ import annotations

from edge.desk import Desk, HasDesk
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.store import catalog, quick_pages
from edge.store.quick_pages import COLOURS, Key, Page
from rules.basket import Names

KEYS_MAX = 60
"""Most keys of a page."""
PAGES_MAX = 20
NAME_MAX = 12


def put_page(till: HasDesk, page_id: int, name: str, language: str, own: int = 0) -> Refusal | None:
    """Name a page in one language, or make a new one.

    Args:
        page_id: 0 for a new page.
        own: 1 for a page of this lane alone.
    """
    desk = till.desk
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_MAX or not plain.isprintable():
        return desk.refuse(Refusal("quick_name", {"max": NAME_MAX}))
    page = quick_pages.page(desk.shop.store.db, page_id) if page_id else None
    if page_id and page is None:
        return desk.refuse(Refusal("quick_page_gone"))
    if page is None and quick_pages.count(desk.shop.store.db) >= PAGES_MAX:
        return desk.refuse(Refusal("quick_pages_full", {"max": PAGES_MAX}))
    page = page or quick_pages.new_page(desk.shop.store.db)
    names = _named(page.names, plain, language)
    return _put(desk, Page(page.page_id, names, page.keys, page.sort, desk.lane if own else 0), "named")


def move_page(till: HasDesk, page_id: int, to: int) -> Refusal | None:
    """Let a page stand at another place among all pages, counted from 0."""
    desk = till.desk
    ids = quick_pages.order(desk.shop.store.db)
    if page_id not in ids:
        return desk.refuse(Refusal("quick_page_gone"))
    ids.remove(page_id)
    ids.insert(min(to, len(ids)), page_id)
    refusal = refuses(desk, Permission.EDIT_QUICK_KEYS)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        quick_pages.put_order(desk.shop.store.db, ids)
        desk.note("quick_keys", str(page_id), {"what": "page_moved", "to": to})
    desk.show()
    return None


def drop_page(till: HasDesk, page_id: int) -> Refusal | None:
    """Take a page away, with its keys; the items stay."""
    desk = till.desk
    page = quick_pages.page(desk.shop.store.db, page_id)
    if page is None:
        return desk.refuse(Refusal("quick_page_gone"))
    refusal = refuses(desk, Permission.EDIT_QUICK_KEYS)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        quick_pages.drop(desk.shop.store.db, page_id)
        desk.note("quick_keys", str(page_id), {"what": "page_dropped", "keys": " ".join(k.sku for k in page.keys)})
    desk.show()
    return None


def add_key(till: HasDesk, page_id: int, sku: str, colour: str = "grey") -> Refusal | None:
    """Put a key for an item at the end of a page."""
    desk = till.desk
    page = quick_pages.page(desk.shop.store.db, page_id)
    if page is None:
        return desk.refuse(Refusal("quick_page_gone"))
    if catalog.item(desk.shop.store.db, sku, now_ms=desk.now_ms()) is None:
        return desk.refuse(Refusal("item_unknown", {"sku": sku}))
    if len(page.keys) >= KEYS_MAX:
        return desk.refuse(Refusal("quick_keys_full"))
    if colour not in COLOURS:
        return desk.refuse(Refusal("value_wrong"))
    return _put(desk, page.with_keys((*page.keys, Key(sku, colour))), "key_added", sku)


def move_key(till: HasDesk, page_id: int, at: int, sku: str, to: int) -> Refusal | None:
    """Let a key stand at another place of its page.

    Args:
        at: where it stood on the screen, counted from 0; another key there now is left alone.
    """
    desk = till.desk
    page = _with_key(desk, page_id, at, sku)
    if isinstance(page, Refusal):
        return desk.refuse(page)
    rest = [*page.keys[:at], *page.keys[at + 1 :]]
    rest.insert(min(to, len(rest)), page.keys[at])
    return _put(desk, page.with_keys(tuple(rest)), "key_moved", sku)


def colour_key(till: HasDesk, page_id: int, at: int, sku: str, colour: str) -> Refusal | None:
    """Give a key another colour."""
    desk = till.desk
    page = _with_key(desk, page_id, at, sku)
    if isinstance(page, Refusal):
        return desk.refuse(page)
    if colour not in COLOURS:
        return desk.refuse(Refusal("value_wrong"))
    keys = (*page.keys[:at], Key(sku, colour), *page.keys[at + 1 :])
    return _put(desk, page.with_keys(keys), "key_coloured", sku)


def drop_key(till: HasDesk, page_id: int, at: int, sku: str) -> Refusal | None:
    """Take a key away; the item stays."""
    desk = till.desk
    page = _with_key(desk, page_id, at, sku)
    if isinstance(page, Refusal):
        return desk.refuse(page)
    return _put(desk, page.with_keys((*page.keys[:at], *page.keys[at + 1 :])), "key_dropped", sku)


def _with_key(desk: Desk, page_id: int, at: int, sku: str) -> Page | Refusal:
    page = quick_pages.page(desk.shop.store.db, page_id)
    if page is None:
        return Refusal("quick_page_gone")
    return page if at < len(page.keys) and page.keys[at].sku == sku else Refusal("quick_key_gone")


def _put(desk: Desk, page: Page, what: str, sku: str = "") -> Refusal | None:
    refusal = refuses(desk, Permission.EDIT_QUICK_KEYS)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        quick_pages.put(desk.shop.store.db, page)
        desk.note("quick_keys", str(page.page_id), {"what": what, "sku": sku, "name": page.names.of("zh-Hans")})
    desk.show()
    return None


def _named(names: Names, name: str, language: str) -> Names:
    hans, hant, english = names.zh_hans or name, names.zh_hant, names.en
    given = {"zh-Hans": (name, hant, english), "zh-Hant": (hans, name, english), "en": (hans, hant, name)}
    return Names(*given.get(language, (name, hant, english)))
