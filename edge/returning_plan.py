"""What a return of some of a sale gives back and moves, planned from the sale as it was closed; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.returning_legs import legs_left, lots_given_back, tenders_of
from edge.rulebook import rules_of_version
from edge.screen import Refusal
from edge.shop import Shop
from edge.store import ledger, returns, times
from edge.store.entries import Entry
from edge.store.returns import BackSoFar, Return
from edge.store.sales import stored_sale
from rules.basket import Basket, Item, Line
from rules.exchange import left_of, rounded_back, taken_of
from rules.ledger import ISSUER, POINTS, Transfer, member_account
from rules.money import Minor
from rules.pricing import price
from rules.return_rules import Clawback
from rules.returns import Refund, Refused, ReturnedLine, clawback_of, first_units, refund
from rules.reversal import (
    PointsTaken,
    codes_in_cash,
    goods_back,
    lots_back,
    money_back,
    part_of,
    points_from_member,
    take_back,
    units_to_member,
)
from rules.sale import Sale
from rules.times import packages_in, unit_of, unused


@dataclass(frozen=True, slots=True)
class WantedBack:
    """Some of a line that the customer brings back."""

    line: int
    """Position among the sale's lines, from 0."""
    quantity: int
    """Pieces; 1 for a weighed portion."""
    is_restocked: bool = True
    """False where it is not sold again."""


def preview(
    shop: Shop, sale_id: str, wanted: Sequence[WantedBack], *, lane: int, in_cash: bool = False
) -> Return | Refusal:
    """Return what a return would give back now, or why it cannot be made; nothing is changed."""
    return planned(shop, sale_id, wanted, Entry("", "return", 0, "", (), lane=lane), in_cash=in_cash)


def planned(
    shop: Shop,
    sale_id: str,
    wanted: Sequence[WantedBack],
    entry: Entry,
    *,
    carry: Minor = 0,
    paid_for: str = "",
    in_cash: bool = False,
) -> Return | Refusal:
    """Return a return with everything that moves because of it, or why it cannot be made.

    Args:
        entry: with all but its transfers.
        carry: what of the money pays for another sale instead of being given back.
        paid_for: that sale.
        in_cash: what was paid with payment codes is paid back in cash.
    """
    sale = stored_sale(shop.store.db, sale_id)
    if sale is None:
        return Refusal("receipt_unknown")
    back = _planned(shop, sale, wanted, entry, carry=carry, in_cash=in_cash)
    return back if isinstance(back, Refusal) else replace(back, paid_for=paid_for)


def _planned(
    shop: Shop, sale: Sale, wanted: Sequence[WantedBack], entry: Entry, *, carry: Minor, in_cash: bool
) -> Return | Refusal:
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
    withheld = min(taken.withheld, answer.amount)
    left, order = legs_left(shop.store.db, sale, before.legs), shop.rules.returns.order
    paid = taken_of(answer.amount - withheld, left, order)
    if carry > answer.amount - withheld:
        return Refusal("return_nothing")
    back = taken_of(answer.amount - withheld - carry, paid, order)
    if sum(leg.amount for leg in back) < sum(leg.amount for leg in left):
        # The last of a sale's money goes back as it was paid; until then cash is handed back in whole coins.
        back = rounded_back(back, paid if carry else left, shop.cash_rounding)
    parts = tenders_of(back, carry)
    parts = codes_in_cash(parts) if in_cash else parts
    restocked = {each.line: each.is_restocked for each in wanted}
    moves = [
        *goods_back(sale, answer.lines, restocked),
        *money_back(parts, lane=entry.lane),
        *lots_given_back(shop.store.db, sale, back),
        *_member_moves(shop, sale, answer, given=given, taken=taken),
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
        legs=back,
        carried=left_of(paid, back) if carry else (),
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


def _member_moves(shop: Shop, sale: Sale, answer: Refund, *, given: int, taken: PointsTaken) -> list[Transfer]:
    """Return points and times that go to and from the member: lots that were used come back, what was earned goes."""
    if sale.member_id is None:
        return []
    db, account = shop.store.db, member_account(sale.member_id)
    amounts: dict[tuple[str, str], int] = {(sale.member_id, POINTS): given}
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
