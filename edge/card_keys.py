"""The master key of the shop's cards, and what is made from it: keys of cards, secrets of e-cards."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from urllib.parse import quote

from edge.config_file import Loaded, SecretError, find_secret, read_secret
from rules.sun import KEY_BYTES
from rules.totp import DIGITS, STEP_S

ECARD_SECRET_BYTES = 20
"""As long as the digest of the hash that phones use, as RFC 4226 recommends."""


def read_card_key(loaded: Loaded) -> bytes | None:
    """Return the master key that the configuration names, or None where it names none. Raises SecretError."""
    name = loaded.config.cards.key_file
    if not name:
        return None
    text = read_secret(name, base_dir=loaded.base_dir)
    if re.fullmatch(rf"[0-9A-Fa-f]{{{KEY_BYTES * 2}}}", text) is None:
        raise SecretError(f"{find_secret(name, base_dir=loaded.base_dir)}: expected {KEY_BYTES * 2} hex digits")
    return bytes.fromhex(text)


def ecard_secret(card_key: bytes, member_id: str, serial: int) -> bytes:
    """Return the secret of a member's e-card: made anew whenever it is needed, and kept in no database."""
    message = f"ecard\0{member_id}\0{serial}".encode()
    return hmac.new(card_key, message, hashlib.sha256).digest()[:ECARD_SECRET_BYTES]


def phone_address(secret: bytes, *, code: str, shop: str) -> str:
    """Return what an authenticator app takes an e-card from, to be shown as a QR code.

    Args:
        code: the member's code: the app shows it above the digits.

    Source: the key URI format of the Google Authenticator wiki, which the other apps follow.
    """
    key = base64.b32encode(secret).decode().rstrip("=")
    return (
        f"otpauth://totp/{quote(shop)}:{quote(code)}?secret={key}&issuer={quote(shop)}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
    )
