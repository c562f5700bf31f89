"""What a customer may see of a lane: a value of its own, made from the lane's view.

Whatever is not copied here by name is not on the display: no staff, no refusal, no cost, no id of a member. Names and
phones come masked, as the shop's rule has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.display_asked import DisplayAsked, asked_of
from edge.screen import DoneView, LineView, MemberView, Stage, TenderView, TillView
from edge.weights import LiveWeight
from rules.basket import Names
from rules.money import Minor
from rules.quote import MissedPromotion

COUPONS_MAX = 3
"""Coupons that a member has and the display tells of."""


class Face(StrEnum):
    """Which of its faces a display shows."""

    IDLE = "idle"
    CLOSED = "closed"
    LEARNING = "learning"
    """Somebody learns at it, and nobody can buy."""
    BASKET = "basket"
    PAYING = "paying"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class DisplayLine:
    """Something that is bought, or handed over on top."""

    key: str
    """Tells lines apart, so that a page morphs the right one."""
    names: Names
    unit: str
    quantity: int
    weight_g: int | None
    unit_price: Minor
    gross: Minor
    """Before promotions, or at the list price where the price was changed by hand."""
    net: Minor
    savings: tuple[tuple[Names, Minor], ...] = ()
    is_newest: bool = False
    note: Names | None = None
    """Name of the promotion that gives it, or of the times card that pays for it."""
    is_gift: bool = False
    times_left: int | None = None
    is_back: bool = False
    """It comes back: its net is below zero."""


@dataclass(frozen=True, slots=True)
class DisplayMember:
    """Who buys, as far as people behind them may read it."""

    name: str
    phone: str
    tier_names: Names
    tier_colour: str
    points: int
    points_worth: Minor
    stored_value: Minor | None
    """None where the shop does not show it."""
    has_birthday: bool
    next_tier_names: Names | None
    next_tier_short: int
    next_tier_by: str
    next_tier_progress_bp: int


@dataclass(frozen=True, slots=True)
class DisplayView:
    """Everything that a customer display shows."""

    lane: int
    face: Face
    sale_id: str = ""
    """Of the customer who is served; empty while nobody is. It stands on no page, only in the signed receipt's link."""
    lines: tuple[DisplayLine, ...] = ()
    item_count: int = 0
    gross: Minor = 0
    saved: Minor = 0
    total: Minor = 0
    back_amount: Minor = 0
    """What comes back in the same basket is worth; it pays for the rest."""
    hints: tuple[MissedPromotion, ...] = ()
    member: DisplayMember | None = None
    points_to_come: int = 0
    """What a member accrues by this purchase."""
    points_usable: tuple[int, Minor] | None = None
    """Points that could pay for a part of it, and for how much."""
    coupons_usable: tuple[tuple[Names, Minor], ...] = ()
    tenders: tuple[TenderView, ...] = ()
    due: Minor = 0
    """Below zero: it is given back."""
    cash_due: Minor = 0
    """What is due where it is paid in cash, which may be rounded."""
    paid_back: tuple[tuple[str, Minor], ...] = ()
    """Kind and amount of what was given back at the end of an exchange."""
    change: Minor = 0
    change_kept: Minor = 0
    points: int = 0
    points_after: int | None = None
    new_tier_names: Names | None = None
    receipt_number: str = ""
    asked: DisplayAsked | None = None
    """An item that is looked at, or lies on the scale, and is not bought yet."""


