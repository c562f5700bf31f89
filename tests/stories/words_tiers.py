"""What stories say of tiers, of points beyond the rate, and of gifts for points."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.expiry import take_back_expired
from edge.gift_desk import redeem_gift, void_gift
from edge.ids import new_id
from edge.points_desk import adjust_points
from edge.rulebook import publish
from edge.screen import Refusal
from edge.store import benefits, tiers
from edge.store.database import rows
from edge.store.ledger import balance, spendable
from edge.tier_desk import give_tier
from edge.tier_review import review_tiers
from rules.ledger import POINTS, member_account
from rules.promotions import RuleSet, load_rules
from tests.shops import rules_with_coupons

HERE = Path(__file__).parent

if TYPE_CHECKING:
    from tests.stories.player import Player


def night(player: Player) -> None:
    """Let the jobs look for what is due."""
    shop = player.shop.parts.shop
    for job in (review_tiers, take_back_expired):
        place: str | None = ""
        while place is not None:
            place = player.shop.parts.loop.write(partial(job, shop, place))
    player._tick()


def rules(player: Player, name: str) -> None:
    """Publish the rules of the stories with those of one more file."""
    shop = player.shop.parts.shop
    text = rules_with_coupons().replace('version = "stories-1"', f'version = "stories-{name}"')
    found = load_rules(text + (HERE / f"rules_{name}.toml").read_text(encoding="utf-8"))
    assert isinstance(found, RuleSet), found
    player.shop.parts.loop.write(
        lambda: publish(shop.store.db, found, source="command", at_ms=player.shop.clock.now_ms())
    )
    player._tick()


def gift(player: Player, count: str, gift_id: str, member: str, paid_by: str) -> Refusal | None:
    return player.ask(
        redeem_gift, entry_id=new_id(player.shop.clock), member_id=member, gift_id=gift_id, count=int(count),
        paid_by=paid_by or "cash",
    )  # fmt: skip


def gift_back(player: Player, gift_id: str, member: str, reason: str) -> Refusal | None:
    taken = benefits.gifts_of_member(player.shop.parts.store.reads, member, limit=20)
    entry_id = next((each.entry_id for each in taken if each.gift_id == gift_id), "")
    return player.ask(void_gift, void_id=new_id(player.shop.clock), entry_id=entry_id, reason=reason)


def adjust(player: Player, sign: str, points: str, member: str, reason: str) -> Refusal | None:
    change = int(points) if sign == "add" else -int(points)
    return player.ask(adjust_points, entry_id=new_id(player.shop.clock), member_id=member, change=change, reason=reason)


def give(player: Player, member: str, tier: str, months: str, reason: str) -> Refusal | None:
    tier_id = "" if tier == "nothing" else tier
    return player.ask(give_tier, member_id=member, tier_id=tier_id, months=int(months or 0), reason=reason)


def expect_tier_of(player: Player, member: str, tier: str) -> None:
    found = rows(player.shop.parts.store.reads, "SELECT tier_id FROM member WHERE member_id = ?", member)
    player.equal(found[0][0] or "none", tier)


def expect_tier_changes(player: Player, member: str, said: str) -> None:
    found = reversed(tiers.changes(player.shop.parts.store.reads, member))
    player.equal(", ".join(f"{each.why} {each.to_tier or 'none'}" for each in found) or "none", said)


def expect_far(player: Player, short: str, by: str, tier: str) -> None:
    member = player.view.member
    names = member.next_tier_names.en if member and member.next_tier_names else "none"
    found = f"{member.next_tier_short if member else 0} {member.next_tier_by if member else ''} {names.lower()}"
    player.equal(found, f"{short} {by} {tier}")


def expect_points_of(player: Player, member: str, points: str) -> None:
    """What the member can spend, and what stands in the balance: the same once the night was there."""
    db, account = player.shop.parts.store.reads, member_account(member)
    player.equal(spendable(db, account, POINTS, now_ms=player.shop.clock.now_ms()), int(points))


def expect_balance_of(player: Player, member: str, points: str) -> None:
    player.equal(balance(player.shop.parts.store.reads, member_account(member), POINTS), int(points))


def expect_expiring(player: Player, points: str, day: str) -> None:
    member = player.view.member
    player.equal(f"{member.expiring_points} {member.expiring_on}" if member else "nobody", f"{points} {day}")


WORDS = (
    (r"night", night),
    (r"rules (\w+)", rules),
    (r"give (\d+) gifts? (\S+) to (\w+)(?: paid by (cash|card|scan))?", gift),
    (r"take back gift (\S+) of (\w+) because (.+)", gift_back),
    (r"(add|take) (\d+) points (?:to|from) (\w+) because (.+)", adjust),
    (r"give (\w+) the tier (\w+)(?: for (\d+) months)? because (.+)", give),
    (r"expect tier of (\w+) (\w+)", expect_tier_of),
    (r"expect tier changes of (\w+): (.+)", expect_tier_changes),
    (r"expect next tier (\d+) (spend|visits|points) (\w+)", expect_far),
    (r"expect (\w+) can spend (\d+) points", expect_points_of),
    (r"expect (\w+) has (\d+) points in the books", expect_balance_of),
    (r"expect expiring (\d+) points on (\S+)", expect_expiring),
)
