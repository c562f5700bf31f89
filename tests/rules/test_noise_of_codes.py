"""Whatever a scanner's line brings: each text is classified, and the next good code is read."""

from __future__ import annotations

import random

import pytest

from rules.codes import Code, Kind, Step, classify, describe
from tests.rules.test_codes import SHOP

ALPHABETS = {
    "bytes": "".join(map(chr, range(256))),
    "digits": "0123456789",
    "gs1": "0123456789\x1d()]dQCE",
    "words": "0123456789abcXYZ-/:?=&.%+_ 会员付款码\t\r\x00\U00020bb7",
}
TEXT_MOST = 512
A_MILLION = 1_000_000


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_fault_39_a_million_random_characters_are_codes_of_some_kind(alphabet: str) -> None:
    noise, given = random.Random(39), 0
    beginnings = ("", "", "]d2", "]Q3", "]C1", "]E0", "01", "https://", "10", "(01)")
    while given < A_MILLION // len(ALPHABETS):
        text = noise.choice(beginnings) + "".join(
            noise.choices(ALPHABETS[alphabet], k=noise.choice((8, 13, 14, 18, 40, TEXT_MOST)))
        )
        given += len(text)
        for step in Step:
            code = classify(text, step=step, settings=SHOP)
            assert isinstance(code, Code)
            assert describe(code)
    assert classify("4006381333931", step=Step.ITEM, settings=SHOP).kind is Kind.GTIN
