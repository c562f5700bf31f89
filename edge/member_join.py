"""A customer becomes a member on their own phone: asked of the till of the lane whose code they scanned."""

from __future__ import annotations

from collections.abc import Callable

from edge.member_desk import enrol
from edge.screen import Refusal
from edge.store import people
from edge.store.people import NAME_MAX
from edge.store.vault import vault_of
from edge.till import Till
from rules.phones import normal_phone


def join(
    till: Till, *, phone: str, name: str, purposes: tuple[str, ...], may_make: Callable[[], bool]
) -> Refusal | None:
    """Make a member of what a customer typed. Whoever is one already is told the same: a stranger learns nothing.

    Args:
        may_make: whether the code that was scanned may make one more; asked only when it would.
    """
    desk = till.desk
    db = desk.shop.store.db
    if vault_of(db).is_locked:
        return Refusal("till_busy")
    number = normal_phone(phone)
    if number is None:
        return Refusal("phone_wrong")
    if not name.strip():
        return Refusal("name_missing", {"max": NAME_MAX})
    if not may_make():
        return Refusal("code_used_up")
    if people.by_phone(db, number) is not None:
        return None
    made = enrol(desk, phone=number, name=name, purposes=purposes, place="page")
    if isinstance(made, Refusal):
        return made
    desk.shop.committed()
    return None
