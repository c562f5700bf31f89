"""Passes for customers' phones: who holds the address that a code shows may open one page, until it is over.

A pass is signed and kept nowhere. It names a lane, or a member or sale by a random id, and nothing of a person.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import Literal

Kind = Literal["join", "me", "receipt", "gift"]
SIGN_BYTES = 16
LENGTH_MAX = 120
"""Characters of the longest text that is looked at."""


@dataclass(frozen=True, slots=True)
class Passes:
    """Makes and reads passes."""

    secret: bytes

    def make(self, kind: Kind, subject: str, *, until_ms: int) -> str:
        """Return a pass as it stands in an address.

        Args:
            subject: what it is for: the lane of a registration, a member's id, or a sale's; letters and digits.
        """
        assert subject.isascii() and subject.isprintable() and not set(subject) & set("/.?# ")
        text = f"{subject}.{until_ms // 1_000:x}"
        return f"{text}.{self._sign(kind, text)}"

    def read(self, kind: Kind, given: str, *, now_ms: int) -> str | None:
        """Return what a pass is for; None where it is over, for something else, or was never made by us."""
        text, _, sign = given[:LENGTH_MAX].rpartition(".")
        subject, _, until = text.partition(".")
        if not hmac.compare_digest(sign.encode(), self._sign(kind, text).encode()):
            return None
        return subject if now_ms < int(until, 16) * 1_000 else None

    def _sign(self, kind: Kind, text: str) -> str:
        digest = hmac.digest(self.secret, f"taptill pass {kind} {text}".encode(), "sha256")[:SIGN_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
