"""Any mix of what pays a sale, in any order, given up at any point: every leg goes back, the last one first.

Coupon, points and times are taken before the tenders; cash, card, the bank's device, stored value, on account and payment
codes after them. Given up, the ledger, the drawer and the gateway are as they were before the customer came; not given
up, they hold exactly what the bill says.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.fake_gateway import CHARGES, REVERSALS, FakeGateway
from edge import charging
from edge.charger import Charger, Charging
from edge.config import LaneConfig
from edge.credit import set_credit_limit
from edge.health import Health
from edge.rulebook import fixed
from edge.screen import Refusal, Stage, TillView
from edge.screens import Screens
from edge.shop import Shop
from edge.store import charges, ledger
from edge.store.auditing import check
from edge.store.baskets import LaneState, put_lane_state
from edge.store.database import open_store, row, rows, scalar
from edge.till import Till
from edge.times import drop_times, use_times
from rules.charges import CHANNELS
from rules.codes import CodeSettings
from rules.ledger import CASH, ISSUER, POINTS, STORED_VALUE, STORED_VALUE_GIFT, Transfer, drawer_account, member_account
from rules.promotions import RuleSet, load_rules
from tests.charging_by_turns import ByTurns
from tests.shops import PLENTY, TestShop, rules_with_coupons

RICE, MILK, HAIRCUT, COUPON = "6900000000021", "6900000000014", "6900000000083", "FIVE"
CUT = "times:cut10.cut"
CODES = {"wechat": "134567890123456789", "alipay": "281234567890123456", "unionpay": "6212345678901234567"}
PAID_NOW = ("cash", "card", "scan", "stored_value", "account")
BALANCES = "SELECT account, unit, amount FROM balance WHERE amount <> 0 ORDER BY account, unit"
PAID = (
    "SELECT charge_id FROM charge WHERE state = 'paid' ORDER BY"
    " (SELECT max(step_no) FROM charge_step s WHERE s.charge_id = charge.charge_id)"
)
UNDONE = (
    "SELECT charge_id FROM charge_step WHERE state = 'reversing' AND charge_id IN"
    " (SELECT charge_id FROM charge_step WHERE state = 'paid') GROUP BY charge_id ORDER BY min(step_no)"
)
KINDS = ("coupon", "points", "times", *PAID_NOW, *CHANNELS)


class Lane(ByTurns):
    """A till with its charger on one thread over a store, and what was taken so far."""

    def __init__(self, folder: Path, seed: int) -> None:
        made = TestShop(folder)
        rules = load_rules(rules_with_coupons())
        assert isinstance(rules, RuleSet), rules
        self.dice, self.gateway, self.at_ms = random.Random(seed), FakeGateway(), 10**12
        loaded, self.screens = made.loaded, Screens()
        self.store = open_store(loaded.database, synchronous="OFF")
        self.db = self.store.db
        health = Health(clock=made.clock, data_dir=folder, disk_free=lambda _: PLENTY)
        self.charger = Charger(
            Charging(dict.fromkeys(CHANNELS, self.gateway), lambda: self.at_ms), store=self.store, clock=made.clock,
            health=health,
        )  # fmt: skip
        shop = Shop(
            config=loaded.config, clock=made.clock, store=self.store, rulebook=fixed(rules), codes=CodeSettings(),
            screens=self.screens, committed=lambda: None, charges=self.charger, health=health,
        )  # fmt: skip
        now_ms, mine = made.clock.now_ms(), member_account("li")
        has = ((POINTS, 2_000), (STORED_VALUE, 4_000), (STORED_VALUE_GIFT, 1_000), (CUT, 5))
        with self.store.transaction():
            put_lane_state(self.db, 1, LaneState(staff_id="zhang", seen_ms=now_ms))
            moves = [
                Transfer(unit, ISSUER, mine, amount, "opening", now_ms + 10**10 if unit in (POINTS, CUT) else None)
                for unit, amount in has
            ]
            ledger.post(self.db, moves, sale_id=None, at_ms=now_ms, business_date="2026-11-23")
        self.till = Till(LaneConfig(number=1), shop)
        self.connect()
        assert set_credit_limit(self.till, member_id="li", limit=6_000, reason="regular") is None
        self.tried: set[str] = set()

    @property
    def view(self) -> TillView:
        return self.screens.newest(1)

    def balances(self) -> list[tuple[str, str, int]]:
        return list(rows(self.db, BALANCES))

    def fill_basket(self) -> None:
        assert self.till.attach_member("li") is None
        for text in (RICE, RICE, MILK, HAIRCUT):
            assert self.till.scan(text) is None

    def take(self, kind: str) -> None:
        """Let something pay a part, never all of it; what is refused leaves everything as it was."""
        before, answer = self.view, None
        if before.stage is Stage.PAYING and before.due == 1:
            return  # the least there is: no part of it is left
        part = self.dice.randint(1, before.due - 1) if before.stage is Stage.PAYING else 0
        if kind == "coupon":
            answer = self.till.scan(COUPON)
        elif kind == "points":
            answer = self.till.redeem_points(self.dice.choice((100, 300, 500)))
        elif kind == "times":
            answer = use_times(self.till, unit=CUT, sku="cut", holder_id="li", quantity=1)
        elif kind in CHANNELS:
            answer = self.charge(kind, part)
        else:
            answer = self.till.pay(before.sale_id, kind, part)
        after = self.view
        assert after.stage in (Stage.SELLING, Stage.PAYING)
        if isinstance(answer, Refusal):
            assert (after.total, after.tenders) == (before.total, before.tenders), (kind, answer)
            return
        self.tried.add(kind)

    def charge(self, kind: str, part: int) -> Refusal | None:
        """Charge a code, whatever becomes of it; some customers think better of it."""
        charging.charge_next(self.till, amount=part)
        self.gateway.next_charge(self.dice.choice(("pays", "pays", "pays", *CHARGES)))
        self.gateway.next_reversal(self.dice.choice([each for each in REVERSALS if each != "refused"]))
        answer = self.till.scan(CODES[kind])
        if answer is None and self.dice.random() < 0.15 and self.view.charge is not None:
            assert charging.cancel_charge(self.till, charge_id=self.view.charge.charge_id) is None
        self.work(lambda: charges.running(self.db, 1) is None)
        return answer

    def give_up(self) -> None:
        """Take every tender back, one by one or all at once, then the benefits, and void the basket."""
        paid = [each[0] for each in rows(self.db, PAID)]
        if self.view.tenders and self.dice.random() < 0.5:
            assert charging.undo_tenders(self.till) is None
        while self.view.tenders:
            left = self.view.tenders[:-1]
            assert self.till.undo_tender() is None
            assert self.view.tenders == left, "the last one goes back first"
        assert self.view.stage is Stage.SELLING or self.till.back_to_sale() is None
        order = [each for (each,) in rows(self.db, UNDONE) if each in paid]
        assert order == paid[::-1], "each code goes back, the last one that was taken first"
        if self.view.times:
            drop_times(self.till, unit=CUT, sku="cut")
        assert self.till.void_basket("changed their mind") is None
        self.work(self.is_quiet)

    def is_quiet(self) -> bool:
        return not charges.open_charges(self.store.reads) and not charges.open_refunds(self.store.reads)

    def finish(self) -> None:
        """Pay the rest in cash, and hold the books against the bill."""
        sale_id, due = self.view.sale_id, self.view.due
        assert self.till.pay(sale_id, "cash", due) is None
        assert self.view.stage is Stage.DONE, self.view.notice
        self.work(self.is_quiet)
        paid = dict(
            rows(
                self.db,
                "SELECT kind, sum(amount) FROM sale_tender t JOIN sale s ON s.sale_no = t.sale_no GROUP BY kind",
            )
        )
        (total,) = row(self.db, "SELECT total FROM sale WHERE sale_id = ?", sale_id) or (0,)
        assert sum(paid.values()) == total
        assert self.gateway.kept() == sum(paid.get(kind, 0) for kind in CHANNELS)
        assert ledger.balance(self.db, drawer_account(1), CASH) == paid.get("cash", 0)


def play(folder: Path, *, seed: int, kinds: list[str], gives_up: bool) -> Lane:
    lane = Lane(folder, seed)
    try:
        before = lane.balances()
        lane.fill_basket()
        # A benefit changes the price, so it comes before the first tender.
        for kind in [each for each in kinds if each not in (*PAID_NOW, *CHANNELS)]:
            lane.take(kind)
        assert lane.till.to_pay() is None
        for kind in [each for each in kinds if each in (*PAID_NOW, *CHANNELS)]:
            lane.take(kind)
        if gives_up:
            lane.give_up()
            assert lane.balances() == before
            assert lane.gateway.kept() == 0
            assert scalar(lane.db, "SELECT count(*) FROM sale") == 0
            assert {state for (state,) in rows(lane.db, "SELECT state FROM charge")} <= {"reversed", "failed"}
        else:
            lane.finish()
        assert all(each.times_paid <= 1 and each.charges <= 1 for each in lane.gateway.orders.values())
        assert check(lane.db).problems == ()
    finally:
        lane.store.close()
    return lane


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32), kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=9), gives_up=st.booleans()
)
def test_any_mix_goes_back_whole_or_pays_the_bill(
    tmp_path_factory: pytest.TempPathFactory, seed: int, kinds: list[str], gives_up: bool
) -> None:
    play(tmp_path_factory.mktemp("lane"), seed=seed, kinds=kinds, gives_up=gives_up)


@pytest.mark.parametrize("gives_up", [True, False])
def test_each_kind_takes_its_part(tmp_path: Path, gives_up: bool) -> None:
    """The mixes above mean nothing where a kind is always refused: here all eleven pay the same bill."""
    lane = play(tmp_path / "lane", seed=6, kinds=list(KINDS), gives_up=gives_up)
    assert lane.tried == set(KINDS)
