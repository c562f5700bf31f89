"""Trying rules out: a basket that nobody buys, two versions side by side, and what a past day would have cost.

Reads through the read-only connection on the thread that asks, never on the till's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from edge.clock import Clock, monotonic_s
from edge.shop import birthday_of
from edge.store import catalog, ledger, members
from edge.store.database import Database
from edge.store.sales_past import SALES_MAX, PastLine, PastSale, count_of_day, sales_of_day, visits_before
from rules.basket import LINES_MAX, PIECES_MAX, Basket, Item, Line, Names
from rules.ledger import POINTS, member_account
from rules.loyalty import Birthday, Member
from rules.money import AMOUNT_MAX, Minor
from rules.pricing import price
from rules.promotions import RuleSet
from rules.quote import Quote

PAST_S = 2.0
"""Longest time that pricing a past day takes; what is left over is said."""
DIFFERING_MAX = 100
"""Most sales that differ and are listed."""
VISITS = 10
"""Sales of a made-up member who is not new."""


@dataclass(frozen=True, slots=True)
class TrialLine:
    sku: str
    quantity: int = 1
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A basket, a customer and a moment that were put together."""

    lines: tuple[TrialLine, ...]
    now_local: datetime
    now_ms: int
    """The same moment, for the prices of the catalogue."""
    lane: int
    codes: tuple[str, ...] = ()
    points: int = 0
    """Points that the customer wants to pay with."""
    who: str = ""
    """Empty: nobody; `any`: a member without a tier; `tier:gold`; `member:<id>`: a real one."""
    is_new: bool = False
    is_birthday: bool = False


@dataclass(frozen=True, slots=True)
class PastPromotion:
    names: Names
    charged: Minor = 0
    """What it took off then."""
    now: Minor = 0
    """What it would take off under the version that is tried."""


@dataclass(frozen=True, slots=True)
class PastDiffering:
    receipt_number: str
    sale_id: str
    sold_at_ms: int
    charged: Minor
    now: Minor


@dataclass(frozen=True, slots=True)
class PastResult:
    """A past day under other rules."""

    in_all: int
    """Sales of the day."""
    priced: int
    """How many of them were priced: all, or as many as there was time for."""
    charged: Minor
    now: Minor
    uncertain: int
    """Sales whose price is not certified."""
    promotions: Mapping[str, PastPromotion]
    differing_count: int
    differing: tuple[PastDiffering, ...]
    """Those that differ most, first."""


def trial_basket(db: Database, trial: Trial) -> Basket:
    """Return the basket of a trial; what nobody knows, has no price or is too much is left out."""
    lines: list[Line] = []
    for number, each in enumerate(trial.lines[:LINES_MAX], start=1):
        found = catalog.item(db, each.sku, now_ms=trial.now_ms)
        if found is None or (found[0].price < 0 and not found[0].is_open_price):
            continue
        item = found[0]
        weight_g = (each.weight_g or 1_000) if item.is_weighed else None
        quantity = 1 if item.is_weighed else each.quantity
        open_price = max(item.price, 0) if item.is_open_price else None
        line = Line(str(number), item, quantity, weight_g, None, open_price)
        pieces = sum(one.quantity for one in lines) + line.quantity
        if pieces <= PIECES_MAX and sum(one.gross for one in lines) + line.gross <= AMOUNT_MAX:
            lines.append(line)
    member = "trial" if trial.who else None
    return Basket(
        "trial",
        tuple(lines),
        member_id=member,
        codes=trial.codes,
        lane=trial.lane,
        points_to_redeem=trial.points if trial.who else 0,
    )


def trial_member(db: Database, trial: Trial, clock: Clock) -> Member | None:
    """Return the customer of a trial."""
    what, _, key = trial.who.partition(":")
    today = trial.now_local.date()
    if not what:
        return None
    member = Member("trial", key if what == "tier" else "", joined_local=today, visits=VISITS, points=trial.points)
    if what == "member":
        file = members.member(db, key)
        if file is not None:
            points = ledger.spendable(db, member_account(file.member_id), POINTS, now_ms=trial.now_ms)
            joined = clock.local(file.joined_ms).date()
            member = Member(
                "trial", file.tier_id, birthday_of(file), joined, file.tags, visits=file.visits, points=points
            )
    if trial.is_new:
        member = replace(member, visits=0)
    return replace(member, birthday=Birthday(today.month, today.day)) if trial.is_birthday else member


