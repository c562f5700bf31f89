"""Files that the daemon reads when it starts; one that is not as it should be is told, and the shop sells on."""

from __future__ import annotations

import secrets
from pathlib import Path

from edge.card_keys import read_card_key
from edge.config_file import Loaded, SecretError, keep_last_good, read_key, write_whole
from edge.health import Health
from edge.store.database import Store
from edge.store.people import unlock

KEY_BYTES = 32


def keep_config(loaded: Loaded, health: Health) -> None:
    """Keep this configuration as the last good one."""
    try:
        keep_last_good(loaded)
    except OSError as error:
        health.add_problem(f"the last good configuration was not kept: {error}")


def unlock_members(loaded: Loaded, store: Store, health: Health) -> None:
    """Let members be read with the shop's key. Without the right one the shop sells on, and says so."""
    try:
        problem = unlock(store, read_key(loaded.config.privacy.key_file, base_dir=loaded.base_dir))
    except SecretError as error:
        problem = f"privacy.key_file: {error}"
        unlock(store, None)
    if problem:
        health.add_problem(problem)


def logos(loaded: Loaded, health: Health) -> dict[str, bytes]:
    """Return the pictures of papers by their name."""
    name = loaded.config.store.logo
    if not name:
        return {}
    try:
        return {"receipt": loaded.resolve(name).read_bytes()}
    except OSError as error:
        health.add_problem(f"store.logo: {error}")
        return {}


def card_key(loaded: Loaded, health: Health) -> bytes | None:
    """Return the key of cards that prove themselves; None without one that can be read."""
    try:
        return read_card_key(loaded)
    except SecretError as error:
        # Cards tell their number all the same; what needs proof asks for another one.
        health.add_problem(f"cards.key_file: {error}")
        return None


def secret_key(data_dir: Path) -> bytes:
    """Return the key that signs sessions, made at the first start and readable by the daemon alone.

    A power cut may have left an empty file, with which no page opens and anybody could sign: it is made anew.
    """
    path = data_dir / "session.key"
    if not path.exists() or path.stat().st_size < KEY_BYTES:
        write_whole(path, secrets.token_hex(KEY_BYTES))
    return path.read_bytes()
