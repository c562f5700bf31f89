"""Any run of sales, part returns, exchanges, exchanges of exchanges, holds: never more back than was paid, all books one.

What is held against the till is one sum that knows nothing of its tables: the shop has exactly the money of the pieces
that customers still have. And since nobody is paid back in another kind than they paid in, no drawer and no terminal
gives more than it took, and stored value never becomes anything else.
"""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge import exchanging, holding, shifts
from edge.config import LaneConfig
from edge.health import Health
from edge.ids import new_id
from edge.messages import ReturnBody, SaleBody
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.rulebook import fixed
from edge.screen import Refusal, Stage
from edge.screens import Screens
from edge.shop import Shop
from edge.store import exchanges, ledger
from edge.store import shifts as stored_shifts
from edge.store.auditing import check
from edge.store.baskets import LaneState, put_lane_state
from edge.store.database import Store, open_store, rows, scalar
from edge.store.returns import so_far
from edge.store.sales import stored_sale
from edge.stored_value import top_up
from edge.till import Till
from rules.codes import CodeSettings
from rules.ledger import CASH, STORED_VALUE, STORED_VALUE_GIFT, TENDERS, drawer_account, member_account
from rules.promotions import RuleSet, load_rules
from tests.shops import PLENTY, TestShop

RULES = """
[points]
per_yuan_bp = 10_000
[[promotions]]
id = "spend-steps"
kind = "spend_off"
names = { zh_hans = "满50减5" }
scope = { all = true }
steps = [{ spend = 5_000, off = 500 }, { spend = 10_000, off = 1_201 }]
[stored_value]
on = true
order = "gift_first"
top_ups = [{ id = "up200", amount = 20_000, gift = 5_000 }]
"""
CODES = ("4006381333931", "6900000000021", "6901234567892")
MEMBERS = ("li", "wang")
LANES = (1, 2)


