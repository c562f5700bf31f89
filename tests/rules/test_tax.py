from __future__ import annotations

import pytest

from rules.tax import by_rate, contained, contained_by_line


@pytest.mark.parametrize(
    ("amount", "tax_bp", "tax"),
    [
        (11_300, 1_300, 1_300),  # 13 % on 100.00
        (10_900, 900, 900),  # 9 % on 100.00
        (100, 1_300, 12),  # 11.504...
        (4, 1_300, 0),  # 0.46
        (5, 1_300, 1),  # 0.575
        (500, 0, 0),  # an exempt item
        (0, 1_300, 0),
    ],
)
def test_contained(amount, tax_bp, tax):
    assert contained(amount, tax_bp=tax_bp) == tax


@pytest.mark.parametrize(
    ("lines", "taxes"),
    [
        ([], ()),
        ([(5, 1_300)] * 4, (1, 1, 0, 0)),  # 2 fen over the rate; line by line it would be 4
        ([(4, 1_300)] * 5, (1, 1, 0, 0, 0)),  # 2.3 fen; line by line it would be 0
        ([(11_300, 1_300), (10_900, 900)], (1_300, 900)),  # two rates do not touch each other
        ([(0, 1_300), (11_300, 1_300)], (0, 1_300)),  # a free line carries no tax
    ],
)
def test_contained_by_line(lines, taxes):
    assert contained_by_line(lines) == taxes


def test_by_rate_lists_each_rate_once():
    assert by_rate([(100, 1_300), (10_900, 900), (13, 1_300), (50, 0)]) == (
        (0, 50, 0),
        (900, 10_900, 900),
        (1_300, 113, 13),
    )
