"""The customer display over real sockets: who opens it, what stands on it, what it can do; and the receipt on a phone."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from PIL import Image

from edge.cli.configuration import check
from edge.clock import monotonic_s
from edge.display_slides import SlideFolder
from edge.ids import new_id
from edge.member_passes import Passes
from edge.returning import WantedBack, give_back
from edge.store.database import execute
from edge.till import Till
from edge.web.display_room import DisplayRoom
from edge.web.door import CODE_PAUSE_S
from edge.web.house import House
from edge.web.server import create_app
from edge.web.speech import Speech
from tests.edge.web.browserless import Visitor
from tests.shops import CONFIG, TestShop

PAGES = """
[privacy]
page_url = "https://taptill.lan"
page_minutes = 15
receipt_days = 7
[display]
slides = "slides"
"""
LAN = {"X-TapTill-Door": "lan", "X-Forwarded-For": "192.168.1.50", "Host": "taptill.lan"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    (tmp_path / "slides").mkdir()
    Image.new("RGB", (400, 300), "#2f6f5a").save(tmp_path / "slides/春.png")
    (tmp_path / "slides/notes.txt").write_text("purchase price of tea: 3.20")
    with TestShop(tmp_path, config=CONFIG + PAGES) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def sell(shop: TestShop, *, member_id: str = "wang") -> str:
    """Sell two pens and a milk to a member for a hundred, and return the sale's id."""
    shop.ask(1, Till.attach_member, member_id=member_id)
    for code in ("4006381333931", "4006381333931", "6900000000014"):
        assert shop.ask(1, Till.scan, text=code) is None
    shop.ask(1, Till.to_pay)
    assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=10_000) is None
    done = shop.view().done
    assert done is not None
    return done.sale_id


def passes(shop: TestShop) -> Passes:
    return Passes((shop.folder / "data/session.key").read_bytes())


def receipt_path(shop: TestShop, sale_id: str, *, days: int = 30) -> str:
    return f"/receipt/{passes(shop).make('receipt', sale_id, until_ms=shop.clock.now_ms() + days * 86_400_000)}"


# --- who may open it -------------------------------------------------------------------------------------------------


def test_at_the_box_a_display_needs_nobody_to_sign_in(shop: TestShop) -> None:
    visitor = Visitor(shop)
    assert visitor.get("/display/1")[0] == 200
    assert visitor.get("/display/7")[0] == 404
    status, text = visitor.get("/display/")
    assert status == 200
    assert 'href="/display/2"' in text


@pytest.mark.parametrize("path", ["/display/1", "/display/", "/display/1/stream", "/display/slides/春.png"])
def test_a_stranger_in_the_shops_network_opens_none(shop: TestShop, path: str) -> None:
    status, text = Visitor(shop, LAN).get(path)
    assert status == 401
    assert 'name="display" value="1" checked' in text


def pair(shop: TestShop, visitor: Visitor, **more: str) -> tuple[int, str]:
    box = Visitor(shop)
    token = box.token(box.get("/lane/1")[1])
    box.headers["X-CSRFToken"] = token
    code = re.search(r"\d{6}", box.post("/lane/1/settings/pairing", "")[1])
    assert code is not None
    token = visitor.token(visitor.get("/pair")[1])
    return visitor.post("/pair", urlencode({"csrf_token": token, "code": code[0], **more}))


def test_a_tablet_that_is_paired_as_a_display_opens_displays_and_no_till(shop: TestShop) -> None:
    tablet = Visitor(shop, LAN)
    assert pair(shop, tablet, display="1")[0] == 303
    assert tablet.get("/display/1")[0] == 200
    assert tablet.get("/display/slides/春.png")[0] == 200
    for path in ("/", "/lane/1", "/lane/1/stream", "/lane/1/receipts", "/lane/1/settings", "/display", "/displays/1"):
        assert tablet.get(path)[0] in {401, 404}, path
    token = tablet.token(tablet.get("/display/1")[1])
    tablet.headers["X-CSRFToken"] = token
    assert tablet.post("/lane/1/do/sign_out", "{}")[0] == 401
    assert shop.view().staff is not None
    assert tablet.post("/display/1/language/en", "")[0] == 200


