"""What a screen may ask of its till: one small table, and the one place where its requests are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from edge import (
    approvals,
    card_deeds,
    charging,
    exchanging,
    holding,
    member_desk,
    quick_keys,
    reprinting,
    shifts,
    till_again,
    till_asks,
    till_by_hand,
    till_checks,
    till_drawer,
    till_items,
    till_notes,
    till_training,
    weighing,
)
from edge.benefits import use_all
from edge.coupon_desk import use_coupon
from edge.loop import TillBusyError
from edge.screen import Refusal, Stage
from edge.stored_value import keep_change, print_statement
from edge.till import Till
from edge.till_kitchen import paper_is_there, reprint_kitchen_slip
from edge.times import drop_times, use_times
from edge.web.house import House
from edge.web.speech import Speech
from edge.weights import TARE_MAX_G
from rules.basket import QUANTITY_MAX, WEIGHT_MAX_G
from rules.money import AMOUNT_MAX, BASIS_POINTS

log = logging.getLogger(__name__)

TEXT_MAX = 4_096
"""Characters of the longest text that an action takes: a code of a phone's screen is the longest thing scanned."""
VIEW_FIRST_S = 0.03
"""So long an answer waits for the view that shows what it did: the page has one thread, and the view is waited for."""


@dataclass(frozen=True, slots=True)
class Action:
    """A method of the till and its arguments: a range for a number, None for a text."""

    method: Callable[..., Any]
    arguments: Mapping[str, range | None]
    optional: frozenset[str] = frozenset()
    """Arguments that may be left out."""
    when_locked: bool = False


def selling_actions(amount: range) -> tuple[Action, ...]:
    """Return what a cashier does beside scanning: answers, price checks, notes, the same again, quick keys."""
    pages, places = range(1_000_000), range(quick_keys.KEYS_MAX)
    key: dict[str, range | None] = {"page_id": pages, "at": places, "sku": None}
    return (
        Action(till_asks.answer_price, {"amount": amount}),
        Action(till_asks.confirm_age, {}),
        Action(till_items.sell_expired, {}),
        Action(till_checks.begin_check, {}),
        Action(till_checks.end_check, {}),
        Action(till_checks.check_item, {"sku": None}),
        Action(till_checks.sell_checked, {}),
        Action(till_again.sell_again, {"sale_id": None}, optional=frozenset({"sale_id"})),
        Action(till_notes.note_line, {"line_id": None, "note": None}),
        Action(
            quick_keys.put_page,
            {"page_id": pages, "name": None, "language": None, "own": range(2)},
            optional=frozenset({"own"}),
        ),
        Action(quick_keys.move_page, {"page_id": pages, "to": range(quick_keys.PAGES_MAX)}),
        Action(quick_keys.drop_page, {"page_id": pages}),
        Action(quick_keys.add_key, {"page_id": pages, "sku": None, "colour": None}, optional=frozenset({"colour"})),
        Action(quick_keys.move_key, {**key, "to": places}),
        Action(quick_keys.colour_key, {**key, "colour": None}),
        Action(quick_keys.drop_key, key),
        Action(till_training.end_training, {}),
    )


def actions() -> Mapping[str, Action]:
    """Return every action by the name that stands in its address."""
    amount, quantity = range(AMOUNT_MAX + 1), range(QUANTITY_MAX + 1)
    table = (
        Action(Till.sign_in, {"staff_id": None, "pin": None}, when_locked=True),
        Action(Till.sign_out, {}),
        Action(Till.scan, {"text": None}, when_locked=True),
        Action(Till.set_next_quantity, {"quantity": quantity}),
        Action(
            Till.add_item,
            {"sku": None, "weight_g": range(1, WEIGHT_MAX_G + 1), "open_price": amount},
            optional=frozenset({"weight_g", "open_price"}),
        ),
        Action(Till.change_quantity, {"line_id": None, "quantity": quantity}),
        Action(Till.set_open_price, {"line_id": None, "amount": amount}),
        Action(Till.void_line, {"line_id": None}),
        Action(Till.undo, {}),
        Action(Till.void_basket, {"reason": None}),
        Action(Till.attach_member, {"member_id": None}),
        Action(Till.detach_member, {}),
        Action(member_desk.bind_card, {"member_id": None}),
        Action(member_desk.ignore_card, {}),
        Action(Till.remove_code, {"code": None}),
        Action(use_coupon, {"code": None}),
        Action(Till.redeem_points, {"points": amount}, optional=frozenset({"points"})),
        Action(use_all, {}),
        Action(Till.choose_gift, {"promotion_id": None, "sku": None}),
        Action(
            use_times,
            {"unit": None, "sku": None, "holder_id": None, "quantity": quantity},
            optional=frozenset({"quantity"}),
        ),
        Action(print_statement, {"member_id": None}),
        Action(keep_change, {"keeps": range(2)}),
        Action(drop_times, {"unit": None, "sku": None}),
        Action(Till.dismiss, {}, when_locked=True),
        Action(Till.to_pay, {}),
        Action(Till.back_to_sale, {}),
        Action(Till.pay, {"sale_id": None, "kind": None, "given": amount}),
        Action(Till.undo_tender, {}),
        Action(charging.charge_next, {"amount": amount}),
        Action(charging.cancel_charge, {"charge_id": None}),
        Action(charging.ask_again, {"charge_id": None}),
        Action(charging.undo_tenders, {}),
        Action(charging.settle_by_hand, {"charge_id": None, "reason": None}),
        Action(Till.next_sale, {"seen": range(2**53)}, optional=frozenset({"seen"})),
        Action(card_deeds.choose_card, {"uid": None}),
        Action(card_deeds.forget_cards, {}),
        Action(card_deeds.bind_badge, {"staff_id": None}),
        Action(holding.hold, {"note": None}, optional=frozenset({"note"})),
        Action(holding.resume, {"sale_id": None}, optional=frozenset({"sale_id"})),
        Action(holding.discard_held, {"sale_id": None, "reason": None}),
        Action(exchanging.drop_back, {"line_id": None}),
        Action(approvals.approve, {"staff_id": None, "pin": None}),
        Action(approvals.give_reason, {"reason": None}),
        Action(approvals.decline, {}),
        *_decided_by_hand(),
    )
    return {action.method.__name__: action for action in table}


