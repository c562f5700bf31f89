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
KEY_U, KEY_F8 = 22, 66
KEY_RIGHTBRACE = 27
"""With Ctrl it types GS (FNC1): most scanners press the key of Ctrl+] on a US keyboard, whatever their country."""

Layout = dict[int, tuple[str, str, str]]
"""By key code: the character alone, with Shift, and with AltGr; empty where the key types none."""

KEYPAD: Layout = {
    code: (character, character, "")
    for code, character in zip((71, 72, 73, 75, 76, 77, 79, 80, 81, 82), "7894561230", strict=True)
} | {55: ("*", "*", ""), 74: ("-", "-", ""), 78: ("+", "+", ""), 83: (".", ".", ""), 98: ("/", "/", "")}
"""The keypad types digits, whether or not the device thinks of Num Lock."""


def _rows(*rows: tuple[int, str, str], other: Mapping[int, str] | None = None) -> Layout:
    """Return a layout from rows of neighbouring keys: first key code, characters alone, characters with Shift.

    Args:
        other: characters with AltGr, by key code.
    """
    keys = {
        first + index: (alone, shifted)
        for first, plain, shift in rows
        for index, (alone, shifted) in enumerate(zip(plain, shift, strict=True))
    }
    return {code: (*typed, (other or {}).get(code, "")) for code, typed in keys.items()} | KEYPAD


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
    "uk": _rows(
        (2, "1234567890-=", '!"£$%^&*()_+'),
        (16, "qwertyuiop[]", "QWERTYUIOP{}"),
        (30, "asdfghjkl;'`", "ASDFGHJKL:@¬"),
        (43, "#", "~"),
        (44, "zxcvbnm,./", "ZXCVBNM<>?"),
        (57, " ", " "),
        (86, "\\", "|"),
        other={5: "€", 41: "¦"},
    ),
    "de": _rows(
        (2, "1234567890ß´", '!"§$%&/()=?`'),
        (16, "qwertzuiopü+", "QWERTZUIOPÜ*"),
        (30, "asdfghjklöä^", "ASDFGHJKLÖÄ°"),
        (43, "#", "'"),
        (44, "yxcvbnm,.-", "YXCVBNM;:_"),
        (57, " ", " "),
        (86, "<", ">"),
        other={3: "²", 4: "³", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 16: "@", 18: "€", 27: "~", 50: "µ", 86: "|"},
    ),
    "fr": _rows(
        (2, "&é\"'(-è_çà)=", "1234567890°+"),
        (16, "azertyuiop^$", "AZERTYUIOP¨£"),
        (30, "qsdfghjklmù²", "QSDFGHJKLM%²"),
        (43, "*", "µ"),
        (44, "wxcvbn,;:!", "WXCVBN?./§"),
        (57, " ", " "),
        (86, "<", ">"),
        other={
            3: "~", 4: "#", 5: "{", 6: "[", 7: "|", 8: "`", 9: "\\", 10: "^", 11: "@", 12: "]", 13: "}", 18: "€",
            27: "¤",
        },
    ),
    "be": _rows(
        (2, "&é\"'(§è!çà)-", "1234567890°_"),
        (16, "azertyuiop^$", "AZERTYUIOP¨*"),
        (30, "qsdfghjklmù²", "QSDFGHJKLM%³"),
        (43, "µ", "£"),
        (44, "wxcvbn,;:=", "WXCVBN?./+"),
        (57, " ", " "),
        (86, "<", ">"),
        other={
            2: "|", 3: "@", 4: "#", 7: "^", 10: "{", 11: "}", 18: "€", 26: "[", 27: "]", 40: "´", 43: "`", 53: "~",
            86: "\\",
        },
    ),
    "jp": _rows(
        (2, "123456789", "!\"#$%&'()"),
        (12, "-^", "=~"),
        (16, "qwertyuiop@[", "QWERTYUIOP`{"),
        (30, "asdfghjkl;:", "ASDFGHJKL+*"),
        (43, "]", "}"),
        (44, "zxcvbnm,./", "ZXCVBNM<>?"),
        (57, " ", " "),
        (89, "\\", "_"),
        (124, "\\", "|"),
    )
    | {11: ("0", "", "")},
}  # fmt: skip
"""Layouts by the name that the configuration uses. What waits for a second key there (´ ^ ¨) is typed alone here: a
scanner sends what it means.
"""
TYPING_KEYS = frozenset(code for layout in LAYOUTS.values() for code in layout) | {KEY_TAB, KEY_ENTER, KEY_KPENTER}
"""Keys that type a character in some country, or end a text."""
