"""A card that proves itself, made of nothing: what a reader types when it is held to it, copied, or forged."""

from __future__ import annotations

import secrets

from drivers.base import SUN_MARK
from rules.sun import COUNTER_MAX, KEY_BYTES, CardKeys, make_sun

ADDRESS = "https://card.invalid/t"


class FakeSunCard:
    """An NTAG 424 DNA card with its keys and counter. Used by one thread at a time."""

    def __init__(self, uid: str, keys: CardKeys, *, counter: int = 0) -> None:
        """Take the keys that the shop gave it.

        Args:
            uid: seven bytes in hex.
            counter: of the last tap.
        """
        self.uid = uid
        self._keys = keys
        self._counter = counter
        self._last = ""

    def follow(self, counter: int) -> None:
        """Be a card that was tapped at least so often."""
        self._counter = max(self._counter, counter)

    def tap(self) -> str:
        """Return what a reader types at the next tap. Raises ValueError for a card that was tapped 16 million times."""
        self._last = self._message(self._keys)
        return self._last

    def copied(self) -> str:
        """Return the last tap once more, as a copy of the card would; a first one where there was none."""
        return self._last or self.tap()

    def forged(self) -> str:
        """Return a tap of somebody who knows everything of the card but its key."""
        return self._message(CardKeys(self._keys.meta, secrets.token_bytes(KEY_BYTES)))

    def _message(self, keys: CardKeys) -> str:
        if self._counter >= COUNTER_MAX:
            raise ValueError(f"card {self.uid}: its counter is at its end")
        self._counter += 1
        sun = make_sun(keys, self.uid, self._counter, address=ADDRESS, salt=secrets.token_bytes(5))
        return f"{self.uid}{SUN_MARK}{sun}"
