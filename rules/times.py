"""Times cards: packages that are bought once and used up time by time, valid by count and by date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec

from rules.basket import QUANTITY_MAX, Names
from rules.ledger import ISSUER, Lot, LotUse, Transfer, member_account, times_unit
from rules.money import Minor, share
from rules.sale import Sale
from rules.table_reader import Problem

PACKAGES_MAX = 200
TIMES_MAX = 10_000
PAID = "package"
"""Reason of the transfer that grants times that were paid for."""
GIVEN = "package_gift"
"""Reason of the transfer that grants times on top."""
FREE = "tier_service"
"""Reason of the transfer that grants times of a service that a tier gives for nothing."""
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class PackagePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One service, or one of several like ones, that a package holds so many times."""

    id: Id
    names: Names = Names()
    """Empty: the names of the package."""
    skus: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=100)]
    """What one time pays for: a piece of any of these."""
    times: Annotated[int, msgspec.Meta(ge=1, le=TIMES_MAX)]
    gift_times: Annotated[int, msgspec.Meta(ge=0, le=TIMES_MAX)] = 0
    """On top; used last, and void when unused times are returned."""
    worth: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 1
    """How much one time of it weighs beside those of the other parts when unused times are paid back."""


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A times card that can be bought: 10 haircuts, or 6 washes and 2 polishes."""

    id: Id
    names: Names
    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    """The item whose sale grants it."""
    parts: Annotated[tuple[PackagePart, ...], msgspec.Meta(min_length=1, max_length=20)]
    months: Annotated[int, msgspec.Meta(ge=0, le=120)] = 0
    """Months that it is valid, to the end of the last day; 0: see `days` and `until`."""
    days: Annotated[int, msgspec.Meta(ge=0, le=3_650)] = 0
    """Days that it is valid, the day of the sale among them."""
    until: date | None = None
    """Its last day, whenever it was bought. None of the three: it never expires."""
    per_day: Annotated[int, msgspec.Meta(ge=0, le=TIMES_MAX)] = 0
    """Most times that are used of each part on a day; 0: no limit."""
    shared: bool = False
    """The family of who bought it may use it."""


class TimesRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The packages that the shop sells or has sold; one stays here as long as times of it are left."""

    packages: Annotated[tuple[Package, ...], msgspec.Meta(max_length=PACKAGES_MAX)] = ()

    def package_of(self, sku: str) -> Package | None:
        """Return the package that the sale of an item grants."""
        return next((package for package in self.packages if package.sku == sku), None)

    def part_of(self, unit: str) -> tuple[Package, PackagePart] | None:
        """Return package and part of a unit of the ledger, or None for one that the rules no longer know."""
        return next(((p, part) for p in self.packages for part in p.parts if unit_of(p, part) == unit), None)


@dataclass(frozen=True, slots=True)
class TimesUse:
    """Times of a card that pay for some pieces of an item in the basket."""

    unit: str
    sku: str
    quantity: int
    """Pieces, each one time."""
    holder_id: str
    """The member whose card it is."""


@dataclass(frozen=True, slots=True)
class GrantedLot:
    """A lot of times that a sale granted."""

    unit: str
    lot: Lot
    granted: int
    is_gift: bool


@dataclass(frozen=True, slots=True)
class Unused:
    """What is taken back and what is kept of the price when pieces of a package are returned."""

    lots: tuple[tuple[str, LotUse], ...]
    """Unit and what is taken from each lot."""
    kept: Minor
    """The share of the times that were used: no more than the pieces cost."""


def unit_of(package: Package, part: PackagePart) -> str:
    """Return the unit of a part's times in the ledger.

    >>> part = PackagePart(id="cut", skus=("cut",), times=10)
    >>> unit_of(Package(id="cut10", names=Names("十次"), sku="card", parts=(part,)), part)
    'times:cut10.cut'
    """
    return times_unit(f"{package.id}.{part.id}")


def times_problems(rules: TimesRules) -> list[Problem]:
    """Return what a set of packages contradicts itself in."""
    problems = []
    ids: set[str] = set()
    skus: set[str] = set()
    for row, package in enumerate(rules.packages):
        where = f"package[{row}] id={package.id}"
        if package.id in ids:
            problems.append(Problem(where, "id", "used twice"))
        if package.sku in skus:
            problems.append(Problem(where, "sku", f"another package is sold as {package.sku} already"))
        ids.add(package.id)
        skus.add(package.sku)
        parts = [part.id for part in package.parts]
        if len(set(parts)) < len(parts):
            problems.append(Problem(where, "parts", "two parts have one id"))
        if sum((package.months > 0, package.days > 0, package.until is not None)) > 1:
            problems.append(Problem(where, "months", "give one of months, days and until"))
        if any(package.sku in part.skus for part in package.parts):
            problems.append(Problem(where, "parts", "a package cannot pay for itself"))
        if not any((package.names.zh_hans, package.names.zh_hant, package.names.en)):
            problems.append(Problem(where, "names", "missing"))
    return problems


def grants(package: Package, quantity: int, member_id: str, *, expires_ms: int | None) -> tuple[Transfer, ...]:
    """Return the transfers that a sale of so many packages adds: times that were paid for, then those on top.

    The paid ones are older, so that they are used first.
    """
    assert 1 <= quantity <= QUANTITY_MAX
    account = member_account(member_id)
    moves = [
        Transfer(unit_of(package, part), ISSUER, account, part.times * quantity, PAID, expires_ms)
        for part in package.parts
    ]
    moves += [
        Transfer(unit_of(package, part), ISSUER, account, part.gift_times * quantity, GIVEN, expires_ms)
        for part in package.parts
        if part.gift_times
    ]
    return tuple(moves)


def unused(
    net: Minor, *, pieces: int, sold: int, lots: Sequence[GrantedLot], worth: Mapping[str, int] | None = None
) -> Unused:
    """Return what comes back when some pieces of a package are returned: unused times first, gift times void.

    Args:
        net: what the pieces cost that are returned.
        pieces: how many are returned now.
        sold: how many the line had.
        lots: what the line granted, as it is now.
        worth: weight of one time by unit; 1 where it is not named.

    >>> lot = GrantedLot("times:a.b", Lot(7, 4, None), 10, is_gift=False)
    >>> unused(10_000, pieces=1, sold=1, lots=[lot])
    Unused(lots=(('times:a.b', LotUse(lot_id=7, amount=4)),), kept=6000)
    """
    assert 1 <= pieces <= sold
    taken: list[tuple[str, LotUse]] = []
    weights, back = [], []
    for each in lots:
        mine = each.granted * pieces // sold
        part = min(each.lot.remaining, mine)
        if part:
            taken.append((each.unit, LotUse(each.lot.lot_id, part)))
        if not each.is_gift:
            weights.append(each.granted * (worth or {}).get(each.unit, 1))
            back.append((part, mine))
    values = share(net, weights) if weights else ()
    refund = sum(value * part // mine for value, (part, mine) in zip(values, back, strict=True) if mine)
    return Unused(tuple(taken), net - refund)


def packages_in(sale: Sale, rules: TimesRules) -> tuple[tuple[int, Package], ...]:
    """Return the lines of a sale that granted a package, by their position."""
    found = ((at, rules.package_of(line.sku)) for at, line in enumerate(sale.lines))
    return tuple((at, package) for at, package in found if package is not None and not sale.lines[at].times_of)
