"""The customer's phone on the device bench: payment codes, and what the simulated gateway makes of the next one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from drivers.fake_gateway import CHARGES, REFUNDS, REVERSALS, FakeGateway
from edge.text_marks import N_
from edge.web.bars import code128
from edge.web.house import House
from edge.web.sheet import bars_svg
from edge.web.speech import Speech

CODES = {"wechat": ("13", 18), "alipay": ("28", 18), "unionpay": ("62", 19)}
"""First digits and length of a payment code of each channel."""

CHARGE_WORDS: Mapping[str, str] = {
    "pays": N_("Pays at once"),
    "password_then_pays": N_("Enters the password, then pays"),
    "password_then_cancels": N_("Is asked for the password, and cancels"),
    "password_never": N_("Never enters the password"),
    "not_enough": N_("Has not enough money"),
    "code_expired": N_("Code has expired"),
    "code_invalid": N_("Code is not valid"),
    "card_refused": N_("The bank refuses"),
    "not_allowed": N_("The shop's account is refused"),
    "error_then_paid": N_("Error, but paid"),
    "error_not_paid": N_("Error, and not paid"),
    "error_then_closed": N_("Error, then closed"),
    "silence_paid": N_("No answer, but paid"),
    "silence_not_paid": N_("No answer, and not paid"),
    "silence_paid_late": N_("No answer, paid later"),
    "never_sent": N_("Line cut before it is sent"),
    "number_used": N_("Number used before"),
    "wrong_amount": N_("Answer with another amount"),
    "not_believed": N_("Answer with a wrong signature"),
}
REVERSE_WORDS: Mapping[str, str] = {
    "done": N_("Done at once"),
    "again": N_("Has to be asked twice"),
    "error_then_done": N_("Error, then done"),
    "silence_done": N_("No answer, but done"),
    "silence_not_done": N_("No answer, and not done"),
    "refused": N_("Refused"),
}
REFUND_WORDS: Mapping[str, str] = {
    "done": N_("Done at once"),
    "processing": N_("The bank needs a while"),
    "processing_then_refused": N_("The bank sends it back"),
    "error_not_done": N_("Error, and not done"),
    "silence_done": N_("No answer, but done"),
    "silence_not_done": N_("No answer, and not done"),
    "not_enough": N_("Too little in the shop's account"),
}
OUTCOMES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "charge": tuple((each, CHARGE_WORDS[each]) for each in CHARGES),
    "reverse": tuple((each, REVERSE_WORDS[each]) for each in REVERSALS),
    "refund": tuple((each, REFUND_WORDS[each]) for each in REFUNDS),
}
"""What may be chosen, with its words."""


def blueprint(house: House, gateway: FakeGateway, speech: Speech) -> Blueprint:
    """Return what the phone on the bench does."""
    pages = Blueprint("bench_codes", __name__)
    scanners = {
        device.lane: device.name
        for device in house.config.device
        if device.kind.endswith("scanner") and house.bench.has(device.name)
    }
    choose = {"charge": gateway.next_charge, "reverse": gateway.next_reversal, "refund": gateway.next_refund}

    @pages.get("/bench/<int:lane>/gateway")
    def state(lane: int) -> ResponseReturnValue:
        del lane
        return jsonify(chosen=gateway.chosen, is_cut=gateway.is_cut)

    @pages.post("/bench/<int:lane>/gateway")
    def change(lane: int) -> ResponseReturnValue:
        del lane
        asked = request.get_json()
        if not isinstance(asked, dict):
            abort(400)
        if isinstance(asked.get("is_cut"), bool):
            gateway.is_cut = asked["is_cut"]
        elif asked.get("outcome") in dict(OUTCOMES.get(str(asked.get("what")), ())):
            choose[asked["what"]](asked["outcome"])
        else:
            abort(400)
        return jsonify(chosen=gateway.chosen, is_cut=gateway.is_cut)

    @pages.post("/bench/<int:lane>/phone")
    def phone(lane: int) -> ResponseReturnValue:
        asked = request.get_json()
        channel = asked.get("channel") if isinstance(asked, dict) else None
        if channel not in gateway.channels:
            abort(400)
        first, length = CODES[channel]
        code = first + "".join(str(secrets.randbelow(10)) for _ in range(length - len(first)))
        is_read = house.bench.scan(scanners.get(lane) or abort(404), code)
        texts = speech.texts()
        words = texts.t("Scanned") if is_read else texts.t("The scanner did not read it")
        bars = bars_svg(code128(code[:4] + code[-4:]))
        label = render_template(
            "bench/label.html", title=texts.tender(channel), detail="", code=f"{code[:6]}…{code[-4:]}", bars=bars,
            is_read=is_read,
        )  # fmt: skip
        return jsonify(is_read=is_read, words=f"{words}: {texts.tender(channel)}", label=label)

    return pages
