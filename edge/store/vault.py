"""Personal data at rest: sealed with the shop's key, and found again by keyed tokens, which say nothing without it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from peewee import SqliteDatabase

from edge.store.known import KnowingDatabase

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
ID_LENGTH: Final = 8
"""Hexadecimal digits by which a key is known; they do not tell the key."""
_MARK: Final = "\x01"
"""Begins a sealed text; no text that was taken from outside holds it."""


class Vault:
    """Seals and opens texts under one key; without a key it leaves them as they are."""

    def __init__(self, key: bytes | None = None, *, is_locked: bool = False) -> None:
        """Take the key.

        Args:
            is_locked: what is stored was sealed with a key that is not here, so nobody's data can be read or written.
        """
        assert key is None or len(key) == KEY_BYTES
        self.is_locked = is_locked
        self.key_id = hashlib.sha256(b"taptill id " + key).hexdigest()[:ID_LENGTH] if key else ""
        # One key for each use, so that a token never gives anything away of what is sealed.
        self._aes = AESGCM(hmac.digest(key, b"taptill seal", "sha256")) if key else None
        self._token_key = hmac.digest(key, b"taptill token", "sha256") if key else b""

    def seal(self, text: str, of: str) -> str:
        """Return the text sealed; the empty one stays empty.

        Args:
            of: what it belongs to, such as a member id and a column: moved elsewhere, it cannot be opened.
        """
        if self._aes is None or not text:
            return text
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._aes.encrypt(nonce, text.encode(), of.encode())
        return f"{_MARK}{self.key_id}{base64.b64encode(sealed).decode()}"

    def open(self, text: str, of: str) -> str:
        """Return what was sealed; empty for what cannot be opened with this key."""
        if not text.startswith(_MARK):
            return text
        if self._aes is None or text[1 : 1 + ID_LENGTH] != self.key_id:
            return ""
        sealed = base64.b64decode(text[1 + ID_LENGTH :])
        try:
            return self._aes.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], of.encode()).decode()
        except InvalidTag:
            return ""

    def token(self, word: str) -> int:
        """Return the number that stands for a word in an index: 63 bits, the same for the same word and key."""
        digest = (
            hmac.digest(self._token_key, word.encode(), "sha256")
            if self._token_key
            else hashlib.sha256(word.encode()).digest()
        )
        return int.from_bytes(digest[:8], "big") >> 1

    def exact(self, word: str) -> str:
        """Return the text that stands for a word that only one person may have; empty for the empty word."""
        if not word or not self._token_key:
            return word
        return hmac.digest(self._token_key, b"exact " + word.encode(), "sha256")[:16].hex()


CLEAR: Final = Vault()


class TillDatabase(KnowingDatabase):
    """A database that knows how personal data in it is sealed."""

    vault: Vault = CLEAR


def vault_of(db: SqliteDatabase) -> Vault:
    """Return how personal data in a database is sealed."""
    return db.vault if isinstance(db, TillDatabase) else CLEAR


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)
