"""Taking back what was sold: planned from the sale as it was closed, carried out in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.coupon_returns import return_coupons
from edge.desk import Desk
from edge.member_sweep import sweep_merged
from edge.permissions import Permission, refuses
from edge.points_grants import take_referral_back
from edge.rulebook import rules_of_version
from edge.screen import Refusal, Sound
from edge.shop import Shop
from edge.store import benefits, entries, ledger, members, printjobs, returns, times
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.store.returns import BackSoFar, Return, ReturnedTwiceError
from edge.store.sales import stored_sale
from edge.tier_standing import recompute_tier
from edge.till import Till
from rules.basket import Basket, Item, Line
from rules.ledger import ISSUER, POINTS, Transfer, member_account
from rules.money import Minor
from rules.pricing import price
from rules.return_rules import Clawback, SpentPoints
from rules.returns import Refund, Refused, ReturnedLine, clawback_of, first_units, refund
from rules.reversal import (
    GIFT,
    PRINCIPAL,
    PointsTaken,
    account_back,
    goods_back,
    legs,
    lots_back,
    money_back,
    paid_back,
    part_of,
    points_from_member,
    take_back,
    unit_of_leg,
    units_to_member,
)
from rules.sale import Sale
from rules.times import packages_in, unit_of, unused

REASON_MAX = 120
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class WantedBack:
    """Some of a line that the customer brings back."""

    line: int
    """Position among the sale's lines, from 0."""
    quantity: int
    """Pieces; 1 for a weighed portion."""
    is_restocked: bool = True
    """False where it is not sold again."""


def preview(shop: Shop, sale_id: str, wanted: Sequence[WantedBack], *, lane: int) -> Return | Refusal:
    """Return what a return would give back now, or why it cannot be made; nothing is changed."""
    sale = stored_sale(shop.store.db, sale_id)
    if sale is None:
        return Refusal("receipt_unknown")
    return _planned(shop, sale, wanted, Entry("", "return", 0, "", (), lane=lane))


def give_back(till: Till, *, return_id: str, sale_id: str, wanted: Sequence[WantedBack], reason: str) -> Refusal | None:
    """Take some of a sale back and pay for it; a second press with the same id changes nothing.

    Args:
        return_id: made by the screen that asks.
    """
    desk, shop = till.desk, till.desk.shop
    db = shop.store.db
    if entries.stored(db, return_id) is not None:
        return None
    refusal = _may_return(desk, sale_id, wanted, reason)
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    sale = stored_sale(db, sale_id)
    assert sale is not None
    now_ms = desk.now_ms()
    day = shop.clock.business_date(now_ms).isoformat()
    try:
        with shop.store.transaction():
            number = entries.next_number(
                db, store_id=shop.config.store.id, lane=desk.lane, business_date=day, letter="R"
            )
            entry = Entry(
                return_id, "return", now_ms, day, (), member_id=sale.member_id, lane=desk.lane,
                staff_id=desk.memory.staff.staff_id,
        approver_id=desk.approver_id, reason=reason.strip()[:REASON_MAX], of_id=sale_id, number=number,
            )  # fmt: skip
            back = _planned(shop, sale, wanted, entry)
            assert isinstance(back, Return), "what may be returned was asked before"
            returns.record(db, back, currency=shop.config.store.currency)
            _look_again(shop, back)
            return_coupons(db, sale, at_ms=now_ms)
            sweep_merged(desk, sale.member_id, of_id=return_id)
            _queue_papers(desk, desk.printer, back)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    except ReturnedTwiceError:
        return desk.refuse(Refusal("return_too_many"))
    shop.committed()
    desk.show(sound=Sound.PAID, notice=Refusal("returned", {"amount_minor": back.handed_back, "number": number}))
    return None


def _look_again(shop: Shop, back: Return) -> None:
    """Bring the member's tier and what is given once to what they are without the returned goods."""
    db, member_id = shop.store.db, members.standing_id(shop.store.db, back.sale.member_id)
    if member_id is None:
        return
    if benefits.is_all_back(db, back.sale.sale_id):
        benefits.give_awards_back(db, back.sale.sale_id)
        take_referral_back(shop, back.sale.sale_id, back.entry)
    today = shop.clock.business_date(back.entry.at_ms)
    recompute_tier(db, shop.rules, member_id, today=today, at_ms=back.entry.at_ms, sale_id=back.sale.sale_id)


def _may_return(desk: Desk, sale_id: str, wanted: Sequence[WantedBack], reason: str) -> Refusal | None:
    shop = desk.shop
    sale = stored_sale(shop.store.db, sale_id)
    if sale is None:
        return Refusal("receipt_unknown")
    if not reason.strip():
        return Refusal("reason_missing")
    plan = preview(shop, sale_id, wanted, lane=desk.lane)
    if isinstance(plan, Refusal):
        return plan
    refusal = refuses(desk, Permission.RETURN, amount=plan.amount)
    days = shop.rules.returns.days
    if refusal is None and days and desk.now_ms() - sale.sold_at_ms > days * DAY_MS:
        refusal = refuses(desk, Permission.RETURN_LATE, amount=plan.amount)
    is_spent = any(move.from_account.startswith("owed/") for move in plan.entry.transfers)
    if refusal is None and is_spent and shop.rules.returns.spent_points is SpentPoints.APPROVE:
        refusal = refuses(desk, Permission.ADJUST_BALANCE, amount=plan.points_taken)
    return refusal


