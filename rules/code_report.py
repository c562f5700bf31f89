"""How a text was understood, in words and JSON: for whoever tries the shop's codes before opening."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from rules.code_values import Code, Kind
from rules.gtin import Flaw

_KIND_WHY = {
    Kind.GTIN: "A trade item number with a right check digit.",
    Kind.GTIN_WITH_ADDON: "A trade item number followed by the add-on of a magazine or book.",
    Kind.VARIABLE: "An item with its amount, weight or count inside the code.",
    Kind.IN_STORE: "A number of the shop's own; it is looked up as a whole.",
    Kind.GS1: "A GS1 element string.",
    Kind.DIGITAL_LINK: "A web address that names an item by the GS1 Digital Link standard.",
    Kind.RECEIPT: "The number of a receipt.",
    Kind.MEMBER: "A member code of this shop.",
    Kind.ECARD: "A member code of this shop with what proves that the member's phone shows it now.",
    Kind.SUN: "The message of a card that proves itself, as a phone shows it.",
    Kind.COUPON: "A coupon code of this shop.",
    Kind.STAFF: "A staff badge of this shop.",
    Kind.PAYMENT: "A payment code; it is passed on to the payment channel and shown nowhere.",
    Kind.URL: "A web address that names no item.",
    Kind.UNKNOWN: "Not a code of a known form; only the catalogue or the member list can know it.",
}
_FLAW_WHY = {
    Flaw.EMPTY: "Nothing was read but a terminator.",
    Flaw.TOO_LONG: "The text is longer than any code.",
    Flaw.CHARACTERS: "The text holds characters that no such code has.",
    Flaw.LENGTH: "No code has this number of digits.",
    Flaw.CHECK_DIGIT: "The check digit is wrong: the code was misread, mistyped or badly printed.",
    Flaw.MEASURE_CHECK: "The inner check digit of the price or weight is wrong.",
    Flaw.ELEMENTS: "The text is not made of GS1 elements.",
    Flaw.DATE: "A date in the code does not exist.",
    Flaw.RANGE: "The amount or the weight is larger than any that can be sold.",
    Flaw.SYMBOLOGY: "The text begins with ] and no symbology identifier follows.",
    Flaw.PAYMENT_TOO_EARLY: "It looks like a payment code and nothing is to be paid yet: neither looked up nor shown.",
}


def describe(code: Code) -> dict[str, object]:
    """Return a code as JSON-ready names and values; empty fields are left out.

    Dates are ISO 8601, decimals are strings, `amount_minor` is in minor units; `amount_yuan` and `weight_kg` say
    the same for people. A payment code is masked. `why` is one English sentence.
    """
    facts: dict[str, object] = {
        "kind": code.kind.value,
        "text": code.text,
        "gtin14": code.gtin14,
        "format": code.format,
        "addon": code.addon,
        "item": code.item,
        "region": code.region,
        "amount_minor": code.amount,
        "amount_yuan": _amount(code),
        "price": _plain(code.price),
        "currency": code.currency,
        "weight_kg": _weight(code),
        "count": code.count,
        **_elements(code),
        **_receipt(code),
        "channel": code.channel,
        "flaw": code.flaw.value if code.flaw else None,
        "lookup": list(code.lookup),
        "why": _FLAW_WHY[code.flaw] if code.flaw else _KIND_WHY[code.kind],
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _amount(code: Code) -> str | None:
    # A country's own rule states the price in that country's money, so only the shop's own labels are called yuan.
    if code.amount is None or code.price is not None:
        return None
    return _plain(Decimal(code.amount).scaleb(-2))


def _weight(code: Code) -> str | None:
    stated = code.elements.measure("310") if code.elements else None
    if stated is not None:
        return _plain(stated)
    return None if code.weight_g is None else _plain(Decimal(code.weight_g).scaleb(-3))


def _elements(code: Code) -> dict[str, object]:
    elements = code.elements
    if elements is None:
        return {}
    return {
        "elements": dict(elements.pairs),
        "dates": {ai: day.isoformat() for ai, day in elements.dates} or None,
        "expiry": _moment(elements.expiry),
        "decimals": {ai: _plain(value) for ai, value in elements.decimals} or None,
        "weight_lb": _plain(elements.measure("320")),
    }


def _receipt(code: Code) -> dict[str, object]:
    receipt = code.receipt
    if receipt is None:
        return {}
    return {
        "store": receipt.store,
        "lane": receipt.lane,
        "business_date": receipt.business_date.isoformat(),
        "number": receipt.number,
    }


def _moment(moment: date | datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.isoformat(timespec="minutes") if isinstance(moment, datetime) else moment.isoformat()


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
