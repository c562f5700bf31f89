"""The newest state that each store told."""

from __future__ import annotations

from typing import Final

import msgspec
from peewee import EXCLUDED

from edge.messages import StoreState as StoreStateMessage
from hq.envelope import INT_MAX
from hq.store.database import HqDatabase
from hq.store.tables import StoreState

STATE_MAX_BYTES: Final = 32 * 1024
DEVICES_MAX: Final = 256
"""A store has 64 devices at most in its configuration, a display a lane, gateways and its books."""
WORD_MAX: Final = 80

_STATE: Final = msgspec.json.Decoder(StoreStateMessage)


def read_state(payload: bytes) -> StoreStateMessage | None:
    """Return a state, or None for a payload that is none or is out of bounds."""
    if len(payload) > STATE_MAX_BYTES:
        return None
    try:
        state = _STATE.decode(payload.replace(b"\\u0000", b"\\ufffd"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    texts = (state.boot, state.version, state.epoch, *state.devices.keys(), *state.devices.values())
    if len(state.devices) > DEVICES_MAX or any(len(text) > WORD_MAX for text in texts):
        return None
    return state if 0 <= state.at_ms <= INT_MAX and 0 <= state.waiting <= INT_MAX else None


def keep_state(database: HqDatabase, store: str, state: StoreStateMessage, *, at_ms: int) -> None:
    """Keep a state in place of the one before. A last will says no more than that the store is gone.

    Called within a transaction.
    """
    insert = StoreState.insert(
        store=store,
        is_online=state.online,
        boot=state.boot,
        version=state.version,
        epoch=state.epoch,
        at_ms=state.at_ms,
        waiting=state.waiting,
        devices=msgspec.json.encode(state.devices).decode(),
        received_ms=at_ms,
    )
    changed = ["is_online", "boot", "version", "received_ms"]
    if state.epoch:
        changed += ["epoch", "at_ms", "waiting", "devices"]
    database.run(
        insert.on_conflict(
            conflict_target=[StoreState.store],
            update={getattr(StoreState, name): getattr(EXCLUDED, name) for name in changed},
        )
    )
