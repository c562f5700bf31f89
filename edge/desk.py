"""What one till remembers, writes and shows: the ground that its actions stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec

from edge.check_view import CheckView
from edge.ids import new_id
from edge.screen import ApprovalView, ChargeView, Refusal, Sound, StaffView, Stage, TillView
from edge.shop import Shop
from edge.store import audit, baskets, charges, quick_pages, staff
from edge.store.baskets import LaneState, StoredBanner, StoredBasket, StoredLine, StoredTender
from edge.store.charges import Charge
from edge.store.rows import StaffRow
from edge.store.sales import last_sale
from edge.viewing import done_view, selling_view
from edge.weights import WEIGH, WeighView
from rules.basket import PIECES_MAX, Basket
from rules.charges import CHANNELS
from rules.money import AMOUNT_MAX, Minor
from rules.quote import Quote

DONE_SHOWN_MS = 120_000
"""A sale closed so shortly before the daemon stopped is shown when it is back: its change may still be due."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the customer was told of the basket: nobody pays for anything else without being told again."""

    sale_id: str = ""
    total: Minor = 0
    points: int = 0
    """Points that pay."""
    gifts: tuple[tuple[str, str, int], ...] = ()
    """Promotion id, SKU and pieces."""
    promotions: frozenset[str] = frozenset()
    """What applied."""
    back: Minor = 0
    """What comes back in this basket is worth so much."""

    @property
    def due(self) -> Minor:
        """What is to be paid; less than zero where some is to be given back."""
        return self.total - self.back


