"""A cashier's whole day in each language, by touch with keys here and there; at the end everything agrees to the cent.

The sales are drawn beforehand (`plan.py`), and a plain model there says by simple sums what drawer, takings, tenders,
points, stored value and debts must be. The till's page, the customer display, the paper, the report, the ledger, the
gateway and head office are each compared with it.
"""

from __future__ import annotations

import re
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from edge.messages import ShiftBody
from edge.store import ledger, outbox
from edge.store import shifts as stored_shifts
from edge.store.credit import credit_of
from edge.store.database import rows
from rules.ledger import drawer_account
from tests.brokers import Mosquitto
from tests.day import plan
from tests.day.lane import GUARD_MS, Lane, money, typed
from tests.day.plan import Model, Planned
from tests.offices import OfficeProcess, wait_for
from tests.shops import CARDS, TestShop

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.slow]

LONG_WAIT_S = 30.0
SALE_MS = 1_000
NOTES = (10_000, 5_000, 2_000, 1_000, 500, 100)
TOTAL = {"zh-Hans": "合计", "zh-Hant": "合計", "en": "Total"}
TRAINING = {"zh-Hans": "训练", "zh-Hant": "訓練", "en": "TRAINING"}
SHOULD_BE = {"zh-Hans": "应有现金", "zh-Hant": "應有現金", "en": "Should be in the drawer"}
RECEIPT = re.compile(r"S001-1-\d{8}-\d{4}\b")
AMOUNT = re.compile(r"(-?[\d,]+\.\d\d)\s*$")


