"""Pages for customers' phones: open with a pass, for a while, and so often; nothing else opens to a stranger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from drivers.document import QrCode
from edge.member_passes import Passes
from edge.store import consents, members, people
from edge.store.database import scalar
from edge.till import Till
from edge.web.brake import Brake
from tests.edge.web.browserless import Visitor
from tests.shops import CONFIG, TestShop

PAGES = '\n[privacy]\npage_url = "https://taptill.lan"\npage_minutes = 15\n'
LAN = {"X-TapTill-Door": "lan", "X-Forwarded-For": "192.168.1.50", "Host": "taptill.lan"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, config=CONFIG + PAGES) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def passes(shop: TestShop) -> Passes:
    return Passes((shop.folder / "data/session.key").read_bytes())


def join_path(shop: TestShop, *, minutes: int = 15, lane: str = "1") -> str:
    until_ms = shop.clock.now_ms() + minutes * 60_000
    return f"/join/{passes(shop).make('join', lane, until_ms=until_ms)}"


def me_path(shop: TestShop, member_id: str, *, minutes: int = 15) -> str:
    return f"/me/{passes(shop).make('me', member_id, until_ms=shop.clock.now_ms() + minutes * 60_000)}"


def send(visitor: Visitor, path: str, **values: str) -> tuple[int, str]:
    status, text = visitor.get(path)
    assert status == 200, text
    return visitor.post(path, urlencode({"csrf_token": visitor.token(text), **values}))


def test_a_customer_registers_on_their_phone(shop: TestShop) -> None:
    phone = Visitor(shop, LAN)
    status, text = send(phone, join_path(shop), phone="138 0013 8000", name="陈大文", purpose="messages")
    assert status == 200
    assert "陈大文" not in text
    db = shop.parts.store.reads
    member_id = people.by_phone(db, "13800138000")
    assert member_id is not None
    assert {key for key, said in consents.standing(db, member_id).items() if said.is_given} == {"messages"}
    assert {said.place for said in consents.history(db, member_id)} == {"page"}
    # Nobody at the till did it, and nothing of the lane changed.
    assert scalar(db, "SELECT staff_id FROM audit WHERE action = 'member_joined'") == ""
    assert shop.view().member is None


def test_a_stranger_learns_nothing_of_numbers_that_are_known(shop: TestShop) -> None:
    new = send(Visitor(shop, LAN), join_path(shop), phone="13800138001", name="甲")
    known = send(Visitor(shop, LAN), join_path(shop), phone="13812345678", name="甲")
    assert [each.split("<main")[1] for _, each in (new, known)] == [new[1].split("<main")[1]] * 2
    file = members.member(shop.parts.store.reads, "li")
    assert file is not None
    assert file.name == "李小明"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"phone": "1380013800", "name": "甲"}, "手机号不对"),
        ({"phone": "<b>", "name": "甲"}, "手机号不对"),
        ({"phone": "13800138000", "name": ""}, "请填写姓名"),
        ({"phone": "13800138000", "name": "长" * 61}, "最多 60 个字"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(shop: TestShop, values: dict[str, str], said: str) -> None:
    before = scalar(shop.parts.store.reads, "SELECT count(*) FROM member")
    status, text = send(Visitor(shop, LAN), join_path(shop), **values)
    assert status == 200
    assert said in text
    assert "<b>" not in text.split("<main", 1)[1]
    assert scalar(shop.parts.store.reads, "SELECT count(*) FROM member") == before


def test_a_code_ends_and_makes_only_so_many(shop: TestShop) -> None:
    path = join_path(shop)
    for number in range(6):
        status, text = send(Visitor(shop, LAN), path, phone=f"1380013800{number}", name="甲")
        assert status == 200
    assert "次数已满" in text
    assert people.by_phone(shop.parts.store.reads, "13800138005") is None
    shop.clock.hand.at_ms += 16 * 60_000
    assert Visitor(shop, LAN).get(path)[0] == 410


@pytest.mark.parametrize("spoil", [lambda p: p[:-1] + ("A" if p[-1] != "A" else "B"), lambda p: p.replace("/join/1", "/join/2"),
                                   lambda p: p.replace("/join/", "/me/"), lambda _: "/join/x.y.z", lambda _: "/me/."])  # fmt: skip
def test_a_pass_that_was_touched_opens_nothing(shop: TestShop, spoil: object) -> None:
    assert callable(spoil)
    assert Visitor(shop, LAN).get(spoil(join_path(shop)))[0] == 410


def test_a_balance_is_shown_masked_and_only_for_a_while(shop: TestShop) -> None:
    path = me_path(shop, "wang")
    status, text = Visitor(shop, LAN).get(path)
    assert status == 200
    assert "王*" in text
    assert "金卡" in text
    assert "13900001111" not in text
    assert "wang" not in text.split("<main", 1)[1]
    shop.clock.hand.at_ms += 16 * 60_000
    assert Visitor(shop, LAN).get(path)[0] == 410


def test_no_other_page_opens_to_a_stranger(shop: TestShop) -> None:
    phone = Visitor(shop, LAN)
    for path in ("/", "/lane/1", "/lane/1/member/wang", "/lane/1/member-code", "/lane/1/office", "/join", "/me"):
        assert phone.get(path)[0] in {401, 404}, path


def test_strangers_may_ask_only_so_often(shop: TestShop) -> None:
    path = join_path(shop)
    answers = [Visitor(shop, LAN).get(path)[0] for _ in range(22)]
    assert answers[:20] == [200] * 20
    assert answers[20:] == [429, 429]
    # Somebody else in the shop is not kept out by it.
    assert Visitor(shop, {**LAN, "X-Forwarded-For": "192.168.1.51"}).get(path)[0] == 200


def test_all_together_may_ask_only_so_often() -> None:
    brake = Brake(each=2, together=3)
    assert [brake.lets(address) for address in ("a", "a", "a", "b", "c")] == [True, True, False, True, False]


def test_without_an_address_there_are_no_pages(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert Visitor(shop, LAN).get(join_path(shop))[0] == 404
        assert Visitor(shop).get("/lane/1/member-code")[0] == 404


def test_the_till_shows_the_codes(shop: TestShop) -> None:
    status, text = Visitor(shop).get("/lane/1/member-code")
    assert status == 200
    assert re.search(r'src="data:image/svg\+xml', text)
    assert Visitor(shop).get("/lane/1/member/wang/code")[0] == 200
    assert Visitor(shop).get("/lane/1/member/nobody/code")[0] == 404


@pytest.mark.parametrize(
    ("tag", "words"), [("zh-Hans", "成为会员"), ("zh-Hant", "成為會員"), ("en", "Become a member")]
)
def test_three_languages(shop: TestShop, tag: str, words: str) -> None:
    phone = Visitor(shop, LAN)
    path = join_path(shop)
    assert phone.get(f"{path}?lang={tag}")[0] == 303
    assert words in phone.get(path)[1]


def test_a_receipt_brings_the_member_to_their_balance_for_some_days(tmp_path: Path) -> None:
    with TestShop(tmp_path, config=CONFIG + PAGES + "receipt_days = 7\n") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.attach_member, member_id="wang")
        shop.ask(1, Till.scan, text="4006381333931")
        shop.ask(1, Till.to_pay)
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=250)
        sale_id = shop.view().sale_id or shop.view().done.sale_id  # type: ignore[union-attr]
        document = shop.parts.reads.receipt_document(sale_id, language="en", copy=False)
        assert document is not None
        codes = [block.text for block in document.lines if isinstance(block, QrCode)]
        assert codes[0].startswith("https://taptill.lan/me/wang.")
        path = codes[0].removeprefix("https://taptill.lan")
        assert Visitor(shop, LAN).get(path)[0] == 200
        shop.clock.hand.at_ms += 7 * 86_400_000
        assert Visitor(shop, LAN).get(path)[0] == 410