def test_a_till_that_is_paired_opens_its_display_too(shop: TestShop) -> None:
    terminal = Visitor(shop, LAN)
    assert pair(shop, terminal)[0] == 303
    assert terminal.get("/display/1")[0] == 200
    assert terminal.get("/lane/1")[0] == 200
    # Once it is made a display, it is a till no more.
    sleep(CODE_PAUSE_S)
    assert pair(shop, terminal, display="1")[0] == 303
    assert (terminal.get("/lane/1")[0], terminal.get("/display/1")[0]) == (401, 200)


# --- what it can do --------------------------------------------------------------------------------------------------


def test_all_that_a_display_can_do_is_speak(shop: TestShop) -> None:
    rules = [rule for rule in _rules(shop) if rule[0].startswith("/display/")]
    assert {(path, method) for path, methods in rules for method in methods if method not in {"HEAD", "OPTIONS"}} == {
        ("/display/", "GET"),
        ("/display/<int:lane>", "GET"),
        ("/display/<int:lane>/stream", "GET"),
        ("/display/slides/<name>", "GET"),
        ("/display/<int:lane>/language/<language>", "POST"),
    }
    visitor = Visitor(shop)
    before = shop.view()
    assert visitor.post("/display/1/language/en", "")[0] == 400  # without the page's token
    visitor.headers["X-CSRFToken"] = visitor.token(visitor.get("/display/1")[1])
    assert visitor.post("/display/1/language/en", "")[0] == 200
    assert visitor.post("/display/1/language/fr", "")[0] == 404
    assert shop.view() == before
    assert 'data-language="en"' in visitor.get("/display/1")[1]


def _rules(shop: TestShop) -> list[tuple[str, set[str]]]:
    parts = shop.parts
    house = House(parts.config, shop.clock, parts.screens, parts.health, parts.reads, parts.loop.ask, b"x" * 32)
    return [(rule.rule, set(rule.methods or ())) for rule in create_app(house).url_map.iter_rules()]


def test_only_pictures_of_the_folder_are_served(shop: TestShop) -> None:
    visitor = Visitor(shop)
    status, text = visitor.get("/display/1")
    assert status == 200
    assert "/display/slides/" in text
    assert "notes.txt" not in text
    assert visitor.get("/display/slides/春.png")[0] == 200
    for name in ("notes.txt", "../taptill.toml", "..%2Ftaptill.toml", "%2e%2e/taptill.toml", ".png", "x.png"):
        assert visitor.get(f"/display/slides/{name}")[0] == 404, name


def test_a_till_always_finds_a_place_however_many_displays_are_open(shop: TestShop) -> None:
    held = []
    address = Visitor(shop).at
    for _ in range(3):
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
        connection.request("GET", "/display/1/stream")
        held.append((connection, connection.getresponse().status))
    assert [status for _, status in held] == [200, 200, 503]  # of four places, displays take two at the most
    till = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    till.request("GET", "/lane/1/stream")
    assert till.getresponse().status == 200
    for connection, _ in held:
        connection.close()
    till.close()


# --- what stands on it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["basket", "paying", "thanks"])
def test_nothing_secret_stands_in_the_page(shop: TestShop, stage: str) -> None:
    db = shop.parts.store.db
    shop.parts.loop.write(lambda: execute(db, "UPDATE person SET birthday = 'S1988-11-24' WHERE member_id = 'wang'"))
    shop.ask(1, Till.attach_member, member_id="wang")
    shop.ask(1, Till.scan, text="6900000000014")
    if stage != "basket":
        shop.ask(1, Till.to_pay)
    if stage == "thanks":
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=10_000)
    text = Visitor(shop).get("/display/1")[1]
    assert f'data-face="{stage}"' in text
    assert ("王*" in text) == (stage != "thanks")
    # What tells versions and pictures apart, and what a code draws, is digits that hold a year once in a while.
    said = re.sub(r"\?(v=)?[\w.+-]+(?=\")|data:image[^\"]*|data-version=\"[^\"]*", "", text.split("<body", 1)[1])
    view = shop.view()
    for secret in (
        "13900001111", "王芳", "wang", "1988", "11-24", "小张", "zhang", "milk", view.sale_id, "data-do", "/lane/1/do",
    ):  # fmt: skip
        assert secret not in said, secret


