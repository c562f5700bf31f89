"""What items are found by: words, each by its beginning.

Chinese has no blanks, so each character of a name begins a word of its own, and so does each letter of its initials;
full pinyin is found from the first character on. What an item begins with (`head`) is kept apart: it is listed first.
A change here needs a new INDEX_VERSION.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.store.han import folded
from rules.basket import Item

INDEX_VERSION = "1"
WORD_MAX = 8
"""Characters of a word that are kept; a longer one that is typed is cut as well."""
WORDS_MAX = 160
"""Words of one item: a name that long is no name."""
TYPED_MAX = 6
"""Words of a search that count."""
_CHINESE = "㐀-鿿\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_CHINESE}]+|[0-9]+|[^\W\d_{_CHINESE}]+")


@dataclass(frozen=True, slots=True)
class ItemWords:
    head: str
    tail: str


def words_of(item: Item, *, initials: str, search: str) -> ItemWords:
    """Return the words of an item, blanks between them.

    Args:
        initials: pinyin initials, several readings separated by blanks.
        search: further words, such as full pinyin.

    >>> words_of(Item("c1", Names("可乐", "可樂"), 0), initials="kl", search="kele")
    ItemWords(head='可乐 c kl kele', tail='乐 1 l')
    """
    head: dict[str, None] = {}
    tail: dict[str, None] = {}
    for name in (item.names.zh_hans, item.names.zh_hant, item.names.en):
        runs = typed_words(name)
        head.update(dict.fromkeys(runs[:1]))
        tail.update(dict.fromkeys(runs[1:]))
        tail.update(dict.fromkeys(each[at : at + WORD_MAX] for each in _whole(name) for at in range(1, len(each))))
    for text in (item.sku, item.brand):
        runs = typed_words(text)
        head.update(dict.fromkeys(runs[:1]))
        tail.update(dict.fromkeys(runs[1:]))
    for reading in folded(initials).split():
        head[reading[:WORD_MAX]] = None
        tail.update(dict.fromkeys(reading[at : at + WORD_MAX] for at in range(1, len(reading))))
    head.update(dict.fromkeys(each[:WORD_MAX] for each in folded(search).split()))
    words = [each for each in tail if each not in head]
    return ItemWords(" ".join(list(head)[:WORDS_MAX]), " ".join(words[:WORDS_MAX]))


def _whole(text: str) -> list[str]:
    """Return the Chinese parts of a text, whole."""
    return [each for each in _RUNS.findall(folded(text)[: WORDS_MAX * 2]) if not each[0].isascii() and each[0] > "㏿"]


def typed_words(text: str) -> list[str]:
    """Return a text's words, each cut to what is kept of it.

    >>> typed_words("可樂330ml")
    ['可乐', '330', 'ml']
    """
    return [each[:WORD_MAX] for each in _RUNS.findall(folded(text)[: WORDS_MAX * 2])]
