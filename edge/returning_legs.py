"""Where the money of a return goes: to the tenders of its sale, and to those that exchanges carried into it."""

from __future__ import annotations

from collections.abc import Sequence

from edge.store import exchanges, returns
from edge.store.database import Database
from edge.store.sales import stored_sale
from rules.exchange import CREDIT, EXCHANGE, Leg, left_of, legs_of
from rules.ledger import ISSUER, ON_ACCOUNT, RECEIVABLES, STORED_VALUE, Transfer, member_account, owed_account
from rules.money import Minor
from rules.reversal import GIFT, PRINCIPAL, unit_of_leg, units_to_member
from rules.sale import Sale
from rules.tender import ACCOUNT


def legs_left(db: Database, sale: Sale, gone: Sequence[Leg]) -> tuple[Leg, ...]:
    """Return what of a sale's money has neither come back nor been carried over into another sale."""
    return left_of(legs_of(sale, exchanges.carried_into(db, sale.sale_id)), gone)


def tenders_of(back: Sequence[Leg], carry: Minor) -> tuple[tuple[str, Minor], ...]:
    """Return the tenders of a return: what is given back in each kind, and what pays for another sale."""
    sums: dict[str, Minor] = {}
    for leg in back:
        sums[leg.kind] = sums.get(leg.kind, 0) + leg.amount
    return (*sums.items(), *([(EXCHANGE, carry)] if carry else []))


def lots_given_back(db: Database, sale: Sale, back: Sequence[Leg]) -> list[Transfer]:
    """Return the transfers that give stored value back to its very lots, and take what is owed off the account."""
    moves: list[Transfer] = []
    for leg in back:
        if leg.kind == CREDIT:
            assert sale.member_id is not None, "stored value without a receipt is a member's"
            moves.append(Transfer(STORED_VALUE, ISSUER, member_account(sale.member_id), leg.amount, "return"))
        elif leg.kind in (GIFT, PRINCIPAL, ACCOUNT):
            root = sale if leg.root == sale.sale_id else stored_sale(db, leg.root)
            assert root is not None and root.member_id is not None, "stored value is a member's"
            if leg.kind == ACCOUNT:
                owes = owed_account(root.member_id)
                moves.append(Transfer(ON_ACCOUNT, RECEIVABLES, owes, leg.amount, "return"))
                continue
            holder, unit = member_account(root.member_id), unit_of_leg(leg.kind)
            used = returns.lots_used(db, root.sale_id, unit, paid_by=holder, account=holder)
            moves += units_to_member(unit, root.member_id, leg.amount, used)
    return moves
