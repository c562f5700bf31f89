"""Membership money at two lanes against a plain model: thousands of deeds, balances and lots equal after every one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config import LaneConfig
from edge.coupon_desk import NewBatch, issue_to_member, new_batch, use_coupon
from edge.expiry import take_back_expired
from edge.health import Health
from edge.ids import new_id
from edge.member_files import merge
from edge.member_words import HAPPENED
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.rulebook import fixed
from edge.screens import Screens
from edge.shop import Shop
from edge.store import ledger, members
from edge.store.auditing import check
from edge.store.baskets import LaneState, put_lane_state
from edge.store.database import Store, open_store, rows
from edge.store.sales import stored_sale
from edge.stored_value import refund, top_up
from edge.tier_desk import give_tier
from edge.till import Till
from edge.times import adjust_times, use_times
from rules.codes import CodeSettings
from rules.ledger import (
    CASH,
    POINTS,
    SHELF,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    drawer_account,
    member_account,
    owed_account,
    stock_unit,
)
from rules.promotions import RuleSet, load_rules
from rules.windows import months_before
from tests.shops import PLENTY, TestShop

RULES = """
[points]
per_yuan_bp = 10_000
cash = { step = 10, worth = 100 }
[[tiers]]
id = "silver"
names = { zh_hans = "银卡" }
spend_from = 450_000
points_per_yuan_bp = 15_000
[[tiers]]
id = "jade"
names = { zh_hans = "玉卡" }
rank = 9
points_per_yuan_bp = 20_000
[[promotions]]
id = "five-off"
kind = "coupon_amount_off"
off = 500
min_amount = 1_000
issued = true
names = { zh_hans = "5元券" }
scope = { all = true }
[[times.packages]]
id = "cut"
names = { zh_hans = "三次卡" }
sku = "cutcard"
days = 20
parts = [{ id = "a", skus = ["cut"], times = 3, gift_times = 1 }]
[stored_value]
on = true
order = "gift_first"
void = "all"
gift_expires_months = 1
top_ups = [{ id = "up200", amount = 20_000, gift = 5_000 }]
"""
UNIT = "times:cut.a"
UNITS = (POINTS, UNIT, STORED_VALUE, STORED_VALUE_GIFT)
TOP_UP, TOP_UP_GIFT = 20_000, 5_000
CODES = {"pen": "4006381333931", "rice": "6900000000021", "cola": "6901234567892", "cutcard": "6900000000090"}
MEMBERS = ("li", "wang")
DAY_MS = 86_400_000
LANES = (1, 2)
SILVER_FROM = 450_000


# --- the model: plain lists, no cleverness ------------------------------------------------------------------------------


@dataclass(eq=False)
class PlainLot:
    left: int
    ends_ms: int
    granted: int = 0
    is_gift: bool = False
    expired: int = 0
    """What the night took back of it."""


@dataclass
class PlainTopUp:
    member: str
    principal: PlainLot
    gift: PlainLot


@dataclass
class PlainMember:
    lots: dict[str, list[PlainLot]] = field(default_factory=lambda: {unit: [] for unit in UNITS})
    owed: int = 0
    silver: tuple[date, date] | None = None
    """The days whose spend reached it."""
    has_jade: bool = False
    """It was given by hand."""
    open_codes: set[str] = field(default_factory=set)
    """Coupons that can be used."""

    @property
    def tier(self) -> str:
        return "jade" if self.has_jade else "silver" if self.silver else ""

    def alive(self, unit: str, now_ms: int) -> int:
        return sum(lot.left for lot in self.lots[unit] if lot.ends_ms > now_ms)


@dataclass
class PlainLine:
    sku: str
    nets: list[int]
    """What each piece cost, the cheapest first: so they come back."""
    list_price: int
    is_times: bool
    back: int = 0


@dataclass
class PlainSale:
    member: str
    lines: list[PlainLine]
    total: int
    points: int
    points_paid: int
    legs: dict[str, int]
    """What was paid in each kind and has not gone back."""
    excused: int = 0
    earned: PlainLot | None = None
    used: dict[str, list[list[Any]]] = field(default_factory=dict)
    """[lot, amount] by unit, the last drawn first: so they are given back."""
    granted: list[PlainLot] = field(default_factory=list)
    day: date = date.min
    refunded: int = 0
    codes: tuple[str, ...] = ()
    """Coupons that it used and that did not come back."""

    def net_back(self) -> int:
        return sum(sum(line.nets[: line.back]) for line in self.lines)

    def gross_back(self) -> int:
        return sum(line.list_price * line.back for line in self.lines)


@dataclass
class Model:
    people: dict[str, PlainMember] = field(default_factory=lambda: {name: PlainMember() for name in MEMBERS})
    sales: dict[str, PlainSale] = field(default_factory=dict)
    top_ups: dict[str, PlainTopUp] = field(default_factory=dict)
    drawers: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LANES, 0))
    shelf: dict[str, int] = field(default_factory=dict)

    def draw(self, name: str, unit: str, amount: int, now_ms: int) -> list[list[Any]]:
        """Take what expires first, then what is older."""
        taken: list[list[Any]] = []
        lots = [lot for lot in self.people[name].lots[unit] if lot.ends_ms > now_ms]
        for lot in sorted(lots, key=lambda lot: lot.ends_ms):
            part = min(lot.left, amount)
            if part:
                lot.left -= part
                amount -= part
                taken.insert(0, [lot, part])
        assert amount == 0, "more was taken than there is"
        return taken

    def sell(self, sale_id: str, sale: PlainSale, *, lane: int, now_ms: int, points_end: int, times_end: int) -> None:
        self.drawers[lane] += sale.legs["cash"]
        for line in sale.lines:
            self.shelf[line.sku] = self.shelf.get(line.sku, 0) - len(line.nets)
        self.sales[sale_id] = sale
        if not sale.member:
            return
        member = self.people[sale.member]
        member.open_codes -= set(sale.codes)
        sale.used[POINTS] = self.draw(sale.member, POINTS, sale.points_paid, now_ms)
        sale.used[STORED_VALUE_GIFT] = self.draw(sale.member, STORED_VALUE_GIFT, sale.legs["gift"], now_ms)
        sale.used[STORED_VALUE] = self.draw(sale.member, STORED_VALUE, sale.legs["principal"], now_ms)
        cuts = sum(len(line.nets) for line in sale.lines if line.is_times)
        sale.used[UNIT] = self.draw(sale.member, UNIT, cuts, now_ms)
        settled = min(member.owed, sale.points)
        member.owed -= settled
        if sale.points > settled:
            sale.earned = PlainLot(sale.points - settled, points_end)
            member.lots[POINTS].append(sale.earned)
        cards = sum(len(line.nets) for line in sale.lines if line.sku == "cutcard")
        if cards:
            sale.granted = [PlainLot(3 * cards, times_end, 3 * cards), PlainLot(cards, times_end, cards, is_gift=True)]
            member.lots[UNIT] += sale.granted
        self.look_at_tier(sale.member, sale.day)

    def spend(self, name: str, start: date, end: date) -> int:
        mine = [sale for sale in self.sales.values() if sale.member == name and start <= sale.day < end]
        return sum(sale.total - sale.refunded for sale in mine)

    def look_at_tier(self, name: str, today: date) -> None:
        """Raise a member to silver where the last twelve months reach it."""
        member, counted = self.people[name], (months_before(today, 12), today + timedelta(days=1))
        if member.silver is None and self.spend(name, *counted) >= SILVER_FROM:
            member.silver = counted

    def look_again_at_tier(self, name: str, today: date) -> None:
        """Take silver back where neither the days that reached it nor the last twelve months do any more."""
        member, counted = self.people[name], (months_before(today, 12), today + timedelta(days=1))
        if member.silver and all(self.spend(name, *days) < SILVER_FROM for days in (member.silver, counted)):
            member.silver = None
        if member.silver or member.has_jade:
            self.look_at_tier(name, today)

    def take_back(self, sale_id: str, line: PlainLine, pieces: int, *, lane: int, now_ms: int, today: date) -> None:
        sale = self.sales[sale_id]
        net_before, gross_before = sale.net_back(), sale.gross_back()
        line.back += pieces
        net = sale.net_back() - net_before
        self.shelf[line.sku] += pieces
        kept = self._keep_used_times(sale, line, net, pieces) if line.sku == "cutcard" and sale.member else 0
        back = self._legs_back(sale, net - kept)
        self.drawers[lane] -= back["cash"]
        sale.refunded += net - kept
        if not sale.member:
            return
        self._give_back(sale, STORED_VALUE_GIFT, back["gift"])
        self._give_back(sale, STORED_VALUE, back["principal"])
        if line.is_times:
            self._give_back(sale, UNIT, pieces)
        gross = sum(each.list_price * len(each.nets) for each in sale.lines)
        if gross:
            paid = sale.points_paid
            self._give_back(sale, POINTS, paid * sale.gross_back() // gross - paid * gross_before // gross)
        if sale.total:
            whole = sale.points
            self._take_points(
                sale, whole * sale.net_back() // sale.total - whole * net_before // sale.total, now_ms=now_ms
            )
        if all(each.back == len(each.nets) for each in sale.lines):
            self.people[sale.member].open_codes |= set(sale.codes)
            sale.codes = ()
        self.look_again_at_tier(sale.member, today)

    def _legs_back(self, sale: PlainSale, amount: int) -> dict[str, int]:
        back = {}
        for kind in ("gift", "principal", "cash"):
            back[kind] = min(sale.legs[kind], amount)
            sale.legs[kind] -= back[kind]
            amount -= back[kind]
        assert amount == 0
        return back

    def expire(self, now_ms: int) -> None:
        for member in self.people.values():
            for lot in (*member.lots[POINTS], *member.lots[STORED_VALUE_GIFT]):
                if lot.ends_ms <= now_ms:
                    lot.expired += lot.left
                    lot.left = 0

    def _keep_used_times(self, sale: PlainSale, line: PlainLine, net: int, pieces: int) -> int:
        paid, gift = sale.granted
        for lot in (paid, gift):
            part = min(lot.left, lot.granted * pieces // len(line.nets))
            lot.left -= part
            if lot is paid:
                refund = net * part // (lot.granted * pieces // len(line.nets))
        return net - refund

    def _give_back(self, sale: PlainSale, unit: str, amount: int) -> None:
        for use in sale.used[unit]:
            part = min(use[1], amount)
            use[1] -= part
            use[0].left += part
            amount -= part
        assert amount == 0

    def _take_points(self, sale: PlainSale, points: int, *, now_ms: int) -> None:
        member = self.people[sale.member]
        own = min(points, sale.earned.left) if sale.earned else 0
        if own and sale.earned:
            sale.earned.left -= own
        excused = min(points - own, sale.earned.expired - sale.excused) if sale.earned else 0
        sale.excused += excused
        missing = points - own - excused
        rest = min(missing, member.alive(POINTS, now_ms))
        self.draw(sale.member, POINTS, rest, now_ms)
        member.owed += missing - rest


# --- the shop, without threads ------------------------------------------------------------------------------------------


class Shopfloor:
    """Two tills over one store, and the model beside them; every deed is done in both."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.made = TestShop(folder)
        rules = load_rules(RULES)
        assert isinstance(rules, RuleSet), rules
        self.rules = rules
        self.folder = folder
        self.dice = random.Random(seed)
        self.model = Model()
        self.refused = 0
        self.nights_doubted = 0
        self.batch_id = 0
        self.issued: set[str] = set()
        self.open()

    def open(self) -> None:
        """Open the store afresh, as a restart does."""
        loaded = self.made.loaded
        self.store: Store = open_store(loaded.database, synchronous="OFF")
        screens = Screens()
        self.shop = Shop(
            config=loaded.config, clock=self.made.clock, store=self.store, rulebook=fixed(self.rules),
            codes=CodeSettings(), screens=screens, committed=lambda: None,
            health=Health(clock=self.made.clock, data_dir=self.folder, disk_free=lambda _: PLENTY),
        )  # fmt: skip
        with self.store.transaction():
            for lane in LANES:
                state = LaneState(staff_id="zhang", seen_ms=self.now_ms)
                put_lane_state(self.store.db, lane, state)
            if not self.model.sales:
                for name in MEMBERS:
                    members.set_tier(self.store.db, name, self.model.people[name].tier)
        self.tills = {lane: Till(LaneConfig(number=lane), self.shop) for lane in LANES}

    @property
    def now_ms(self) -> int:
        return self.made.clock.now_ms()

    @property
    def today(self) -> date:
        return self.made.clock.business_date(self.now_ms)

    def step(self) -> None:
        deeds = (
            self.sell, self.sell, self.sell, self.sell, self.bring_back, self.bring_back, self.wait, self.adjust,
            self.top_up, self.refund, self.give_tier, self.issue,
        )  # fmt: skip
        self.dice.choice(deeds)()
        if self.dice.random() < 0.02:
            self.store.close()
            self.open()

    def sell(self) -> None:
        lane, member = self.dice.choice(LANES), self.dice.choice(("", *MEMBERS, *MEMBERS))
        till = self.tills[lane]
        for sku in self.dice.sample(sorted(CODES), self.dice.randint(0, 3)):
            if sku == "cutcard" and not member:
                continue
            for _ in range(self.dice.randint(1, 3)):
                assert till.scan(CODES[sku]) is None
        if member:
            assert till.attach_member(member) is None
            if self.dice.random() < 0.4:
                till.redeem_points()
            if self.dice.random() < 0.4:
                cuts = self.dice.randint(1, 3)
                answer = use_times(till, unit=UNIT, sku="cut", holder_id=member, quantity=cuts)
                assert (answer is None) == (cuts <= self.model.people[member].alive(UNIT, self.now_ms)), answer
            if self.dice.random() < 0.4:
                self.use_a_coupon(till, member)
        view = self.shop.screens.newest(lane)
        if not view.lines and not view.times:
            for coupon in view.coupons:
                till.remove_code(coupon.code)
            till.detach_member() if member else None
            return
        assert till.to_pay() is None
        sale_id, due = view.sale_id, view.due
        kept = self.pay_stored_value(till, member, sale_id, due)
        if kept < due or not due:
            assert till.pay(sale_id, "cash", due - kept) is None
        assert till.pay(sale_id, "cash", due) is None, "a second press is harmless"
        sale = stored_sale(self.store.db, sale_id)
        assert sale is not None
        self.model.sell(
            sale_id,
            PlainSale(
                member=member, total=sale.total, points=sale.points, points_paid=sale.points_paid,
                day=self.today, codes=tuple(code for code in sale.spent_codes), legs={"gift": sale.gift_paid, "principal": sale.principal_paid, "cash": due - kept},
                lines=[
                    PlainLine(
                        line.sku, sorted(line.unit_nets), 0 if line.times_of else line.unit_price, bool(line.times_of)
                    )
                    for line in sale.lines
                ],
            ),
            lane=lane, now_ms=self.now_ms, points_end=self.lot_end(POINTS, member), times_end=self.lot_end(UNIT, member),
        )  # fmt: skip
        till.next_sale()

    def use_a_coupon(self, till: Till, member: str) -> None:
        """Put an open coupon in, and one that somebody else has or that was used: only the member's own is taken."""
        mine = sorted(self.model.people[member].open_codes)
        if mine:
            use_coupon(till, self.dice.choice(mine))
        others = sorted(self.issued - set(mine))
        if others:
            assert use_coupon(till, self.dice.choice(others)) is not None, "it is not theirs, or was used"

    def give_tier(self) -> None:
        member, is_given = self.dice.choice(MEMBERS), self.dice.random() < 0.5
        answer = give_tier(self.tills[1], member_id=member, tier_id="jade" if is_given else "", months=0, reason="test")
        assert answer is None, answer
        self.model.people[member].has_jade = is_given

    def issue(self) -> None:
        """Issue a coupon to a member at a till."""
        member = self.dice.choice(MEMBERS)
        if not self.batch_id:
            made = new_batch(self.tills[1], asked=NewBatch(name="test", promotion_id="five-off", valid_days=3_000))
            assert isinstance(made, int), made
            self.batch_id = made
        assert issue_to_member(self.tills[1], batch_id=self.batch_id, member_id=member) is None
        found = {code for (code,) in rows(self.store.db, "SELECT code FROM coupon")}
        (code,) = found - self.issued
        self.issued = found
        self.model.people[member].open_codes.add(code)

    def pay_stored_value(self, till: Till, member: str, sale_id: str, due: int) -> int:
        """Pay some of what is due with stored value, where the member has any, and return how much."""
        if not member or not due or self.dice.random() < 0.5:
            return 0
        person = self.model.people[member]
        gift = person.alive(STORED_VALUE_GIFT, self.now_ms)
        has = gift + person.alive(STORED_VALUE, self.now_ms)
        wanted = min(due, self.dice.choice((100, 1_500, 40_000)))
        answer = till.pay(sale_id, "stored_value", wanted)
        assert (answer is None) == (wanted <= has), (answer, wanted, has)
        if answer is not None:
            return 0
        return wanted

    def top_up(self) -> None:
        member, lane = self.dice.choice(MEMBERS), self.dice.choice(LANES)
        entry_id = new_id(self.made.clock)
        deed = {"entry_id": entry_id, "member_id": member, "amount": TOP_UP, "kind": "cash"}
        assert top_up(self.tills[lane], **deed) is None
        assert top_up(self.tills[lane], **deed) is None, "a second press is harmless"
        principal, gift = PlainLot(TOP_UP, 2**62), PlainLot(TOP_UP_GIFT, self.lot_end(STORED_VALUE_GIFT, member))
        self.model.people[member].lots[STORED_VALUE].append(principal)
        self.model.people[member].lots[STORED_VALUE_GIFT].append(gift)
        self.model.top_ups[entry_id] = PlainTopUp(member, principal, gift)
        self.model.drawers[lane] += TOP_UP

    def refund(self) -> None:
        if not self.model.top_ups:
            return
        top_up_id = self.dice.choice(list(self.model.top_ups))
        paid_in, lane = self.model.top_ups[top_up_id], self.dice.choice(LANES)
        answer = refund(
            self.tills[lane], entry_id=new_id(self.made.clock), member_id=paid_in.member, top_up_id=top_up_id,
            kind="cash", reason="test",
        )  # fmt: skip
        if not paid_in.principal.left:
            assert answer is not None, "nothing was left to refund"
            return
        assert answer is None, answer
        self.model.drawers[lane] -= paid_in.principal.left
        paid_in.principal.left = 0
        # Gift money that a later return brings back was void before: only what had not been void yet is taken.
        paid_in.gift.left = 0

    def lot_end(self, unit: str, member: str) -> int:
        """Return the end of the newest lot: when a day ends is the calendar's matter, tested elsewhere."""
        found = rows(
            self.store.db, "SELECT expires_ms FROM lot WHERE account = ? AND unit = ? ORDER BY lot_id DESC LIMIT 1",
            member_account(member), unit,
        )  # fmt: skip
        return int(found[0][0]) if found and found[0][0] else 2**62

    def bring_back(self) -> None:
        if not self.model.sales:
            return
        sale_id = self.dice.choice(list(self.model.sales))
        sale, lane = self.model.sales[sale_id], self.dice.choice(LANES)
        at = self.dice.randrange(len(sale.lines))
        line, pieces = sale.lines[at], self.dice.randint(1, 3)
        return_id = new_id(self.made.clock)
        deed = {"return_id": return_id, "sale_id": sale_id, "wanted": (WantedBack(at, pieces),), "reason": "test"}
        answer = give_back(self.tills[lane], **deed)
        if line.back + pieces > len(line.nets):
            assert answer is not None and answer.code == "return_too_many", answer
            self.refused += 1
            return
        assert answer is None, answer
        assert give_back(self.tills[lane], **deed) is None, "a second press is harmless"
        self.model.take_back(sale_id, line, pieces, lane=lane, now_ms=self.now_ms, today=self.today)

    def wait(self) -> None:
        self.made.clock.hand.at_ms += self.dice.choice((1_000, DAY_MS, 9 * DAY_MS, 40 * DAY_MS))
        if self.dice.random() < 0.5:
            self.night()

    def night(self) -> None:
        """Take back what has expired, as the job of the night does."""
        before = rows(self.store.db, "SELECT count(*) FROM entry WHERE kind = 'expiry'")
        people, ended = self.model.people.values(), (POINTS, STORED_VALUE_GIFT)
        due = any(lot.left and lot.ends_ms <= self.now_ms for p in people for unit in ended for lot in p.lots[unit])
        with self.store.transaction():
            assert take_back_expired(self.shop, "") is None
        if rows(self.store.db, "SELECT count(*) FROM entry WHERE kind = 'expiry'") != before:
            self.model.expire(self.now_ms)
        self.nights_doubted += due and rows(self.store.db, "SELECT count(*) FROM entry WHERE kind = 'expiry'") == before

    def adjust(self) -> None:
        member, change = self.dice.choice(MEMBERS), self.dice.choice((-2, -1, 1, 2))
        has = self.model.people[member].alive(UNIT, self.now_ms)
        answer = adjust_times(
            self.tills[1], entry_id=new_id(self.made.clock), member_id=member, unit=UNIT, change=change, reason="test"
        )
        if change < 0 and has < -change:
            assert answer is not None and answer.code == "balance_short", answer
            return
        assert answer is None, answer
        if change > 0:
            self.model.people[member].lots[UNIT].append(PlainLot(change, self.lot_end(UNIT, member)))
        else:
            self.model.draw(member, UNIT, -change, self.now_ms)

    def compare(self) -> None:
        """Hold every balance and every lot against the model."""
        db, now_ms = self.store.db, self.now_ms
        for name, member in self.model.people.items():
            account = member_account(name)
            assert -ledger.balance(db, owed_account(name), POINTS) == member.owed
            assert rows(db, "SELECT tier_id FROM member WHERE member_id = ?", name) == [(member.tier,)]
            held = rows(db, "SELECT code FROM coupon WHERE state = 'open' AND member_id = ?", name)
            assert {code for (code,) in held} == member.open_codes
            for unit, lots in member.lots.items():
                kept = rows(
                    db, "SELECT remaining FROM lot WHERE account = ? AND unit = ? ORDER BY lot_id", account, unit
                )
                assert [left for (left,) in kept] == [lot.left for lot in lots], (name, unit)
                assert ledger.spendable(db, account, unit, now_ms=now_ms) == member.alive(unit, now_ms)
                assert min((lot.left for lot in lots), default=0) >= 0
        for lane, cash in self.model.drawers.items():
            assert ledger.balance(db, drawer_account(lane), CASH) == cash
        for sku, pieces in self.model.shelf.items():
            assert ledger.balance(db, SHELF, stock_unit(sku)) == pieces
        assert rows(db, "SELECT unit, sum(amount) FROM balance GROUP BY unit HAVING sum(amount) <> 0") == []


