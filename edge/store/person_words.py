"""What people are found by: the words under which a name, a phone number and a birthday stand in the index.

The index holds a token of each word (edge/store/vault.py), so a change here needs a new INDEX_VERSION.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from edge.store.pinyin import is_chinese, spellings
from rules.phones import LAST, normal_phone

INDEX_VERSION = "1"
HEADS = (7, 9)
"""Digits at the beginning of a phone number by which a search may begin."""
LATIN = (2, 3, 4)
"""Letters at the beginning of a Latin word or a spelling that are kept; a longer search is held against the name."""
WORDS_MAX = 60
"""Words of one person: a name that long is no name."""


@dataclass(frozen=True, slots=True)
class Search:
    """How a text is searched for: all of the words must be there, and then the rest must fit."""

    words: tuple[str, ...]
    name_part: str = ""
    """What the folded name must hold."""
    spelled: str = ""
    """What a spelling of the name, full or initials, must begin with."""
    phone_part: str = ""
    """What the digits of the phone number must begin or end with."""


def folded(text: str) -> str:
    """Return a text as names are compared: one width, small letters, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_of(*, name: str, phone: str, birth: tuple[bool, int, int] | None) -> frozenset[str]:
    """Return every word that a person is found by.

    Args:
        birth: lunar or not, month, day.
    """
    words: list[str] = []
    digits = phone.removeprefix("+")
    if len(digits) >= LAST:
        words.append(f"4:{digits[-LAST:]}")
    words += [f"{head}:{digits[:head]}" for head in HEADS if len(digits) >= head]
    if birth is not None:
        words.append(birth_word(*birth))
    plain = folded(name)
    for run in re.findall(r"[㐀-鿿𠀀-𿿿]+", plain):
        words += [f"n:{each}" for each in run] + [f"n:{run[i : i + 2]}" for i in range(len(run) - 1)]
    for word in re.findall(r"[^\W_]+", re.sub(r"[㐀-鿿𠀀-𿿿]+", " ", plain)):
        words += [f"w:{word[:length]}" for length in LATIN if len(word) >= length] or [f"w:{word}"]
    for full, initials in spellings(plain):
        words += [f"w:{full[:length]}" for length in LATIN[1:] if len(full) >= length]
        words += [f"i:{initials[:length]}" for length in LATIN if len(initials) >= length]
    return frozenset(words[:WORDS_MAX])


def birth_word(is_lunar: bool, month: int, day: int) -> str:  # noqa: FBT001 - one of a key's three parts
    return f"b:{'L' if is_lunar else 'S'}{month:02d}{day:02d}"


def searches_for(text: str) -> tuple[Search, ...]:
    """Return the ways to look for a text, the likelier first; none for one that is too short to mean anybody."""
    plain = folded(text)
    digits = re.sub(r"\D", "", plain)
    if digits and not re.search(r"[^\d\s+().-]", plain):
        digits = (normal_phone(plain) or digits).removeprefix("+")
        heads = [head for head in HEADS if len(digits) >= head]
        if heads:
            return (Search((f"{heads[-1]}:{digits[: heads[-1]]}",), phone_part=digits),)
        return (Search((f"4:{digits[-LAST:]}",), phone_part=digits),) if len(digits) >= LAST else ()
    chinese = "".join(each for each in plain if is_chinese(each))
    if chinese:
        pairs = [f"n:{chinese[i : i + 2]}" for i in range(len(chinese) - 1)] or [f"n:{chinese}"]
        return (Search(tuple(pairs[:WORDS_MAX]), name_part=plain),)
    latin = re.findall(r"[^\W_]+", plain)
    if not latin:
        return ()
    longest = max(LATIN)
    found = [Search(tuple(f"w:{word[:longest]}" for word in latin if word), name_part="", spelled="")]
    if len(latin) == 1:
        word = latin[0]
        found = [Search((f"w:{word[:longest]}",), spelled=word if len(word) > longest else "")]
        if len(word) in LATIN or len(word) > longest:
            found.append(Search((f"i:{word[:longest]}",), spelled=word if len(word) > longest else ""))
    return tuple(found)


def fits(search: Search, *, name: str, phone: str) -> bool:
    """Tell whether somebody found by the words of a search is meant by all of it."""
    digits = phone.removeprefix("+")
    if search.phone_part and not (digits.startswith(search.phone_part) or digits.endswith(search.phone_part)):
        return False
    plain = folded(name)
    if search.name_part and search.name_part not in plain:
        return False
    if not search.spelled:
        return True
    is_word = any(word.startswith(search.spelled) for word in re.findall(r"[^\W_]+", plain))
    return is_word or any(
        full.startswith(search.spelled) or initials.startswith(search.spelled) for full, initials in spellings(plain)
    )