class Day:
    """The day as it goes: the lane, the model beside it, and the paper that came out."""

    def __init__(self, shop: TestShop, lane: Lane, broker: Mosquitto, language: str) -> None:
        self.shop, self.lane, self.broker, self.language = shop, lane, broker, language
        self.model = Model()
        self.numbers: dict[str, str] = {}
        """Receipt numbers of the sales that later steps come back to."""
        self.last_number = ""
        self.papers: list[str] = []
        self._printed = 0

    def sell(self, number: int, sale: Planned) -> None:
        """Ring up, agree, pay, and keep what the model says of it."""
        lane = self.lane
        lane.ring_up(sale)
        if sale.off_percent:
            self.approve_discount(sale)
        if sale.coupon:
            self.shop.reader("scanner-1").type("FIVE")
        if not sale.points:
            lane.agree(sale.total)
        by_key = number % 6 == 5
        lane.to_pay(by_key=by_key)
        if sale.points:
            lane.pad(str(plan.POINTS_USED))
            lane.tap("[data-redeem]")
            lane.sees("#due", money(sale.total))
        lane.pay(sale, by_key=by_key)
        self.done(sale)

    def done(self, sale: Planned) -> None:
        found = RECEIPT.search(self.lane.page.locator("#done").inner_text())
        assert found
        self.last_number = found[0]
        if sale.label:
            self.numbers[sale.label] = found[0]
        self.model.sell(sale)
        self.shop.clock.hand.at_ms += SALE_MS
        self.collect()

    def approve_discount(self, sale: Planned) -> None:
        """The cashier may not give so much off; a manager types the PIN right there."""
        lane = self.lane
        lane.tap("#lines .line-face")
        lane.tap('[data-tool="price"]')
        lane.type_into("by-hand-value", str(sale.off_percent))
        lane.tap('[data-by-hand="damaged"]')
        expect(lane.page.locator("#approve-pin")).to_be_visible()
        lane.type_into("approve-pin", "1234")
        lane.tap("[data-approve]")
        lane.gone("#approve")
        lane.gone("#panel")

    def collect(self) -> None:
        printer = self.shop.printer("printer-1")
        # Looked at once: what is printed meanwhile is new the next time.
        jobs = [job for job in printer.jobs() if job.number > self._printed]
        self.papers += [printer.paper(job).text() for job in jobs]
        self._printed = max([self._printed, *[job.number for job in jobs]])

    # ------------------------------------------------------------- the shift

    def shift_panel(self) -> None:
        self.lane.tap("[data-panel=settings]")
        self.lane.tap("[data-panel=shift]")
        expect(self.lane.page.locator("#by-hand-value")).to_be_visible()

    def move(self, kind: str, amount: int, reason: str) -> None:
        lane = self.lane
        self.shift_panel()
        lane.tap(f"[data-hand={kind}]")
        lane.type_into("by-hand-value", typed(amount))
        lane.tap(f"[data-by-hand={reason}]")
        lane.gone("#panel")
        self.model.drawer += amount if kind == "cash_in" else -amount

    def begin(self) -> None:
        lane = self.lane
        self.shift_panel()
        lane.type_into("by-hand-value", typed(plan.FLOAT))
        lane.tap("[data-by-hand=begin]")
        lane.gone("#panel")
        self.model.drawer += plan.FLOAT

    def read_x(self) -> None:
        lane = self.lane
        self.shift_panel()
        lane.tap("[data-panel='shift/x']")
        lane.holds("#panel .paper", money(self.model.drawer).removeprefix("¥"))
        lane.tap("[data-do=print_x]")
        lane.gone("#panel")
        words = SHOULD_BE[self.language]
        self.until(lambda: [paper_sum(text, words) for text in self.papers if words in text] == [self.model.drawer])

    def until(self, what: Any) -> None:
        def looked() -> Any:
            self.collect()
            return what()

        wait_for(looked, within_s=LONG_WAIT_S)

    def count_and_close(self) -> None:
        """Count as the model says that it must be, without being told."""
        lane = self.lane
        self.shift_panel()
        lane.tap("[data-panel='shift/count']")
        expect(lane.page.locator("#count-10000")).to_be_visible()
        rest = self.model.drawer
        for worth in NOTES:
            count, rest = divmod(rest, worth)
            if count:
                lane.tap(f"#count-{worth}")
                for digit in str(count):
                    lane.tap(f".count [data-type='{digit}']")
        if rest:
            lane.tap("#count-other")
            for digit in typed(rest):
                lane.tap(f".count [data-type='{digit}']")
        lane.sees("#count-sum", typed(self.model.drawer))
        assert money(self.model.drawer) not in lane.page.locator("#panel").inner_text(), "what should be there is told"
        lane.tap("[data-count]")
        lane.stage("locked")

    # ----------------------------------------------------- what a day has once

    def member_tab(self, tab: str) -> None:
        lane = self.lane
        lane.tap(".member-face")
        lane.tap(f'#panel .segment[hx-get$="tab={tab}"]')

    def attach_li(self) -> None:
        lane = self.lane
        if lane.page.locator("#next").count():
            lane.tap("#next")
            lane.stage("selling")
        self.shop.reader("cards-1").type(CARDS["card-li"])
        expect(lane.page.locator(".member")).to_be_visible()

    def leave_member(self) -> None:
        self.lane.tap("#panel [data-close]")
        self.lane.gone("#panel")
        self.lane.tap("[data-do=detach_member]")
        expect(self.lane.page.locator(".member")).to_have_count(0)

    def top_up(self) -> None:
        lane = self.lane
        self.attach_li()
        self.member_tab("stored_value")
        lane.tap(f'#panel .money-offers [hx-get*="amount={plan.TOP_UP}"]')
        lane.tap("#panel .money-pay .note.exact")
        lane.holds("#panel .done-word", money(plan.TOP_UP))
        self.leave_member()
        self.model.drawer += plan.TOP_UP
        self.model.stored += plan.TOP_UP + plan.TOP_UP_GIFT

    def settle(self) -> None:
        lane = self.lane
        self.attach_li()
        self.member_tab("credit")
        lane.holds("#panel .row", money(self.model.owed))
        lane.page.locator("#panel [name=amount]").first.fill(typed(plan.SETTLED))
        lane.tap('#panel [name=kind][value="cash"]')
        self.model.drawer += plan.SETTLED
        self.model.owed -= plan.SETTLED
        lane.holds("#panel .row", money(self.model.owed))
        self.leave_member()

    def hold_one_and_sell(self, number: int, held: Planned, between: Planned) -> None:
        lane = self.lane
        lane.ring_up(held)
        lane.agree(held.total)
        lane.tap("#hold")
        lane.tap("#panel .reason-grid [data-do=hold]")
        expect(lane.page.locator("#strip .chip.held")).to_contain_text("1")
        self.sell(number, between)
        lane.tap("#next")
        lane.stage("selling")
        lane.tap("#strip .chip.held")
        lane.tap(".held-row .result")
        lane.agree(held.total)
        lane.to_pay()
        lane.pay(held)
        self.done(held)

    def practise(self) -> None:
        """What is practised counts nowhere; the drawer, the paper and head office are asked at the end."""
        lane = self.lane
        lane.tap("#next")
        lane.stage("selling")
        lane.tap(".more-switch")
        lane.tap("#more [data-panel=training]")
        lane.tap("[data-post$=training]")
        expect(lane.page.locator(".practice-bar")).to_be_visible()
        lane.gone("#panel")
        lane.tap('.quick-key[data-sku="rice"]')
        lane.sees("#total", "¥30.00")
        lane.to_pay()
        lane.cash_rest()
        lane.holds("#done", "TRAIN-1-")
        lane.page.wait_for_timeout(GUARD_MS)
        lane.tap(".practice-bar [data-do=end_training]")
        lane.sign_in("chen", "5678")

    def change_of_mind(self) -> None:
        """Paid in part, taken back, and the basket voided: nothing of it is left anywhere."""
        lane = self.lane
        lane.ring_up(Planned("exact", (("cola", 2),)))
        lane.agree(700)
        lane.to_pay()
        lane.pad("2")
        lane.tap('.on-pay[data-pad="enter"]')
        lane.sees("#due", "¥5.00")
        lane.tap("[data-do=undo_tender]")
        lane.sees("#due", "¥7.00")
        lane.tap("[data-do=back_to_sale]")
        lane.stage("selling")
        lane.tap("[data-panel=void]")
        lane.tap("#panel [data-do=void_basket]")
        expect(lane.page.locator("#empty")).to_be_visible()

    def open_return(self, label: str) -> None:
        lane = self.lane
        lane.tap("[data-panel=receipts]")
        lane.page.locator("#receipt-seek").fill(self.numbers[label])
        expect(lane.page.locator(".receipt-row")).to_have_count(1)
        lane.tap(".receipt-row .result")
        lane.tap('.receipt-acts [hx-get$="/return"]')
        expect(lane.page.locator(".return-line").first).to_be_visible()

    def bring_back(self, label: str, sku_at: int, amount: int, kind: str) -> None:
        lane = self.lane
        self.open_return(label)
        lane.page.locator(".return-line").nth(sku_at).locator("[data-nudge='1']").tap()
        lane.page.locator('.toggle:has([value="not_wanted"])').tap()
        lane.holds("#return-sum .return-total", money(amount))
        lane.tap("#return-sum button[type=submit]")
        lane.holds(".return-done", money(amount))
        lane.tap(".return-done [data-close]")
        lane.gone("#panel")
        self.model.give_back(kind, amount)

    def exchange(self) -> None:
        """A cola comes back, two go along: the customer pays the rest in cash."""
        lane = self.lane
        self.open_return("exchanged")
        lane.page.locator(".return-line").nth(1).locator("[data-nudge='1']").tap()
        lane.page.locator('.toggle:has([value="wrong_item"])').tap()
        lane.holds("#return-sum .return-total", "¥3.50")
        lane.tap("#return-sum [hx-post]:not([type=checkbox])")
        lane.gone("#panel")
        lane.holds("#total", "¥3.50")
        expect(lane.display.locator("#d-total")).to_have_text("¥3.50")
        lane.tap('.quick-key[data-sku="milk"]')
        lane.agree(850)
        lane.to_pay()
        lane.sees("#due", "¥8.50")
        expect(lane.display.locator("#d-total")).to_have_text("¥8.50")
        lane.cash_rest()
        lane.stage("done")
        self.model.give_back("exchange", 350)
        self.model.sales += 1
        self.model.takings += 1_200
        self.model.taken.update({"exchange": 350, "cash": 850})
        self.model.drawer += 850


