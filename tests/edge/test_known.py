"""What a till has read before is as good as read anew, whatever was written, by whomever, and however late it is."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import msgspec
import pytest
from click.testing import CliRunner

from edge import holding
from edge.__main__ import main
from edge.checkout import sold_lines
from edge.clock import Clock
from edge.coupon_offers import offers
from edge.ids import new_id
from edge.quotes import Quotes
from edge.rulebook import fixed, newest_readable
from edge.screen import TillView
from edge.shop import QUARTER_MS, Shop
from edge.store import baskets, catalog, coupon_batches, coupons, credit, entries, ledger, members, people, tiers, times
from edge.store.baskets import LaneState, StoredBasket, StoredLine, StoredTender, StoredTimes
from edge.store.coupon_batches import Batch
from edge.store.database import Database, Store, execute, scalar
from edge.store.entries import Entry
from edge.store.known import ALWAYS_MS, known, one_look, world
from edge.store.tiers import TierChange
from edge.stored_value_view import stored_value_view
from edge.till import Till
from edge.times_view import times_cards, times_views
from edge.viewing import selling_view
from rules.accrual import AccrualRules
from rules.basket import Names
from rules.ledger import (
    ISSUER,
    ON_ACCOUNT,
    POINTS,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    Transfer,
    member_account,
    owed_account,
    times_unit,
)
from tests.shops import CARDS, TestShop, rules_with_coupons

STEPS = 250
HOUR_MS = 3_600_000
CUT = times_unit("cut10.cut")
RULES = """
[accrual]
notice_days = 2
[[promotions]]
id = "evening"
kind = "percent_off"
names = { en = "Evening" }
scope = { categories = ["drinks"] }
off_bp = 3000
when = { from_time = "18:30", until_time = "21:15" }
uses = { in_all = 40 }
"""
BASKETS = tuple(
    StoredBasket(
        sale_id="s", member_id=member_id, points=points, codes=(), times=uses,
        lines=tuple(StoredLine(line_id=str(at), sku=sku, quantity=2) for at, sku in enumerate(("cola", "milk", "rice"))),
    )
    for member_id, points, uses in (
        (None, 0, ()), ("li", 0, ()), ("wang", 500, (StoredTimes(unit=CUT, sku="cut", quantity=1, holder_id="wang"),)),
    )
)  # fmt: skip


TENDERS = (StoredTender(kind="cash", given=100), StoredTender(kind="stored_value", given=50))


class UndoneError(Exception):
    """Undoes a transaction."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons() + RULES) as made:
        made.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield made


def on_till(shop: TestShop, do: Callable[[Shop], Any]) -> Any:
    """Do something on the till's thread, as a deed does."""
    return shop.ask(1, lambda till: do(till.desk.shop))


def told(shop: Shop) -> list[object]:
    """Return everything of some baskets that a screen shows and that follows from more than the basket."""
    said: list[object] = []
    for lane, stored in enumerate(BASKETS, start=1):
        held = shop.coupons_of(stored.member_id or "")
        given = replace_codes(stored, tuple(each.code for each in held[:1]) if stored.member_id == "wang" else ())
        basket = shop.priced_basket(given, lane=lane)
        quote = shop.quote(basket)
        said += [basket, quote, shop.member(basket.member_id), shop.usage(basket), shop.member_view(basket.member_id)]
        around = {"member": shop.member(basket.member_id), "usage": shop.usage(basket)}
        said += [offers(shop, basket, quote, held, **around), times_views(shop, given), times_cards(shop, given)]
        said += [
            stored_value_view(shop, shop.member_view(basket.member_id), given, (), quote.total),
            shop.item_as_sold("cut"),
        ]
        said += [sold_lines(shop, basket, quote, given), credit.credit_of(shop.store.db, stored.member_id or "")]
        said += [selling_view(TillView(lane), shop, basket, tenders, stored=given) for tenders in ((), TENDERS)]
    return said


