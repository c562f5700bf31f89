"""Words of what the till asks, price checks, notes of lines, the same again, and stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from edge import till_again, till_asks, till_checks, till_items, till_notes, till_training
from edge.screen import Refusal
from edge.store import ledger
from edge.store.database import row, rows
from rules.ledger import CUSTOMERS, SHELF, Transfer, stock_unit
from rules.money import parse_amount


def cost(player: Any, amount: str) -> Refusal | None:
    return _and_what_waited(player, player.ask(till_asks.answer_price, amount=parse_amount(amount)))


def old_enough(player: Any) -> Refusal | None:
    return _and_what_waited(player, player.ask(till_asks.confirm_age))


def sell_expired(player: Any) -> Refusal | None:
    return _and_what_waited(player, player.ask(till_items.sell_expired))


def _and_what_waited(player: Any, answer: Refusal | None) -> Refusal | None:
    """Return the answer once the scans that waited behind the question were worked off."""
    player.ask(lambda _till: None)
    return answer


def check(player: Any) -> Refusal | None:
    return player.ask(till_checks.begin_check)


def end_check(player: Any) -> None:
    player.ask(till_checks.end_check)


def sell_checked(player: Any) -> Refusal | None:
    return player.ask(till_checks.sell_checked)


def again(player: Any, number: str) -> Refusal | None:
    if not number:
        return player.ask(till_again.sell_again)
    (found,) = player.shop.parts.reads.receipts(text=number)
    return player.ask(till_again.sell_again, sale_id=found.sale_id)


def note(player: Any, number: str, text: str) -> Refusal | None:
    return player.ask(till_notes.note_line, line_id=player.line_id(number), note=text)


def note_off(player: Any, number: str) -> Refusal | None:
    return player.ask(till_notes.note_line, line_id=player.line_id(number), note="")


def bring_in(player: Any, pieces: str, sku: str) -> None:
    """Goods come to the shelf, as a delivery books them."""
    shop = player.shop

    def change() -> None:
        moved = Transfer(stock_unit(sku), CUSTOMERS, SHELF, int(pieces), "delivery")
        ledger.post(shop.parts.store.db, [moved], sale_id=None, at_ms=shop.clock.now_ms(), business_date="2026-11-23")

    shop.parts.loop.write(change)


def expect_checked(player: Any, sku: str, price: str, member: str, stock: str) -> None:
    found = player.view.checked
    if found is None:
        return player.equal("nothing", sku)
    said = [found.sku, f"{found.price / 100:.2f}"]
    said += ["" if found.member_price is None else f"{found.member_price / 100:.2f}"]
    said += ["" if found.stock is None else str(found.stock)]
    return player.equal(said, [sku, price, member, stock])


def expect_not_checking(player: Any) -> None:
    player.equal(player.view.is_checking, False)


def expect_note(player: Any, number: str, text: str) -> None:
    player.equal(player.view.lines[int(number) - 1].note, "" if text == "nothing" else text)


def expect_short(player: Any, number: str, left: str) -> None:
    found = player.view.lines[int(number) - 1].stock_after
    player.equal("none" if found is None else str(found), left)


def expect_age_journal(player: Any, action: str, sku: str, age: str, who: str) -> None:
    found = rows(player.shop.parts.store.reads, "SELECT staff_id, detail FROM audit WHERE action = ?", action)
    said = [(staff, detail["sku"], detail["age"]) for staff, detail in ((s, msgspec.json.decode(d)) for s, d in found)]
    assert (who, sku, int(age)) in said, f"found {said}"


def practise(player: Any) -> Refusal | None:
    shop = player.shop.parts.shop
    assert shop.practice.prepare(shop)
    return player.ask(till_training.begin_training)


def end_practice(player: Any) -> Refusal | None:
    return player.ask(till_training.end_training)


def expect_practice(player: Any) -> None:
    player.equal(player.view.is_training, True)


def expect_no_practice(player: Any) -> None:
    player.equal(player.view.is_training, False)


def expect_practised(player: Any, count: str) -> None:
    reads = player.shop.parts.shop.practice.reads(player.lane)
    player.equal(len(reads.receipts()), int(count))


def expect_told_hq(player: Any, count: str) -> None:
    found = row(player.shop.parts.store.reads, "SELECT count(*) FROM outbox WHERE kind = 'sale'")
    player.equal(found[0], int(count))


WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"it costs ([\d.]+)", cost),
    (r"the buyer is old enough", old_enough),
    (r"sell it all the same", sell_expired),
    (r"check prices", check),
    (r"end the price check", end_check),
    (r"sell what was checked", sell_checked),
    (r"sell the same again(?: as (\S+))?", again),
    (r"note on line (\d+): (.+)", note),
    (r"no note on line (\d+)", note_off),
    (r"bring in (\d+) (\w+)", bring_in),
    (r"practise", practise),
    (r"end the practice", end_practice),
    (r"expect practice", expect_practice),
    (r"expect no practice", expect_no_practice),
    (r"expect (\d+) practised sales", expect_practised),
    (r"expect head office is told of (\d+) sales", expect_told_hq),
    (r"expect checked (\w+) ([\d.]+)(?: for members ([\d.]+))?(?: in stock (-?\d+))?", expect_checked),
    (r"expect no price check", expect_not_checking),
    (r"expect note on line (\d+): (.+)", expect_note),
    (r"expect line (\d+) leaves (-?\d+|none) on the shelf", expect_short),
    (r"expect the journal says (age_confirmed|age_refused) of (\w+) from (\d+) by (\w+)", expect_age_journal),
)
