"""Key events to texts: what a scanner or card reader that acts as a keyboard has typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from drivers.base import TEXT_MAX
from drivers.key_layouts import (
    KEY_CAPSLOCK,
    KEY_ENTER,
    KEY_F8,
    KEY_KPENTER,
    KEY_LEFTALT,
    KEY_LEFTCTRL,
    KEY_LEFTSHIFT,
    KEY_RIGHTALT,
    KEY_RIGHTBRACE,
    KEY_RIGHTCTRL,
    KEY_RIGHTSHIFT,
    KEY_TAB,
    KEY_U,
    KEYPAD,
    LAYOUTS,
)

EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
RELEASE, PRESS, REPEAT = 0, 1, 2
TERMINATORS = {"enter": KEY_ENTER, "kpenter": KEY_KPENTER, "tab": KEY_TAB}
GS = "\x1d"
ALT_CODES = ("", "gbk", "unicode")
"""What the number of Alt and digits means: the same below 128; above it nothing, a GBK code, a Unicode code point."""
ALT_DIGITS_MAX = 10
CAPS_TAIL_MS = 150
"""A scanner that puts Caps Lock back after the end of a text does so within this time; the next text begins later."""
RESYNC_GAP_MS = 500
"""After lost events, a pause this long before a key means that a new text begins; within a text there is none."""

_SHIFT = frozenset((KEY_LEFTSHIFT, KEY_RIGHTSHIFT))
_CTRL = frozenset((KEY_LEFTCTRL, KEY_RIGHTCTRL))
_HELD = _SHIFT | _CTRL | {KEY_LEFTALT, KEY_RIGHTALT}


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """One record of the kernel's input interface."""

    at_ms: int
    """The kernel's time stamp; only differences mean something."""
    kind: int
    code: int
    value: int


