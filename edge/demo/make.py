"""Makes the demo's store: catalogue, people and eight weeks of sales, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final

from edge.clock import Clock
from edge.config import Config
from edge.demo.catalogue import ANY_MEMBER, Catalogue, read_catalogue
from edge.demo.habits import Shoppers
from edge.demo.history import DAYS, moment_ms, write_history
from edge.demo.people import STAFF, DemoMember, Habit, make_members
from edge.health import Health
from edge.rulebook import fixed
from edge.screens import Screens
from edge.shop import Shop
from edge.store import audit, cards, catalog, ledger, members, staff
from edge.store.database import open_store, sync_file
from rules.codes import CodeSettings
from rules.ledger import ISSUER, POINTS, STORED_VALUE, Transfer, member_account
from rules.promotions import RuleSet
from rules.scale_codes import ScaleFormat
from rules.tiers import Figures, reached
from rules.windows import months_after

SEED: Final = 20_260_901
PRICES_DAYS_BEFORE: Final = 30
"""So long before the first past sale the prices begin."""
OPENING: Final = "opening"
"""Reason of the transfer for what members brought along from before."""


def make_store(
    path: Path,
    config: Config,
    rules: RuleSet,
    folder: Path,
    *,
    seed: int = SEED,
    days: int = DAYS,
    clock: Clock | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> int:
    """Make the store's database from the files of a folder and return how many past sales it holds.

    The file appears whole or not at all: it is made under another name without waiting for the disk, put on the disk,
    and renamed.

    Args:
        seed: decides everything but the dates, which count back from the clock's today.
        days: of past sales, 1 or more.
        progress: called with the days written and the days in all.
    """
    clock = clock or Clock(config.store.timezone, config.store.day_starts_hour)
    partial = path.with_name(path.name + ".partial")
    for leftover in path.parent.glob(partial.name + "*"):
        leftover.unlink()
    store = open_store(partial, synchronous="OFF")
    try:
        formats = tuple(ScaleFormat(each.prefix, each.format) for each in config.scale_code)
        shop = Shop(
            config=config,
            clock=clock,
            store=store,
            rulebook=fixed(rules),
            codes=CodeSettings(scale_formats=formats),
            screens=Screens(),
            health=Health(clock=clock, data_dir=path.parent),
            committed=lambda: None,
        )
        count = _fill(shop, read_catalogue(folder), Random(seed), days, progress)  # noqa: S311 - nothing secret
    finally:
        # The last connection to close folds the write-ahead log into the file.
        store.close()
    sync_file(partial)
    partial.rename(path)
    sync_file(path.parent)
    return count


def _fill(shop: Shop, catalogue: Catalogue, random: Random, days: int, progress: Callable[[int, int], None]) -> int:
    today = shop.clock.business_date(shop.clock.now_ms())
    first_day = today - timedelta(days=days)
    people = make_members(random, today=today)
    with shop.store.transaction():
        _put_catalogue(shop, catalogue, from_day=first_day - timedelta(days=PRICES_DAYS_BEFORE))
        for person in STAFF:
            staff.add(
                shop.store.db,
                staff_id=person.staff_id,
                name=person.name,
                role=person.role,
                pin=person.pin,
                badge_uid=person.badge_uid,
            )
        for member in people:
            _put_member(shop, member, random, first_day=first_day)
    shoppers = Shoppers(random, catalogue.items, people, shop.codes.scale_formats)
    return write_history(shop, shoppers, catalogue.items, people, random, today=today, days=days, progress=progress)


def _put_catalogue(shop: Shop, catalogue: Catalogue, *, from_day: date) -> None:
    db = shop.store.db
    from_ms = moment_ms(shop, datetime.combine(from_day, time()))
    for category in catalogue.categories:
        catalog.put_category(db, category.category_id, category.names, sort=category.sort)
    for each in catalogue.items:
        sku = each.item.sku
        catalog.put_item(db, each.item, initials=each.initials, search=each.pinyin)
        catalog.put_price(db, sku, each.item.price, effective_from_ms=from_ms)
        if each.member_price is not None:
            catalog.put_price(db, sku, each.member_price, effective_from_ms=from_ms, tier_id=ANY_MEMBER)
        for code in each.codes:
            catalog.put_code(db, code.text, sku, quantity=code.quantity)
    for page in catalogue.quick_pages:
        catalog.put_quick_page(db, page.page_id, page.names, page.keys, sort=page.page_id)


def _put_member(shop: Shop, member: DemoMember, random: Random, *, first_day: date) -> None:
    db = shop.store.db
    joined_ms = moment_ms(shop, datetime.combine(member.joined, time(10)))
    birthday = member.birthday
    first_tier = reached(Figures(), shop.rules.tiers)
    members.put_member(
        db,
        member_id=member.member_id,
        code=member.code,
        joined_ms=joined_ms,
        tier_id=first_tier.id if first_tier else "",
        name=member.name,
        phone=member.phone,
        birth=(birthday.year, birthday.month, birthday.day),
        is_birth_lunar=birthday.lunar,
    )
    cards.put_card(db, member.card_uid, member.member_id, since_ms=joined_ms, is_blocked=member.is_card_blocked)
    if member.habit is Habit.NEW:
        return
    at_ms = moment_ms(shop, datetime.combine(first_day, time(6)))
    months = shop.config.rules.points_expire_months
    expires_ms = moment_ms(shop, datetime.combine(months_after(first_day, months), time())) if months else None
    account = member_account(member.member_id)
    brought = [Transfer(POINTS, ISSUER, account, random.randrange(40, 1_200), OPENING, expires_ms)]
    if random.random() < 0.25:
        brought.append(Transfer(STORED_VALUE, ISSUER, account, random.choice((5_000, 10_000, 20_000, 50_000)), OPENING))
    ledger.post(db, brought, sale_id=None, at_ms=at_ms, business_date=first_day.isoformat())
    audit.note(db, at_ms=at_ms, staff_id="", lane=0, action="opening", subject=member.member_id)
