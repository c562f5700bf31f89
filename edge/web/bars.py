"""Bar codes as bars, for paper and labels that a page draws."""

from __future__ import annotations

from typing import Final

_CODE_128_WIDTHS: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 "
    "113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 "
    "113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 "
    "241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 "
    "211232"
)
"""Widths of bars and spaces of each symbol character, values 0 to 105. Source: ISO/IEC 15417."""
_START_B, _STOP = 104, "2331112"
_EAN: Final = ("3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112")
"""Widths of space, bar, space, bar of the digits 0 to 9 in number set A. Source: GS1 General Specifications, 5.2.1."""
_EAN_SETS: Final = (
    "AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA",
)  # fmt: skip
"""Which number set each digit of the left half takes, by the first digit of the code."""


def code128(text: str) -> str:
    """Return the widths, bar and space by turns, of a Code 128 symbol in set B; what set B lacks becomes `?`.

    >>> code128("A")
    '2112141113231311232331112'
    """
    values = [ord(c) - 32 if " " <= c <= "~" else ord("?") - 32 for c in text]
    check = (_START_B + sum(place * value for place, value in enumerate(values, start=1))) % 103
    return "".join(_symbol(value) for value in (_START_B, *values, check)) + _STOP


def _symbol(value: int) -> str:
    return _CODE_128_WIDTHS[value * 7 : value * 7 + 6]


def ean13(digits: str) -> str:
    """Return the widths, bar and space by turns, of an EAN-13 symbol.

    Args:
        digits: 13 decimals, the check digit among them.
    """
    assert len(digits) == 13 and digits.isascii() and digits.isdigit()
    left = [
        _EAN[int(digit)] if number_set == "A" else _EAN[int(digit)][::-1]
        for digit, number_set in zip(digits[1:7], _EAN_SETS[int(digits[0])], strict=True)
    ]
    right = [_EAN[int(digit)] for digit in digits[7:]]
    return f"111{''.join(left)}11111{''.join(right)}111"


def bars_path(widths: str, *, module: int, height: int) -> tuple[str, int]:
    """Return the SVG path of a symbol's bars and its width; each bar is `module` units a step wide."""
    parts, x = [], 0
    for place, digit in enumerate(widths):
        width = int(digit) * module
        if place % 2 == 0:
            parts.append(f"M{x} 0h{width}v{height}h-{width}z")
        x += width
    return "".join(parts), x
