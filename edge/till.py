"""One till: a method for each thing that a person can do at a lane.

All methods run on the writer thread. Each changes the open basket in one transaction, prices it afresh, and shows the
next view. A method returns None when it did what was asked, or the reason why not.
"""

from __future__ import annotations

import msgspec

from edge import (
    approvals,
    banner,
    cards,
    charging,
    coupon_jobs,
    finding,
    paying,
    till_asks,
    till_checks,
    till_extras,
    till_idle,
    till_items,
    till_lines,
    till_voids,
    weighing,
)
from edge.config import LaneConfig
from edge.desk import Desk
from edge.screen import Refusal, Sound, Stage
from edge.shop import Shop
from edge.store import baskets, members, printjobs, staff
from edge.store.rows import StaffRow
from edge.store.sales import stored_sale
from rules.basket import QUANTITY_MAX
from rules.codes import Code, Kind, Step, classify
from rules.money import Minor

REASON_MAX = 120


class Till:
    """One lane's till. Only the writer thread calls it."""

    def __init__(self, lane: LaneConfig, shop: Shop) -> None:
        self.lane = lane.number
        self._printer = lane.printer
        self._shop = shop
        self._desk = Desk(lane.number, shop)

    @property
    def desk(self) -> Desk:
        """What functions that are asked of a till in its place work on, such as those of the rules."""
        return self._desk

    # ------------------------------------------------------------------ people

    def sign_in(self, staff_id: str, pin: str) -> Refusal | None:
        """Unlock the lane with a PIN; wrong ones are counted and make the next try wait, across restarts too."""
        answer = approvals.check_pin(self._desk, staff_id, pin)
        if isinstance(answer, Refusal):
            return self._desk.refuse(answer)
        return self._enter(answer)

    def sign_out(self) -> Refusal | None:
        """Lock the lane; an open basket, and the banner over it, stay for whoever signs in next."""
        memory = self._desk.memory
        if memory.stage is Stage.LOCKED:
            return None
        blocked = None if self._is_empty() else memory.blocked
        with self._shop.store.transaction():
            self._desk.note("sign_out")
            self._desk.put_state(staff=None, blocked=blocked)
        self._desk.set(stage=Stage.LOCKED, staff=None, quantity_next=1, done_sale_id="", blocked=blocked)
        self._desk.set(is_checking=False, checked=None)
        self._desk.show()
        if self._shop.is_training and self._shop.practice is not None:
            # Nobody comes to a lane that practises without knowing it.
            self._shop.practice.end(self._desk)
        return None

    def _enter(self, person: StaffRow) -> None:
        with self._shop.store.transaction():
            self._desk.put_state(staff=person)
            self._desk.note("sign_in", staff_id=person.staff_id)
        memory = self._desk.memory
        stage = Stage.PAYING if memory.tenders or memory.charge else Stage.SELLING
        self._desk.set(stage=stage, staff=person, seen_ms=self._desk.now_ms())
        self._desk.show(sound=Sound.TAP)

    # ----------------------------------------------------------------- devices

    def scan(self, text: str) -> Refusal | None:
        """Take what a scanner read, or what was typed as a code."""
        if self._desk.memory.stage is Stage.LOCKED:
            return self._desk.refuse(Refusal("locked"))
        step = Step.PAYMENT if self._desk.memory.stage is Stage.PAYING else Step.ITEM
        code = classify(text, step=step, settings=self._shop.codes)
        if self._desk.memory.blocked is not None:
            return banner.wait(self._desk, text, code)
        if code.kind is Kind.PAYMENT:
            return charging.take_code(self._desk, code)
        if code.kind is Kind.MEMBER:
            return self._attach_code(code)
        if code.kind in (Kind.SUN, Kind.ECARD):
            read = cards.scan_sun if code.kind is Kind.SUN else cards.scan_ecard
            return self._bring(read(self._desk, code.text))
        if self._desk.memory.is_checking:
            return till_checks.look(self._desk, code)
        return till_items.take(self._desk, text, code)

    def tap(self, uid: str, sun: str = "", others: tuple[str, ...] = ()) -> Refusal | None:
        """Take a card that was held to the reader: a badge unlocks, a member's card brings up the member.

        Args:
            sun: what a card that proves itself says with this tap.
            others: further cards that lay on the reader with it.
        """
        chosen = cards.one_of(self._desk, (uid, *others)) if others else uid
        shown = chosen if isinstance(chosen, Refusal) else cards.read_tap(self._desk, chosen, "" if others else sun)
        if isinstance(shown, Refusal):
            return self._desk.refuse(shown)
        person = staff.by_badge(self._shop.store.db, shown.uid)
        if person is not None:
            return self._badge(person)
        if self._desk.memory.stage is Stage.LOCKED:
            return self._desk.refuse(Refusal("badge_unknown"))
        return self._bring(cards.whose(self._desk, shown))

    def _bring(self, claim: cards.Claim | Refusal) -> Refusal | None:
        return self._desk.refuse(claim) if isinstance(claim, Refusal) else cards.bring(self._desk, claim)

    def unread(self) -> Refusal:
        """Tell the cashier that a reader lost what was held to it."""
        return self._desk.refuse(Refusal("scan_again"))

    def _badge(self, person: StaffRow) -> Refusal | None:
        if self._desk.asked is not None:
            return approvals.approve_by_badge(self._desk, person)
        if self._desk.memory.stage is Stage.LOCKED:
            return self._enter(person)
        if self._desk.memory.staff == person:
            self._desk.show(sound=Sound.TAP)
            return None
        if self._desk.memory.basket is not None:
            return self._desk.refuse(Refusal("basket_not_empty"))
        return self._enter(person)

    # ------------------------------------------------------------------ basket

    def set_next_quantity(self, quantity: int) -> Refusal | None:
        """Let the next scan add so many pieces (`3 ×`, then scan)."""
        if not 1 <= quantity <= QUANTITY_MAX:
            return self._desk.refuse(Refusal("quantity_range", {"max": QUANTITY_MAX}))
        self._desk.set(quantity_next=quantity)
        self._desk.show()
        return None

    def add_item(self, sku: str, *, weight_g: int | None = None, open_price: Minor | None = None) -> Refusal | None:
        """Add an item that was picked by hand: a quick key, a search result. With a price it answers what it costs."""
        if open_price is not None and till_asks.asks_price_of(self._desk, sku):
            return till_asks.answer_price(self, open_price)
        refusal = self._desk.may_sell()
        if refusal:
            return self._desk.refuse(refusal)
        if open_price is not None and not 0 < open_price <= finding.OPEN_PRICE_MAX:
            return self._desk.refuse(Refusal("amount_range"))
        found = finding.find_sku(
            self._shop.store.db, sku, now_ms=self._desk.now_ms(), weight_g=weight_g, open_price=open_price
        )
        if isinstance(found, Refusal):
            said = weighing.on_scale(self._desk, found)
            return till_asks.block_or_refuse(self._desk, found) if said is found else banner.block(self._desk, said)
        note, detail = weighing.typed_note(self._desk, found)
        refusal = weighing.refuses_typed(self._desk, found)
        refusal = refusal or till_lines.add(self._desk, found, note=note, detail=detail)
        return till_asks.block_or_refuse(self._desk, refusal) if refusal else None

    def change_quantity(self, line_id: str, quantity: int) -> Refusal | None:
        """Set the pieces of a line."""
        line = self._desk.line(line_id)
        if line is None:
            return self._desk.refuse(Refusal("line_gone"))
        if line.weight_g is not None or line.label_amount is not None:
            return self._desk.refuse(Refusal("quantity_of_weighed"))
        if not 1 <= quantity <= QUANTITY_MAX:
            return self._desk.refuse(Refusal("quantity_range", {"max": QUANTITY_MAX}))
        if quantity > line.quantity and line.is_by_hand:
            return self._desk.refuse(Refusal("quantity_by_hand"))
        changed = self._desk.with_line(msgspec.structs.replace(line, quantity=quantity))
        refusal = till_voids.refuses_removal(self._desk, changed)
        return self._desk.refuse(refusal) if refusal else self._desk.push(changed)

    def set_open_price(self, line_id: str, amount: Minor) -> Refusal | None:
        """Set what the cashier asks for a piece of an open-price item."""
        line = self._desk.line(line_id)
        if line is None:
            return self._desk.refuse(Refusal("line_gone"))
        if line.open_price is None or line.label_amount is not None:
            return self._desk.refuse(Refusal("not_allowed"))
        if not 0 < amount <= finding.OPEN_PRICE_MAX:
            return self._desk.refuse(Refusal("amount_range"))
        found = finding.find_sku(self._shop.store.db, line.sku, now_ms=self._desk.now_ms(), open_price=amount)
        if isinstance(found, Refusal):
            return self._desk.refuse(found)
        return self._desk.put_line(msgspec.structs.replace(line, open_price=amount))

    def void_line(self, line_id: str) -> Refusal | None:
        """Take a line out of the basket."""
        line, basket = self._desk.line(line_id), self._desk.memory.basket
        if line is None or basket is None:
            return self._desk.refuse(Refusal("line_gone"))
        kept = tuple(each for each in basket.lines if each.line_id != line_id)
        changed = msgspec.structs.replace(basket, lines=kept, newest_line=kept[-1].line_id if kept else "")
        refusal = till_voids.refuses_removal(self._desk, changed)
        if refusal:
            return self._desk.refuse(refusal)
        detail = {"sku": line.sku, "quantity": line.quantity, "weight_g": line.weight_g}
        return self._desk.push(changed, note="void_line", detail=detail)

    def undo(self) -> Refusal | None:
        """Take the last step of the open basket back."""
        refusal = self._desk.may_sell()
        if refusal or self._desk.memory.steps == 0:
            return self._desk.refuse(refusal or Refusal("nothing_to_undo"))
        refusal = till_voids.refuses_removal(self._desk, baskets.before(self._shop.store.db, self.lane))
        if refusal:
            return self._desk.refuse(refusal)
        with self._shop.store.transaction():
            before = baskets.pop(self._shop.store.db, self.lane)
            if before is None:
                baskets.clear(self._shop.store.db, self.lane)
            self._desk.put_state()
            self._desk.note("undo", self._desk.memory.basket.sale_id if self._desk.memory.basket else "")
        self._desk.set(
            stage=Stage.SELLING, basket=before, steps=self._desk.memory.steps - 1, seen_ms=self._desk.now_ms()
        )
        self._desk.show()
        return None

    def void_basket(self, reason: str) -> Refusal | None:
        """Throw the open basket away; the reason stands in the audit."""
        basket = self._desk.memory.basket
        if self._desk.memory.stage not in (Stage.SELLING, Stage.PAYING) or basket is None:
            return self._desk.refuse(Refusal("basket_empty"))
        if self._desk.memory.charge or self._desk.memory.tenders:
            return self._desk.refuse(Refusal("charge_running" if self._desk.memory.charge else "tenders_first"))
        refusal = till_voids.refuses_void(self._desk, basket)
        if refusal:
            return self._desk.refuse(refusal)
        with self._shop.store.transaction():
            self._desk.note(
                "void_basket",
                basket.sale_id,
                {"reason": reason[:REASON_MAX], "lines": len(basket.lines), "total": self._desk.memory.told.total},
            )
            baskets.clear(self._shop.store.db, self.lane)
            self._desk.put_state(blocked=None, waiting=())
        self._desk.set(stage=Stage.SELLING, basket=None, steps=0, quantity_next=1, blocked=None, waiting=())
        self._desk.show()
        return None

    def dismiss(self) -> Refusal | None:
        """Take the banner away and begin with the scans that waited behind it; the loop goes on with the others."""
        return till_asks.dismiss(self, self.scan)

    def is_working_off(self) -> bool:
        """Tell whether scans wait whose banner was dismissed: `work_off` comes before anything else then."""
        return banner.is_working_off(self._desk)

    def work_off(self) -> None:
        """Take the next scan that waited behind the banner."""
        banner.work_off(self._desk, self.scan)

    # ----------------------------------------------------------------- members

    def attach_member(self, member_id: str) -> Refusal | None:
        """Make the open basket a member's."""
        return cards.bring(self._desk, cards.Claim(member_id))

    def detach_member(self) -> Refusal | None:
        """Make the open basket nobody's again."""
        basket = self._desk.memory.basket
        if self._desk.memory.stage is Stage.LOCKED:
            return self._desk.refuse(Refusal("locked"))
        if self._desk.memory.tenders:
            return self._desk.refuse(Refusal("tenders_first"))
        if basket is None or basket.member_id is None:
            return self._desk.refuse(Refusal("member_unknown"))
        return self._desk.push(msgspec.structs.replace(basket, member_id=None, points=0, times=(), proof=None))

    def _attach_code(self, code: Code) -> Refusal | None:
        for key in (code.text, *code.lookup):
            member_id = members.member_by_code(self._shop.store.db, key)
            if member_id is not None:
                return self.attach_member(member_id)
        if till_extras.knows(self._desk, code.text):
            return till_extras.take_code(self._desk, code.text)
        return self._desk.refuse(Refusal("code_of_member_unknown", {"text": code.text[: finding.TEXT_SHOWN_MAX]}))

    # ------------------------------------------------ coupons, points and gifts

    def remove_code(self, code: str) -> Refusal | None:
        """Take a coupon code out of the basket."""
        return till_extras.remove_code(self._desk, code)

    def redeem_points(self, points: int = till_extras.POINTS_ALL) -> Refusal | None:
        """Let the member pay with so many points, as far as they go."""
        return till_extras.redeem_points(self._desk, points)

    def choose_gift(self, promotion_id: str, sku: str) -> Refusal | None:
        """Hand over another one of a promotion's gifts."""
        return till_extras.choose_gift(self._desk, promotion_id, sku)

    # ------------------------------------------------------------------ paying

    def to_pay(self) -> Refusal | None:
        """Go to the tenders."""
        return paying.to_pay(self._desk)

    def back_to_sale(self) -> Refusal | None:
        """Go back to the basket, as long as no tender was taken."""
        return paying.back_to_sale(self._desk)

    def pay(self, sale_id: str, kind: str, given: Minor) -> Refusal | None:
        """Take a tender; the one that settles the rest closes the sale. A second press changes nothing."""
        return paying.pay(self._desk, sale_id, kind, given, printer=self._printer)

    def undo_tender(self) -> Refusal | None:
        """Give the last tender back."""
        return paying.undo_tender(self._desk)

    def next_sale(self, seen: int | None = None) -> Refusal | None:
        """Clear the screen for the next customer.

        Args:
            seen: number of the view that whoever asks looks at. What a scan was refused for after it stands on: it came
                with the press, and nobody has read it.
        """
        if self._desk.memory.stage is Stage.DONE:
            newest = self._shop.screens.newest(self.lane)
            unread = newest.notice if seen is not None and newest.number > seen else None
            self._desk.set(stage=Stage.SELLING, done_sale_id="", new_tier_id=None)
            self._desk.show(sound=Sound.ERROR if unread else Sound.NONE, notice=unread)
        return None

    def reprint(self, sale_id: str) -> Refusal | None:
        """Print a marked copy of a receipt."""
        if self._desk.memory.stage is Stage.LOCKED:
            return self._desk.refuse(Refusal("locked"))
        if not self._printer:
            return self._desk.refuse(Refusal("no_printer"))
        if stored_sale(self._shop.store.db, sale_id) is None:
            return self._desk.refuse(Refusal("receipt_unknown"))
        with self._shop.store.transaction():
            printjobs.put(
                self._shop.store.db, printer=self._printer, kind="copy", at_ms=self._desk.now_ms(), sale_id=sale_id
            )
            self._desk.note("reprint", sale_id)
        self._shop.committed()
        self._desk.show()
        return None

    def print_test(self, printer: str) -> Refusal | None:
        """Print a test page."""
        if self._desk.memory.stage is Stage.LOCKED:
            return self._desk.refuse(Refusal("locked"))
        if printer not in {device.name for device in self._shop.config.device if device.kind.endswith("printer")}:
            return self._desk.refuse(Refusal("no_printer"))
        with self._shop.store.transaction():
            printjobs.put(self._shop.store.db, printer=printer, kind="test", at_ms=self._desk.now_ms())
        self._shop.committed()
        self._desk.show()
        return None

    def tick(self) -> None:
        """Do what happens by the clock: follow new rules, lock a lane that was left alone."""
        self._desk.follow_rules()
        coupon_jobs.tick(self._desk)
        approvals.expire(self._desk)
        if till_idle.is_left_alone(self._desk):
            self.sign_out()

    def refuse(self, refusal: Refusal) -> Refusal:
        """Show a reason that was found outside the till, such as a store that cannot be written."""
        return self._desk.refuse(refusal)

    # ------------------------------------------------------------------- steps

    def _is_empty(self) -> bool:
        """Tell whether nothing of a customer's is here, not even behind the banner."""
        basket = self._desk.memory.basket
        return (basket is None or not basket.lines) and not self._desk.memory.waiting
