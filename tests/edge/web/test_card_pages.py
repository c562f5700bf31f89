"""Cards and proof on the screen, pressed as a browser would."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from edge import card_deeds
from edge.store import cards
from edge.till import Till
from tests.shops import CARDS, TestShop, rules_with_coupons


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, promotions=rules_with_coupons()) as running:
        yield running


class Screen:
    """Just enough of a browser: cookies, the token of the page, forms."""

    def __init__(self, shop: TestShop) -> None:
        self._url = shop.parts.url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("lane/1")[1])
        assert found
        self._token = found[1]

    def get(self, path: str) -> tuple[int, str]:
        return self._open(urllib.request.Request(self._url + path))

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        data = urllib.parse.urlencode({"csrf_token": self._token, **fields}).encode()
        return self._open(urllib.request.Request(self._url + path, data=data))

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.mark.parametrize("path", ["proof", "cards", "member/li?tab=cards"])
def test_nothing_of_cards_is_shown_at_a_locked_lane(shop: TestShop, path: str) -> None:
    assert Screen(shop).get(f"lane/1/{path}")[0] == 403


def test_a_pin_is_typed_on_the_screen(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    shop.ask(1, card_deeds.set_member_pin, member_id="li", pin="2468")
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    screen = Screen(shop)
    status, page = screen.get("lane/1/proof")
    assert status == 200 and 'value="pin"' in page and 'value="last_four"' in page
    status, page = screen.post("lane/1/proof", way="pin", typed="1111")
    assert status == 200 and "2" in page and "data-shut" not in page and "1111" not in page
    assert "data-shut" in screen.post("lane/1/proof", way="pin", typed="2468")[1]
    assert shop.view().proof == "pin"


@pytest.mark.parametrize("way", ["", "none", "identified", "nonsense"])
def test_a_proof_that_is_none(shop: TestShop, way: str) -> None:
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    assert Screen(shop).post("lane/1/proof", way=way, typed="1234")[0] == 400


def test_cards_are_bound_blocked_and_replaced_in_the_file(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    screen, reads = Screen(shop), shop.parts.store.reads
    shop.ask(1, Till.tap, uid=CARDS["card-spare"])
    status, page = screen.post("lane/1/member/li/cards/bind")
    assert status == 200 and "04…b2a1" in page
    # The whole number stands in the form alone, for the press that needs it.
    assert screen.post("lane/1/member/li/cards/block", uid=CARDS["card-spare"], reason="damaged")[0] == 200
    blocked = cards.card(reads, CARDS["card-spare"])
    assert blocked is not None and blocked.reason == "damaged"
    assert screen.post("lane/1/member/li/cards/unblock", uid=CARDS["card-spare"])[0] == 200
    shop.ask(1, Till.tap, uid=CARDS["card-stranger"])
    assert screen.post("lane/1/member/li/cards/replace", old_uid=CARDS["card-spare"])[0] == 200
    replaced = cards.card(reads, CARDS["card-spare"])
    assert replaced is not None and replaced.replaced_by == CARDS["card-stranger"]


def test_a_card_of_somebody_else_is_not_changed_from_a_file(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    screen = Screen(shop)
    assert screen.post("lane/1/member/li/cards/block", uid=CARDS["card-wang"], reason="lost")[0] == 404
    assert screen.post("lane/1/member/li/cards/shred")[0] == 404
    mine = cards.card(shop.parts.store.reads, CARDS["card-wang"])
    assert mine is not None and not mine.is_blocked


def test_an_ecard_is_shown_as_a_picture_once(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    screen = Screen(shop)
    page = screen.post("lane/1/member/li/cards/ecard")[1]
    assert "data:image/svg+xml" in page and "otpauth" not in page
    assert "data:image/svg+xml" not in screen.get("lane/1/member/li?tab=cards")[1]


def test_one_of_several_cards_is_chosen_and_a_manager_makes_a_badge(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, Till.tap, uid=CARDS["card-li"], others=(CARDS["badge-chen"], CARDS["card-stranger"]))
    screen = Screen(shop)
    page = screen.get("lane/1/cards")[1]
    assert "李**" in page and "李小明" not in page and "小陈" in page
    shop.ask(1, card_deeds.forget_cards)
    shop.ask(1, Till.tap, uid=CARDS["card-spare"])
    assert 'data-do="bind_badge"' in screen.get("lane/1/cards")[1]
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    assert 'data-do="bind_badge"' not in screen.get("lane/1/cards")[1]
