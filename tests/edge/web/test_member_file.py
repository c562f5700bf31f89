"""The file of a member over the sale, and the back office: who sees them, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from edge.till import Till
from tests.shops import TestShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path) as running:
        yield running


def page(shop: TestShop, path: str) -> tuple[int, str]:
    """Return the status and the text of a page."""
    try:
        with urlopen(shop.parts.url + path, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_file_shows_name_and_phone_masked_and_only_to_staff(shop: TestShop) -> None:
    assert page(shop, "lane/1/member/wang")[0] == 403
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    status, text = page(shop, "lane/1/member/wang")
    assert status == 200
    assert "王*" in text
    assert "139****1111" in text
    assert "王芳" not in text
    assert "13900001111" not in text


@pytest.mark.parametrize("path", ["lane/1/member/nobody", "lane/1/member/wang?tab=nothing", "lane/9/member/wang"])
def test_what_does_not_exist_is_not_found(shop: TestShop, path: str) -> None:
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    assert page(shop, path)[0] == 404


def test_the_back_office_is_for_managers(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    assert page(shop, "lane/1/office")[0] == 403
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    assert page(shop, "lane/1/office")[0] == 200
    assert "139****1111" in page(shop, "lane/1/office/find?q=1111")[1]
