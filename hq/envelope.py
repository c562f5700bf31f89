"""What a message upwards is: read strictly, or set aside with its reason. Nothing here trusts the sender."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from edge.messages import MESSAGE_MAX_BYTES, SPEC_VERSION, TYPE_PREFIX, TYPES, Envelope, ReturnBody, SaleBody, body_hash
from rules.money import AMOUNT_MAX

INT_MAX: Final = 2**53
"""Largest figure that a message may hold, either side of zero: what JSON carries exactly everywhere."""
SEQUENCE_MAX: Final = 2**53
MOMENT_MAX_MS: Final = 253_402_300_799_999
"""Last moment of the year 9999, in UTC milliseconds."""
DEPTH_MAX: Final = 12
"""Deepest nesting of a body."""
DETAIL_MAX: Final = 200

STORE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
EPOCH: Final = re.compile(r"[0-9A-Za-z]{1,32}")
HASH: Final = re.compile(r"[0-9a-f]{64}")
DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
CURRENCY: Final = re.compile(r"[A-Z]{3}")

PRIVATE: Final = frozenset(
    {
        "phone",
        "birthday",
        "birth_day",
        "birth_month",
        "birth_year",
        "card",
        "uid",
        "pan",
        "payment_code",
        "auth_code",
        "pin",
    }
)
"""Fields that head office never keeps, whatever a store sends."""


class Reason(StrEnum):
    """Why a message was set aside."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    """No JSON, or nested without end."""
    WRONG_SHAPE = "wrong_shape"
    """A field is missing or of the wrong kind."""
    WRONG_NAME = "wrong_name"
    """Topic and envelope name different stores, kinds or sequences."""
    OUT_OF_RANGE = "out_of_range"
    """A figure beyond all bounds, or a date that is none."""
    NO_BODY = "no_body"
    """The store says that it has the message no more, or that it is too large to send."""


class Unreadable(Exception):
    """The message cannot be read. Raised and caught within this module."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it is written down; one that could not be read has a `reason`, and perhaps no epoch and sequence."""

    store: str
    epoch: str
    seq: int | None
    kind: str
    subject: str = ""
    time: str = ""
    hash: str = ""
    """SHA-256 (hex) of the body's bytes; empty where there is none."""
    prev_hash: str = ""
    body: str = ""
    """JSON of what is kept of the body."""
    sale: SaleBody | None = None
    refund: ReturnBody | None = None
    reason: Reason | None = None
    detail: str = ""
    topic: str = ""
    payload: bytes = b""
    """Only of a message that could not be read."""


class _Naming(msgspec.Struct):
    """The least that must be readable for an answer."""

    storeepoch: str
    sequence: int


_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_SALE: Final = msgspec.json.Decoder(SaleBody)
_REFUND: Final = msgspec.json.Decoder(ReturnBody)
_NAMING: Final = msgspec.json.Decoder(_Naming)
_ENCODER: Final = msgspec.json.Encoder()


def topic_store(topic: str, tenant: str) -> tuple[str, str] | None:
    """Return (store, kind) of an up topic, or None when it is none of this tenant."""
    parts = topic.split("/")
    if len(parts) != 6 or parts[:3] != ["taptill", "v1", tenant] or parts[4] != "up" or not STORE.fullmatch(parts[3]):
        return None
    return parts[3], parts[5]


def read(topic: str, payload: bytes, tenant: str) -> Received | None:
    """Return what a payload says, or None for a topic that names no store."""
    named = topic_store(topic, tenant)
    if named is None:
        return None
    store, kind = named
    try:
        return _read(store, kind, payload, tenant)
    except Unreadable as error:
        epoch, seq = _naming(payload)
        return Received(
            store=store,
            epoch=epoch,
            seq=seq,
            kind=kind,
            reason=error.reason,
            detail=str(error)[:DETAIL_MAX],
            topic=topic,
            payload=payload,
        )


def _read(store: str, kind: str, payload: bytes, tenant: str) -> Received:
    if len(payload) > MESSAGE_MAX_BYTES:
        raise Unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes, at most {MESSAGE_MAX_BYTES}")
    envelope: Envelope = _decode(_ENVELOPE, payload)
    _check_names(envelope, store, kind, tenant)
    data = bytes(envelope.data)
    if data == b"null":
        raise Unreadable(Reason.NO_BODY, "")
    # PostgreSQL keeps no NUL in a text, and no name needs one.
    clean = data.replace(b"\\u0000", b"\\ufffd") if b"\\u0000" in data else data
    sale: SaleBody | None = None
    refund: ReturnBody | None = None
    if kind == "sale":
        sale = _decode(_SALE, clean)
        _check_sale(sale)
        # Only the fields of the contract are kept: whatever else a store put in does not reach the disk.
        body = _ENCODER.encode(sale).decode()
    elif kind == "refund":
        refund = _decode(_REFUND, clean)
        _check_refund(refund)
        body = _ENCODER.encode(refund).decode()
    else:
        body = _ENCODER.encode(_kept(_decode(msgspec.json.Decoder(), clean), DEPTH_MAX)).decode()
    return Received(
        store=store,
        epoch=envelope.storeepoch,
        seq=envelope.sequence,
        kind=kind,
        subject=envelope.subject.replace("\0", "\ufffd"),
        time=envelope.time.replace("\0", "\ufffd"),
        hash=body_hash(data),
        prev_hash=envelope.prevhash,
        body=body,
        sale=sale,
        refund=refund,
    )


