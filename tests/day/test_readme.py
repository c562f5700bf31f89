"""The table of bad input names tests and stories that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TABLE = (Path(__file__).parent / "README.md").read_text("utf-8").partition("## Bad input")[2]
NAMES = sorted(set(re.findall(r"`(test_\w+…?)`", TABLE)))
FILES = sorted(set(re.findall(r"`((?:\w+/)+\w+\.(?:py|till))`", TABLE)))
DEFINED = re.findall(
    r"^def (test_\w+)", "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py")), re.MULTILINE
)


def test_the_table_is_read() -> None:
    assert len(NAMES) > 12 and len(FILES) > 8


@pytest.mark.parametrize("name", NAMES)
def test_a_test_that_the_table_names_is_there(name: str) -> None:
    assert any(each == name or (name.endswith("…") and each.startswith(name[:-1])) for each in DEFINED)


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_the_table_names_is_there(path: str) -> None:
    assert (TESTS / path).is_file()