def play(folder: Path, *, seed: int, deeds: int) -> Shopfloor:
    floor = Shopfloor(folder, seed)
    try:
        for _ in range(deeds):
            floor.step()
            floor.compare()
        assert check(floor.store.db).problems == ()
    finally:
        floor.store.close()
    return floor


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), deeds=st.integers(1, 120))
def test_every_balance_and_lot_is_as_in_the_model(
    tmp_path_factory: pytest.TempPathFactory, seed: int, deeds: int
) -> None:
    play(tmp_path_factory.mktemp("floor"), seed=seed, deeds=deeds)


def test_thousands_of_deeds_in_one_store(tmp_path: Path) -> None:
    floor = play(tmp_path, seed=20_261_124, deeds=2_000)
    assert len(floor.model.sales) > 500
    assert floor.refused > 50
    assert len(floor.model.top_ups) > 50
    floor.open()
    happened = {kind for (kind,) in rows(floor.store.reads, "SELECT DISTINCT kind FROM entry")}
    assert len(happened) >= 5
    assert happened <= set(HAPPENED), "each is told in the history of a member in words"
    counts = rows(
        floor.store.reads,
        "SELECT (SELECT count(*) FROM tier_change WHERE why = 'returned'),"
        " (SELECT count(*) FROM coupon_use WHERE revived_ms IS NOT NULL)",
    )[0]
    assert counts[0] >= 1 and counts[1] >= 3, counts
    floor.store.close()


