"""The contract with head office: topics, envelopes and bodies. AsyncAPI: docs/messages/asyncapi.yaml.

Each message upwards is a CloudEvent (structured JSON) named by (store, epoch, sequence); the sequence has no gaps
within an epoch, and `prevhash` chains each to the one before, so that head office sees a loss, a double or a change
at once.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/cloudevents+json"
MESSAGE_MAX_BYTES = 256 * 1024
"""Largest message; a sale of 500 lines takes about 150 KiB."""
SALE_LINES_MAX_BYTES = MESSAGE_MAX_BYTES - 16 * 1024
"""Largest sum of a sale's lines, as JSON: beside them go the sale's head, its tenders, the envelope and the topic."""
TENDERS_MAX = 50
"""Most tenders of one sale."""
WINDOW_MAX = 100
"""Most messages in flight to head office that it has not acknowledged."""
TYPE_PREFIX = "com.taptill."

TYPES = ("sale", "refund", "shift", "stock", "member", "audit")
"""What a store tells head office; the last part of the topic and of the CloudEvent's type."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvent 1.0 in structured JSON."""

    specversion: str = SPEC_VERSION
    id: str
    """`store/epoch/sequence`."""
    source: str
    """`/taptill/{tenant}/{store}`."""
    type: str
    """`com.taptill.sale` and so on."""
    subject: str = ""
    """What the message is of, such as the sale id."""
    time: str
    """UTC, RFC 3339."""
    datacontenttype: str = "application/json"
    storeepoch: str
    sequence: int
    """1, 2, 3 … within an epoch."""
    prevhash: str
    """SHA-256 (hex) of the data of the message before it in the epoch; empty for the first one."""
    data: msgspec.Raw
    """The body, whose bytes are hashed as they stand."""


