"""What stories say of payment codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge import charging, charging_refunds
from edge.screen import Refusal
from edge.store import charges
from edge.store.database import rows
from rules.money import parse_amount
from tests.stories.words_returns import sale_of

if TYPE_CHECKING:
    from tests.stories.player import Player


def next_payment(player: Player, outcome: str) -> None:
    player.shop.gateway.next_charge(outcome)


def next_reversal(player: Player, outcome: str) -> None:
    player.shop.gateway.next_reversal(outcome)


def next_refund(player: Player, outcome: str) -> None:
    player.shop.gateway.next_refund(outcome)


def line(player: Player, state: str) -> None:
    player.shop.gateway.is_cut = state == "cut"


def gateways_take(player: Player, channels: str) -> None:
    """The configuration is another one from this start on."""
    player.shop.gateway.channels = frozenset(channels.split())
    player.restart()


def wait_for_gateway(player: Player) -> Refusal | None:
    """Wait until nothing is due at this moment; the clock stands still meanwhile."""
    return _rest(player)


def pay_by_code(player: Player, code: str) -> Refusal | None:
    """Hold a payment code to the scanner, and see what comes of it."""
    before = player.view.number
    player.shop.reader(f"scanner-{player.lane}").type(code)
    assert player.until(lambda: player.view.number != before), "nothing happened on the screen"
    player.ask(lambda _: None)
    return _rest(player)


def _rest(player: Player) -> Refusal | None:
    charger = player.shop.parts.charger
    assert player.until(charger.is_resting), "the gateway is never done"
    player.ask(lambda _: None)
    notice = player.view.notice
    is_new = notice is not None and notice is not player.heard
    is_of_codes = notice is not None and notice.code.startswith("charge_") and notice.code != "charge_running"
    player.heard = notice
    return notice if is_new and is_of_codes else None


def charge_part(player: Player, amount: str) -> Refusal | None:
    return player.ask(charging.charge_next, amount=parse_amount(amount))


def cancel(player: Player) -> Refusal | None:
    shown = player.view.charge
    assert shown is not None, "nothing is being charged"
    answer = player.ask(charging.cancel_charge, charge_id=shown.charge_id)
    player.heard = player.view.notice
    return answer or player.heard


def ask_again(player: Player) -> Refusal | None:
    db = player.shop.parts.store.reads
    subject = next((each.charge_id for each in charges.recent(db, lane=player.lane)), "")
    return player.ask(charging.ask_again, charge_id=subject)


def settle(player: Player, reason: str) -> Refusal | None:
    db = player.shop.parts.store.reads
    return player.ask(charging.settle_by_hand, charge_id=charges.recent(db)[0].charge_id, reason=reason)


def take_all_back(player: Player) -> Refusal | None:
    return player.ask(charging.undo_tenders)


def retry_refund(player: Player) -> Refusal | None:
    return player.ask(charging_refunds.retry_refund, refund_id=_refund_id(player))


def refund_in_cash(player: Player) -> Refusal | None:
    return player.ask(charging_refunds.refund_in_cash, refund_id=_refund_id(player))


def _refund_id(player: Player) -> str:
    return charges.recent_refunds(player.shop.parts.store.reads)[0].refund_id


def expect_charge(player: Player, state: str) -> None:
    found = player.view.charge
    player.equal(found.state if found else "none", state)


def expect_charges(player: Player, states: str) -> None:
    db = player.shop.parts.store.reads
    found = rows(
        db,
        "SELECT kind, amount, state FROM charge WHERE lane = ? ORDER BY"
        " (SELECT min(step_no) FROM charge_step s WHERE s.charge_id = charge.charge_id)",
        player.lane,
    )
    player.equal(", ".join(f"{kind} {amount / 100:.2f} {state}" for kind, amount, state in found) or "none", states)


def expect_refunds(player: Player, states: str) -> None:
    db = player.shop.parts.store.reads
    found = rows(db, "SELECT amount, state FROM charge_refund ORDER BY amount")
    player.equal(", ".join(f"{amount / 100:.2f} {state}" for amount, state in found) or "none", states)


def expect_kept(player: Player, amount: str) -> None:
    """What customers paid by code in all, by the gateway's own books."""
    player.equal(player.shop.gateway.kept(), parse_amount(amount))


def expect_code_ways(player: Player, words: str) -> None:

    def found() -> str:
        return (
            ", ".join(f"{kind}{'' if is_reached else ' cut'}" for kind, is_reached in player.view.code_ways) or "none"
        )

    player.until(lambda: found() == words)
    player.equal(found(), words)


def expect_tenders_of(player: Player, number: str, words: str) -> None:
    found = rows(
        player.shop.parts.store.reads,
        "SELECT t.kind, t.amount FROM sale s JOIN sale_tender t ON t.sale_no = s.sale_no WHERE s.sale_id = ?"
        " ORDER BY t.tender_no",
        sale_of(player, number),
    )
    player.equal(", ".join(f"{kind} {amount / 100:.2f}" for kind, amount in found), words)


def expect_handed_back(player: Player, cash: str, card: str, codes: str) -> None:
    notice, player.refusal = player.view.notice, None
    assert notice is not None and notice.code == "undone_all", f"found {notice}"
    names = ("cash_minor", "card_minor", "codes_minor")
    player.equal([notice.params[name] for name in names], [parse_amount(each) for each in (cash, card, codes)])


WORDS = (
    (r"next payment (\w+)", next_payment),
    (r"next reversal (\w+)", next_reversal),
    (r"next refund (\w+)", next_refund),
    (r"the line is (cut|back)", line),
    (r"the gateways take ((?:wechat|alipay|unionpay)(?: (?:wechat|alipay|unionpay))*)", gateways_take),
    (r"wait for the gateway", wait_for_gateway),
    (r"pay by code (\d+)", pay_by_code),
    (r"charge ([\d.]+) by the next code", charge_part),
    (r"cancel the code", cancel),
    (r"ask again", ask_again),
    (r"settle by hand because (.+)", settle),
    (r"take all back", take_all_back),
    (r"send the refund again", retry_refund),
    (r"pay the refund in cash", refund_in_cash),
    (r"expect code (\w+)", expect_charge),
    (r"expect charges (.+)", expect_charges),
    (r"expect refunds (.+)", expect_refunds),
    (r"expect the gateway keeps ([\d.]+)", expect_kept),
    (r"expect codes for (.+)", expect_code_ways),
    (r"expect tenders of (\d+): (.+)", expect_tenders_of),
    (r"expect handed back cash ([\d.]+), card ([\d.]+), codes ([\d.]+)", expect_handed_back),
)
