"""Plays a story, one line of the cashier's words after the other, at a real till.

README.md beside this file lists the words. A story fails at the first line that does not come true, and at an action
that was refused when the next line does not expect it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from drivers.fake_card import FakeSunCard
from edge.clock import monotonic_s
from edge.paying import TENDER_KINDS
from edge.screen import Refusal, Stage, TillView
from edge.store.ledger import balance
from edge.store.printjobs import next_job
from edge.till import Till
from rules.ledger import SHELF, stock_unit
from rules.money import parse_amount
from tests.shops import CARDS, PLENTY, TestShop, moment_ms
from tests.stories import (
    words_approvals,
    words_cards,
    words_codes,
    words_coupons,
    words_credit,
    words_display,
    words_holds,
    words_members,
    words_returns,
    words_selling,
    words_shifts,
    words_stored_value,
    words_tiers,
    words_times,
    words_weighing,
)

WAIT_S = 6.0
"""Longest that a line waits for a device or a printer."""
POLL_S = 0.01
QUIET_S = 0.15
"""How long a printer in trouble is watched, to see that nothing comes out."""
LANES = (1, 2)


class StoryError(AssertionError):
    """A line of a story did not come true."""


def minor(text: str) -> int:
    amount = parse_amount(text)
    if amount is None:
        raise StoryError(f"no amount: {text}")
    return amount


class Player:
    """A story's shop, the lane that it is at, and what came of the last action."""

    def __init__(self, shop: TestShop) -> None:
        self.shop = shop
        self.lane = 1
        self.refusal: Refusal | None = None
        self.last_pay: dict[str, Any] = {}
        self.last_return: dict[str, Any] = {}
        self.last_top_up: dict[str, Any] = {}
        self.last_held: dict[str, str] = {}
        """Sale ids of baskets on hold by their notes, as a screen that slept still shows them."""
        self.kept_sale_id = ""
        self.purse: dict[str, FakeSunCard] = {}
        """Cards that prove themselves, whose counters go on."""
        self.phones: dict[str, bytes] = {}
        """The secret of each member's e-card."""
        self.phone_ms = 0
        """What the phones' clocks say where they do not follow the till's."""
        self.shown = ""
        self.heard: Refusal | None = None
        """What the lane said last of a payment code."""
        self.papers: dict[int, list[str]] = {lane: [] for lane in LANES}
        self.kicks = dict.fromkeys(LANES, 0)
        self.seen: dict[int, tuple[int, int]] = dict.fromkeys(LANES, (0, 0))

    def play(self, path: Path) -> None:
        lines = [(number, line.partition("#")[0].strip()) for number, line in _numbered(path)]
        steps = [(number, line) for number, line in lines if line]
        for index, (number, line) in enumerate(steps):
            try:
                self._step(line)
                following = steps[index + 1][1] if index + 1 < len(steps) else ""
                if self.refusal and not following.startswith(
                    ("expect refused", "expect told", "expect banner", "expect asked")
                ):
                    raise StoryError(f"refused: {self.refusal.code} {dict(self.refusal.params)}")
                if self.shop.crashes:
                    raise StoryError(f"the till crashed: {self.shop.crashes[0]!r}")
            except AssertionError as error:
                raise StoryError(f"{path.name}:{number}: {line}: {error}") from error
        problems = self.shop.audit()
        if problems:
            raise StoryError(f"{path.name}: the books at the end: {problems}")

    def _step(self, line: str) -> None:
        for pattern, word in WORDS:
            found = re.fullmatch(pattern, line)
            if found:
                answer = word(self, *found.groups(default=""))
                if not line.startswith("expect "):
                    self.refusal = answer
                return
        raise StoryError("no such words, see tests/stories/README.md")

    @property
    def view(self) -> TillView:
        return self.shop.view(self.lane)

    def ask(self, method: Callable[..., Any], **arguments: Any) -> Any:
        return self.shop.ask(self.lane, method, **arguments)

    def until(self, holds: Callable[[], bool]) -> bool:
        """Wait until something holds, and tell whether it ever did."""
        end = monotonic_s() + WAIT_S
        while not holds() and monotonic_s() < end:
            time.sleep(POLL_S)
        return holds()

    def line_id(self, number: str) -> str:
        lines = self.view.lines
        if not 1 <= int(number) <= len(lines):
            raise StoryError(f"the basket has {len(lines)} lines")
        return lines[int(number) - 1].line_id

    # ------------------------------------------------------------------ actions

    def at_lane(self, number: str) -> None:
        self.lane = int(number)

    def sign_in(self, who: str, pin: str) -> Refusal | None:
        return self.ask(Till.sign_in, staff_id=who, pin=pin)

    def wrong_pin(self, who: str) -> Refusal | None:
        return self.ask(Till.sign_in, staff_id=who, pin="9999")

    def sign_out(self) -> Refusal | None:
        return self.ask(Till.sign_out)

    def scan(self, text: str) -> Refusal | None:
        raw = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)
        return self._device(f"scanner-{self.lane}", raw)

    def tap(self, card: str) -> Refusal | None:
        return self.type_card(CARDS[card])

    def type_card(self, text: str) -> Refusal | None:
        """Let the lane's card reader type a text."""
        return self._device(f"cards-{self.lane}", text)

    def _device(self, name: str, text: str) -> Refusal | None:
        before = self.view
        self.shop.reader(name).type(text)
        if not self.until(lambda: self.view.number != before.number):
            raise StoryError("nothing happened on the screen")
        # A round through the till's thread: whatever the event did is done.
        self.ask(lambda _: None)
        after = self.view
        return after.notice or (after.blocked if before.blocked is None else None)

    def scan_many(self, times: str, text: str) -> Refusal | None:
        answers = [self.scan(text) for _ in range(int(times))]
        return next((answer for answer in answers if answer), None)

    def quantity(self, pieces: str) -> Refusal | None:
        return self.ask(Till.set_next_quantity, quantity=int(pieces))

    def pick(self, sku: str, weight: str, price: str) -> Refusal | None:
        weight_g = int(Decimal(weight) * 1_000) if weight else None
        return self.ask(Till.add_item, sku=sku, weight_g=weight_g, open_price=minor(price) if price else None)

    def change_line(self, number: str, pieces: str) -> Refusal | None:
        return self.ask(Till.change_quantity, line_id=self.line_id(number), quantity=int(pieces))

    def price_line(self, number: str, amount: str) -> Refusal | None:
        return self.ask(Till.set_open_price, line_id=self.line_id(number), amount=minor(amount))

    def void_line(self, number: str) -> Refusal | None:
        return self.ask(Till.void_line, line_id=self.line_id(number))

    def undo(self, times: str) -> Refusal | None:
        answers = [self.ask(Till.undo) for _ in range(int(times or 1))]
        return next((answer for answer in answers if answer), None)

    def void_basket(self, reason: str) -> Refusal | None:
        return self.ask(Till.void_basket, reason=reason)

    def dismiss(self) -> Refusal | None:
        before = self.view.blocked
        answer = self.shop.dismiss(self.lane)
        return answer or (self.view.blocked if self.view.blocked != before else None)

    def attach(self, member: str) -> Refusal | None:
        return self.ask(Till.attach_member, member_id=member)

    def detach(self) -> Refusal | None:
        return self.ask(Till.detach_member)

    def remove_coupon(self, code: str) -> Refusal | None:
        return self.ask(Till.remove_code, code=code)

    def points(self, points: str) -> Refusal | None:
        if points == "all":
            return self.ask(Till.redeem_points)
        return self.ask(Till.redeem_points, points=0 if points == "none" else int(points))

    def choose_gift(self, promotion: str, sku: str) -> Refusal | None:
        return self.ask(Till.choose_gift, promotion_id=promotion, sku=sku)

    def to_pay(self) -> Refusal | None:
        return self.ask(Till.to_pay)

    def back(self) -> Refusal | None:
        return self.ask(Till.back_to_sale)

    def pay(self, kind: str, amount: str) -> Refusal | None:
        if self.view.stage is Stage.SELLING:
            refusal = self.to_pay()
            if refusal:
                return refusal
        rest = self.view.cash_due if kind == "cash" else self.view.due
        given = rest if amount == "rest" else minor(amount)
        self.last_pay = {"sale_id": self.view.sale_id, "kind": kind, "given": given}
        return self.ask(Till.pay, **self.last_pay)

    def press_again(self) -> Refusal | None:
        return self.ask(Till.pay, **self.last_pay)

    def keep_screen(self) -> None:
        self.kept_sale_id = self.view.sale_id

    def pay_from_kept(self, kind: str, amount: str) -> Refusal | None:
        return self.ask(Till.pay, sale_id=self.kept_sale_id, kind=kind, given=minor(amount))

    def take_back(self) -> Refusal | None:
        return self.ask(Till.undo_tender)

    def next_sale(self) -> Refusal | None:
        return self.ask(Till.next_sale)

    def reprint(self, number: str) -> Refusal | None:
        found = self.shop.parts.reads.receipts(text=number)
        if len(found) != 1:
            raise StoryError(f"{len(found)} receipts end in {number}")
        return self.ask(Till.reprint, sale_id=found[0].sale_id)

    def restart(self) -> None:
        self._collect()
        self.shop.stop()
        self.shop.start()
        self.seen = dict.fromkeys(LANES, (0, 0))

    def trouble(self, what: str) -> None:
        printer = self.shop.printer(f"printer-{self.lane}")
        does = {
            "unplug printer": printer.unplug, "paper out": printer.paper_out, "open cover": printer.cover_open,
            "mute printer": printer.be_silent,
        }  # fmt: skip
        does[what]()

    def repair(self, _: str) -> None:
        self.shop.printer(f"printer-{self.lane}").repair()

    def set_clock(self, local: str) -> None:
        self.shop.clock.hand.at_ms = moment_ms(local)
        self._tick()

    def wait(self, count: str, unit: str) -> None:
        # What is being asked right now ends at the time at which it began.
        assert self.until(self.shop.parts.charger.is_resting), "the gateway is never done"
        self.shop.clock.hand.at_ms += int(count) * {"minute": 60_000, "second": 1_000, "month": 2_678_400_000}[unit]
        self._tick()

    def _tick(self) -> None:
        self.shop.parts.charger.wake()
        for lane in LANES:
            self.shop.ask(lane, Till.tick)

    def disk(self, state: str) -> None:
        self.shop.disk_free = 1_024 if state == "is full" else PLENTY

    # ------------------------------------------------------------- expectations

    def equal(self, found: object, expected: object) -> None:
        if found != expected:
            raise StoryError(f"found {found}")

    def expect_refused(self, code: str) -> None:
        found, self.refusal = self.refusal, None
        self.equal(found.code if found else "nothing refused", code)

    def expect_banner(self, code: str) -> None:
        self.refusal = None
        self.equal(self.view.blocked.code if self.view.blocked else "no banner", code)

    def expect_no_banner(self) -> None:
        self.equal(self.view.blocked, None)

    def expect_banner_lacks(self, text: str) -> None:
        blocked = self.view.blocked
        assert blocked is not None and text not in str(blocked.params), f"found {blocked}"

    def expect_amount(self, what: str, amount: str) -> None:
        view = self.view
        if what == "change":
            self.equal(_money(view.done.change if view.done else None), amount)
        else:
            self.equal(_money({"total": view.total, "due": view.due, "discount": view.discount}[what]), amount)

    def expect_count(self, what: str, count: str) -> None:
        view = self.view
        found = {
            "lines": len(view.lines), "pieces": view.item_count, "waiting": view.waiting_scans,
            "quantity": view.quantity_next, "tenders": len(view.tenders),
        }  # fmt: skip
        self.equal(found[what], int(count))

    def expect_line(self, number: str, words: str) -> None:
        self.line_id(number)
        line = self.view.lines[int(number) - 1]
        amount = f"{line.weight_g} g" if line.weight_g is not None else str(line.quantity)
        self.equal(f"{amount} {line.sku} {_money(line.net)}", words)

    def expect_stage(self, stage: str) -> None:
        self.equal(self.view.stage.value, stage)

    def expect_staff(self, who: str) -> None:
        self.equal(self.view.staff.staff_id if self.view.staff else "nobody", who)

    def expect_member(self, name: str) -> None:
        self.equal(self.view.member.name if self.view.member else "nobody", name)

    def expect_hint(self, promotion: str, short: str) -> None:
        self.equal([(hint.promotion_id, _money(hint.short)) for hint in self.view.hints], [(promotion, short)])

    def expect_told(self, code: str) -> None:
        # Something was done, and the cashier is told what else there is to know.
        self.expect_refused(code)

    def expect_coupons(self, coupons: str) -> None:
        found = [
            f"{each.code} {_money(each.amount) if each.is_used else each.missed.reason.value if each.missed else 'waits'}"
            for each in self.view.coupons
        ]
        self.equal(", ".join(found) or "none", coupons)

    def expect_gifts(self, gifts: str) -> None:
        self.equal(", ".join(f"{each.quantity} {each.sku}" for each in self.view.gifts) or "none", gifts)

    def expect_points_pay(self, points: str, amount: str) -> None:
        found = self.view.points
        self.equal(f"{found.used} {_money(found.used_amount)}" if found else "no points", f"{points} {amount}")

    def expect_shelf(self, pieces: str, sku: str) -> None:
        self.equal(balance(self.shop.parts.store.reads, SHELF, stock_unit(sku)), int(pieces))

    def expect_no_hint(self) -> None:
        self.equal(self.view.hints, ())

    def expect_points(self, sign: str, points: str) -> None:
        view = self.view
        if sign:
            self.equal(view.done.points if view.done else None, int(points))
        else:
            self.equal(view.member.points if view.member else None, int(points))

    def expect_tier(self, tier: str) -> None:
        self.equal(self.view.member.tier_id if self.view.member else "nobody", tier)

    def expect_receipt(self, number: str) -> None:
        self.equal(self.view.done.receipt_number if self.view.done else "no sale is done", number)

    def expect_sales(self, count: str) -> None:
        self.equal(len(self.shop.parts.reads.receipts()), int(count))

    def expect_printed(self, count: str) -> None:
        name = f"printer-{self.lane}"
        if self.shop.printer(name).state() in ("ready", "unknown"):
            self.until(lambda: next_job(self.shop.parts.store.reads, name) is None)
        else:
            time.sleep(QUIET_S)
        self._collect()
        self.equal(len(self.papers[self.lane]), int(count))

    def expect_drawer(self, count: str) -> None:
        name = f"printer-{self.lane}"

        def is_waiting() -> bool:
            job = next_job(self.shop.parts.store.reads, name)
            return job is not None and job.kind == "drawer"

        if self.shop.printer(name).state() == "offline":
            time.sleep(QUIET_S)
        else:
            self.until(lambda: not is_waiting())
        self._collect()
        self.equal(self.kicks[self.lane], int(count))

    def expect_paper(self, verb: str, text: str) -> None:
        self._collect()
        papers = self.papers[self.lane]
        assert papers, "no paper came out"
        if (text in papers[-1]) != (verb == "says"):
            raise StoryError(f"found\n{papers[-1]}")

    def expect_printer(self, state: str) -> None:
        name = f"printer-{self.lane}"

        def found() -> str:
            device = self.shop.parts.health.device(name)
            return device.state if device else "unheard of"

        self.until(lambda: found() == state)
        self.equal(found(), state)

    def expect_print_state(self, number: str, state: str) -> None:
        def found() -> list[str]:
            return [row.print_state for row in self.shop.parts.reads.receipts(text=number)]

        self.until(lambda: found() == [state])
        self.equal(found(), [state])

    def _collect(self) -> None:
        """Take what came out of the printers since the last look; a restart makes new printers."""
        for lane in LANES:
            printer = self.shop.printer(f"printer-{lane}")
            printed, kicks = self.seen[lane]
            # Each looked at once: what happens meanwhile is new the next time.
            jobs, kicked = [job for job in printer.jobs() if job.number > printed], printer.kicks
            self.papers[lane] += [printer.paper(job).text() for job in jobs]
            self.kicks[lane] += kicked - kicks
            self.seen[lane] = (max([printed, *[job.number for job in jobs]]), kicked)