def _decode(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise Unreadable(Reason.WRONG_SHAPE, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(Reason.NOT_JSON, str(error)) from None
    except RecursionError:
        raise Unreadable(Reason.NOT_JSON, "nested too deep") from None


def _check_names(envelope: Envelope, store: str, kind: str, tenant: str) -> None:
    epoch, seq = envelope.storeepoch, envelope.sequence
    pairs = (
        ("specversion", envelope.specversion, SPEC_VERSION),
        ("source", envelope.source, f"/taptill/{tenant}/{store}"),
        ("type", envelope.type, TYPE_PREFIX + kind),
        ("id", envelope.id, f"{store}/{epoch}/{seq}"),
        ("datacontenttype", envelope.datacontenttype, "application/json"),
    )
    if kind not in TYPES:
        raise Unreadable(Reason.WRONG_NAME, f"kind {kind[:40]!r} is not known")
    for name, found, expected in pairs:
        if found != expected:
            raise Unreadable(Reason.WRONG_NAME, f"{name} is {found[:60]!r}, expected {expected!r}")
    if not EPOCH.fullmatch(epoch) or not 1 <= seq <= SEQUENCE_MAX:
        raise Unreadable(Reason.WRONG_NAME, "storeepoch or sequence is out of range")
    if envelope.prevhash and not HASH.fullmatch(envelope.prevhash):
        raise Unreadable(Reason.WRONG_SHAPE, "prevhash is no SHA-256")


def _check_sale(sale: SaleBody) -> None:
    figures = [sale.lane, sale.gross, sale.discount, sale.total, sale.tax, sale.points, sale.change]
    for line in sale.lines:
        figures += (line.quantity, line.weight_g or 0, line.unit_price, line.gross, line.net, line.tax_bp, line.tax)
        figures += [figure for run in line.unit_nets for figure in run]
        figures += [amount for _, amount in line.discounts]
    for tender in sale.tenders:
        figures += (tender.amount, tender.given)
    if isinstance(sale.points_paid, int):
        figures.append(sale.points_paid)
    if max(figures) > AMOUNT_MAX or min(figures) < -AMOUNT_MAX:
        raise Unreadable(Reason.OUT_OF_RANGE, f"a figure is beyond {AMOUNT_MAX}")
    if not 0 <= sale.lane <= 9_999 or any(not 0 <= line.tax_bp <= 10_000 for line in sale.lines):
        raise Unreadable(Reason.OUT_OF_RANGE, "lane or tax rate")
    if not 0 <= sale.sold_at_ms <= MOMENT_MAX_MS:
        raise Unreadable(Reason.OUT_OF_RANGE, "sold_at_ms")
    if not DATE.fullmatch(sale.business_date) or not CURRENCY.fullmatch(sale.currency):
        raise Unreadable(Reason.OUT_OF_RANGE, "business_date or currency")


def _check_refund(refund: ReturnBody) -> None:
    figures = [refund.lane, refund.amount, refund.clawed_back, refund.withheld]
    for line in refund.lines:
        figures += (line.net, line.tax, line.line, *line.units)
    for tender in refund.tenders:
        figures += (tender.amount, tender.given)
    for move in refund.transfers:
        if abs(move.amount) > INT_MAX:
            raise Unreadable(Reason.OUT_OF_RANGE, "a figure is beyond 2^53")
    if max(figures) > AMOUNT_MAX or min(figures) < 0:
        raise Unreadable(Reason.OUT_OF_RANGE, f"a figure is not 0..{AMOUNT_MAX}")
    if refund.lane > 9_999 or not 0 <= refund.at_ms <= MOMENT_MAX_MS:
        raise Unreadable(Reason.OUT_OF_RANGE, "lane or at_ms")
    if not DATE.fullmatch(refund.business_date) or not CURRENCY.fullmatch(refund.currency):
        raise Unreadable(Reason.OUT_OF_RANGE, "business_date or currency")


def _kept(value: Any, depth: int) -> Any:
    """Return a body without its private fields. Raises Unreadable when it is nested deeper than `depth`."""
    if depth == 0:
        raise Unreadable(Reason.NOT_JSON, f"nested deeper than {DEPTH_MAX}")
    if isinstance(value, dict):
        return {key: _kept(part, depth - 1) for key, part in value.items() if key not in PRIVATE}
    if isinstance(value, list):
        return [_kept(part, depth - 1) for part in value]
    if isinstance(value, int) and abs(value) > INT_MAX:
        raise Unreadable(Reason.OUT_OF_RANGE, "a figure is beyond 2^53")
    return value


def _naming(payload: bytes) -> tuple[str, int | None]:
    """Return epoch and sequence of a message that cannot be read otherwise, where they can be."""
    if len(payload) > 2 * MESSAGE_MAX_BYTES:
        return "", None
    try:
        found = _NAMING.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", None
    if not EPOCH.fullmatch(found.storeepoch) or not 1 <= found.sequence <= SEQUENCE_MAX:
        return "", None
    return found.storeepoch, found.sequence