def display_view(
    view: TillView, *, since_s: float, thanks_s: float, shows_stored_value: bool, live: LiveWeight | None = None
) -> DisplayView:
    """Return what the lane's customer display shows.

    Args:
        since_s: for how long the lane has been at its stage.
        thanks_s: after so long, what was said at the end of a sale gives way to the slides.
        shows_stored_value: whether a member's stored value may stand on it.
        live: what the lane's scale says, where it has one.
    """
    if view.stage is Stage.LOCKED:
        return DisplayView(view.lane, Face.CLOSED)
    if view.is_training:
        # What is practised is nobody's purchase.
        return DisplayView(view.lane, Face.LEARNING)
    member = _member(view.member, shows_stored_value=shows_stored_value)
    if view.stage is Stage.DONE:
        if view.done is None or since_s >= thanks_s:
            return DisplayView(view.lane, Face.IDLE)
        return _thanks(view, view.done, member)
    lines, asked = _lines(view), asked_of(view, live)
    if not lines and member is None and asked is None:
        return DisplayView(view.lane, Face.IDLE)
    points = view.points
    return DisplayView(
        lane=view.lane,
        face=Face.PAYING if view.stage is Stage.PAYING else Face.BASKET,
        sale_id=view.sale_id,
        lines=lines,
        item_count=view.item_count,
        gross=view.gross,
        saved=view.discount,
        total=view.total,
        back_amount=view.back_amount,
        hints=view.hints,
        member=member,
        points_to_come=view.quote.points if view.quote and member else 0,
        points_usable=(points.most, points.most_amount) if points and points.most and not points.used else None,
        coupons_usable=tuple(
            (offer.names, offer.saves) for offer in view.offers if offer.helps and not offer.is_given
        )[:COUPONS_MAX],
        tenders=view.tenders,
        due=view.due,
        cash_due=view.cash_due,
        asked=asked,
    )  # fmt: skip


def _thanks(view: TillView, done: DoneView, member: DisplayMember | None) -> DisplayView:
    return DisplayView(
        lane=view.lane, face=Face.THANKS, sale_id=done.sale_id, item_count=view.item_count, saved=view.discount,
        total=done.total, member=member, tenders=done.tenders, change=done.change, change_kept=done.change_kept,
        paid_back=done.back.paid_back, points=done.points, points_after=done.points_after,
        new_tier_names=done.new_tier_names, receipt_number=done.receipt_number,
    )  # fmt: skip


def _lines(view: TillView) -> tuple[DisplayLine, ...]:
    gifts = tuple(
        DisplayLine(
            f"gift-{place}", gift.names, gift.unit, gift.quantity, None, 0, 0, 0,
            note=gift.promotion_names, is_gift=True,
        )
        for place, gift in enumerate(view.gifts)
    )  # fmt: skip
    times = tuple(
        DisplayLine(
            f"times-{place}", use.names, "", use.quantity, None, 0, 0, 0, note=use.package_names, times_left=use.left
        )
        for place, use in enumerate(view.times)
    )
    back = tuple(
        DisplayLine(
            f"back-{each.line_id}", each.names, each.unit, each.quantity, each.weight_g, 0, -each.amount, -each.amount,
            is_back=True,
        )
        for each in view.back
    )  # fmt: skip
    return (*(_line(line) for line in view.lines), *gifts, *times, *back)


def _line(line: LineView) -> DisplayLine:
    gross = line.gross
    if line.list_price is not None and line.weight_g is None:
        gross = max(gross, line.list_price * line.quantity)
    return DisplayLine(
        key=line.line_id, names=line.names, unit=line.unit, quantity=line.quantity, weight_g=line.weight_g,
        unit_price=line.unit_price, gross=gross, net=line.net,
        savings=tuple((less.names, less.amount) for less in line.discounts), is_newest=line.is_newest,
    )  # fmt: skip


def _member(member: MemberView | None, *, shows_stored_value: bool) -> DisplayMember | None:
    if member is None:
        return None
    return DisplayMember(
        name=member.name, phone=member.phone, tier_names=member.tier_names, tier_colour=member.tier_colour,
        points=member.points, points_worth=member.points_worth,
        stored_value=member.stored_value if shows_stored_value else None,
        has_birthday=member.is_birthday_soon,
        next_tier_names=member.next_tier_names if member.next_tier_short > 0 else None,
        next_tier_short=member.next_tier_short, next_tier_by=member.next_tier_by,
        next_tier_progress_bp=member.next_tier_progress_bp,
    )  # fmt: skip
