"""What came back in a basket that was closed, read from the store."""

from __future__ import annotations

from edge.exchanging_plan import return_id
from edge.screen_back import DoneBackView
from edge.store import exchanges, loose_returns, returns
from edge.store.database import Database
from edge.store.loose_returns import LooseReturn
from edge.store.returns import Return
from rules.exchange import EXCHANGE
from rules.tender import ROUNDING

RETURNS_MAX = 100
"""Most returns of one basket."""


def backs_of(db: Database, sale_id: str) -> list[Return | LooseReturn]:
    """Return the returns of a closed basket, in their order; nothing where nothing came back."""
    found = []
    ids = exchanges.returns_in(db, sale_id) or [return_id(sale_id, number) for number in range(1, RETURNS_MAX)]
    for each in ids:
        back = returns.stored(db, each) or loose_returns.stored(db, each)
        if back is None:
            break
        found.append(back)
    return found


def done_with_back(db: Database, sale_id: str) -> DoneBackView:
    """Return what the screen says of them."""
    backs, sums = backs_of(db, sale_id), dict[str, int]()
    for back in backs:
        for kind, amount in back.tenders:
            if kind not in (EXCHANGE, ROUNDING):
                sums[kind] = sums.get(kind, 0) + amount
    if not backs:
        return DoneBackView()
    first = backs[0].entry
    return DoneBackView(sum(back.amount for back in backs), first.number, first.entry_id, tuple(sums.items()))