class KeyDecoder:
    """Turns the events of one device into texts. It asks no clock and touches no device.

    Caps Lock is the decoder's own: with the device grabbed nobody else sees the key. When a text begins it is as the
    device's lamp was, which does not change any more then. A lamp that is on makes nothing of letters by itself: a
    scanner that heeds it presses the key around its text, and most scanners do not look.
    """

    def __init__(
        self,
        *,
        layout: str = "us",
        terminators: Collection[str] = ("enter", "kpenter", "tab"),
        alt_codes: str = "",
        f8_is_gs: bool = False,
    ) -> None:
        """Take the device's settings; ValueError for a name that is not known.

        Args:
            layout: of `LAYOUTS`.
            terminators: of `TERMINATORS`.
            alt_codes: of `ALT_CODES`.
            f8_is_gs: the device sends the separator of GS1 codes as F8.
        """
        if alt_codes not in ALT_CODES:
            raise ValueError(f"alt codes {alt_codes!r}: expected gbk, unicode or nothing")
        if layout not in LAYOUTS:
            raise ValueError(f"keyboard layout {layout!r}: expected one of {', '.join(LAYOUTS)}")
        if unknown := set(terminators) - TERMINATORS.keys():
            raise ValueError(f"terminators {sorted(unknown)}: expected some of {', '.join(TERMINATORS)}")
        self.dropped = 0
        """Texts thrown away: too long, with a key that cannot be read, or torn by lost events."""
        self._layout = LAYOUTS[layout]
        self._ends = frozenset(TERMINATORS[name] for name in terminators)
        self._gs_keys = {KEY_RIGHTBRACE} | {code for code, keys in self._layout.items() if keys[0] == "]"}
        self._f8_is_gs = f8_is_gs
        self._alt_codes = alt_codes
        self._alt_digits = ""
        """Digits typed since Alt went down; the character comes when it goes up."""
        self._typed: list[str] = []
        self._held: set[int] = set()
        self._caps_lamp = False
        self._caps = False
        self._is_caps_pressed = False
        """Caps Lock was pressed within the present text, or before it."""
        self._owes_caps = False
        """The text before left Caps Lock otherwise than it had found it; the key may come yet."""
        self._spoilt = False
        """The present text is thrown away up to its end, and is counted already."""
        self._lost = False
        """Events were lost; nothing counts up to the next SYN_REPORT."""
        self._resync = False
        """The present text may be the rest of a torn one."""
        self._last_key_ms = 0

    @property
    def pending(self) -> bool:
        """Whether a text has begun and not ended."""
        return bool(self._typed) or self._spoilt

    def feed(self, events: Iterable[KeyEvent]) -> list[str]:
        """Return the texts that the events complete, in order."""
        texts = []
        for event in events:
            if event.kind == EV_SYN:
                self._synchronise(event)
            elif event.kind == EV_KEY and not self._lost:
                text = self._key(event)
                if text:
                    texts.append(text)
        return texts

    def end(self) -> str:
        """Return the text so far, for a device without terminator after a pause; empty when there is none."""
        text = "" if self._spoilt else "".join(self._typed)
        self._begin()
        return text

    def drop(self) -> None:
        """Throw away a text that was cut short, for a device silent for long; it counts as dropped.

        Keys that are held stay held, for no event was lost: the kernel will tell of their release.
        """
        if (self._typed or self._alt_digits) and not self._spoilt:
            self.dropped += 1
        self._begin()

    def reset(self, *, caps_lamp: bool = False) -> None:
        """Forget everything, for a device newly opened; a torn text counts as dropped.

        Args:
            caps_lamp: whether its lamp of Caps Lock is on.
        """
        if self._typed:
            self.dropped += 1
        self._caps_lamp = caps_lamp
        self._begin()
        self._held.clear()
        self._lost = False

    def _begin(self) -> None:
        self._typed.clear()
        self._alt_digits = ""
        self._spoilt = self._resync = self._is_caps_pressed = self._owes_caps = False
        self._caps = self._caps_lamp

    def _synchronise(self, event: KeyEvent) -> None:
        if event.code == SYN_DROPPED:
            self._spoil()
            self._lost = self._resync = True
            # A release may have been among the lost events; a key held for ever would spoil all that follows.
            self._held.clear()
            self._last_key_ms = event.at_ms
        elif event.code == SYN_REPORT:
            self._lost = False

    def _spoil(self) -> None:
        if not self._spoilt:
            self.dropped += 1
        self._spoilt = True
        self._typed.clear()

    def _key(self, event: KeyEvent) -> str:
        if event.code in _HELD:
            if event.value == RELEASE:
                self._held.discard(event.code)
                if event.code == KEY_LEFTALT and self._alt_digits:
                    self._type(_alt_character(self._alt_digits, self._alt_codes))
                    self._alt_digits = ""
            else:
                self._held.add(event.code)
            return ""
        if event.value != PRESS:
            return ""
        gap_ms = event.at_ms - self._last_key_ms
        self._last_key_ms = event.at_ms
        if self._resync and gap_ms >= RESYNC_GAP_MS:
            self._begin()
        if event.code in self._ends:
            owes_caps = self._caps != self._caps_lamp
            text = self.end()
            self._owes_caps = owes_caps
            return text
        if event.code != KEY_CAPSLOCK:
            self._type(self._character(event.code))
        elif not (self._owes_caps and gap_ms <= CAPS_TAIL_MS):
            self._caps, self._is_caps_pressed = not self._caps, True
        self._owes_caps = False
        return ""

    def _character(self, code: int) -> str | None:
        """Return what a press types, empty for a key without meaning, None when it cannot be read."""
        alone, shifted, other = self._layout.get(code, ("", "", ""))
        is_ctrl, is_alt = bool(self._held & _CTRL), KEY_LEFTALT in self._held
        if KEY_RIGHTALT in self._held or (is_ctrl and is_alt):
            # Ctrl and Alt together are AltGr, as on a keyboard without that key.
            return other
        if is_ctrl:
            # Of the control characters only the separator of GS1 codes belongs to a text. Ctrl+Shift+U begins a
            # character by its number in hex, which would be typed as the digits that it is not.
            return GS if code in self._gs_keys else None if code == KEY_U and self._held & _SHIFT else ""
        if is_alt:
            return self._alt_digit(code)
        if code == KEY_F8 and self._f8_is_gs:
            return GS
        character = shifted if self._held & _SHIFT else alone
        return character.swapcase() if self._caps and self._is_caps_pressed else character

    def _alt_digit(self, code: int) -> str | None:
        digit = KEYPAD.get(code, self._layout.get(code, ("",)))[0]
        if len(digit) != 1 or digit not in "0123456789" or len(self._alt_digits) >= ALT_DIGITS_MAX:
            return None
        self._alt_digits += digit
        return ""

    def _type(self, character: str | None) -> None:
        if character is None or len(self._typed) >= TEXT_MAX:
            self._spoil()
        elif character and not self._spoilt:
            self._typed.append(character)


def _alt_character(digits: str, meaning: str) -> str | None:
    """Return the character of Alt and a number, empty for a control character, None when it cannot be read.

    >>> _alt_character("47811", "gbk"), _alt_character("22909", "unicode"), _alt_character("29", "")
    ('好', '好', '\x1d')
    """
    number = int(digits)
    try:
        if number < 128 or meaning == "unicode":
            character = chr(number)
        elif meaning == "gbk" and number > 0xFF:
            character = number.to_bytes(4 if number > 0xFFFF else 2, "big").decode("gb18030")
        else:
            return None
    except (ValueError, OverflowError):
        return None
    if len(character) != 1 or 0xD800 <= ord(character) < 0xE000:
        return None
    return character if character == GS or character.isprintable() else ""
