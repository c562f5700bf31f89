"""What each key of a keyboard-type device types, by the country that the device is set to.

Key codes are the kernel's (linux/input-event-codes.h), part of its stable interface.
"""

from __future__ import annotations

from collections.abc import Mapping

KEY_TAB, KEY_ENTER, KEY_KPENTER = 15, 28, 96
KEY_LEFTCTRL, KEY_RIGHTCTRL = 29, 97
KEY_LEFTSHIFT, KEY_RIGHTSHIFT = 42, 54
KEY_LEFTALT, KEY_RIGHTALT = 56, 100
KEY_CAPSLOCK = 58
KEY_RIGHTBRACE = 27
"""With Ctrl it types GS (FNC1) whatever the country: scanners press the key of Ctrl+] on a US keyboard."""

Layout = Mapping[int, tuple[str, str, str]]
"""By key code: the character alone, with Shift, and with AltGr; empty where the key types none."""

KEYPAD: Layout = {
    code: (character, character, "")
    for code, character in zip((71, 72, 73, 75, 76, 77, 79, 80, 81, 82), "7894561230", strict=True)
} | {55: ("*", "*", ""), 74: ("-", "-", ""), 78: ("+", "+", ""), 83: (".", ".", ""), 98: ("/", "/", "")}
"""The keypad types digits, whether or not the device thinks of Num Lock."""


def _rows(*rows: tuple[int, str, str]) -> Layout:
    """Return a layout from rows of neighbouring keys: first key code, characters alone, characters with Shift."""
    return {
        first + index: (alone, shifted, "")
        for first, plain, shift in rows
        for index, (alone, shifted) in enumerate(zip(plain, shift, strict=True))
    } | dict(KEYPAD)


LAYOUTS: Mapping[str, Layout] = {
    "us": _rows(
        (2, "1234567890-=", "!@#$%^&*()_+"),
        (16, "qwertyuiop[]", "QWERTYUIOP{}"),
        (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
        (43, "\\", "|"),
        (44, "zxcvbnm,./", "ZXCVBNM<>?"),
        (57, " ", " "),
        (86, "\\", "|"),
    ),
}
"""Layouts by the name that the configuration uses."""
