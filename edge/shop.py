"""What all lanes of a store share, and the questions that each step of a sale asks of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from edge.charging_door import ChargeDoor
from edge.clock import Clock
from edge.config import Config, LaneConfig
from edge.health import DISK_REFUSE_BYTES, Health
from edge.quotes import Quotes
from edge.rulebook import Rulebook
from edge.screen import AccountView, MemberView, Refusal
from edge.screens import Screens
from edge.store import benefits, catalog, coupons, ledger, members, shifts, uses
from edge.store.baskets import StoredBasket, StoredLine
from edge.store.benefits import ExpiringSoon
from edge.store.coupons import Coupon
from edge.store.database import Store
from edge.store.known import ALWAYS_MS, known
from edge.store.ledger import Holdings
from edge.store.vault import vault_of
from edge.tier_standing import standing
from edge.weights import Weights
from rules.accrual import AccrualRules
from rules.basket import Basket, Item, Line, Names
from rules.codes import CodeSettings
from rules.ledger import ON_ACCOUNT, POINTS, STORED_VALUE, STORED_VALUE_GIFT
from rules.loyalty import Birthday, Member, birthday_on
from rules.money import BASIS_POINTS
from rules.promotions import RuleSet
from rules.quote import Quote
from rules.tender import CashRounding
from rules.usage import IssuedCoupon, Usage

T = TypeVar("T")
BIRTHDAY_SOON_DAYS = 7
MINOR_PER_YUAN = 100
QUARTER_MS = 900_000
"""Days, business dates and years end at a whole quarter of an hour, counted in UTC, whatever the time zone."""


class Practice(Protocol):
    """What lets lanes practise (edge/training.py)."""

    def begin(self, desk: Any, lane: LaneConfig) -> Refusal | None: ...
    def end(self, desk: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Shop:
    """The store as its tills see it. Wired once, in edge/app.py."""

    config: Config
    clock: Clock
    store: Store
    rulebook: Rulebook
    codes: CodeSettings
    screens: Screens
    health: Health
    committed: Callable[[], None]
    """Called after each commit that printing and relay may have to follow."""
    weights: Weights = field(default_factory=Weights, repr=False)
    """What lies on the lanes' scales."""
    card_key: bytes | None = field(default=None, repr=False)
    """Master key of cards that prove themselves, and of e-cards; None: the shop has none."""
    charges: ChargeDoor | None = None
    """Who talks to the gateways of payment codes; None: the shop has none."""
    practice: Practice | None = None
    """None: lanes cannot practise."""
    is_training: bool = False
    """It is the shop of a lane that practises: whatever reaches outside the store must not happen."""
    quotes: Quotes = field(default_factory=Quotes, repr=False)

    @property
    def rules(self) -> RuleSet:
        """The rules in force now."""
        return self.rulebook.rules

    def refuses_sales(self, lane: int = 0) -> Refusal | None:
        """Say why nothing may be sold now, before anybody pays; reading goes on.

        Args:
            lane: where; 0 for what is sold without a shift.
        """
        if self.health.disk_free_bytes() < DISK_REFUSE_BYTES:
            return Refusal("disk_full")
        if lane and self.config.shift.required and shifts.open_shift(self.store.db, lane) is None:
            return Refusal("shift_needed")
        return None

    @property
    def cash_rounding(self) -> CashRounding:
        """How what is paid in cash is rounded."""
        return CashRounding(self.config.store.cash_step, self.config.store.cash_rounds)

    def has_drawer(self, printer: str) -> bool:
        """Tell whether a cash drawer hangs on a printer."""
        return any(device.name == printer and device.drawer_pin for device in self.config.device)

    def known(self, now_ms: int, read: Callable[[], tuple[T, int]], *key: Hashable) -> T:
        """Return what `read` gives for a moment; it is read again where anything that it follows from is another.

        Args:
            read: returns beside the value the first moment at which one that stands in the store makes it another.
                What follows from days, local or business, need not be said.
            key: what is asked, its name first.
        """
        most_ms = now_ms - now_ms % QUARTER_MS + QUARTER_MS
        about = (self.rules, self, vault_of(self.store.db))
        return known(self.store.db, about, key, now_ms, read, most_ms=most_ms)

    def item_as_sold(self, sku: str) -> Item | None:
        """Return an item of the catalogue, whether it is sold now or not; its prices are those of now."""
        found = catalog.item(self.store.db, sku, now_ms=self.clock.now_ms())
        return found[0] if found else None

    def shift_id(self, lane: int) -> str:
        """Return the shift that is open at a lane; empty without one."""
        shift = shifts.open_shift(self.store.db, lane)
        return shift.shift_id if shift else ""

    def priced_basket(self, stored: StoredBasket, *, lane: int) -> Basket:
        """Return the basket with its items as they are now, so that a price that changes at eight counts at eight.

        It is what every pricing begins with, so rules that were published since count from here on.
        """
        self.rulebook.look()
        now_ms = self.clock.now_ms()
        return self.known(now_ms, lambda: self._read_basket(stored, lane, now_ms), "basket", stored, lane)

    def _read_basket(self, stored: StoredBasket, lane: int, now_ms: int) -> tuple[Basket, int]:
        found = [self._line(line, now_ms) for line in stored.lines]
        basket = Basket(
            sale_id=stored.sale_id,
            member_id=members.standing_id(self.store.db, stored.member_id),
            codes=stored.codes,
            lane=lane,
            points_to_redeem=stored.points,
            gift_choices=stored.gift_choices,
            off_bp=stored.off_bp,
            lines=tuple([line for line, _ in found]),
        )
        return basket, min([until_ms for _, until_ms in found], default=ALWAYS_MS)

    def _line(self, line: StoredLine, now_ms: int) -> tuple[Line, int]:
        """Return a line as it is now, and until when it is: the very same one as long as its item is the same."""

        def read() -> tuple[tuple[Line, int], int]:
            item, until_ms = self._item(line.sku, now_ms)
            return (_line(line, item), until_ms), until_ms

        return known(self.store.db, (), ("line", line), now_ms, read)

    def quote(self, basket: Basket) -> Quote:
        """Return what a basket costs now, uses of promotions up to this moment counted.

        The writer thread alone sells, so what it reads here holds until it records the sale.
        """
        return self.quote_for(basket, self.member(basket.member_id), self.usage(basket))

    def quote_for(self, basket: Basket, member: Member | None, usage: Usage) -> Quote:
        """Return what a basket costs now, with its member and its uses at hand."""
        return self.quotes.price(basket, self.rules, member, self.clock.now_local(), usage)

    def usage(self, basket: Basket) -> Usage:
        """Return how often the promotions in force were used before, as far as this basket's price depends on it."""
        now_ms, member_id, codes = self.clock.now_ms(), basket.member_id, basket.codes

        def read() -> tuple[Usage, int]:
            found = uses.usage(
                self.store.db, self.rules.promotions, member_id=member_id,
                business_date=self.clock.business_date(now_ms).isoformat(), codes=codes,
            )  # fmt: skip
            issued, until_ms = self._issued_until(basket, now_ms) if codes else (found.issued, ALWAYS_MS)
            return msgspec.structs.replace(found, issued=issued) if codes else found, until_ms

        return self.known(now_ms, read, "usage", member_id, codes)

    def issued(self, basket: Basket) -> Mapping[str, IssuedCoupon]:
        """Return the issued coupons among a basket's codes, by code with capitals folded."""
        return self._issued_until(basket, self.clock.now_ms())[0]

    def _issued_until(self, basket: Basket, now_ms: int) -> tuple[Mapping[str, IssuedCoupon], int]:
        def read() -> tuple[tuple[Mapping[str, IssuedCoupon], int], int]:
            found = coupons.issued(
                self.store.db, basket.codes, member_id=basket.member_id, now_ms=now_ms,
                is_clock_set=self.clock.is_sane(), held=self.coupons_of(basket.member_id) if basket.member_id else (),
            )  # fmt: skip
            return found, found[1]

        return self.known(now_ms, read, "issued", basket.member_id, basket.codes)

    def coupons_of(self, member_id: str) -> Sequence[Coupon]:
        """Return a member's open coupons that have not expired, those first that end first."""
        now_ms = self.clock.now_ms()

        def read() -> tuple[Sequence[Coupon], int]:
            found = coupons.open_of_member(self.store.db, member_id, now_ms=now_ms)
            return found, coupons.changes_ms(found, now_ms)

        return self.known(now_ms, read, "coupons", member_id)

    def promotion_names(self) -> dict[str, Names]:
        """Return the name of every promotion in force by its id."""
        return {promotion.id: promotion.names for promotion in self.rules.promotions}

    def gift_items(self, quote: Quote) -> dict[str, Item]:
        """Return the items that a quote gives away or lets the customer choose from, by SKU; those that are known."""
        skus = {sku for gift in quote.gifts for sku in (gift.sku, *gift.choices)}
        found = {sku: self.item_as_sold(sku) for sku in skus}
        return {sku: item for sku, item in found.items() if item is not None}

    def _item(self, sku: str, now_ms: int) -> tuple[Item, int]:
        found, until_ms = catalog.item_until(self.store.db, sku, now_ms=now_ms)
        assert found is not None, f"item {sku} left the catalogue while it was in a basket"
        if found[0].price >= 0:
            return found[0], until_ms
        # A box without a battery may wake up before the day from which the price holds. What is in the basket was sold
        # at a price, so its first one counts; without any, the line has one of its own.
        since_ms = catalog.first_price_ms(self.store.db, sku)
        first = None if since_ms is None else catalog.item(self.store.db, sku, now_ms=since_ms)
        return first[0] if first else found[0], until_ms

    def member(self, member_id: str | None) -> Member | None:
        """Return what pricing needs to know of a member."""
        if not member_id:
            return None
        now_ms = self.clock.now_ms()
        return self.known(now_ms, lambda: self._read_member(member_id, now_ms), "member", member_id)

    def _read_member(self, member_id: str, now_ms: int) -> tuple[Member | None, int]:
        file = members.member(self.store.db, member_id)
        if file is None:
            return None, ALWAYS_MS
        holdings = self._holdings(member_id, now_ms)
        found = Member(
            member_id=file.member_id,
            tier_id=file.tier_id,
            birthday=birthday_of(file),
            joined_local=self.clock.local(file.joined_ms).date(),
            tags=file.tags,
            visits=file.visits,
            points=holdings.held.get(POINTS, 0),
            used=self._benefits_used(file.member_id, now_ms),
            is_referred=bool(file.referrer_id),
        )
        return found, holdings.until_ms

    def _benefits_used(self, member_id: str, now_ms: int) -> frozenset[str]:
        if self.rules.accrual == AccrualRules():
            return frozenset()
        today = self.clock.business_date(now_ms).isoformat()
        return benefits.used(self.store.db, member_id, business_date=today)

    def _holdings(self, member_id: str, now_ms: int) -> Holdings:
        def read() -> tuple[Holdings, int]:
            found = ledger.holdings(self.store.db, member_id, now_ms=now_ms)
            return found, found.until_ms

        return self.known(now_ms, read, "holdings", member_id)

    def holdings(self, member_id: str) -> Holdings:
        """Return what a member has of points, money and times."""
        return self._holdings(member_id, self.clock.now_ms())

    def held(self, member_id: str) -> Mapping[str, int]:
        """Return what a member can spend of points, money and times, by unit; what they never had is not named."""
        return self.holdings(member_id).held

    def spendable(self, member_id: str, unit: str) -> int:
        """Return what a member can spend of points, money or times."""
        return self.held(member_id).get(unit, 0)

    def points(self, member_id: str) -> int:
        """Return what a member can spend; less than is told where points are owed."""
        return self.spendable(member_id, POINTS)

    def _expiring_soon(self, member_id: str, has: Holdings, now_ms: int) -> tuple[ExpiringSoon | None, int]:
        """Return the member's points that expire within the days in which the shop tells of it; and until when."""
        days = self.rules.accrual.notice_days
        if not days or POINTS not in has.ends or not self.clock.is_sane():
            return None, ALWAYS_MS
        told_from_ms = has.ends[POINTS] - days * benefits.DAY_MS
        if now_ms < told_from_ms:
            return None, told_from_ms
        found, next_ms = benefits.expiring_and_next(self.store.db, member_id, now_ms=now_ms, days=days)
        return found, ALWAYS_MS if next_ms is None else next_ms - days * benefits.DAY_MS

    def member_view(self, member_id: str | None) -> MemberView | None:
        """Return what the panel shows of a member, masked."""
        if not member_id:
            return None
        now_ms = self.clock.now_ms()
        return self.known(now_ms, lambda: self._read_view(member_id, now_ms), "view", member_id)

    def _read_view(self, member_id: str, now_ms: int) -> tuple[MemberView | None, int]:
        file = members.member(self.store.db, member_id)
        if file is None:
            return None, ALWAYS_MS
        holdings = self._holdings(member_id, now_ms)
        held = holdings.held
        stands = standing(
            self.store.db, self.rules, file.member_id, file.tier_id, today=self.clock.business_date(now_ms)
        )
        tier, above = stands.tier, stands.next
        soon, soon_until_ms = self._expiring_soon(file.member_id, holdings, now_ms)
        points = held.get(POINTS, 0) + holdings.owed.get(POINTS, 0)
        owed = -holdings.owed.get(ON_ACCOUNT, 0)
        principal, gift_money = held.get(STORED_VALUE, 0), held.get(STORED_VALUE_GIFT, 0)
        found = MemberView(
            member_id=file.member_id,
            name=members.mask_name(file.name),
            phone=members.mask_phone(file.phone),
            tier_id=tier.id if tier else "",
            tier_names=tier.names if tier else Names(),
            tier_colour=tier.colour if tier else "",
            points=points,
            points_worth=points * MINOR_PER_YUAN // self.config.rules.points_per_yuan_worth,
            stored_value=principal + gift_money,
            principal=principal,
            gift_money=gift_money,
            visits=file.visits,
            last_visit=file.last_date,
            birthday=f"{file.birth_month:02d}-{file.birth_day:02d}" if file.birth_month else "",
            is_birthday_soon=is_soon(birthday_of(file), self.clock.local(now_ms)),
            next_tier_names=above.names if above else None,
            next_tier_short=above.short if above else 0,
            next_tier_by=above.measure if above else "spend",
            next_tier_progress_bp=above.progress_bp if above else BASIS_POINTS,
            tier_until=stands.until.isoformat() if stands.until else "",
            expiring_points=soon.points if soon else 0,
            expiring_on=self.clock.local(soon.first_ms - 1).date().isoformat() if soon else "",
            favourites=members.favourites(self.store.db, file.member_id),
            account=AccountView(max(file.credit_limit - owed, 0), owed) if file.credit_limit else None,
        )
        return found, min(holdings.until_ms, soon_until_ms)


def _line(line: StoredLine, item: Item) -> Line:
    # A price by hand stands in the place of the item's own, so that every promotion counts on it as on any other.
    listed = None if line.hand_price is None else item.price
    changed = item if line.hand_price is None else replace(item, price=line.hand_price)
    return Line(
        line_id=line.line_id, item=changed, quantity=line.quantity, weight_g=line.weight_g,
        label_amount=line.label_amount, open_price=line.open_price, code=line.code, list_price=listed,
        off_bp=line.off_bp, off_amount=line.off_amount, note=line.note,
    )  # fmt: skip


def birthday_of(file: members.MemberFile) -> Birthday | None:
    if file.birth_month is None or file.birth_day is None:
        return None
    return Birthday(file.birth_month, file.birth_day, lunar=file.is_birth_lunar, year=file.birth_year)


def is_soon(birthday: Birthday | None, today: datetime) -> bool:
    """Tell whether a birthday is today or within a week."""
    if birthday is None:
        return False
    kept = (birthday_on(birthday, year) for year in (today.year - 1, today.year, today.year + 1))
    return any(day is not None and 0 <= (day - today.date()).days <= BIRTHDAY_SOON_DAYS for day in kept)
