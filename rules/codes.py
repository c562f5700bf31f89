"""What a scanned text is, by the till's step: an item, a weighed item, a member, a receipt, a coupon, a payment."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from rules.basket import QUANTITY_MAX, WEIGHT_MAX_G
from rules.code_report import describe
from rules.code_values import Code, CodeSettings, Kind, Receipt, Step
from rules.gs1 import GS, Elements, Measured, read_digital_link, read_elements, read_measured
from rules.gtin import Flaw, Gtin, gtin_check_digit, has_check_digit, read_gtin, read_upc_e
from rules.money import AMOUNT_MAX, Minor
from rules.scale_codes import Label, ScaleFormat, format_error, make_label, read_label
from rules.scanned_text import AIM_EAN, AIM_GS1, clean_text, is_digits, mask, payment_channel
from rules.sun import read_sun
from rules.totp import read_ecard

__all__ = [
    "Code",
    "CodeSettings",
    "Flaw",
    "Kind",
    "Receipt",
    "ScaleFormat",
    "Step",
    "classify",
    "describe",
    "format_error",
    "gtin_check_digit",
    "make_label",
]

# Without a symbology only these beginnings are taken for element strings: many a shop's own number begins with an AI.
_ELEMENTS_START = re.compile(r"(1[1-7][0-9]{6})*01[0-9]{14}|02[0-9]{14}37[0-9]|00[0-9]{18}$")
_BRACKETS_START = re.compile(r"\([0-9]{2,4}\)")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|(mailto|tel|sms|smsto|geo|wifi|weixin|alipays):", re.IGNORECASE)
_RECEIPT = re.compile(r"([A-Za-z0-9_-]{1,32})-([0-9]{1,3})-([0-9]{8})-([0-9]{4,9})")


def classify(text: str, *, step: Step, settings: CodeSettings) -> Code:
    """Return what a scanned or typed text is. Never raises: what is no code comes back as unknown or invalid.

    Our own codes and the shop's scale labels come first, then whatever looks like a payment code, then the numbers of
    the trade; at the payment step a payment code comes before everything.
    """
    clean, aim, flaw = clean_text(text)
    if flaw is not None:
        return Code(Kind.INVALID, clean, flaw=flaw)
    channel = payment_channel(clean)
    if channel and step is Step.PAYMENT:
        return Code(Kind.PAYMENT, mask(clean), channel=channel, secret=clean)
    code = _own(clean, settings)
    if code is None and aim in AIM_GS1 and not _ADDRESS.match(clean):
        code = _gs1(clean, settings)
    if code is None and aim in AIM_EAN:
        code = _ean(clean, aim, settings)
    if channel and (code is None or code.kind is Kind.INVALID):
        label = read_label(clean, settings.scale_formats)
        if isinstance(label, Label):
            return _from_label(clean, label)
        # A damaged label and a payment code look alike here, and a payment code must not be shown whole.
        kind, flaw = (Kind.INVALID, label) if label else (Kind.UNKNOWN, Flaw.PAYMENT_TOO_EARLY)
        return Code(kind, mask(clean), flaw=flaw, channel=channel)
    if code is None:
        code = _digits(clean, settings) if is_digits(clean) else _words(clean, settings)
    if code.kind is Kind.INVALID and step is not Step.ITEM and clean.isalnum():
        # Only an item must be a good number: a phone or a card number has no check digit of this kind.
        return replace(code, kind=Kind.UNKNOWN)
    return code


def _own(text: str, settings: CodeSettings) -> Code | None:
    if read_sun(text) is not None:
        return Code(Kind.SUN, text)
    ecard = read_ecard(text)
    if ecard is not None:
        return Code(Kind.ECARD, text, (ecard.member_code,))
    for kind, prefixes in (
        (Kind.MEMBER, settings.member_prefixes),
        (Kind.STAFF, settings.staff_prefixes),
        (Kind.COUPON, settings.coupon_prefixes),
    ):
        for prefix in prefixes:
            rest = text[len(prefix) :]
            # After a letter comes a digit, or every word with that initial would be a member.
            form = r"[0-9][0-9A-Za-z._-]{1,63}" if prefix[-1].isalpha() else r"[0-9A-Za-z._-]{2,64}"
            if text.startswith(prefix) and re.fullmatch(form, rest):
                return Code(kind, text, (text,))
    parts = _RECEIPT.fullmatch(text)
    if parts:
        store, lane, day, number = parts.groups()
        try:
            receipt = Receipt(store, int(lane), date.fromisoformat(day), int(number))
        except ValueError:
            return None
        return Code(Kind.RECEIPT, text, receipt=receipt)
    return None


def _invalid(text: str, flaw: Flaw) -> Code:
    return Code(Kind.INVALID, text, (text,), flaw=flaw)


def _ean(text: str, aim: str, settings: CodeSettings) -> Code:
    if not is_digits(text):
        return _invalid(text, Flaw.CHARACTERS)
    if aim == "E0" and len(text) in (6, 7, 8):
        upc = read_upc_e(text)
        return _trade(text, upc) if upc else _invalid(text, Flaw.CHECK_DIGIT)
    lengths = {"E0": (13,), "E3": (13, 15, 18), "E4": (8,)}.get(aim, ())
    if len(text) not in lengths:
        return _invalid(text, Flaw.LENGTH)
    if len(text) == 8 and read_gtin(text) is None:
        return _invalid(text, Flaw.CHECK_DIGIT)
    return _digits(text, settings)


def _digits(text: str, settings: CodeSettings) -> Code:
    label = read_label(text.zfill(13) if len(text) == 12 else text, settings.scale_formats)
    if isinstance(label, Flaw):
        return _invalid(text, label)
    if label is not None:
        return _from_label(text, label)
    gtin, upc = read_gtin(text), read_upc_e(text)
    if gtin is not None:
        return _numbered(text, gtin, settings)
    if upc is not None:
        return _trade(text, upc)
    if len(text) in (15, 18) and has_check_digit(text[:13]):
        gtin14 = text[:13].zfill(14)
        return Code(Kind.GTIN_WITH_ADDON, text, (gtin14, text), gtin14=gtin14, addon=text[13:])
    if _ELEMENTS_START.match(text):
        return _gs1(text, settings)
    return _invalid(text, Flaw.CHECK_DIGIT if len(text) in (8, 12, 13, 14) else Flaw.LENGTH)


def _words(text: str, settings: CodeSettings) -> Code:
    if _ADDRESS.match(text):
        return _address(text, settings)
    if GS in text or _ELEMENTS_START.match(text) or _BRACKETS_START.match(text):
        return _gs1(text, settings)
    if not text.isascii():
        # No bar code of a thing on a shelf holds Chinese; a member's QR code may.
        return Code(Kind.UNKNOWN, text)
    if text[0].isdecimal() and text.isalnum():
        return _invalid(text, Flaw.CHARACTERS)
    return Code(Kind.UNKNOWN, text, (text,))


def _address(text: str, settings: CodeSettings) -> Code:
    found = read_digital_link(text, reference_year=settings.reference_year) if text[:4].lower() == "http" else None
    if not isinstance(found, Elements):
        return Code(Kind.URL, text, flaw=found)
    return _from_elements(Kind.DIGITAL_LINK, text, found, settings)


def _gs1(text: str, settings: CodeSettings) -> Code:
    found = read_elements(text, reference_year=settings.reference_year) if text.isascii() else Flaw.CHARACTERS
    if isinstance(found, Flaw):
        return _invalid(text, found)
    return _from_elements(Kind.GS1, text, found, settings)


def _trade(text: str, gtin: Gtin) -> Code:
    # Six and seven digits are protected by no check digit, so a code that the shop wrote down just so goes before.
    keys = (gtin.gtin14, text) if len(text) >= 8 else (text, gtin.gtin14)
    return Code(Kind.GTIN, text, tuple(dict.fromkeys(keys)), gtin14=gtin.gtin14, format=gtin.format)


def _numbered(text: str, gtin: Gtin, settings: CodeSettings) -> Code:
    code = _trade(text, gtin)
    digits = gtin.gtin14[1:]
    if gtin.format not in ("GTIN-12", "GTIN-13") or not digits.startswith(("2", "02", "04")):
        return code
    code = replace(code, kind=Kind.IN_STORE)
    if not settings.region or not digits.startswith(("2", "02")):
        return code
    found = read_measured(digits, region=settings.region)
    if isinstance(found, Flaw):
        return replace(_invalid(text, found), region=settings.region)
    return _from_measured(code, found, settings) if found else code


def _from_label(text: str, label: Label) -> Code:
    has_measure = label.amount is not None or label.weight_g is not None
    items = tuple(dict.fromkeys(key for key in (label.item, label.flagged_item) if label.item))
    code = Code(Kind.VARIABLE, text, items, item=label.item, amount=label.amount, weight_g=label.weight_g)
    if not has_measure:
        gtin = read_gtin(text)
        keys = (gtin.gtin14, text) if gtin else (text,)
        return replace(code, kind=Kind.IN_STORE, lookup=(*keys, *items), gtin14=gtin.gtin14 if gtin else "")
    return _in_range(code)


def _from_measured(code: Code, found: Measured, settings: CodeSettings) -> Code:
    weight_g = None if found.weight_kg is None else _whole(found.weight_kg * 1000)
    amount = None if found.price is None else _minor(found.price, settings)
    measured = replace(
        code,
        kind=Kind.VARIABLE,
        lookup=(found.gtin14, found.gtin14[1:], found.item),
        item=found.item,
        region=settings.region,
        weight_g=weight_g,
        amount=amount,
        price=found.price,
        count=found.count,
    )
    return _in_range(measured)


def _from_elements(kind: Kind, text: str, elements: Elements, settings: CodeSettings) -> Code:
    gtin14 = elements.get("01") or ""
    own, foreign, count = elements.measure("392"), elements.measure("393"), elements.get("30")
    currency = "" if foreign is None else next(value[:3] for ai, value in elements.pairs if ai[:3] == "393")
    price = own if foreign is None else foreign
    is_ours = own is not None or currency == settings.currency_number
    weight = elements.measure("310")
    code = Code(
        kind,
        text,
        # A logistic unit is not sold, so only a trade item number leads to the catalogue.
        (gtin14, text) if gtin14 else (),
        gtin14=gtin14,
        elements=elements,
        price=price,
        currency=currency,
        amount=_minor(price, settings) if price is not None and is_ours else None,
        weight_g=None if weight is None else _whole(weight * 1000),
        count=int(count) if count else None,
    )
    return _in_range(code)


def _minor(price: Decimal, settings: CodeSettings) -> Minor:
    return _whole(price.scaleb(settings.minor_digits))


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


def _in_range(code: Code) -> Code:
    is_countable = code.count is None or 1 <= code.count <= QUANTITY_MAX
    if not is_countable or (code.amount or 0) > AMOUNT_MAX or (code.weight_g or 0) > WEIGHT_MAX_G:
        return replace(_invalid(code.text, Flaw.RANGE), elements=code.elements)
    return code
