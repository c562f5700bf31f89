"""What the pages about members read: files, lists, figures. No writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.screen import MemberView
from edge.shop import Shop
from edge.store import members
from edge.store.database import Database
from edge.store.database import rows as rows_of
from edge.store.members import MemberFile
from edge.store.rows import MemberRow
from rules.basket import Names
from rules.ledger import member_account

EXPIRING_MAX = 20
"""Lots about which a member is told that they expire soon."""


@dataclass(frozen=True, slots=True)
class MemberRoom:
    """Reads through the read-only connection; each thread that asks has one of its own."""

    shop: Shop
    """The shop over that connection: every question that a till asks of it may be asked here too."""

    @property
    def db(self) -> Database:
        return self.shop.store.db

    def file(self, member_id: str) -> MemberFile | None:
        """Return a member's file in clear, to be masked before it is shown."""
        return members.member(self.db, member_id)

    def view(self, member_id: str) -> MemberView | None:
        """Return what may be shown of a member, masked."""
        return self.shop.member_view(member_id)

    def expiring(self, member_id: str, *, before_ms: int) -> Sequence[tuple[str, int, int]]:
        """Return (unit, amount, moment) of what expires before a moment, the soonest first."""
        now_ms = self.shop.clock.now_ms()
        return rows_of(
            self.db,
            "SELECT unit, sum(remaining), expires_ms FROM lot WHERE account = ? AND remaining > 0 AND expires_ms > ?"
            " AND expires_ms < ? GROUP BY unit, expires_ms ORDER BY expires_ms, unit LIMIT ?",
            member_account(member_id), now_ms, before_ms, EXPIRING_MAX,
        )  # fmt: skip

    def find(self, text: str, *, limit: int) -> Sequence[MemberRow]:
        """Return members found by phone, its last four digits, name or code, with the names of their tiers."""
        found = members.find_members(self.db, text, now_ms=self.shop.clock.now_ms(), limit=limit)
        names = self.shop.rulebook.tier_names()
        return [replace(each, tier_names=names.get(each.tier_id, Names())) for each in found]


def open_member_room(shop: Shop) -> MemberRoom:
    """Return the room of a shop, over the read-only connections of its store."""
    return MemberRoom(replace(shop, store=shop.store.read_only()))