def _decided_by_hand() -> tuple[Action, ...]:
    """Return prices by hand, the drawer and the shift."""
    amount, parts = range(AMOUNT_MAX + 1), range(BASIS_POINTS + 1)
    return (
        Action(
            till_by_hand.discount_line,
            {"line_id": None, "reason": None, "off_bp": parts, "off_amount": amount},
            optional=frozenset({"off_bp", "off_amount"}),
        ),
        Action(till_by_hand.discount_basket, {"off_bp": parts, "reason": None}),
        Action(
            till_by_hand.change_price,
            {"line_id": None, "reason": None, "amount": amount},
            optional=frozenset({"amount"}),
        ),
        *selling_actions(amount),
        *_at_the_scale(),
        *_on_paper(),
        Action(till_drawer.open_drawer, {"reason": None}),
        Action(shifts.begin_shift, {"float_amount": amount}),
        Action(
            shifts.move_cash,
            {"kind": None, "amount": amount, "reason": None, "move_id": None},
            optional=frozenset({"move_id"}),
        ),
        Action(
            shifts.close_shift,
            {"pieces": None, "other": amount, "left": amount},
            optional=frozenset({"other", "left"}),
        ),
    )


def _on_paper() -> tuple[Action, ...]:
    return (
        Action(reprinting.reprint_slip, {"entry_id": None}),
        Action(reprinting.print_gift_receipt, {"sale_id": None}),
        Action(reprinting.reprint_z, {"shift_id": None}),
        Action(Till.print_test, {"printer": None}),
        Action(reprint_kitchen_slip, {"sale_id": None, "printer": None}),
        Action(paper_is_there, {"sale_id": None, "printer": None}),
        Action(Till.reprint, {"sale_id": None}),
        Action(shifts.print_x, {}),
    )


def _at_the_scale() -> tuple[Action, ...]:
    weight_g = range(1, WEIGHT_MAX_G + 1)
    return (
        Action(weighing.take_weight, {"sku": None, "weight_g": weight_g}),
        Action(weighing.type_weight, {"sku": None, "weight_g": weight_g}),
        Action(weighing.set_tare, {"tare_g": range(weighing.TARE_OF_SCALE, TARE_MAX_G + 1)}),
    )


def read_arguments(action: Action, given: object) -> dict[str, Any] | None:
    """Return the arguments in their types, or None when they are not exactly those of the action."""
    if not isinstance(given, dict) or not action.arguments.keys() - action.optional <= given.keys():
        return None
    for name, value in given.items():
        if name not in action.arguments:
            return None
        span = action.arguments[name]
        if span is None:
            if not isinstance(value, str) or len(value) > TEXT_MAX or not _can_be_written(value):
                return None
        elif type(value) is not int or value not in span:
            return None
    return given


def _can_be_written(text: str) -> bool:
    """Tell whether a text is UTF-8: half a character, as JSON may hold one, is written nowhere."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the pages that take a screen's presses. The stream paints what comes of them."""
    pages = Blueprint("actions", __name__)
    table = actions()

    @pages.post("/lane/<int:lane>/do/<name>")
    def do(lane: int, name: str) -> ResponseReturnValue:
        action = table.get(name) or abort(404)
        arguments = read_arguments(action, request.get_json())
        if arguments is None:
            abort(400)
        try:
            view = house.screens.newest(lane)
        except KeyError:
            abort(404)
        texts = speech.texts()
        if view.stage is Stage.LOCKED and not action.when_locked:
            answer: object = Refusal("locked")
        else:
            try:
                answer = house.ask(lane, action.method, **arguments)
            except TillBusyError:
                log.warning("lane %d: %s not answered in time", lane, name)
                return jsonify(refusal="till_busy", text=texts.refusal("till_busy")), 503
        house.screens.wait_sent(lane, timeout_s=VIEW_FIRST_S)
        if isinstance(answer, Refusal):
            return jsonify(refusal=answer.code, text=texts.refusal(answer.code, answer.params))
        return "", 204

    return pages
