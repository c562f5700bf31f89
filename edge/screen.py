"""What each lane shows: immutable views.

A view is free of language: names come in all three, refusals as codes with figures; the face turns them into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from edge.check_view import CheckView
from edge.screen_back import NOTHING_BACK, BackLineView, DoneBackView
from edge.weights import WeighView
from rules.basket import Names
from rules.money import Minor
from rules.quote import AppliedPromotion, MissedPromotion, Quote


class Stage(StrEnum):
    LOCKED = "locked"
    SELLING = "selling"
    PAYING = "paying"
    DONE = "done"


class Sound(StrEnum):
    """What the till plays once with a view."""

    NONE = ""
    SCAN = "scan"
    ERROR = "error"
    TAP = "tap"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, as a reason that the cashier can act on. A value, not an exception."""

    code: str
    """Key of the text in edge/texts.py, such as `unknown_code`."""
    params: Mapping[str, str | int] = field(default_factory=dict)
    """Figures and texts to put into it; amounts in minor units under names that end in `_minor`."""


def named(names: Names) -> dict[str, str | int]:
    """Return a name as params of a refusal: each language finds its own."""
    return {"name": names.of("zh-Hans"), "name:zh-Hant": names.of("zh-Hant"), "name:en": names.of("en")}


@dataclass(frozen=True, slots=True)
class LineDiscountView:
    promotion_id: str
    names: Names
    amount: Minor


@dataclass(frozen=True, slots=True)
class LineView:
    line_id: str
    sku: str
    names: Names
    unit: str
    quantity: int
    weight_g: int | None
    unit_price: Minor
    gross: Minor
    net: Minor
    discounts: tuple[LineDiscountView, ...] = ()
    is_newest: bool = False
    is_open_price: bool = False
    """The cashier typed the price and may type another."""
    list_price: Minor | None = None
    """What the item lists for, where a person changed its price."""
    is_by_hand: bool = False
    """A person changed its price or took something off."""
    note: str = ""
    """What the cashier wrote beside it."""
    stock_after: int | None = None
    """Pieces or grams that the books leave on the shelf after this basket, where that is less than nothing."""


class CouponView(msgspec.Struct, frozen=True):
    """A coupon code that was given."""

    code: str
    names: Names
    """Of the promotion that it belongs to."""
    promotion_id: str = ""
    is_used: bool = False
    amount: Minor = 0
    """What it takes off."""
    missed: MissedPromotion | None = None
    """Why it gives nothing yet; None where it is used, or nothing is in the basket."""
    label: str = ""
    """The code as people read it, where that is not as it stands."""


class OfferView(msgspec.Struct, frozen=True):
    """A coupon that the member has: what it would give on this basket, or why it gives nothing."""

    code: str
    promotion_id: str
    """The promotion that it is for."""
    names: Names
    """Of that."""
    until_ms: int
    """First moment at which it is too late."""
    count: int = 1
    """Coupons of this promotion that the member has; this one ends first."""
    is_given: bool = False
    """One of them is among the codes of the basket."""
    saves: Minor = 0
    """What it takes off more, as the basket is."""
    helps: bool = False
    """It gives something: money off, a gift, points."""
    is_best: bool = False
    missed: MissedPromotion | None = None


@dataclass(frozen=True, slots=True)
class GiftView:
    """Something that is handed over on top."""

    promotion_id: str
    promotion_names: Names
    sku: str
    names: Names
    unit: str
    quantity: int
    choices: tuple[tuple[str, Names], ...] = ()
    """(SKU, name) of what could be taken instead, this one among them."""


@dataclass(frozen=True, slots=True)
class TimesView:
    """Something that a times card pays for."""

    unit: str
    package_names: Names
    sku: str
    names: Names
    quantity: int
    holder_id: str
    left: int
    """Times that the card has after it."""


@dataclass(frozen=True, slots=True)
class TimesCardView:
    """A times card that the member may use."""

    unit: str
    package_names: Names
    part_names: Names
    left: int
    """Times that are left, those in the basket taken off."""
    expires: str
    """ISO date of the last day of those that expire first; empty where they never do."""
    holder_id: str
    is_family: bool
    """Somebody else of the family bought it."""
    choices: tuple[tuple[str, Names], ...]
    """(SKU, name) of what one time pays for; what is in the basket comes first."""
    is_in_basket: bool = False
    """Something in the basket could be paid with it."""


@dataclass(frozen=True, slots=True)
class PointsView:
    """Points as cash, where the shop takes them and the member has some."""

    most: int
    """Points that could be taken from this basket."""
    most_amount: Minor
    used: int = 0
    used_amount: Minor = 0
    wanted: int = 0
    """What was asked for; it may be more than can be taken."""


@dataclass(frozen=True, slots=True)
class StoredValueView:
    """The member's money, where it can pay for the basket or the change can become some of it."""

    whole: Minor
    most: Minor
    """What of what is due it can pay now."""
    keep_below: Minor = 0
    """Change below a multiple of this may be kept; 0: none."""
    keeps_change: bool = False


@dataclass(frozen=True, slots=True)
class AccountView:
    """What a member may still buy on account."""

    left: Minor
    owed: Minor