def _planned(shop: Shop, sale: Sale, wanted: Sequence[WantedBack], entry: Entry) -> Return | Refusal:
    """Return a return with everything that moves because of it."""
    before = returns.so_far(shop.store.db, sale.sale_id)
    units = _units(sale, wanted, before)
    if isinstance(units, Refusal):
        return units
    answer = refund(sale, units, before.lines, clawback=_clawback(shop, sale, units, before))
    if isinstance(answer, Refused):
        return Refusal("return_too_many" if answer.reason == "already_returned" else "return_nothing")
    answer, unused_moves = _packages_back(shop, sale, answer)
    gone = _gross(sale, before.lines)
    now_gone = gone + _gross(sale, units)
    given = part_of(sale.points_paid, sale.gross, gone, now_gone)
    taken, excused = _points_taken(shop, sale, answer, before, given=given)
    left = _legs_left(sale, before)
    withheld = min(taken.withheld, answer.amount)
    parts = paid_back(answer.amount - withheld, left, shop.rules.returns.order)
    restocked = {each.line: each.is_restocked for each in wanted}
    moves = [
        *goods_back(sale, answer.lines, restocked),
        *money_back(parts, lane=entry.lane),
        *(account_back(sale.member_id, parts) if sale.member_id else ()),
        *_member_moves(shop, sale, answer, parts=parts, given=given, taken=taken),
        *unused_moves,
    ]
    return Return(
        entry=replace(entry, transfers=tuple(moves)),
        sale=sale,
        lines=answer.lines,
        restocked=tuple(restocked[line.line] for line in answer.lines),
        tenders=parts,
        points_taken=taken.from_member + taken.owed,
        points_given=given,
        points_excused=excused,
        withheld=withheld,
    )


def _units(sale: Sale, wanted: Sequence[WantedBack], before: BackSoFar) -> list[ReturnedLine] | Refusal:
    gone = {each.line: each.units for each in before.lines}
    units = []
    for each in sorted(wanted, key=lambda each: each.line):
        if not 0 <= each.line < len(sale.lines) or each.quantity < 0:
            return Refusal("return_nothing")
        if each.quantity == 0:
            continue
        numbers = first_units(sale.lines[each.line], each.quantity, gone.get(each.line, ()))
        if len(numbers) < each.quantity:
            return Refusal("return_too_many")
        units.append(ReturnedLine(each.line, numbers))
    return units or Refusal("return_nothing")


