"""How Chinese names are spelled and abbreviated: full pinyin and initials, every reading of a character."""

from __future__ import annotations

import os
import unicodedata
from functools import cache, lru_cache
from itertools import islice, product

READINGS_MAX = 8
"""Spellings of one name that are kept: a name of three characters with two readings each has eight."""
CHARACTERS_MAX = 8
"""Characters of a name that are spelled."""


@cache
def _table() -> dict[int, str]:
    # Its phrases, thirty megabytes, tell which reading a word has; a name may have any.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    from pypinyin.constants import PINYIN_DICT

    return dict(PINYIN_DICT)


@lru_cache(maxsize=4_096)
def _readings(character: str) -> tuple[str, ...]:
    found = _table().get(ord(character), "")
    plain = (unicodedata.normalize("NFD", each.replace("ü", "v")) for each in found.split(",") if each)
    return tuple(dict.fromkeys("".join(c for c in each if "a" <= c <= "z") for each in plain))


def is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def spellings(name: str) -> tuple[tuple[str, str], ...]:
    """Return (full pinyin, initials) of the Chinese characters of a name, for each way to read it.

    >>> spellings("单晓")
    (('danxiao', 'dx'), ('chanxiao', 'cx'), ('shanxiao', 'sx'))
    >>> spellings("Ann")
    ()
    """
    characters = [each for each in name if is_chinese(each)][:CHARACTERS_MAX]
    readings = [_readings(each) for each in characters]
    if not characters or not all(readings):
        return ()
    ways = islice(product(*readings), READINGS_MAX)
    return tuple(dict.fromkeys(("".join(way), "".join(each[0] for each in way)) for way in ways))