@cache  # A lane holds the very same basket from press to press.
def replace_codes(stored: StoredBasket, codes: tuple[str, ...]) -> StoredBasket:
    return StoredBasket(
        sale_id=stored.sale_id, member_id=stored.member_id, points=stored.points, codes=codes, times=stored.times,
        lines=stored.lines,
    )  # fmt: skip


@contextmanager
def another(shop: Shop) -> Iterator[Store]:
    """Open the file as another process would."""
    store = Store(shop.store.path, synchronous="OFF")
    store.db.vault = store.reads.vault = shop.store.db.vault
    try:
        yield store
    finally:
        store.close()


def read_anew(shop: Shop) -> list[object]:
    """Return what is told by a shop that knows nothing yet."""
    with another(shop) as store:
        current = newest_readable(store.db)
        assert current is not None
        return told(replace(shop, store=store, rulebook=fixed(current.rules), quotes=Quotes()))


# ---------------------------------------------------------------------------------------------- what may be written


def grant(db: Database, shop: Shop, chance: random.Random) -> None:
    unit = chance.choice((POINTS, STORED_VALUE, STORED_VALUE_GIFT, CUT))
    member_id, now_ms = chance.choice(("li", "wang")), shop.clock.now_ms()
    until = chance.choice((None, now_ms + 1, now_ms + chance.randrange(100 * HOUR_MS)))
    move = Transfer(unit, ISSUER, member_account(member_id), chance.randrange(1, 900), "opening", until)
    day = shop.clock.business_date(now_ms).isoformat()
    entries.record(db, Entry(new_id(shop.clock), "opening", now_ms, day, (move,), member_id=member_id))


def price_of(db: Database, shop: Shop, chance: random.Random) -> None:
    tier_id, hours = chance.choice((catalog.LIST_TIER, "", "gold")), chance.choice((-1, 0, 1, 30))
    at_ms = shop.clock.now_ms() + hours * HOUR_MS
    sku = chance.choice(("cola", "milk", "rice", "cut"))
    catalog.put_price(db, sku, chance.randrange(100, 2_000), effective_from_ms=at_ms, tier_id=tier_id)


def coupon(db: Database, shop: Shop, chance: random.Random) -> None:
    batch_id = scalar(db, "SELECT max(batch_id) FROM coupon_batch") or _batch(db)
    since_ms = shop.clock.now_ms() + chance.randrange(-5, 5) * HOUR_MS
    coupons.issue(
        db, batch_id, [chance.choice(("li", "wang"))], at_ms=since_ms, valid_from_ms=since_ms,
        valid_until_ms=since_ms + chance.randrange(1, 40) * HOUR_MS,
    )  # fmt: skip


def _batch(db: Database) -> int:
    batch = Batch(
        batch_id=0, names=Names(en="Five off"), promotion_id="five-off", rule_id="", is_bearer=False, is_revived=True,
        most=0, valid_from_ms=None, valid_until_ms=None, valid_days=0, is_void=False, created_ms=0, staff_id="",
    )  # fmt: skip
    return coupon_batches.put_batch(db, batch).batch_id


def void_coupons(db: Database, shop: Shop, chance: random.Random) -> None:
    if chance.random() < 0.2:
        coupons.void_batch(db, scalar(db, "SELECT max(batch_id) FROM coupon_batch") or 0)


def tier_of(db: Database, shop: Shop, chance: random.Random) -> None:
    tier_id = chance.choice(("", "gold", "silver"))
    tiers.put_change(db, TierChange("li", "", tier_id, "given", 0, "2026-11-23"))


def family(db: Database, shop: Shop, chance: random.Random) -> None:
    if chance.random() < 0.5:
        times.join(db, "li", "wang", at_ms=0)
    else:
        times.leave(db, "li")


def tags(db: Database, shop: Shop, chance: random.Random) -> None:
    members.set_tags(db, "li", frozenset({chance.choice(("staff", "parent"))}))


