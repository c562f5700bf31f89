"""What stories say of baskets on hold, exchanges, and returns without a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge import exchanging, holding, reprinting
from edge.returning_plan import WantedBack
from edge.screen import Refusal
from edge.store import held, shifts
from edge.store.database import rows, scalar
from rules.money import parse_amount
from tests.stories.words_returns import sale_of

if TYPE_CHECKING:
    from tests.stories.player import Player


def hold(player: Player, note: str) -> Refusal | None:
    return player.ask(holding.hold, note=note)


def resume(player: Player, note: str) -> Refusal | None:
    return player.ask(holding.resume, sale_id=_held(player, note) if note else "")


def discard(player: Player, note: str, reason: str) -> Refusal | None:
    return player.ask(holding.discard_held, sale_id=_held(player, note), reason=reason)


def _held(player: Player, note: str) -> str:
    found = [each.sale_id for each in held.all_held(player.shop.parts.store.reads) if each.note == note]
    if found:
        player.last_held[note] = found[0]
    assert note in player.last_held, f"nothing was on hold as {note}"
    return player.last_held[note]


def expect_held(player: Player, what: str) -> None:
    found = [
        f"{each.item_count} for {_money(each.total)} {each.note}".strip()
        for each in held.all_held(player.shop.parts.store.reads)
    ]
    player.equal(", ".join(found) or "nothing", what)


def expect_notice(player: Player, code: str) -> None:
    player.equal(player.view.notice.code if player.view.notice else "no notice", code)


def put_back(player: Player, lines: str, number: str, aside: str, reason: str) -> Refusal | None:
    wanted = []
    for part in lines.split(", "):
        quantity, _, line = part.partition(" of line ")
        wanted.append(WantedBack(int(line) - 1, int(quantity), not aside))
    return player.ask(exchanging.put_back, sale_id=sale_of(player, number), wanted=wanted, reason=reason)


def put_back_loose(player: Player, *words: str) -> Refusal | None:
    quantity, sku, weight, price, reason = words
    grams = int(parse_amount(weight, decimals=3) or 0) if weight else 0
    return player.ask(
        exchanging.put_back_loose, sku=sku, reason=reason, quantity=int(quantity or 1), weight_g=grams,
        amount=(parse_amount(price) or 0) if price else 0,
    )  # fmt: skip


def drop_back(player: Player, number: str) -> Refusal | None:
    return player.ask(exchanging.drop_back, line_id=player.view.back[int(number) - 1].line_id)


def expect_worth(player: Player, amount: str) -> None:
    player.equal(player.view.back_amount, parse_amount(amount))


def expect_to_give(player: Player, amount: str) -> None:
    view = player.view
    player.equal(view.back_amount - view.total, parse_amount(amount))


def expect_given(player: Player, what: str) -> None:
    done = player.view.done
    assert done is not None, "nothing was closed"
    player.equal(", ".join(f"{_money(amount)} {kind}" for kind, amount in done.back.paid_back) or "nothing", what)


def expect_paid_by(player: Player, number: str, what: str) -> None:
    found = rows(
        player.shop.parts.store.reads,
        "SELECT t.amount, t.kind FROM sale s JOIN sale_tender t ON t.sale_no = s.sale_no WHERE s.receipt_number LIKE ?"
        " ORDER BY t.tender_no",
        f"%{number}",
    )
    player.equal(", ".join(f"{_money(amount)} {kind}" for amount, kind in found), what)


def expect_x_says(player: Player, reason: str, kind: str, amount: str) -> None:
    db = player.shop.parts.store.reads
    shift = shifts.open_shift(db, player.lane)
    assert shift is not None, "no shift is open"
    report = shifts.report(db, shift, at_ms=player.shop.clock.now_ms())
    sums = {(each.reason, each.kind): each.into - each.out for each in report.beside}
    sums |= {(each.reason, "drawer"): each.into - each.out for each in report.drawer}
    sums |= {(each.kind, "tender"): each.taken - each.returned for each in report.tenders}
    sign = -1 if amount.startswith("-") else 1
    player.equal(sums.get((reason, kind)), sign * (parse_amount(amount.lstrip("-")) or 0))


def reprint_slip(player: Player, number: str) -> Refusal | None:
    found = scalar(player.shop.parts.store.reads, "SELECT entry_id FROM entry WHERE number LIKE ?", f"%{number}")
    return player.ask(reprinting.reprint_slip, entry_id=str(found or ""))


def reprint_z(player: Player) -> Refusal | None:
    shift_id = shifts.newest_closed(player.shop.parts.store.reads, player.lane)
    return player.ask(reprinting.reprint_z, shift_id=shift_id)


def _money(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


LINES = r"\d+ of line \d+(?:, \d+ of line \d+)*"
WORDS = (
    (r"hold(?: as (.+))?", hold),
    (r"resume(?: (?!in)(.+))?", resume),
    (r"discard (\S+) because (.+)", discard),
    (r"expect notice (\w+)", expect_notice),
    (r"expect on hold (.+)", expect_held),
    (rf"put back ({LINES}) of (\S+)( set aside)? because (.+)", put_back),
    (r"put back (?:(\d+) )?(\w+)(?: ([\d.]+) kg)? without a receipt(?: at ([\d.]+))? because (.+)", put_back_loose),
    (r"drop back (\d+)", drop_back),
    (r"expect worth ([\d.]+)", expect_worth),
    (r"expect to give back ([\d.]+)", expect_to_give),
    (r"expect given back (.+)", expect_given),
    (r"expect (\d+) paid by (.+)", expect_paid_by),
    (r"expect the X says (\w+) (\w+) (-?[\d.]+)", expect_x_says),
    (r"reprint the slip (\S+)", reprint_slip),
    (r"reprint the Z", reprint_z),
)