def test_a_whole_day(  # noqa: PLR0917 - each is a fixture
    chromium: Browser, shop: TestShop, broker: Mosquitto, office: OfficeProcess, language: str, tmp_path: Path
) -> None:
    lane = Lane(chromium, shop, language)
    day = Day(shop, lane, broker, language)
    sales = plan.make()
    lane.sign_in("chen", "5678")
    day.begin()
    day.top_up()
    printer, hq = shop.printer("printer-1"), tmp_path / "hq" / "hq.db"
    for number, sale in enumerate(sales):
        if number == 12:
            day.hold_one_and_sell(number, sale, sales[number + 1])
        if number in (12, 13):
            continue
        if number == 15:
            day.practise()
        if number == 18:
            day.move("cash_in", plan.CASH_IN, "change_brought")
            day.move("cash_out", plan.CASH_OUT, "goods")
            printer.paper_out()
        if number == 20:
            day.collect()
            assert not [text for text in day.papers if day.last_number in text], "there was no paper for it"
            printer.repair()
        if number == 22:
            broker.stop()
            expect(lane.page.locator('#strip .chip.warn:has([href="#i-link-off"])')).to_be_visible()
        if number == 27:
            assert outbox.waiting(shop.parts.store.reads) >= 5
            assert there(hq, "SELECT count(*) FROM sale")[0][0] <= day.model.sales - 5
            broker.start()
        if number == 34:
            day.change_of_mind()
        day.sell(number, sale)
    day.settle()
    day.bring_back("returned", 0, 900, "cash")
    day.bring_back("code_returned", 0, 350, "wechat")
    day.exchange()
    day.read_x()
    day.move("safe_drop", plan.SAFE_DROP, "too_much")
    day.count_and_close()
    agree(day, hq)
    wall = urllib.request.urlopen(f"http://127.0.0.1:{office.wall_port}/", timeout=5).read().decode()
    assert money(day.model.takings - day.model.refunded).removeprefix("¥") in wall
    assert lane.complaints == []
    lane.close()