def birthday(db: Database, shop: Shop, chance: random.Random) -> None:
    day = chance.randrange(20, 30)
    people.put_person(db, people.Person("li", "李小明", "13812345678", (None, 11, day), False, people.Profile()))


def uses(db: Database, shop: Shop, chance: random.Random) -> None:
    execute(
        db,
        "INSERT INTO promotion_use VALUES (?, 'all', '', 1) ON CONFLICT DO UPDATE SET baskets = baskets + 1",
        "evening",
    )


def name(db: Database, shop: Shop, chance: random.Random) -> None:
    sku = chance.choice(("cola", "cut"))
    execute(db, "UPDATE item SET name_en = ? WHERE sku = ?", f"Named {chance.randrange(9)}", sku)


def debt(db: Database, shop: Shop, chance: random.Random) -> None:
    member_id, unit = chance.choice(("li", "wang")), chance.choice((POINTS, ON_ACCOUNT))
    move = Transfer(unit, owed_account(member_id), ISSUER, chance.randrange(1, 900), "opening")
    ledger.post(db, (move,), sale_id=None, at_ms=shop.clock.now_ms(), business_date="2026-11-23")
    credit.put_limit(db, member_id, chance.choice((0, 5_000)), staff_id="", at_ms=0)


def step(db: Database, shop: Shop, chance: random.Random) -> None:
    baskets.push(db, 1, BASKETS[1])
    baskets.put_lane_state(db, 1, LaneState(staff_id="zhang"))


WRITES = (
    grant,
    grant,
    price_of,
    price_of,
    coupon,
    void_coupons,
    tier_of,
    family,
    tags,
    birthday,
    uses,
    name,
    debt,
    step,
)