@dataclass(frozen=True, slots=True)
class MemberView:
    """What the panel shows of the member; the name and phone are already masked."""

    member_id: str
    name: str
    phone: str
    tier_id: str
    tier_names: Names
    tier_colour: str
    points: int
    points_worth: Minor
    stored_value: Minor
    """All that can be spent: principal and gift money."""
    visits: int
    last_visit: str
    """ISO date of the sale before; empty at the first visit."""
    birthday: str
    """`MM-DD`, empty when not known."""
    is_birthday_soon: bool = False
    next_tier_names: Names | None = None
    next_tier_short: int = 0
    """Minor units, purchases or points, as `next_tier_by` says."""
    next_tier_by: str = "spend"
    """spend, visits or points."""
    next_tier_progress_bp: int = 0
    tier_until: str = ""
    """ISO date on which the tier is looked at again; empty where it holds for good."""
    expiring_points: int = 0
    """Points that expire soon."""
    expiring_on: str = ""
    """Last day on which the first of them can be spent, an ISO date."""
    favourites: tuple[Names, ...] = ()
    principal: Minor = 0
    gift_money: Minor = 0
    account: AccountView | None = None
    """None where nothing is sold to them on account."""


@dataclass(frozen=True, slots=True)
class TenderView:
    kind: str
    amount: Minor
    given: Minor


@dataclass(frozen=True, slots=True)
class DoneView:
    sale_id: str
    receipt_number: str
    total: Minor
    change: Minor
    points: int
    points_after: int | None
    tenders: tuple[TenderView, ...]
    new_tier_names: Names | None = None
    change_kept: Minor = 0
    back: DoneBackView = NOTHING_BACK
    """What came back with it."""


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A payment code that is being charged; the lane waits for it."""

    charge_id: str
    kind: str
    amount: Minor
    masked: str
    state: str
    """One of `rules.charges.RUNNING`."""
    reason: str = ""
    """Why it is not done yet, one of `rules.charges.Reason`."""


@dataclass(frozen=True, slots=True)
class StaffView:
    staff_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """Something that was asked for and waits for a second person."""

    number: int
    permission: str
    amount: int
    """Basis points or minor units, as the permission counts; 0 where it has none."""
    limit: int
    """Up to what amount whoever asked may do it alone."""
    reason: str
    people: tuple[StaffView, ...]
    """Who may allow it."""
    reasons: tuple[str, ...] = ()
    """One of these is to be chosen before anybody can allow it; none where it was asked for with its reason."""


@dataclass(frozen=True, slots=True)
class TillView:
    """Everything that a lane's screen shows, except the status strip."""

    lane: int
    number: int = 0
    """Rises with every view of the lane since the start of the daemon."""
    stage: Stage = Stage.LOCKED
    staff: StaffView | None = None
    sale_id: str = ""
    lines: tuple[LineView, ...] = ()
    back: tuple[BackLineView, ...] = ()
    """What comes back in this basket."""
    back_amount: Minor = 0
    """What that is worth; `total` is of what is bought."""
    is_basket_waiting: bool = False
    """The lane is locked over something that a customer wants to buy."""
    item_count: int = 0
    gross: Minor = 0
    discount: Minor = 0
    total: Minor = 0
    applied: tuple[AppliedPromotion, ...] = ()
    hints: tuple[MissedPromotion, ...] = ()
    """Promotions within reach: the customer is told how far it is."""
    coupons: tuple[CouponView, ...] = ()
    offers: tuple[OfferView, ...] = ()
    """The member's own coupons."""
    gifts: tuple[GiftView, ...] = ()
    points: PointsView | None = None
    stored_value: StoredValueView | None = None
    times: tuple[TimesView, ...] = ()
    """What times cards pay for."""
    times_cards: tuple[TimesCardView, ...] = ()
    """Times cards that the member may use."""
    quote: Quote | None = None
    """The whole answer of pricing, for whoever asks why."""
    member: MemberView | None = None
    quantity_next: int = 1
    """Pieces that the next scan adds (`3 ×` then scan)."""
    can_undo: bool = False
    proof: str = ""
    """What is proved of the member being here, one of `rules.card_policy.Proof`; empty where nothing is."""
    cards_held: tuple[str, ...] = ()
    """UIDs of cards that lay on the reader at once, while one is to be chosen."""
    card_offered: str = ""
    """Last four digits of a card that belongs to nobody: it can be bound, or ignored."""
    blocked: Refusal | None = None
    """A banner that stays and blocks PAY until it is dismissed."""
    notice: Refusal | None = None
    """A banner that goes with the next thing that is done."""
    is_checking: bool = False
    """What is scanned is told, and not sold."""
    checked: CheckView | None = None
    age: int = 0
    """Years that the cashier confirmed the buyer to have."""
    is_training: bool = False
    """The lane practises: nothing of it counts."""
    keys_number: int = 0
    """Rises with every change of quick keys: a page that knows a lower one asks for them afresh."""
    waiting_scans: int = 0
    """Scans taken while the banner stands; they are worked off when it is dismissed."""
    tenders: tuple[TenderView, ...] = ()
    due: Minor = 0
    """What is still to be paid; less than zero where some is to be given back."""
    account: AccountView | None = None
    """How the member can buy on account; None where they cannot."""
    cash_due: Minor = 0
    """What of it is paid if it is paid in cash, which may be rounded."""
    next_notes: tuple[Minor, ...] = ()
    charge: ChargeView | None = None
    charge_next: Minor = 0
    """What the next payment code is charged; 0: all that is due."""
    code_ways: tuple[tuple[str, bool], ...] = ()
    """Kinds of payment codes that can be charged here, and whether their gateway can be reached."""
    done: DoneView | None = None
    approval: ApprovalView | None = None
    weighing: WeighView | None = None
    """What waits for its weight; `blocked` says so as well."""
    sound: Sound = Sound.NONE


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Health of one device as the strip shows it."""

    name: str
    kind: str
    state: str
    """ok, opening, gone, busy, forbidden, problem, unknown …"""
    detail: str = ""
    dropped: int = 0
    since_ms: int = 0
