"""Chinese texts as search compares them: one width, small letters, every character in its simplified form."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

FOLDS = Path(__file__).with_name("han_folds.txt")


@cache
def _folds() -> dict[int, str]:
    lines = [line for line in FOLDS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {
        ord(old): new
        for olds, news in zip(lines[::2], lines[1::2], strict=True)
        for old, new in zip(olds, news, strict=True)
    }


def simplified(text: str) -> str:
    """Return a text with each traditional character replaced; characters with two simplified forms get the usual one.

    >>> simplified("可口可樂 麵包")
    '可口可乐 面包'
    """
    return text.translate(_folds())


def folded(text: str) -> str:
    """Return a text as names are compared.

    >>> folded("ＣＯＬＡ  可樂")
    'cola 可乐'
    """
    return " ".join(simplified(unicodedata.normalize("NFKC", text)).casefold().split())