class SaleLineBody(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    name: str
    quantity: int
    weight_g: int | None = None
    unit_price: int
    gross: int
    net: int
    unit_nets: tuple[tuple[int, int], ...]
    """(net, pieces): what each piece cost, pieces side by side of one price told together."""
    discounts: tuple[tuple[str, int], ...] = ()
    tax_bp: int = 0
    tax: int = 0
    code: str = ""
    gift_of: str | msgspec.UnsetType = msgspec.UNSET
    """The promotion that gave the line away; left out for what was bought."""
    times_of: str | msgspec.UnsetType = msgspec.UNSET
    """The unit of the times that paid for the line; left out for what was bought."""
    times_from: str | msgspec.UnsetType = msgspec.UNSET
    """The member whose card it was; left out where it was the sale's own."""
    list_price: int | msgspec.UnsetType = msgspec.UNSET
    """What the item listed for, where a person changed its price to `unit_price`; left out otherwise."""


class TenderBody(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    amount: int
    given: int


class SaleBody(msgspec.Struct, frozen=True, kw_only=True):
    """A closed sale, without personal data: the member is a random id."""

    sale_id: str
    receipt_number: str
    lane: int
    staff_id: str
    member_id: str | None = None
    business_date: str
    sold_at_ms: int
    clock_unsure: bool = False
    currency: str
    gross: int
    discount: int
    total: int
    tax: int
    rules_version: str
    points: int = 0
    change: int = 0
    lines: tuple[SaleLineBody, ...]
    tenders: tuple[TenderBody, ...]
    # What came to the contract later is left out where there is none, so that the bytes of older sales stay the same.
    points_paid: int | msgspec.UnsetType = msgspec.UNSET
    """Points that were taken as cash; what they took off stands among the lines' discounts as `points`."""
    spent_codes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """Single-use coupon codes that it spent, with capitals folded."""
    principal_paid: int | msgspec.UnsetType = msgspec.UNSET
    """What of its stored-value tender was principal."""
    gift_paid: int | msgspec.UnsetType = msgspec.UNSET
    """What of its stored-value tender was gift money."""
    change_kept: int | msgspec.UnsetType = msgspec.UNSET
    """Change that the member kept as stored value."""
    shift_id: str | msgspec.UnsetType = msgspec.UNSET
    """The shift that it was sold in; left out where none was open."""
    balances_after: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    """What the member had after it of stored value and of the times that it moved, by unit."""


class TransferBody(msgspec.Struct, frozen=True, kw_only=True):
    """One move in the ledger."""

    unit: str
    from_account: str
    to_account: str
    amount: int
    reason: str
    expires_ms: int | None = None


class EntryBody(msgspec.Struct, frozen=True, kw_only=True):
    """What moved in the ledger without being a sale: a top-up, an adjustment, an expiry …; no personal data."""

    entry_id: str
    kind: str
    """`top_up`, `adjust`, `expiry` …"""
    member_id: str | None = None
    lane: int = 0
    staff_id: str = ""
    """Empty for what happens by the clock."""
    approver_id: str = ""
    of_id: str = ""
    """The sale or entry that it follows or undoes."""
    number: str = ""
    """Of its slip; empty without one."""
    at_ms: int
    business_date: str
    transfers: tuple[TransferBody, ...] = ()
    detail: dict[str, str | int] = {}


class ReturnLineBody(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    """Position among the sale's lines, from 0."""
    units: tuple[int, ...]
    net: int
    clawed_back: int = 0
    tax: int = 0
    restocked: bool = True
    # Without a receipt there is no line of a sale that would say it.
    sku: str | msgspec.UnsetType = msgspec.UNSET
    quantity: int | msgspec.UnsetType = msgspec.UNSET
    weight_g: int | msgspec.UnsetType = msgspec.UNSET


class ReturnBody(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a sale that was brought back, and how it was paid back; no personal data.

    Without a receipt `sale_id` and `sale_number` are empty.
    """

    return_id: str
    receipt_number: str
    """Of the return's own receipt."""
    sale_id: str
    sale_number: str
    member_id: str | None = None
    lane: int
    staff_id: str
    approver_id: str = ""
    at_ms: int
    business_date: str
    currency: str
    amount: int
    clawed_back: int = 0
    points_taken: int = 0
    """Points of the sale that were taken back."""
    points_given: int = 0
    """Points that had paid and came back."""
    withheld: int = 0
    """What of the refund was kept for points that were spent already."""
    lines: tuple[ReturnLineBody, ...]
    tenders: tuple[TenderBody, ...]
    transfers: tuple[TransferBody, ...] = ()
    exchange_sale_id: str | msgspec.UnsetType = msgspec.UNSET
    """The sale that the tender `exchange` of it paid for; left out where nothing was exchanged."""


class ShiftBody(msgspec.Struct, frozen=True, kw_only=True):
    """A closed shift: its Z report, as it is printed and kept; no personal data but ids of staff."""

    shift_id: str
    number: str
    """`S001-Z00007`: without gaps in a store."""
    lane: int
    business_date: str
    """Of its beginning."""
    opened_by: str
    opened_ms: int
    closed_by: str
    closed_ms: int
    currency: str
    sales: int
    gross: int
    discount: int
    total: int
    tax: int
    returns: int
    refunded: int
    tenders: tuple[tuple[str, int, int], ...]
    """(kind, taken, paid back)."""
    drawer: tuple[tuple[str, int, int], ...]
    """(reason, into the drawer, out of it)."""
    events: tuple[tuple[str, int], ...]
    """(action of the journal, how often)."""
    expected: int
    """What the ledger said was in the drawer before it was settled."""
    counted: int
    difference: int
    """Counted less expected."""
    pieces: tuple[tuple[int, int], ...] = ()
    """(worth, pieces)."""
    left: int = 0
    """What stayed in the drawer; the rest went to the safe."""
    beside: tuple[tuple[str, str, int, int], ...] | msgspec.UnsetType = msgspec.UNSET
    """(top_up, top_up_refund, gift or gift_void, kind of tender, taken, given back); left out where nothing was."""


class AuditBody(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person decided, such as new rules; no personal data."""

    action: str
    """`rules_published`."""
    at_ms: int
    staff_id: str = ""
    """Empty where a file or the command line brought it."""
    lane: int = 0
    subject: str = ""
    detail: dict[str, str | int] = {}


class Nack(msgspec.Struct, frozen=True):
    sequence: int
    reason: str


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """Head office has these messages in its database; sent only after its commit."""

    epoch: str
    upto: int
    """Everything up to and with this sequence."""
    also: tuple[int, ...] = ()
    """Single ones beyond a gap."""
    nack: tuple[Nack, ...] = ()
    """Set aside there with a reason: the stream goes on without them."""
    resend_from: int | None = None
    """First sequence that is missing at head office."""


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """Retained state of a store; `online` false comes from its last will or its clean stop."""

    online: bool
    boot: str = ""
    """Random name of this start of the daemon."""
    version: str = ""
    epoch: str = ""
    at_ms: int = 0
    waiting: int = 0
    """Messages that head office has not acknowledged."""
    devices: dict[str, str] = {}
    """Health of each device by name."""


class HqState(msgspec.Struct, frozen=True, kw_only=True):
    """Retained state of head office; `online` false comes from a receiver's last will or its clean stop."""

    online: bool


def topic_root(tenant: str, store: str) -> str:
    return f"taptill/v1/{tenant}/{store}"


def up_topic(tenant: str, store: str, kind: str) -> str:
    assert kind in TYPES
    return f"{topic_root(tenant, store)}/up/{kind}"


def ack_topic(tenant: str, store: str) -> str:
    return f"{topic_root(tenant, store)}/down/ack"


def state_topic(tenant: str, store: str) -> str:
    return f"{topic_root(tenant, store)}/state"


def hq_state_topic(tenant: str) -> str:
    """Retained: `{"online": true}` while head office takes messages."""
    return f"taptill/v1/{tenant}/hq/state"


def encode_body(body: Any) -> bytes:
    """Return the canonical JSON of a body: keys in the order of the struct, no blanks. Hashes are over these bytes."""
    return msgspec.json.encode(body)


def body_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
