"""What a rule of the till's style sheets must not say, because each element that comes or goes would pay for it.

A browser keeps, for each class, id and attribute, what is to be styled anew when it comes or goes. A rule that names none
of them before a `+` or `~`, or within `:has()`, stands for every element: whatever is put into the page or taken away then
styles half of the till anew, before anything is painted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.web import lane as till_page

STATIC = Path(till_page.__file__).parent / "static"
SHEETS = ("till.css", "comfort.css", "rules.css")
SELECTORS = re.compile(r"([^{}]+)\{")
BEFORE_A_SIBLING = re.compile(r"([^\s>+~,]+)\s*[+~](?!=)")
COUNTED = re.compile(r":nth-[a-z-]+\([^()]*\)")
HAS = re.compile(r":has\(([^()]*(?:\([^()]*\)[^()]*)*)\)")


def selectors(sheet: str) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(encoding="utf-8"), flags=re.DOTALL)
    return [each.strip() for each in SELECTORS.findall(text) if not each.strip().startswith("@")]


def is_named(compound: str) -> bool:
    """Tell whether a class, an id or an attribute stands in it, and none only as what it must not have."""
    return re.search(r"[.#\[]", re.sub(r":not\([^()]*\)", "", compound)) is not None and ":not(" not in compound


@pytest.mark.parametrize("sheet", SHEETS)
def test_what_stands_before_a_sibling_is_named(sheet: str) -> None:
    unnamed = [
        each
        for each in selectors(sheet)
        for compound in BEFORE_A_SIBLING.findall(COUNTED.sub("", HAS.sub("", each)))
        if not re.search(r"[.#\[]", compound)
    ]
    assert unnamed == []


@pytest.mark.parametrize("sheet", SHEETS)
def test_what_is_looked_for_within_is_named(sheet: str) -> None:
    unnamed = [each for each in selectors(sheet) for within in HAS.findall(each) if not is_named(within)]
    assert unnamed == []
