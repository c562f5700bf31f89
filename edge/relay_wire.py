"""The relay's bytes: messages as CloudEvents, and acks read without trust."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from edge.messages import MESSAGE_MAX_BYTES, TYPE_PREFIX, Ack, Envelope
from edge.store.outbox import OutboxRow

ACK_LIST_MAX: Final = 1_200
"""Most single sequences that an ack may name: head office holds a thousand beyond a gap."""
SEQUENCE_MAX: Final = 2**53
PAYLOAD_MAX_BYTES: Final = MESSAGE_MAX_BYTES - 1_024
"""The topic and the packet's head go beside it."""
HOLLOW: Final = b"null"
"""Body of a message that the store cannot tell: it keeps head office from waiting for it for ever."""

_ACK: Final = msgspec.json.Decoder(Ack)
_ENCODER: Final = msgspec.json.Encoder()


def envelope(row: OutboxRow, *, tenant: str, store: str) -> bytes:
    """Return the CloudEvent of an outbox row; a body that is too large for the contract is told as hollow."""
    time = datetime.fromtimestamp(row.created_ms / 1_000, UTC).isoformat(timespec="milliseconds")
    event = Envelope(
        id=f"{store}/{row.epoch}/{row.seq}",
        source=f"/taptill/{tenant}/{store}",
        type=TYPE_PREFIX + row.kind,
        subject=row.subject,
        time=time.replace("+00:00", "Z"),
        storeepoch=row.epoch,
        sequence=row.seq,
        prevhash=row.prev_hash,
        data=msgspec.Raw(row.body),
    )
    payload = _ENCODER.encode(event)
    if len(payload) <= PAYLOAD_MAX_BYTES:
        return payload
    return _ENCODER.encode(msgspec.structs.replace(event, data=msgspec.Raw(HOLLOW)))


def hollow_row(seq: int, epoch: str, created_ms: int) -> OutboxRow:
    """Return a message in place of one that the outbox has no more."""
    return OutboxRow(seq=seq, epoch=epoch, kind="audit", subject="", body=HOLLOW, prev_hash="", created_ms=created_ms)


def read_ack(payload: bytes) -> Ack | None:
    """Return an ack, or None for a payload that is none or is out of bounds."""
    if len(payload) > MESSAGE_MAX_BYTES:
        return None
    try:
        ack = _ACK.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(ack.also) > ACK_LIST_MAX or len(ack.nack) > ACK_LIST_MAX:
        return None
    numbers = (*ack.also, *(nack.sequence for nack in ack.nack), 1 if ack.resend_from is None else ack.resend_from)
    if not 0 <= ack.upto <= SEQUENCE_MAX or any(not 1 <= number <= SEQUENCE_MAX for number in numbers):
        return None
    return ack