def test_the_code_to_register_opens_the_page_for_it_and_is_renewed_in_time(shop: TestShop) -> None:
    room = _room(shop)
    shop.ask(1, Till.next_sale)
    first = room.painted(shop.view()).join_url
    path = first.removeprefix("https://taptill.lan")
    phone = Visitor(shop, LAN)
    assert phone.get(path)[0] == 303  # the language of the display goes along
    assert phone.cookies["lang"] == "zh-Hans"
    assert phone.get(path.split("?")[0])[0] == 200
    shop.clock.hand.at_ms += 5 * 60_000
    assert room.painted(shop.view()).join_url != first
    assert phone.get(path.split("?")[0])[0] == 200  # whoever scanned the last one has time
    shop.clock.hand.at_ms += 16 * 60_000
    assert phone.get(path.split("?")[0])[0] == 410


def _room(shop: TestShop) -> DisplayRoom:
    parts = shop.parts
    secret = (shop.folder / "data/session.key").read_bytes()
    house = House(parts.config, shop.clock, parts.screens, parts.health, parts.reads, parts.loop.ask, secret)
    return DisplayRoom(house, Speech(house), SlideFolder(None, monotonic_s))


# --- how far it is to the next tier ----------------------------------------------------------------------------------


def test_the_distance_is_the_same_on_panel_display_receipt_and_phone(shop: TestShop) -> None:
    sale_id = sell(shop, member_id="li")
    member = shop.view().member
    assert member is not None
    assert member.next_tier_names is not None
    said = f"还差 ¥{member.next_tier_short / 100:,.2f} 升{member.next_tier_names.zh_hans}"
    assert said in Visitor(shop).get("/display/1")[1]
    assert said in _paper(shop, sale_id)
    until_ms = shop.clock.now_ms() + 60_000
    assert said in Visitor(shop, LAN).get(f"/me/{passes(shop).make('me', 'li', until_ms=until_ms)}")[1]
    assert said in Visitor(shop, LAN).get(receipt_path(shop, sale_id))[1].replace("￥", "¥")  # as on paper
    # The panel, once the member is there again.
    shop.ask(1, Till.next_sale)
    shop.ask(1, Till.attach_member, member_id="li")
    assert said in Visitor(shop).get("/lane/1")[1]
    assert said in Visitor(shop).get("/display/1")[1]


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("visits_from = 3", "还差2次升银卡"),
        ("points_from = 100", "还差83积分升银卡"),
        ("spend_from = 10_000", "还差 ¥83.00 升银卡"),
    ],
)
def test_the_phone_says_what_the_next_tier_asks_for(tmp_path: Path, figure: str, said: str) -> None:
    tiers = f"""
[[tiers]]
id = "blue"
names = {{ zh_hans = "普卡" }}
spend_from = 0
[[tiers]]
id = "silver"
names = {{ zh_hans = "银卡" }}
{figure}
"""
    with TestShop(tmp_path, config=CONFIG + PAGES, promotions=tiers) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        sale_id = sell(shop, member_id="li")
        until_ms = shop.clock.now_ms() + 60_000
        path = f"/me/{passes(shop).make('me', 'li', until_ms=until_ms)}"
        for page in (Visitor(shop, LAN).get(path)[1], Visitor(shop).get("/display/1")[1], _paper(shop, sale_id)):
            assert said in page


def _paper(shop: TestShop, sale_id: str) -> str:
    document = shop.parts.reads.receipt_document(sale_id, language="zh-Hans", copy=False)
    assert document is not None
    return " ".join(str(getattr(block, "text", "")) for block in document.lines)


# --- the receipt on a phone ------------------------------------------------------------------------------------------


