"""What a return does to coupons: those that the sale used are given back, those that it brought are taken back."""

from __future__ import annotations

from edge.store import returns
from edge.store.coupons import Returned, coupons_of_return
from edge.store.database import Database
from rules.sale import Sale


def return_coupons(db: Database, sale: Sale, *, at_ms: int) -> Returned:
    """Do to coupons what a return does, within its transaction and after it was recorded.

    A sale of which something that was paid for stays keeps its coupons: they lowered what stays as well.
    """
    gone = {each.line: len(each.units) for each in returns.so_far(db, sale.sale_id).lines}
    bought = [(at, line) for at, line in enumerate(sale.lines) if not line.gift_of]
    if any(gone.get(at, 0) < len(line.unit_nets) for at, line in bought):
        return Returned()
    return coupons_of_return(db, sale.sale_id, at_ms=at_ms)