def agree(day: Day, hq: Path) -> None:
    """Compare everything that keeps a sum with the model."""
    shop, model = day.shop, day.model
    db = shop.parts.store.reads
    z = stored_shifts.closed_report(db, stored_shifts.newest_closed(db, 1))
    assert z is not None
    # The report.
    assert (z.expected, z.counted, z.difference) == (model.drawer, model.drawer, 0)
    assert (z.sales, z.total, z.returns, z.refunded) == (model.sales, model.takings, model.returns, model.refunded)
    taken = {each.kind: each.taken for each in z.tenders if each.taken}
    paid_back = {each.kind: each.returned for each in z.tenders if each.returned}
    assert taken == dict(model.taken) and paid_back == dict(model.paid_back)
    assert sum(taken.values()) == model.takings
    assert sum(each.into - each.out for each in z.drawer) == model.drawer
    # The ledger.
    assert ledger.balance(db, drawer_account(1), "cash") == 0, "all of it went to the safe"
    now_ms = shop.clock.now_ms()
    for member in ("li", "wang"):
        assert ledger.points_of(db, member, now_ms=now_ms) == model.points[member], member
    held = rows(db, "SELECT sum(amount) FROM balance WHERE account LIKE 'member/li%' AND unit IN ('svc', 'svc_gift')")
    assert held == [(model.stored,)]
    assert credit_of(db, "li").owed == model.owed
    shop.parts.charger.wake() if shop.parts.charger else None
    wait_for(lambda: shop.gateway.kept() == model.by_code, within_s=LONG_WAIT_S)
    # The paper: each sale once, none of the practice.
    day.until(lambda: any(z.number in text for text in day.papers))
    printed = [text for text in day.papers if TRAINING[day.language] not in text]
    receipts = {}
    for text in printed:
        total = paper_sum(text, TOTAL[day.language])
        number = RECEIPT.search(text)
        if number and total is not None and z.number not in text:
            assert number[0] not in receipts, number[0]
            receipts[number[0]] = total
    assert (len(receipts), sum(receipts.values())) == (model.sales, model.takings)
    [z_paper] = [text for text in printed if z.number in text]
    assert paper_sum(z_paper, TOTAL[day.language]) == model.takings
    assert paper_sum(z_paper, SHOULD_BE[day.language]) == model.drawer
    # Head office, when it has everything.
    wait_for(lambda: outbox.waiting(db) == 0, within_s=LONG_WAIT_S)
    assert there(hq, "SELECT count(*), sum(total) FROM sale") == [(model.sales, model.takings)]
    assert dict(there(hq, "SELECT kind, sum(amount) FROM tender GROUP BY kind")) == dict(model.taken)
    assert there(hq, "SELECT count(*), sum(amount) FROM refund") == [(model.returns, model.refunded)]
    assert there(hq, "SELECT sum(sales), sum(takings), sum(returns), sum(refunded) FROM store_day") == [
        (model.sales, model.takings, model.returns, model.refunded)
    ]
    [(told,)] = there(hq, "SELECT body FROM message WHERE kind = 'shift'")
    body = msgspec.json.decode(told, type=ShiftBody)
    assert (body.number, body.total, body.expected, body.counted) == (z.number, model.takings, model.drawer, z.counted)
    assert there(hq, "SELECT kind FROM alarm") == there(hq, "SELECT reason FROM set_aside") == []
    assert shop.audit() == ()


def paper_sum(text: str, words: str) -> int | None:
    """Return the amount at the end of the first line that begins with the words."""
    for line in text.splitlines():
        if line.strip().startswith(words) and (found := AMOUNT.search(line)):
            return int(found[1].replace(",", "").replace(".", ""))
    return None


def there(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        return db.execute(sql).fetchall()