def test_the_whole_receipt_opens_on_a_phone_for_as_long_as_it_may(shop: TestShop) -> None:
    path = receipt_path(shop, sell(shop))
    status, text = Visitor(shop, LAN).get(path)
    assert status == 200
    for words in ("街角便利店", "水笔", "鲜牛奶", "现金", "找零", "会员", "王*", "本次积分", "合计", "税", "优惠"):
        assert words in text, words
    assert "13900001111" not in text
    # The member's balances are one touch away, as long as the paper's code would show them.
    me = re.search(r'href="https://taptill\.lan(/me/[^"]+)"', text)
    assert me is not None
    assert Visitor(shop, LAN).get(me[1])[0] == 200
    shop.clock.hand.at_ms += 8 * 86_400_000
    assert Visitor(shop, LAN).get(me[1])[0] == 410
    assert Visitor(shop, LAN).get(path)[0] == 200
    shop.clock.hand.at_ms += 23 * 86_400_000
    assert Visitor(shop, LAN).get(path)[0] == 410


def test_a_receipts_address_cannot_be_guessed_or_made_from_another(shop: TestShop) -> None:
    sale_id = sell(shop)
    path = receipt_path(shop, sale_id)
    other = sell(shop)
    for spoiled in (
        path.replace(sale_id, other), path[:-1] + ("A" if path[-1] != "A" else "B"), f"/receipt/{sale_id}",
        path.replace("/receipt/", "/me/"), "/receipt/S001-01-20261123-0001", "/receipt/.",
    ):  # fmt: skip
        assert Visitor(shop, LAN).get(spoiled)[0] == 410, spoiled


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("zh-Hans", ("您的电子小票", "已退 1 件", "已退款")),
        ("zh-Hant", ("您的電子收據", "已退 1 件", "已退款")),
        ("en", ("Your receipt", "Returned: 1", "Paid back for returns")),
    ],
)
def test_what_came_back_is_marked_in_three_languages(shop: TestShop, tag: str, words: tuple[str, ...]) -> None:
    sale_id = sell(shop)
    path = receipt_path(shop, sale_id)
    phone = Visitor(shop, LAN)
    assert phone.get(f"{path}?lang={tag}")[0] == 303
    assert words[1] not in phone.get(path)[1]
    take_back(shop, sale_id)
    text = phone.get(path)[1]
    for each in words:
        assert each in text, each


def take_back(shop: TestShop, sale_id: str) -> None:
    wanted = (WantedBack(0, 1),)
    shop.ask(1, give_back, return_id=new_id(shop.clock), sale_id=sale_id, wanted=wanted, reason="broken")
    notice = shop.view().notice
    assert notice is not None
    assert notice.code == "returned"


def test_without_days_there_is_no_code(tmp_path: Path) -> None:
    pages = PAGES.replace("receipt_days = 7", "e_receipt_days = 0")
    with TestShop(tmp_path, config=CONFIG + pages) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        sell(shop)
        text = Visitor(shop).get("/display/1")[1]
        assert 'data-face="thanks"' in text
        assert "电子小票" not in text


# --- taptill check ---------------------------------------------------------------------------------------------------


def test_check_looks_at_every_slide(tmp_path: Path) -> None:
    TestShop(tmp_path, config=CONFIG + '[display]\nslides = "slides"\n')
    command = ["--config", str(tmp_path / "taptill.toml")]
    missing = CliRunner().invoke(check, command)
    assert missing.exit_code == 1
    assert "display.slides: found no folder slides" in missing.output
    (tmp_path / "slides").mkdir()
    Image.new("RGB", (400, 300)).save(tmp_path / "slides/a.png")
    assert CliRunner().invoke(check, command).exit_code == 0
    Image.new("RGB", (40, 30)).save(tmp_path / "slides/b.png")
    (tmp_path / "slides/c.svg").write_text("<svg/>")
    wrong = CliRunner().invoke(check, command)
    assert wrong.exit_code == 1
    assert "b.png: 40 × 30 pixels" in wrong.output
    assert "c.svg: its name" in wrong.output
