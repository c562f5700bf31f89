"""Services that a tier gives its members for nothing: times of a times card, given anew in each calendar window."""

from __future__ import annotations

from edge.shop import Shop
from edge.store import entries, members, times
from edge.store.entries import Entry
from edge.times_grants import day_end_ms
from rules.ledger import ISSUER, Transfer, member_account
from rules.loyalty import FreeService
from rules.times import FREE, Package, unit_of
from rules.windows import ONE_DAY, window_end, window_start


def give_free_to(shop: Shop, member_id: str) -> None:
    """Give a member what their tier gives in the windows of today, each once; a transaction of its own where it is any.

    It is called when the member is seen, so that who never comes costs nothing. Who rises within a window is given what
    the better tier gives beyond that; who falls keeps what was given. All of it ends with the window.
    """
    services = _services_of(shop, member_id)
    # By a clock that was never set the window would be one of years ago.
    if not services or not shop.clock.is_sane():
        return
    found = [entry for service, package in services for entry in _due(shop, member_id, service, package)]
    if found:
        with shop.store.transaction():
            for entry in found:
                entries.record(shop.store.db, entry)
        shop.committed()


def _services_of(shop: Shop, member_id: str) -> list[tuple[FreeService, Package]]:
    if not any(tier.free for tier in shop.rules.tiers):
        return []
    tier = shop.rules.tier(members.tier_of(shop.store.db, member_id))
    packages = {package.id: package for package in shop.rules.times.packages}
    services = tier.free if tier else ()
    return [(service, packages[service.package]) for service in services if service.package in packages]


def _due(shop: Shop, member_id: str, service: FreeService, package: Package) -> list[Entry]:
    db, now_ms = shop.store.db, shop.clock.now_ms()
    today = shop.clock.business_date(now_ms)
    since = window_start(service.every, today, months=0)
    last = window_end(service.every, today) - ONE_DAY
    account, moves = member_account(member_id), []
    for part in package.parts:
        unit = unit_of(package, part)
        more = service.times - times.given_free(db, member_id, unit, since=since.isoformat())
        if more > 0:
            moves.append(Transfer(unit, ISSUER, account, more, FREE, day_end_ms(shop, last.isoformat())))
    if not moves:
        return []
    # Its id follows from what it is, so that nobody is given it twice.
    return [
        Entry(
            f"free-{member_id}-{package.id}-{since.isoformat()}-{service.times}", "free_service", now_ms,
            today.isoformat(), tuple(moves), member_id=member_id, detail={"package": package.id},
        )
    ]  # fmt: skip