def told_by(sale_id: str, quote: Quote, back: Minor = 0) -> Told:
    """Return what a quote tells the customer."""
    return Told(
        sale_id=sale_id,
        total=quote.total,
        back=back,
        points=quote.points_paid.points if quote.points_paid else 0,
        gifts=tuple((gift.promotion_id, gift.sku, gift.quantity) for gift in quote.gifts),
        promotions=frozenset(each.promotion_id for each in quote.applied) | {gift.promotion_id for gift in quote.gifts},
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """What a till knows between two actions. Basket, tenders, staff and banner are in the store as well."""

    stage: Stage = Stage.LOCKED
    staff: StaffRow | None = None
    basket: StoredBasket | None = None
    steps: int = 0
    tenders: tuple[StoredTender, ...] = ()
    quantity_next: int = 1
    blocked: Refusal | None = None
    waiting: tuple[str, ...] = ()
    """Scans taken while `blocked` stands."""
    dismissed: Refusal | None = None
    """The banner that was dismissed, while what waited behind it is worked off: a restart meanwhile shows it again."""
    done_sale_id: str = ""
    new_tier_id: str | None = None
    card_offered: str = ""
    """UID of a card that belongs to nobody, while it is offered to be bound."""
    told: Told = Told()
    seen_ms: int = 0
    """When something was last done at the lane."""
    held_uids: tuple[str, ...] = ()
    """Cards that lay on the reader at once, while one of them is to be chosen."""
    held_ms: int = 0
    charge: Charge | None = None
    """The payment code that is being charged: until it is decided, nothing else of the sale may change."""
    charge_next: Minor = 0
    """What the next payment code is charged; 0: all that is due."""
    is_checking: bool = False
    """Price check: what is scanned is told, and not sold."""
    checked: CheckView | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A deed that waits for a second person. It lives in memory alone: a restart forgets it."""

    view: ApprovalView
    deed: str
    run: Callable[[], Any]
    """Does the deed, as it was asked."""
    asked_ms: int


class HasDesk(Protocol):
    """What a deed is asked of: a till."""

    @property
    def desk(self) -> Desk: ...


class Desk:
    """The memory of one till, its open basket in the store, and its view."""

    def __init__(self, lane: int, shop: Shop) -> None:
        self.lane = lane
        self.shop = shop
        self.asked: Asked | None = None
        """A deed that waits for a second person; whatever else is done at the lane drops it."""
        self.approver: StaffRow | None = None
        """Who approved the deed that is being done right now."""
        self.may_ask = False
        """Whether a second person is asked next where the deed that is being done needs one."""
        self.memory = self._remembered()
        self._rules_shown = shop.rules
        self.show()

    @property
    def printer(self) -> str:
        """The printer of the lane's receipts; empty where it has none."""
        return next((lane.printer for lane in self.shop.config.lane if lane.number == self.lane), "")

    @property
    def approver_id(self) -> str:
        """Who allowed the deed that is being done; empty where nobody had to."""
        return self.approver.staff_id if self.approver is not None else ""

    def set(self, **changes: Any) -> None:
        """Change what is remembered."""
        self.memory = replace(self.memory, **changes)

    def keep(self, **changes: Any) -> None:
        """Change what is remembered, on the disk first."""
        with self.shop.store.transaction():
            self.put_state(**changes)
        self.set(**changes)

    def put_state(self, **changes: Any) -> None:
        """Write what is remembered beside the basket as it is after the changes, within the caller's transaction."""
        memory = replace(self.memory, **changes)
        banner = memory.blocked or (memory.dismissed if memory.waiting else None)
        state = LaneState(
            staff_id=memory.staff.staff_id if memory.staff else "",
            seen_ms=self.now_ms(),
            tenders=memory.tenders,
            banner=StoredBanner(code=banner.code, params=dict(banner.params)) if banner else None,
            waiting=memory.waiting,
        )
        baskets.put_lane_state(self.shop.store.db, self.lane, state)

    def now_ms(self) -> int:
        return self.shop.clock.now_ms()

    def open_basket(self) -> StoredBasket:
        """Return the open basket, or a new empty one, whose sale id is born here."""
        return self.memory.basket or StoredBasket(sale_id=new_id(self.shop.clock))

    def may_sell(self) -> Refusal | None:
        """Say why the basket may not be changed now. A sale that is done or not yet paid gives way to it."""
        if self.memory.stage is Stage.LOCKED:
            return Refusal("locked")
        if self.memory.blocked is not None:
            return Refusal("blocked_banner")
        if self.memory.charge is not None:
            return Refusal("charge_running")
        if self.memory.tenders:
            return Refusal("tenders_first")
        return None

    def line(self, line_id: str) -> StoredLine | None:
        """Return a line of the basket, where it may be changed."""
        if self.memory.basket is None or self.memory.stage is not Stage.SELLING:
            return None
        return next((line for line in self.memory.basket.lines if line.line_id == line_id), None)

    def with_line(self, line: StoredLine) -> StoredBasket:
        """Return the open basket with a changed line in the place of the old one."""
        assert self.memory.basket is not None
        return with_line(self.memory.basket, line)

    def put_line(self, line: StoredLine) -> Refusal | None:
        """Put a changed line in the place of the old one."""
        return self.push(self.with_line(line))

    def push(
        self,
        basket: StoredBasket,
        *,
        sound: Sound = Sound.NONE,
        note: str = "",
        detail: object = None,
        notice: Refusal | None = None,
        stage: Stage = Stage.SELLING,
        along: Callable[[], None] = lambda: None,
    ) -> Refusal | None:
        """Make the basket the newest step, on the disk before it is on the screen, and go on selling.

        A basket that costs more than any figure may be is refused here: on the disk it would stop every start.

        Args:
            notice: something that the cashier should know of it, although it was done.
            stage: where the lane goes on.
            along: written in the same transaction.
        """
        if self.memory.charge is not None:
            return self.refuse(Refusal("charge_running"))
        priced = self.shop.priced_basket(basket, lane=self.lane)
        if priced.gross > AMOUNT_MAX:
            return self.refuse(Refusal("amount_range"))
        if priced.item_count > PIECES_MAX:
            return self.refuse(Refusal("basket_too_long"))
        with self.shop.store.transaction():
            steps = baskets.push(self.shop.store.db, self.lane, basket)
            self.put_state()
            along()
            if note:
                self.note(note, basket.sale_id, detail)
        self.set(stage=stage, basket=basket, steps=steps, done_sale_id="", new_tier_id=None, seen_ms=self.now_ms())
        self.show(sound=sound, notice=notice, priced=priced, tells=True)
        return None

    def put_basket(self, basket: StoredBasket) -> int:
        """Write a basket as the newest step within the caller's transaction and return how many can be undone."""
        return baskets.push(self.shop.store.db, self.lane, basket)

    def note(self, action: str, subject: str = "", detail: object = None, *, staff_id: str = "") -> None:
        """Add to the audit chain, within the caller's transaction; of whoever is signed in, unless it says of whom.

        What a second person approved names them as well.
        """
        staff_id = staff_id or (self.memory.staff.staff_id if self.memory.staff else "")
        if self.approver is not None and (detail is None or isinstance(detail, Mapping)):
            detail = {**(detail or {}), "approved_by": self.approver.staff_id}
        audit.note(
            self.shop.store.db, at_ms=self.now_ms(), staff_id=staff_id, lane=self.lane, action=action,
            subject=subject, detail=detail,
        )  # fmt: skip

    def refuse(self, refusal: Refusal, *, tells: bool = False, asks: bool = False) -> Refusal:
        """Show why something was not done; with `asks`, the deed that waits for a second person waits on."""
        if not (self.may_ask and refusal.code == "approval_needed"):  # the question is shown instead
            self.show(sound=Sound.ERROR, notice=refusal, tells=tells, asks=asks)
        return refusal

    def show(
        self,
        *,
        sound: Sound = Sound.NONE,
        notice: Refusal | None = None,
        priced: Basket | None = None,
        tells: bool = False,
        asks: bool = False,
    ) -> None:
        """Show the next view, the basket priced afresh.

        Args:
            priced: the basket with its items as they are now, where that is at hand.
            tells: while paying, the customer is told this price; any other view leaves standing what was told before,
                so that a price that changes meanwhile is never taken for one that somebody agreed to.
            asks: show the deed that waits for a second person as well; any other view means that it no longer does.
        """
        memory = self.memory
        if not asks:
            self.asked = None
        person = StaffView(memory.staff.staff_id, memory.staff.name, memory.staff.role) if memory.staff else None
        is_locked = memory.stage is Stage.LOCKED
        proof = memory.basket.proof if memory.basket else None
        asked = self.asked.view if self.asked else None
        view = TillView(
            lane=self.lane, stage=memory.stage, staff=person, notice=notice, sound=sound,
            blocked=None if is_locked else memory.blocked,
            waiting_scans=0 if is_locked else len(memory.waiting), quantity_next=memory.quantity_next,
            can_undo=memory.steps > 0 and memory.stage is Stage.SELLING, approval=asked,
            proof=proof.level.value if proof else "", cards_held=() if is_locked else memory.held_uids,
            card_offered="" if is_locked else memory.card_offered[-4:],
            is_checking=memory.is_checking and memory.stage is Stage.SELLING,
            checked=memory.checked if memory.stage is Stage.SELLING else None,
            age=memory.basket.age if memory.basket else 0, keys_number=quick_pages.changes(self.shop.store.db),
            is_training=self.shop.is_training,
            weighing=None if is_locked else self._weighing(memory.blocked),
            is_basket_waiting=is_locked and memory.basket is not None and bool(memory.basket.lines),
        )  # fmt: skip
        if memory.stage is Stage.PAYING:
            view = self._with_codes(view)
        if memory.stage is Stage.DONE:
            view = done_view(view, self.shop, memory.done_sale_id, memory.new_tier_id)
        elif memory.stage is not Stage.LOCKED and memory.basket is not None:
            basket = priced or self.shop.priced_basket(memory.basket, lane=self.lane)
            if basket.gross > AMOUNT_MAX:
                # Prices rose while it was open: it can be undone or voided, and neither shown nor paid.
                view = replace(view, sale_id=basket.sale_id, blocked=Refusal("amount_range"))
            else:
                view = selling_view(view, self.shop, basket, memory.tenders, stored=memory.basket)
        if tells or memory.stage is not Stage.PAYING or memory.told.sale_id != view.sale_id:
            self.set(
                told=told_by(view.sale_id, view.quote, view.back_amount)
                if view.quote
                else Told(view.sale_id, view.total)
            )
        self._rules_shown = self.shop.rules
        self.shop.screens.show(view)

    def _with_codes(self, view: TillView) -> TillView:
        """Return the view with the payment code that is being charged, and which could be."""
        charge, door = self.memory.charge, self.shop.charges
        if charge is None and door is None:
            return view
        shown = (
            None
            if charge is None
            else ChargeView(
                charge.charge_id, charge.kind, charge.amount, charge.masked, charge.state.value, charge.reason.value
            )
        )
        ways = tuple((kind, door.is_reachable(kind)) for kind in CHANNELS if door.takes(kind)) if door else ()
        return replace(view, charge=shown, charge_next=self.memory.charge_next, code_ways=ways)

    def _weighing(self, banner: Refusal | None) -> WeighView | None:
        item = self.shop.item_as_sold(str(banner.params["sku"])) if banner and banner.code == WEIGH else None
        return WeighView(item.sku, item.names, item.price) if item else None

    def follow_rules(self) -> None:
        """Show the open basket at rules that were published since it was painted.

        Not while it is being paid: there the total that the customer was told stands until somebody presses, and the
        press says that the price has changed.
        """
        self.shop.rulebook.look()
        is_open = self.memory.stage is Stage.SELLING and self.memory.basket is not None
        if is_open and self.memory.blocked is None and self.shop.rules is not self._rules_shown:
            self.show()

    def _remembered(self) -> Memory:
        """Return what the lane knew when the daemon stopped.

        A person stays signed in over a restart, but not over a night: as long as an idle lane would have stayed open.
        """
        db = self.shop.store.db
        basket, steps = baskets.newest(db, self.lane)
        state = baskets.lane_state(db, self.lane)
        minutes = self.shop.config.staff.idle_lock_minutes
        away_ms = self.now_ms() - state.seen_ms
        is_fresh = not minutes or 0 <= away_ms < minutes * 60_000
        person = staff.by_id(db, state.staff_id) if state.staff_id and is_fresh else None
        charge = charges.running(db, self.lane)
        is_paying = bool(state.tenders) or charge is not None
        stage = Stage.LOCKED if person is None else Stage.PAYING if is_paying else Stage.SELLING
        done_sale_id = ""
        banner = Refusal(state.banner.code, state.banner.params) if state.banner else None
        if stage is Stage.SELLING and basket is None and banner is None and 0 <= away_ms < DONE_SHOWN_MS:
            sale_id, sold_at_ms = last_sale(db, self.lane)
            if sold_at_ms == state.seen_ms:
                # Nothing came after it. Who pressed the last tender would else see an empty basket and not know.
                stage, done_sale_id = Stage.DONE, sale_id
        return Memory(
            stage=stage, staff=person, basket=basket, steps=steps, tenders=state.tenders,
            blocked=banner, waiting=state.waiting, done_sale_id=done_sale_id, seen_ms=self.now_ms(),
            charge=charge,
        )  # fmt: skip


def with_line(basket: StoredBasket, line: StoredLine) -> StoredBasket:
    """Return the basket with the line added, or put in the place of the one with its id, as its newest."""
    if any(each.line_id == line.line_id for each in basket.lines):
        lines = tuple(line if each.line_id == line.line_id else each for each in basket.lines)
    else:
        lines = (*basket.lines, line)
    return msgspec.structs.replace(basket, lines=lines, newest_line=line.line_id)


def same_line(basket: StoredBasket, sku: str) -> StoredLine | None:
    """Return the line that one more piece of the item goes to."""
    return next(
        (
            line
            for line in basket.lines
            if line.sku == sku
            and line.weight_g is None
            and line.label_amount is None
            and line.open_price is None
            and not line.is_by_hand
            and not line.note
        ),
        None,
    )