def _money(amount: int | None) -> str:
    return "none" if amount is None else f"{amount // 100}.{amount % 100:02d}"


def _numbered(path: Path) -> Sequence[tuple[int, str]]:
    return list(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))


KIND = "|".join(TENDER_KINDS)
WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    *words_selling.WORDS,
    *words_coupons.WORDS,
    (r"lane ([12])", Player.at_lane),
    (r"sign in (\w+) (\d+)", Player.sign_in),
    (r"wrong pin (\w+)", Player.wrong_pin),
    (r"sign out", Player.sign_out),
    (r"scan (\d+) times (.+)", Player.scan_many),
    (r"scan (.+)", Player.scan),
    (r"tap (\S+)", Player.tap),
    (r"quantity (\d+)", Player.quantity),
    (r"pick (\w+)(?: ([\d.]+) kg)?(?: at ([\d.]+))?", Player.pick),
    (r"change line (\d+) to (\d+)", Player.change_line),
    (r"price line (\d+) at ([\d.]+)", Player.price_line),
    (r"void line (\d+)", Player.void_line),
    (r"undo(?: (\d+) times)?", Player.undo),
    (r"void basket (.+)", Player.void_basket),
    (r"dismiss", Player.dismiss),
    (r"attach (\w+)", Player.attach),
    (r"detach", Player.detach),
    (r"remove coupon (\S+)", Player.remove_coupon),
    (r"use (all|none|\d+) of the points", Player.points),
    (r"choose gift (\w+) (\w+)", Player.choose_gift),
    (r"to pay", Player.to_pay),
    (r"back", Player.back),
    (rf"pay ({KIND}) (rest|[\d.]+)", Player.pay),
    (r"press again", Player.press_again),
    (r"keep the screen", Player.keep_screen),
    (rf"pay from the kept screen ({KIND}) ([\d.]+)", Player.pay_from_kept),
    (r"take back", Player.take_back),
    (r"next", Player.next_sale),
    (r"reprint (\S+)", Player.reprint),
    (r"restart", Player.restart),
    (r"(unplug printer|paper out|open cover|mute printer)", Player.trouble),
    (r"(replug printer|refill|close cover|unmute printer)", Player.repair),
    (r"clock (\d{4}-\d\d-\d\d \d\d:\d\d)", Player.set_clock),
    (r"wait (\d+) (minute|second|month)s?", Player.wait),
    (r"disk (is full|has room)", Player.disk),
    (r"expect refused (\w+)", Player.expect_refused),
    (r"expect banner (\w+)", Player.expect_banner),
    (r"expect no banner", Player.expect_no_banner),
    (r"expect banner lacks (.+)", Player.expect_banner_lacks),
    (r"expect (total|change|due|discount) ([\d.]+)", Player.expect_amount),
    (r"expect (lines|pieces|waiting|quantity|tenders) (\d+)", Player.expect_count),
    (r"expect line (\d+) is (.+)", Player.expect_line),
    (r"expect (locked|selling|paying|done)", Player.expect_stage),
    (r"expect staff (\w+)", Player.expect_staff),
    (r"expect member (\S+)", Player.expect_member),
    (r"expect hint (\S+) ([\d.]+)", Player.expect_hint),
    (r"expect no hint", Player.expect_no_hint),
    (r"expect told (\w+)", Player.expect_told),
    (r"expect coupons (.+)", Player.expect_coupons),
    (r"expect gifts (.+)", Player.expect_gifts),
    (r"expect points pay (\d+) ([\d.]+)", Player.expect_points_pay),
    (r"expect shelf (-?\d+) (\w+)", Player.expect_shelf),
    (r"expect points (\+?)(-?\d+)", Player.expect_points),
    (r"expect tier (\w+)", Player.expect_tier),
    (r"expect receipt (\S+)", Player.expect_receipt),
    (r"expect sales (\d+)", Player.expect_sales),
    (r"expect printed (\d+)", Player.expect_printed),
    (r"expect drawer opened (\d+)", Player.expect_drawer),
    (r"expect paper (says|lacks) (.+)", Player.expect_paper),
    (r"expect printer (\w+)", Player.expect_printer),
    (r"expect print of (\S+) (\w+)", Player.expect_print_state),
    *words_cards.WORDS,
    *words_display.WORDS,
    *words_codes.WORDS,
    *words_members.WORDS,
    *words_holds.WORDS,
    *words_returns.WORDS,
    *words_shifts.WORDS,
    *words_times.WORDS,
    *words_credit.WORDS,
    *words_stored_value.WORDS,
    *words_approvals.WORDS,
    *words_tiers.WORDS,
    *words_weighing.WORDS,
)