def try_out(db: Database, trial: Trial, rules: RuleSet, clock: Clock) -> tuple[Basket, Quote]:
    """Return the basket of a trial and its quote under these rules."""
    basket = trial_basket(db, trial)
    return basket, price(basket, rules, trial_member(db, trial, clock), trial.now_local)


# ------------------------------------------------------------------------------------------- a past day


def price_past(
    db: Database, rules: RuleSet, business_date: date, clock: Clock, *, limit: int = SALES_MAX, within_s: float = PAST_S
) -> PastResult:
    """Price the closed sales of a date under these rules, beside what was charged.

    Categories, brands and tags of items and the tiers of members are today's; prices are those of the sale.

    Args:
        limit: most sales, up to SALES_MAX.
        within_s: when the time is up, what was priced so far is the answer.
    """
    until_s = monotonic_s() + within_s
    files: dict[str, Member | None] = {}
    promotions: dict[str, PastPromotion] = {}
    differing: list[PastDiffering] = []
    charged = now = priced = uncertain = 0
    for sale in sales_of_day(db, business_date.isoformat(), limit=limit):
        if monotonic_s() >= until_s:
            break
        quote = price(_basket(db, sale), rules, _member(db, sale, files, clock), clock.local(sale.sold_at_ms))
        priced += 1
        charged += sale.total
        now += quote.total
        uncertain += not quote.certified
        for promotion_id, names, amount in sale.promotions:
            old = promotions.get(promotion_id, PastPromotion(names))
            promotions[promotion_id] = replace(old, charged=old.charged + amount)
        for applied in quote.applied:
            old = promotions.get(applied.promotion_id, PastPromotion(applied.names))
            promotions[applied.promotion_id] = replace(old, now=old.now + applied.amount)
        if quote.total != sale.total:
            differing.append(PastDiffering(sale.receipt_number, sale.sale_id, sale.sold_at_ms, sale.total, quote.total))
    differing.sort(key=lambda each: (-abs(each.now - each.charged), each.receipt_number))
    return PastResult(
        in_all=count_of_day(db, business_date.isoformat()),
        priced=priced,
        charged=charged,
        now=now,
        uncertain=uncertain,
        promotions=dict(sorted(promotions.items(), key=lambda each: (each[1].charged - each[1].now, each[0]))),
        differing_count=len(differing),
        differing=tuple(differing[:DIFFERING_MAX]),
    )


def _basket(db: Database, sale: PastSale) -> Basket:
    lines = tuple(_line(db, str(n), line, sale.sold_at_ms) for n, line in enumerate(sale.lines, start=1))
    return Basket(sale.sale_id, lines, member_id=sale.member_id, lane=sale.lane)


def _line(db: Database, line_id: str, past: PastLine, at_ms: int) -> Line:
    found = catalog.item(db, past.sku, now_ms=at_ms)
    known = found[0] if found else Item(past.sku, past.names, past.unit_price, unit=past.unit)
    item = replace(known, price=past.unit_price, tax_bp=past.tax_bp)
    open_price = past.unit_price if item.is_open_price else None
    line = Line(line_id, item, past.quantity, past.weight_g, None, open_price)
    # What a scale label said is not kept; where the weight gives another amount, the amount was the label's.
    return line if line.gross == past.gross else replace(line, quantity=1, label_amount=past.gross)


def _member(db: Database, sale: PastSale, files: dict[str, Member | None], clock: Clock) -> Member | None:
    if sale.member_id is None:
        return None
    if sale.member_id not in files:
        file = members.member(db, sale.member_id)
        files[sale.member_id] = (
            Member(file.member_id, file.tier_id, birthday_of(file), clock.local(file.joined_ms).date(), file.tags)
            if file
            else None
        )
    member = files[sale.member_id]
    return member and replace(member, visits=visits_before(db, sale.member_id, sale.sale_no))
