"""What is pressed in a member's file and at the offer of a card, through the pages that people use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from edge.store import cards, members, people
from edge.store.database import scalar
from edge.till import Till
from tests.edge.web.browserless import Visitor
from tests.shops import NASTY, PROMOTIONS, TestShop

RULES = (
    PROMOTIONS.read_text(encoding="utf-8")
    + '\n[membership]\n[[membership.fields]]\nid = "height"\nnames = {zh_hans = "身高"}\nkind = "number"\n'
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, promotions=RULES) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def press(shop: TestShop, path: str, **values: str) -> tuple[int, str]:
    visitor = Visitor(shop)
    _, text = visitor.get("/lane/1/member-new")
    return visitor.post(path, urlencode({"csrf_token": visitor.token(text), **values}))


def test_a_profile_is_kept_and_its_slips_stand_beside_their_fields(shop: TestShop) -> None:
    path = "/lane/1/member/li/profile"
    status, text = press(shop, path, birthday="1990-02-30", region="西湖区", **{"custom.height": "tall"})
    assert status == 200
    assert text.count('class="alert slip"') == 2
    assert "西湖区" in text, "what was typed is not lost"
    person = people.person(shop.parts.store.reads, "li")
    assert person is not None
    assert person.profile.region == ""
    status, text = press(shop, path, birthday="1990-02-28", region="西湖区", **{"custom.height": "172"})
    assert "已保存" in text
    person = people.person(shop.parts.store.reads, "li")
    assert person is not None
    assert (person.birth, person.profile.region, person.profile.custom) == ((1990, 2, 28), "西湖区", {"height": "172"})
    # Name and phone are shown masked, and stay as they are where nothing was typed.
    assert (person.name, person.phone) == ("李小明", "13812345678")


@pytest.mark.parametrize("field", ["name", "region", "occupation", "tags", "custom.height", "referrer"])
@pytest.mark.parametrize("text", ["x" * 900, "a\x00b", "\x1b@", NASTY])
def test_strange_texts_are_refused_or_shown_as_they_are(shop: TestShop, field: str, text: str) -> None:
    status, page = press(shop, "/lane/1/member/li/profile", **{field: text})
    assert status == 200
    assert "<b>饼" not in page
    status, page = Visitor(shop).get("/lane/1/member/li?tab=profile")
    assert status == 200
    assert "<b>饼" not in page


def test_notes_and_consent(shop: TestShop) -> None:
    status, text = press(shop, "/lane/1/member/li/note", text="<i>低糖</i>")
    assert status == 200
    assert "&lt;i&gt;低糖&lt;/i&gt;" in text
    status, text = press(shop, "/lane/1/member/li/consent", purpose="messages", given="1")
    assert "同意 · 在收银台" in text
    assert press(shop, "/lane/1/member/li/consent", purpose="nothing", given="1")[0] == 200
    assert "李" not in "".join(
        str(scalar(shop.parts.store.reads, "SELECT group_concat(subject || detail) FROM audit")) or ""
    )


def test_history_tells_what_happened(shop: TestShop) -> None:
    shop.ask(1, Till.attach_member, member_id="li")
    shop.ask(1, Till.scan, text="4006381333931")
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=250)
    _, text = Visitor(shop).get("/lane/1/member/li?tab=history")
    assert "消费 ¥2.50 · S001-1-20261123-0001" in text
    assert "+2 分" in text
    assert "成为会员" in text


def test_a_name_in_clear_is_for_managers_and_in_the_journal(shop: TestShop) -> None:
    _, text = press(shop, "/lane/1/member/li/unmask")
    assert "李小明" in text
    assert "13812345678" in text
    assert scalar(shop.parts.store.reads, "SELECT count(*) FROM audit WHERE action = 'member_unmasked'") == 1
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    _, text = press(shop, "/lane/1/member/li/unmask")
    assert "李小明" not in text
    for path in ("/lane/1/member/li/export",):
        assert Visitor(shop).get(path)[0] == 403


def test_all_that_is_known_of_a_member_is_given_out(shop: TestShop) -> None:
    press(shop, "/lane/1/member/li/note", text="低糖")
    status, text = Visitor(shop).get("/lane/1/member/li/export")
    assert status == 200
    found = json.loads(text)
    assert (found["name"], found["phone"], found["code"]) == ("李小明", "13812345678", "M1001")
    assert found["profile"]["notes"][0]["text"] == "低糖"
    assert {uid for uid, *_ in found["cards"]} == {"04a1b2c3", "0411aa44"}


def test_two_files_become_one_and_a_file_is_erased(shop: TestShop) -> None:
    _, text = Visitor(shop).get("/lane/1/member/li/merge?q=1111")
    assert "139****1111" in text
    _, text = press(shop, "/lane/1/member/li/merge", gone="wang")
    assert "两份档案已合并" in text
    assert members.surviving(shop.parts.store.reads, "wang") == "li"
    assert Visitor(shop).get("/lane/1/member/wang")[0] == 404
    _, text = press(shop, "/lane/1/member/li/erase")
    assert "资料已删除" in text
    assert people.person(shop.parts.store.reads, "li") is None
    assert Visitor(shop).get("/lane/1/member/li")[0] == 404


def test_registering_at_the_screen(shop: TestShop) -> None:
    _, text = press(shop, "/lane/1/member-new", phone="138", name="甲")
    assert "手机号不对" in text
    _, text = press(shop, "/lane/1/member-new", phone="13812345678", name="甲")
    assert 'data-do="attach_member" data-member_id="li"' in text
    assert "李小明" not in text
    _, text = press(shop, "/lane/1/member-new", phone="13800138000", name="陈大文", purpose="messages")
    assert "data-shut" in text
    assert shop.view().member is not None
    assert shop.view().member.name == "陈**"  # type: ignore[union-attr]


def test_a_card_nobody_knows_by_touch(chromium: Browser, shop: TestShop) -> None:
    """New member, bound by touch alone; and the sale goes on under the offer."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{shop.parts.url}lane/1")
    shop.reader("cards-1").type("04ffffff")
    page.get_by_role("button", name="新会员").click()
    for digit in "13800138000":
        page.locator("#panel .pad-key", has_text=digit).first.click()
    page.fill("#panel [name=name]", "陈大文")
    page.locator("#panel .toggle span", has_text="接收优惠信息").click()
    page.get_by_role("button", name="登记", exact=True).click()
    page.locator(".member-face b", has_text="陈**").wait_for(timeout=5_000)
    assert not page.locator("#panel").is_visible()
    assert page.locator(".offer").count() == 0
    # The name opens the file without leaving the sale; Escape closes it.
    page.locator(".member-face").click()
    page.get_by_role("button", name="记录").click()
    page.locator(".happening", has_text="成为会员").wait_for(timeout=5_000)
    shop.reader("scanner-1").type("4006381333931")
    page.keyboard.press("Escape")
    page.locator("#total", has_text="2.50").wait_for(timeout=5_000)
    page.close()
    file = cards.card(shop.parts.store.reads, "04ffffff")
    assert file is not None
    assert file.member_id == people.by_phone(shop.parts.store.reads, "13800138000")
