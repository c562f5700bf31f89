"""What the till asks before an item goes into the basket: its price, whether the buyer is old enough, its expiry.

The question stands as a banner does: it blocks PAY, scans wait behind it, and a restart asks it again. The answer puts
the item into the basket, or leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge import banner, finding, till_lines
from edge.desk import Desk, HasDesk
from edge.finding import AGE_ASKED, EXPIRED_ASKED, OPEN_PRICE_MAX, PRICE_ASKED, Found
from edge.screen import Refusal, Stage
from edge.store.database import StoreError
from rules.money import Minor

ASKED = frozenset({AGE_ASKED, EXPIRED_ASKED, *PRICE_ASKED})
"""Refusals that are questions to the cashier."""
REFUSED = {AGE_ASKED: ("age_refused", ("sku", "age")), EXPIRED_ASKED: ("expired_refused", ("sku", "day"))}
"""Questions whose no stands in the journal, and as what."""


def answer_price(till: HasDesk, amount: Minor) -> Refusal | None:
    """Put the item whose price was asked for into the basket at this price a piece."""
    desk = till.desk
    asked = standing(desk, PRICE_ASKED)
    if asked.code not in PRICE_ASKED:
        return desk.refuse(asked)
    if not 0 < amount <= OPEN_PRICE_MAX:
        return desk.refuse(Refusal("amount_range"))
    return _add(desk, {**asked.params, "open_price": amount})


def confirm_age(till: HasDesk) -> Refusal | None:
    """Say that the buyer is old enough, which the journal keeps; for this basket it is not asked again."""
    desk = till.desk
    asked = standing(desk, frozenset({AGE_ASKED}))
    if asked.code != AGE_ASKED:
        return desk.refuse(asked)
    return _add(desk, asked.params, age=int(asked.params["age"]))


def dismiss(till: HasDesk, scan: Callable[[str], Refusal | None]) -> Refusal | None:
    """Take the banner away; a question is answered with no by it, which stands in the journal where it matters."""
    desk = till.desk
    blocked = desk.memory.blocked
    if blocked is not None and blocked.code in REFUSED and desk.memory.stage is not Stage.LOCKED:
        sale_id = desk.memory.basket.sale_id if desk.memory.basket else ""
        action, names = REFUSED[blocked.code]
        with desk.shop.store.transaction():
            desk.note(action, sale_id, {name: blocked.params[name] for name in names})
    return banner.dismiss(desk, scan)


def block(desk: Desk, refusal: Refusal) -> Refusal:
    """Let a banner stand over what was scanned and is not in the basket."""
    if refusal.code in PRICE_ASKED:
        pieces = int(refusal.params["quantity"]) * desk.memory.quantity_next
        refusal = Refusal(refusal.code, {**refusal.params, "quantity": pieces})
    return banner.block(desk, refusal)


def block_or_refuse(desk: Desk, refusal: Refusal) -> Refusal:
    """Show why something that was picked on the screen is not in the basket; a question stands until it is answered."""
    return block(desk, refusal) if refusal.code in ASKED else desk.refuse(refusal)


def asks_price_of(desk: Desk, sku: str) -> bool:
    """Tell whether the question that stands is what an item costs."""
    blocked = desk.memory.blocked
    return blocked is not None and blocked.code in PRICE_ASKED and blocked.params["sku"] == sku


def standing(desk: Desk, codes: frozenset[str]) -> Refusal:
    """Return the question that stands, or why there is none to answer."""
    blocked = desk.memory.blocked
    if desk.memory.stage is Stage.LOCKED:
        return Refusal("locked")
    return blocked if blocked is not None and blocked.code in codes else Refusal("nothing_asked")


def _add(desk: Desk, params: Mapping[str, str | int], *, age: int = 0) -> Refusal | None:
    found = _found(desk, params)
    if isinstance(found, Refusal):
        # The question stands on: it says between what amounts the answer is.
        return desk.refuse(found)
    blocked = desk.memory.blocked
    # From here on it is answered: a restart while the scans behind it are worked off must not ask once more.
    desk.set(blocked=None, dismissed=Refusal("scans_waiting") if desk.memory.waiting else None)
    try:
        refusal = till_lines.add(desk, found, age=age, notice=till_lines.told_after(params))
    except StoreError:
        desk.set(blocked=blocked, dismissed=None)
        raise
    if refusal is not None:
        return banner.block(desk, refusal)
    return None


def _found(desk: Desk, params: Mapping[str, str | int]) -> Found | Refusal:
    def number(name: str) -> int | None:
        return int(params[name]) if name in params else None

    return finding.find_sku(
        desk.shop.store.db, str(params["sku"]), now_ms=desk.now_ms(), weight_g=number("weight_g"),
        label_amount=number("label_amount"), open_price=number("open_price"), quantity=int(params.get("quantity", 1)),
        code=str(params.get("code", "")),
    )  # fmt: skip