def test_merge_keeps_the_sum(tmp_path: Path) -> None:
    """Merging is compared by sums: the lots of the file that goes are made anew in the one that stays."""
    floor = play(tmp_path, seed=7, deeds=150)
    floor.open()
    before = {unit: sum(member.alive(unit, floor.now_ms) for member in floor.model.people.values()) for unit in UNITS}
    owed = sum(member.owed for member in floor.model.people.values())
    assert merge(floor.tills[1], keep="wang", gone="li") is None
    for unit, amount in before.items():
        left = ledger.spendable(floor.store.db, member_account("wang"), unit, now_ms=floor.now_ms)
        assert (
            left + ledger.spendable(floor.store.db, member_account("li"), unit, now_ms=floor.now_ms) == amount or owed
        )
        assert ledger.balance(floor.store.db, member_account("li"), unit) == 0
    for sale_id, sale in floor.model.sales.items():
        for at, line in enumerate(sale.lines):
            left_over = len(line.nets) - line.back
            if left_over:
                deed = {"sale_id": sale_id, "wanted": (WantedBack(at, left_over),), "reason": "all of it"}
                assert give_back(floor.tills[2], return_id=new_id(floor.made.clock), **deed) is None
    # What came back to the file that is gone went on to the one that stays.
    assert ledger.balance(floor.store.db, member_account("li"), POINTS) == 0
    assert check(floor.store.db).problems == ()
    floor.store.close()