def write(store: Store, shop: Shop, chance: random.Random) -> None:
    """Write one or two things in one transaction, some of which are undone."""
    try:
        with store.transaction():
            for do in chance.choices(WRITES, k=chance.randrange(1, 3)):
                do(store.db, shop, chance)
            if chance.random() < 0.25:
                told(shop)  # what is read within it was never known
                raise UndoneError  # noqa: TRY301
    except UndoneError:
        pass


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_what_is_known_is_what_is_there(shop: TestShop, seed: int) -> None:
    chance = random.Random(seed)
    seen = set()
    for at in range(STEPS):
        kind = chance.choice(("mine", "mine", "others", "later", "back", "within", "nothing"))
        if kind == "mine":
            on_till(shop, lambda own: write(own.store, own, chance))
        elif kind == "others":
            own = on_till(shop, lambda own: own)
            with another(own) as store:
                write(store, own, chance)
        elif kind == "later":
            shop.clock.hand.at_ms += chance.choice((1, 1_000, 60_000, HOUR_MS // 4, HOUR_MS, 7 * HOUR_MS))
        elif kind == "back":
            shop.clock.hand.at_ms -= chance.choice((1, HOUR_MS))
        elif kind == "within":
            # A deed that has read, writes and reads again.
            on_till(shop, lambda own: (told(own), write(own.store, own, chance), _same(own)))
        seen.add(kind)
        on_till(shop, partial(_same, where=(seed, at, kind)))
    assert len(seen) == 6


def _same(shop: Shop, where: object = "") -> None:
    # Twice: what is kept from the first time is told the second time.
    mine, again, anew = told(shop), told(shop), read_anew(shop)
    assert mine == anew, where
    assert again == anew, where


# -------------------------------------------------------------------------------------------------- one by one


def cola_at(shop: TestShop) -> int:
    return int(on_till(shop, lambda own: own.priced_basket(BASKETS[0], lane=1).lines[0].item.price))


def test_another_process_changes_a_price(shop: TestShop) -> None:
    assert cola_at(shop) == 350
    code = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
        " db.execute(\"UPDATE price SET amount = 360 WHERE sku = 'cola' AND tier_id = '#list'\"); db.commit()"
    )
    subprocess.run([sys.executable, "-c", code, shop.loaded.database], check=True)
    assert cola_at(shop) == 360


def test_another_process_publishes_rules(shop: TestShop, tmp_path: Path) -> None:
    shop.ask(1, Till.scan, text="6901234567892")
    assert shop.view().total == 350
    (tmp_path / "half.toml").write_text(
        'version = "half"\n[[promotions]]\nkind = "percent_off"\nid = "half"\nnames = { en = "Half" }\n'
        'scope = { categories = ["drinks"] }\noff_bp = 5000\n',
        encoding="utf-8",
    )
    words = ["rules", "publish", str(tmp_path / "half.toml"), "--config", str(shop.folder / "taptill.toml")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    shop.ask(1, Till.scan, text="6901234567892")
    assert shop.view().total == 350  # two at half price


def test_who_only_reads_sees_what_the_till_has_written(shop: TestShop) -> None:
    own = on_till(shop, lambda own: own)
    reads = replace(own, store=own.store.read_only(), quotes=Quotes())
    chance = random.Random(11)
    for at in range(40):
        on_till(shop, lambda own: write(own.store, own, chance))
        assert told(reads) == read_anew(own), at
        assert told(reads) == on_till(shop, told), at
    reads.store.close_thread()


def test_a_price_begins_in_the_middle_of_a_sale(shop: TestShop) -> None:
    at_ms = shop.clock.hand.at_ms

    def later(own: Shop) -> None:
        with own.store.transaction():
            catalog.put_price(own.store.db, "cola", 400, effective_from_ms=at_ms + 10)

    on_till(shop, later)
    prices = []
    for past_ms in (0, 9, 10, 9):
        shop.clock.hand.at_ms = at_ms + past_ms
        prices.append(cola_at(shop))
    assert prices == [350, 350, 400, 350]


def test_what_time_alone_changes_of_a_basket_that_stands(shop: TestShop) -> None:
    at_ms = shop.clock.hand.at_ms

    def give(own: Shop) -> None:
        db = own.store.db
        with own.store.transaction():
            move = Transfer(POINTS, ISSUER, member_account("wang"), 400, "opening", at_ms + 10)
            entries.record(db, Entry("given", "opening", at_ms, "2026-11-23", (move,), "wang"))
            ends_ms = at_ms + 20
            coupons.issue(db, _batch(db), ["wang"], at_ms=0, valid_from_ms=0, valid_until_ms=ends_ms)

    def seen(own: Shop) -> tuple[int, int]:
        basket = own.priced_basket(BASKETS[2], lane=1)
        view = selling_view(TillView(1), own, basket, (), stored=BASKETS[2])
        return (view.points.used if view.points else 0, len(view.offers))

    before = on_till(shop, seen)[0]
    on_till(shop, give)
    found = []
    for past_ms in (0, 9, 10, 19, 20, 19, 9):
        shop.clock.hand.at_ms = at_ms + past_ms
        found.append(on_till(shop, seen))
    used = found[0][0]
    assert used > before
    assert found == [(used, 1), (used, 1), (before, 1), (before, 1), (before, 0), (before, 1), (used, 1)]


def test_points_that_ended_are_not_offered_beside_a_price_that_stands(shop: TestShop) -> None:
    at_ms = shop.clock.hand.at_ms
    basket = StoredBasket(sale_id="s", member_id="wang", lines=BASKETS[2].lines)
    own = on_till(shop, lambda own: own)
    # Without points beyond the rate the quote is the very same one, whatever points the member has.
    rules = msgspec.structs.replace(own.rules, accrual=AccrualRules())
    plain = replace(own, rulebook=fixed(rules), quotes=Quotes())

    def give(own: Shop) -> None:
        with own.store.transaction():
            move = Transfer(POINTS, ISSUER, member_account("wang"), 400, "opening", at_ms + 10)
            entries.record(own.store.db, Entry("given", "opening", at_ms, "2026-11-23", (move,), "wang"))

    def seen(_own: Shop) -> tuple[int, int]:
        priced = plain.priced_basket(basket, lane=1)
        view = selling_view(TillView(1), plain, priced, (), stored=basket)
        return view.total, view.points.most if view.points else 0

    total, before = on_till(shop, seen)
    on_till(shop, give)
    found = []
    for past_ms in (0, 9, 10, 9):
        shop.clock.hand.at_ms = at_ms + past_ms
        found.append(on_till(shop, seen))
    most = found[0][1]
    assert most > before
    assert found == [(total, most), (total, most), (total, before), (total, most)]


def test_the_other_lane_spends_what_this_one_has_shown(shop: TestShop) -> None:
    for lane in (1, 2):
        shop.ask(lane, Till.sign_in, staff_id=("zhang", "chen")[lane - 1], pin=("1234", "5678")[lane - 1])

    def give(own: Shop) -> None:
        with own.store.transaction():
            move = Transfer(POINTS, ISSUER, member_account("li"), 300, "opening")
            entries.record(own.store.db, Entry("given", "opening", own.clock.now_ms(), "2026-11-23", (move,), "li"))

    on_till(shop, give)
    for lane in (1, 2):
        shop.ask(lane, Till.scan, text="6901234567892")
        shop.ask(lane, Till.scan, text="06900000000021")
        shop.ask(lane, Till.tap, uid=CARDS["card-li"])
        assert shop.ask(lane, Till.redeem_points, points=300) is None
    assert [view.points.used for lane in (1, 2) if (view := shop.view(lane)).points] == [300, 300]
    view = shop.view(2)
    shop.ask(2, Till.to_pay)
    assert shop.ask(2, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due) is None
    assert shop.ask(1, Till.to_pay) is None
    # The 30 points that the sale brought are less than a step.
    assert (shop.view(1).points, shop.view(1).total) == (None, 3_350)


def test_what_is_undone_was_never_known(shop: TestShop) -> None:
    def undone(own: Shop) -> tuple[int, int, int]:
        before = own.item_as_sold("cola")
        try:
            with own.store.transaction():
                catalog.put_price(own.store.db, "cola", 1, effective_from_ms=own.clock.now_ms())
                within = own.item_as_sold("cola")
                raise UndoneError  # noqa: TRY301
        except UndoneError:
            pass
        after = own.item_as_sold("cola")
        assert before and within and after
        return before.price, within.price, after.price

    assert on_till(shop, undone) == (350, 1, 350)


def test_nothing_that_is_kept_is_read_from_what_is_written_aside(shop: TestShop) -> None:
    asked: list[str] = []

    def listen(own: Shop) -> None:
        connection = own.store.db.connection()  # type: ignore[no-untyped-call]
        connection.set_trace_callback(asked.append)
        told(own)
        connection.set_trace_callback(None)

    shop.clock.hand.at_ms += HOUR_MS  # nothing that was kept holds
    on_till(shop, listen)
    assert len(asked) > 30
    written_aside = ("basket_step", "lane_state", "held_basket", "audit")
    assert not [sql for sql in asked if any(table in sql for table in written_aside)]


def test_what_is_taken_back_or_held_ends_no_world(shop: TestShop) -> None:
    """A long basket would have all of its items read again."""
    shop.ask(1, Till.scan, text="6901234567892")
    shop.ask(1, Till.scan, text="6901234567892")
    before = on_till(shop, lambda own: world(own.store.db))
    for deed in (Till.undo, holding.hold, holding.resume, Till.to_pay):
        assert shop.ask(1, deed) is None, deed
        assert on_till(shop, lambda own: world(own.store.db)) is before, deed
    on_till(shop, lambda own: catalog.put_price(own.store.db, "cola", 1, effective_from_ms=0))
    assert on_till(shop, lambda own: world(own.store.db)) is not before


def test_a_world_ends_with_what_is_written(tmp_path: Path) -> None:
    made = TestShop(tmp_path / "shop")
    store = Store(made.loaded.database, synchronous="OFF")
    db, other = store.db, sqlite3.connect(made.loaded.database, isolation_level=None)
    first = world(db)
    assert first is not None and world(db) is first
    baskets.push(db, 1, BASKETS[0])
    baskets.put_lane_state(db, 1, LaneState())
    assert world(db) is first
    execute(db, "UPDATE item SET brand = 'B' WHERE sku = 'cola'")
    second = world(db)
    assert second is not first
    with one_look(db):
        other.execute("UPDATE item SET brand = 'C' WHERE sku = 'cola'")
        assert world(db) is second
        execute(db, "UPDATE item SET brand = 'D' WHERE sku = 'cola'")
        assert world(db) is not second
    third = world(db)
    other.execute("UPDATE item SET brand = 'E' WHERE sku = 'cola'")
    assert world(db) is not third
    with store.transaction():
        assert world(db) is None
    fourth = world(db)
    store.close_thread()
    assert world(db) is not fourth
    other.close()
    store.close()


def test_what_was_written_while_it_was_read_is_not_kept(tmp_path: Path) -> None:
    made = TestShop(tmp_path / "shop")
    store = Store(made.loaded.database, synchronous="OFF")
    db, other = store.db, sqlite3.connect(made.loaded.database, isolation_level=None)

    def read() -> tuple[tuple[str, str], int]:
        ask = "SELECT brand FROM item WHERE sku = ?"
        first = scalar(db, ask, "cola")
        other.execute("UPDATE item SET brand = brand || 'x'")
        world(db)  # as some other question would that is asked meanwhile
        return (first, scalar(db, ask, "pen")), ALWAYS_MS

    assert [known(db, (), ("pair",), 0, read) for _ in range(2)] == [("", "x"), ("x", "xx")]
    other.close()
    store.close()


def test_an_answer_is_told_to_whom_it_is_about_and_as_long_as_it_holds(tmp_path: Path) -> None:
    made = TestShop(tmp_path / "shop")
    store = Store(made.loaded.database, synchronous="OFF")
    one, other = object(), object()
    count = iter(range(100))

    def ask(about: object, now_ms: int, most_ms: int = ALWAYS_MS) -> int:
        return known(store.db, (about,), ("count",), now_ms, lambda: (next(count), 20), most_ms=most_ms)

    assert [ask(one, 10), ask(one, 19), ask(one, 20)] == [0, 0, 1]
    assert [ask(other, 10), ask(other, 11), ask(one, 11)] == [2, 2, 3]
    assert [ask(one, 10, 15), ask(one, 14), ask(one, 15)] == [4, 4, 5]
    store.close()


def test_no_day_of_any_zone_ends_within_a_quarter_of_an_hour() -> None:
    begin_ms = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000
    chance = random.Random(7)
    for zone in sorted(available_timezones()):
        clock = Clock(zone, day_starts_hour=chance.randrange(13))
        for _ in range(40):
            # Midnights and changes of the clock lie at full quarters, so these are the moments beside which they lie.
            first_ms = begin_ms + chance.randrange(20 * 365 * 96) * QUARTER_MS
            last_ms = first_ms + QUARTER_MS - 1
            assert clock.local(first_ms).date() == clock.local(last_ms).date(), (zone, first_ms)
            assert clock.business_date(first_ms) == clock.business_date(last_ms), (zone, first_ms)
            offsets = {
                clock.local(at_ms) - datetime.fromtimestamp(at_ms / 1_000, UTC).replace(tzinfo=None)
                for at_ms in (first_ms, last_ms)
            }
            assert len(offsets) == 1, (zone, first_ms)
            assert (first_ms // 1_000 + next(iter(offsets)).total_seconds()) % 900 == 0, (zone, first_ms)
