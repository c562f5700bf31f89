"""What stories say of issued coupons."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from edge import member_desk
from edge.coupon_desk import NewBatch, issue_to_member, issue_to_segment, new_batch, use_coupon, void_batch, void_coupon
from edge.screen import OfferView, Refusal
from edge.store import members
from edge.store.coupon_reports import reports
from edge.store.coupons import brought_by_sale
from edge.store.database import rows
from edge.store.segments import Segment, segment_count
from rules.coupon_codes import shown_code
from tests.stories.words_returns import sale_of

if TYPE_CHECKING:
    from tests.stories.player import Player


def batch_for_members(player: Player, name: str, promotion: str, days: str, keeps: str) -> Refusal | None:
    asked = NewBatch(name=name, promotion_id=promotion, valid_days=int(days), is_revived=not keeps)
    return refusal_of(player.ask(new_batch, asked=asked))


def batch_of_codes(player: Player, name: str, count: str, promotion: str, span: str) -> Refusal | None:
    first, last = span.split(" to ")
    asked = NewBatch(
        name=name, promotion_id=promotion, is_bearer=True, count=int(count),
        first_day=date.fromisoformat(first), last_day=date.fromisoformat(last),
    )  # fmt: skip
    return refusal_of(player.ask(new_batch, asked=asked))


def issue_one(player: Player, name: str, member: str) -> Refusal | None:
    return refusal_of(player.ask(issue_to_member, batch_id=batch_id(player, name), member_id=member))


def issue_to_tagged(player: Player, name: str, tag: str) -> Refusal | None:
    segment, number = Segment(tags=(tag,)), batch_id(player, name)
    today = player.shop.clock.now_local().date()
    count = segment_count(player.shop.parts.store.reads, segment, today=today, without_batch=number)
    return refusal_of(player.ask(issue_to_segment, batch_id=number, segment=segment, expected=count))


def void_all(player: Player, name: str) -> Refusal | None:
    return refusal_of(player.ask(void_batch, batch_id=batch_id(player, name)))


def void_one(player: Player, name: str, which: str) -> Refusal | None:
    return refusal_of(player.ask(void_coupon, code=code_of(player, name, which)))


def scan_coupon(player: Player, name: str, which: str) -> Refusal | None:
    return player.scan(shown_code(code_of(player, name, which)))


def scan_misread(player: Player, name: str, which: str) -> Refusal | None:
    code = code_of(player, name, which)
    return player.scan(code[:-2] + code[-1] + code[-2] if code[-1] != code[-2] else code[:-1] + "u")


def scan_printed(player: Player, number: str) -> Refusal | None:
    printed = brought_by_sale(player.shop.parts.store.reads, sale_of(player, number))
    assert len(printed) == 1, f"receipt {number} brought {len(printed)} coupons"
    return player.scan(printed[0].code.upper())


def touch_best(player: Player) -> Refusal | None:
    best = [each.code for each in player.view.offers if each.is_best]
    assert best, "no coupon is the best"
    return refusal_of(player.ask(use_coupon, code=best[0]))


def register(player: Player, phone: str, name: str, referrer: str) -> Refusal | None:
    file = members.member(player.shop.parts.store.reads, referrer)
    assert file is not None, f"no member {referrer}"
    return refusal_of(player.ask(member_desk.register, phone=phone, name=name, referrer=file.code))


def expect_offers(player: Player, offers: str) -> None:
    found = [
        f"{each.promotion_id} {_said(each)}{' best' if each.is_best else ''}"
        for each in sorted(player.view.offers, key=lambda each: each.promotion_id)
    ]
    player.equal(", ".join(found) or "none", offers)


def expect_issued(player: Player, coupons: str) -> None:
    found = [
        f"{each.promotion_id} {_money(each.amount) if each.is_used else each.missed.reason.value if each.missed else 'waits'}"
        for each in player.view.coupons
    ]
    player.equal(", ".join(found) or "none", coupons)


def expect_refused_with(player: Player, code: str, words: str) -> None:
    found, player.refusal = player.refusal, None
    assert found is not None, "nothing refused"
    player.equal(f"{found.code} {' '.join(str(value) for value in found.params.values())}".strip(), f"{code} {words}")


def expect_batch(player: Player, name: str, words: str) -> None:
    now_ms = player.shop.clock.now_ms()
    (found,) = reports(player.shop.parts.store.reads, now_ms=now_ms, batch_id=batch_id(player, name))
    figures = f"issued {found.issued} used {found.used} void {found.void} expired {found.expired}"
    player.equal(f"{figures} sales {found.sales} discount {_money(found.discount)}", words)


def batch_id(player: Player, name: str) -> int:
    found = rows(
        player.shop.parts.store.reads,
        "SELECT batch_id FROM coupon_batch WHERE name_zh_hans = ?1 OR rule_id = ?1 ORDER BY batch_id DESC",
        name,
    )
    assert found, f"no batch {name}"
    return int(found[0][0])


def code_of(player: Player, name: str, which: str) -> str:
    """Return a coupon's code: the nth of its batch, or that of a member."""
    found = rows(
        player.shop.parts.store.reads,
        "SELECT code FROM coupon WHERE batch_id = ?1 AND (?2 = '' OR member_id = ?2) ORDER BY issued_ms, code",
        batch_id(player, name),
        "" if which.isdecimal() else which,
    )
    assert found, f"no coupon {which} of {name}"
    return str(found[int(which) - 1 if which.isdecimal() else 0][0])


def refusal_of(answer: object) -> Refusal | None:
    return answer if isinstance(answer, Refusal) else None


def _said(offer: OfferView) -> str:
    if offer.missed is not None:
        return offer.missed.reason.value
    if not offer.helps:
        return "waits"
    return f"{'given ' if offer.is_given else ''}{_money(offer.saves)}"


def _money(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


WORDS = (
    (r"batch (\S+) of ([\w-]+) for members, (\d+) days(, kept when returned)?", batch_for_members),
    (r"batch (\S+) of (\d+) codes of ([\w-]+) from ([\d-]+ to [\d-]+)", batch_of_codes),
    (r"issue (\S+) to members tagged (\w+)", issue_to_tagged),
    (r"issue (\S+) to (\w+)", issue_one),
    (r"void batch (\S+)", void_all),
    (r"void coupon (\w+) of (\S+)", lambda player, which, name: void_one(player, name, which)),
    (r"scan coupon (\w+) of (\S+) badly", lambda player, which, name: scan_misread(player, name, which)),
    (r"scan coupon (\w+) of (\S+)", lambda player, which, name: scan_coupon(player, name, which)),
    (r"scan the coupon on receipt (\d+)", scan_printed),
    (r"touch the best coupon", touch_best),
    (r"register (\S+) named (\S+) brought by (\w+)", register),
    (r"expect offers (.+)", expect_offers),
    (r"expect issued coupons (.+)", expect_issued),
    (r"expect refused (\w+): (.+)", expect_refused_with),
    (r"expect batch (\S+): (.+)", expect_batch),
)