def _gross(sale: Sale, lines: Sequence[ReturnedLine]) -> Minor:
    """Return what units cost before any discount: what points that paid are shared over."""
    whole = [(sale.lines[each.line], len(each.units)) for each in lines]
    return sum(line.gross * units // len(line.unit_nets) for line, units in whole)


def _legs_left(sale: Sale, before: BackSoFar) -> list[tuple[str, Minor]]:
    gone = dict(before.tenders)
    return [(kind, amount - gone.get(kind, 0)) for kind, amount in legs(sale)]


def _points_taken(shop: Shop, sale: Sale, answer: Refund, before: BackSoFar, *, given: int) -> tuple[PointsTaken, int]:
    """Return how points of the sale are taken back, and how many of them had expired: those are nobody's any more.

    What is left of the sale's own lots goes first, then other points that the member has; what was spent is settled as
    the shop decided.

    Args:
        given: points that this return gives back, as far as they have not expired: the member has them again.
    """
    if sale.member_id is None or not answer.points_reversed:
        return PointsTaken(0, 0, 0), 0
    db, account, now_ms = shop.store.db, member_account(sale.member_id), shop.clock.now_ms()
    lots = ledger.lots_of_sale(db, sale.sale_id, account, POINTS)
    own = min(answer.points_reversed, sum(lot.remaining for lot in lots))
    expired = ledger.expired_of_sale(db, sale.sale_id, account, POINTS) - before.points_excused
    excused = min(answer.points_reversed - own, expired)
    alive = sum(lot.remaining for lot in lots if lot.expires_ms is None or lot.expires_ms > now_ms)
    cash = shop.rules.points.cash
    rest = take_back(
        answer.points_reversed - own - excused,
        held=ledger.spendable(db, account, POINTS, now_ms=now_ms) - alive + _alive_again(shop, sale, given),
        policy=shop.rules.returns.spent_points,
        refund=answer.amount,
        step=cash.step if cash else 0,
        worth=cash.worth if cash else 0,
    )
    return replace(rest, from_member=rest.from_member + own), excused


def _alive_again(shop: Shop, sale: Sale, given: int) -> int:
    """Return how many of the points that come back to the member can be spent: their lots keep their own expiry."""
    assert sale.member_id is not None
    account, now_ms = member_account(sale.member_id), shop.clock.now_ms()
    parts, _ = lots_back(
        given, returns.lots_used(shop.store.db, sale.sale_id, POINTS, paid_by=account, account=account)
    )
    return sum(part.use.amount for part in parts if part.expires_ms is None or part.expires_ms > now_ms)


def _member_moves(
    shop: Shop, sale: Sale, answer: Refund, *, parts: Sequence[tuple[str, Minor]], given: int, taken: PointsTaken
) -> list[Transfer]:
    """Return what goes to and from the member: the lots that were used come back, points earned are taken back."""
    if sale.member_id is None:
        return []
    db, account = shop.store.db, member_account(sale.member_id)
    amounts: dict[tuple[str, str], int] = {(sale.member_id, POINTS): given}
    amounts |= {(sale.member_id, unit_of_leg(kind)): amount for kind, amount in parts if kind in (GIFT, PRINCIPAL)}
    for line in answer.lines:
        sold = sale.lines[line.line]
        if sold.times_of:
            key = (sold.times_from or sale.member_id, sold.times_of)
            amounts[key] = amounts.get(key, 0) + len(line.units)
    moves: list[Transfer] = []
    for (holder_id, unit), amount in amounts.items():
        if amount:
            holder = member_account(holder_id)
            used = returns.lots_used(db, sale.sale_id, unit, paid_by=holder, account=holder)
            moves += units_to_member(unit, holder_id, amount, used)
    of_sale = ledger.lots_of_sale(db, sale.sale_id, account, POINTS)
    return [*moves, *points_from_member(sale.member_id, taken, of_sale)]


def _packages_back(shop: Shop, sale: Sale, answer: Refund) -> tuple[Refund, list[Transfer]]:
    """Return the refund less what the used times of returned packages were worth, and the unused ones taken back."""
    packages = dict(packages_in(sale, shop.rules.times))
    if sale.member_id is None or not packages:
        return answer, []
    lines, moves = [], []
    for line in answer.lines:
        package = packages.get(line.line)
        if package is None:
            lines.append(line)
            continue
        units = {unit_of(package, part): part.worth for part in package.parts}
        granted = [
            lot for unit in units for lot in times.granted_by_sale(shop.store.db, sale.sale_id, sale.member_id, unit)
        ]
        sold = sale.lines[line.line].quantity
        back = unused(line.amount, pieces=len(line.units), sold=sold, lots=granted, worth=units)
        lines.append(replace(line, clawed_back=line.clawed_back + back.kept))
        moves += [
            Transfer(unit, member_account(sale.member_id), ISSUER, use.amount, "return", from_lots=(use,))
            for unit, use in back.lots
        ]
    return replace(answer, lines=tuple(lines)), moves


def _clawback(shop: Shop, sale: Sale, units: Sequence[ReturnedLine], before: BackSoFar) -> Minor:
    """Return what is kept back because what stays would have cost more on its own; 0 where the shop lets it go."""
    if shop.rules.returns.clawback is Clawback.KEEP:
        return 0
    rules = rules_of_version(shop.store.db, sale.rules_version)
    if rules is None:
        return 0
    gone = {(each.line, unit) for each in (*before.lines, *units) for unit in each.units}
    lines = []
    for at, line in enumerate(sale.lines):
        kept = sum((at, unit) not in gone for unit in range(len(line.unit_nets)))
        if kept and not line.gift_of and not line.times_of:
            lines.append(_kept_line(shop, sale, at, kept))
    moment = shop.clock.local(sale.sold_at_ms)
    basket = Basket(sale.sale_id, tuple(lines), sale.member_id, lane=sale.lane)
    kept_total = price(basket, rules, shop.member(sale.member_id), moment).total if lines else 0
    return clawback_of(
        sale, units, before.lines, policy=Clawback.RECOMPUTE, kept_total=kept_total, clawed_before=before.clawed_back
    )


def _kept_line(shop: Shop, sale: Sale, at: int, kept: int) -> Line:
    """Return the pieces of a sold line that stay, at their list price of that day."""
    line = sale.lines[at]
    item = shop.item_as_sold(line.sku) or Item(line.sku, line.names, line.unit_price)
    if line.weight_g is not None:
        return Line(str(at), item, weight_g=line.weight_g, label_amount=line.gross)
    return Line(str(at), replace(item, price=line.unit_price, is_open_price=False), quantity=kept)


def _queue_papers(desk: Desk, printer: str, back: Return) -> None:
    db, now_ms = desk.shop.store.db, back.entry.at_ms
    if not printer:
        return
    if any(kind == "cash" for kind, _ in back.tenders) and desk.shop.has_drawer(printer):
        printjobs.put(db, printer=printer, kind="drawer", at_ms=now_ms)
    printjobs.put(db, printer=printer, kind="return", sale_id=back.entry.entry_id, at_ms=now_ms)