class Counter:
    """Two tills over one store, and what a customer's purse would know."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.made = TestShop(folder)
        rules = load_rules(RULES)
        assert isinstance(rules, RuleSet), rules
        self.rules, self.folder, self.dice = rules, folder, random.Random(seed)
        self.loose = 0
        """Given back without a receipt."""
        self.exchanged = 0
        self.of_exchanged = 0
        """Exchanges and returns of what was taken along in an exchange."""
        self.open()
        for member in MEMBERS:
            paid = {"entry_id": new_id(self.made.clock), "member_id": member, "amount": 20_000}
            assert top_up(self.tills[1], **paid, kind="card", given=20_000) is None
        for lane in LANES:
            assert shifts.begin_shift(self.tills[lane], 0) is None
        self.terminals = ledger.balance(self.store.db, TENDERS, CASH)

    def open(self) -> None:
        loaded = self.made.loaded
        self.store: Store = open_store(loaded.database, synchronous="OFF")
        self.screens = Screens()
        self.shop = Shop(
            config=loaded.config, clock=self.made.clock, store=self.store, rulebook=fixed(self.rules),
            codes=CodeSettings(), screens=self.screens, committed=lambda: None,
            health=Health(clock=self.made.clock, data_dir=self.folder, disk_free=lambda _: PLENTY),
        )  # fmt: skip
        with self.store.transaction():
            for lane in LANES:
                put_lane_state(self.store.db, lane, LaneState(staff_id="zhang", seen_ms=self.made.clock.now_ms()))
        self.tills = {lane: Till(LaneConfig(number=lane), self.shop) for lane in LANES}

    def step(self) -> None:
        deeds = (self.basket, self.basket, self.basket, self.bring_back, self.put_aside)
        self.dice.choice(deeds)()
        if self.dice.random() < 0.03:
            self.store.close()
            self.open()

    def wanted(self) -> tuple[str, list[WantedBack]] | None:
        """Return some of a sale that may come back, or more than that."""
        ids = [each for (each,) in rows(self.store.db, "SELECT sale_id FROM sale ORDER BY sale_no DESC LIMIT 12")]
        if not ids:
            return None
        sale_id = self.dice.choice(ids)
        sale = stored_sale(self.store.db, sale_id)
        assert sale is not None
        some = [
            WantedBack(at, self.dice.randint(0, len(line.unit_nets)), self.dice.random() < 0.7)
            for at, line in enumerate(sale.lines)
        ]
        return sale_id, some

    def basket(self) -> None:
        """Sell, with something coming back as often as not, paid in parts."""
        till = self.tills[self.dice.choice(LANES)]
        if till.desk.memory.stage is Stage.DONE:
            till.next_sale()
        back = self.wanted() if self.dice.random() < 0.6 else None
        if back and exchanging.put_back(till, back[0], back[1], "not_wanted") is None and self.dice.random() < 0.9:
            self.exchanged += 1
            self.of_exchanged += bool(exchanges.carried_into(self.store.db, back[0]))
        if self.dice.random() < 0.08:
            assert exchanging.put_back_loose(till, sku="cola", reason="not_wanted", quantity=2) is None
        for code in self.dice.sample(CODES, self.dice.randint(0, 3)):
            for _ in range(self.dice.randint(1, 2)):
                assert till.scan(code) is None
        if self.dice.random() < 0.5 and till.desk.memory.basket:
            till.attach_member(self.dice.choice(MEMBERS))
        if self.dice.random() < 0.15:
            return
        self.pay(till)

    def pay(self, till: Till) -> None:
        if till.to_pay() is not None:
            self.void(till)
            return
        view = self.screens.newest(till.lane)
        loose = sum(each.amount for each in view.back if not each.number)
        if view.due > 0:
            for kind in self.dice.sample(("card", "stored_value"), self.dice.randint(0, 2)):
                due = self.screens.newest(till.lane).due
                if due > 1:
                    till.pay(view.sale_id, kind, self.dice.randint(1, due - 1))
        due = self.screens.newest(till.lane).due
        answer = till.pay(view.sale_id, "cash", due if due > 0 else 0)
        if answer is None:
            assert till.pay(view.sale_id, "cash", 0) is None, "a second press changes nothing"
            self.loose += loose
        else:
            while till.desk.memory.tenders:
                till.undo_tender()
            till.back_to_sale()
            self.void(till)

    def void(self, till: Till) -> None:
        assert till.void_basket("nothing came of it") is None or till.desk.memory.basket is None

    def put_aside(self) -> None:
        till = self.tills[self.dice.choice(LANES)]
        if till.desk.memory.stage is Stage.PAYING:
            till.back_to_sale()
        holding.hold(till)
        if self.dice.random() < 0.7:
            other = self.tills[self.dice.choice(LANES)]
            if holding.resume(other) is None:
                self.pay(other)

    def bring_back(self) -> None:
        till, found = self.tills[self.dice.choice(LANES)], self.wanted()
        if found:
            self.of_exchanged += bool(exchanges.carried_into(self.store.db, found[0]))
            give_back(till, return_id=new_id(self.made.clock), sale_id=found[0], wanted=found[1], reason="not_wanted")

    def compare(self) -> None:
        db = self.store.db
        worth = 0
        for (sale_id,) in rows(db, "SELECT sale_id FROM sale"):
            sale, back = stored_sale(db, sale_id), so_far(db, sale_id)
            assert sale is not None
            gone = sum(sale.lines[each.line].unit_nets[unit] for each in back.lines for unit in each.units)
            assert back.paid == gone <= sale.total
            worth += sale.total - gone
        drawers = {lane: ledger.balance(db, drawer_account(lane), CASH) for lane in LANES}
        terminals = ledger.balance(db, TENDERS, CASH) - self.terminals
        held_money = {
            unit: sum(ledger.balance(db, member_account(each), unit) for each in MEMBERS)
            for unit in (STORED_VALUE, STORED_VALUE_GIFT)
        }
        spent = 2 * 20_000 - held_money[STORED_VALUE], 2 * 5_000 - held_money[STORED_VALUE_GIFT]
        assert sum(drawers.values()) + terminals + sum(spent) == worth - self.loose
        assert sum(drawers.values()) >= -self.loose
        assert terminals >= 0
        assert min(spent) >= 0
        for lane in LANES:
            shift = stored_shifts.open_shift(db, lane)
            assert shift is not None
            report = stored_shifts.report(db, shift, at_ms=self.made.clock.now_ms())
            tenders = {each.kind: each.taken - each.returned for each in report.tenders}
            assert report.expected == drawers[lane] == tenders.get("cash", 0)
            assert tenders.get("exchange", 0) == 0
            assert sum(tenders.values()) == report.total - report.refunded

    def told(self) -> None:
        """What head office is told comes to what the store has."""
        db = self.store.db
        sales = [msgspec.json.decode(each, type=SaleBody) for (each,) in rows(db, _TOLD, "sale")]
        refunds = [msgspec.json.decode(each, type=ReturnBody) for (each,) in rows(db, _TOLD, "refund")]
        net = sum(each.total for each in sales) - sum(each.amount for each in refunds)
        assert net == scalar(db, "SELECT coalesce(sum(takings) - sum(refunded), 0) FROM day_stat")
        linked = {each.exchange_sale_id for each in refunds if each.exchange_sale_id}
        assert linked == {each.sale_id for each in sales if exchanges.returns_in(db, each.sale_id)}


_TOLD = "SELECT body FROM outbox WHERE kind = ? ORDER BY seq"


def play(folder: Path, *, seed: int, deeds: int) -> Counter:
    counter = Counter(folder, seed)
    try:
        for _ in range(deeds):
            counter.step()
            counter.compare()
        counter.told()
        assert check(counter.store.db).problems == ()
    finally:
        counter.store.close()
    return counter


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), deeds=st.integers(1, 60))
def test_the_shop_has_the_money_of_what_customers_have(
    tmp_path_factory: pytest.TempPathFactory, seed: int, deeds: int
) -> None:
    play(tmp_path_factory.mktemp("counter"), seed=seed, deeds=deeds)


def test_hundreds_of_deeds_in_one_store(tmp_path: Path) -> None:
    counter = play(tmp_path, seed=20_261_129, deeds=400)
    assert counter.exchanged > 60
    assert counter.of_exchanged > 30, "exchanges of exchanges are what the legs are for"
    assert counter.loose > 0


def test_everything_comes_back_in_the_end(tmp_path: Path) -> None:
    """When all that is left of every sale has come back, every drawer, terminal and purse is as at the beginning."""
    counter = play(tmp_path, seed=5, deeds=120)
    counter.open()
    db = counter.store.db
    for sale_id in [each for (each,) in rows(db, "SELECT sale_id FROM sale ORDER BY sale_no DESC")]:
        sale, gone = stored_sale(db, sale_id), {each.line: len(each.units) for each in so_far(db, sale_id).lines}
        assert sale is not None
        left = [WantedBack(at, len(line.unit_nets) - gone.get(at, 0)) for at, line in enumerate(sale.lines)]
        deed = {"sale_id": sale_id, "wanted": left, "reason": "all of it"}
        answer = give_back(counter.tills[1], return_id=new_id(counter.made.clock), **deed)
        assert answer is None or answer == Refusal("return_nothing"), answer
    counter.compare()
    assert sum(ledger.balance(db, drawer_account(lane), CASH) for lane in LANES) == -counter.loose
    assert ledger.balance(db, TENDERS, CASH) == counter.terminals
    for member in MEMBERS:
        assert ledger.balance(db, member_account(member), STORED_VALUE) == 20_000
        assert ledger.balance(db, member_account(member), STORED_VALUE_GIFT) == 5_000
    assert check(db).problems == ()
    counter.store.close()
