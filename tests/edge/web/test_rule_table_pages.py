"""The tables of the rules beside promotions, written by touch on the smallest screen, published, and followed by the till."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.returning import WantedBack, give_back
from edge.rule_table_list import TABLES
from edge.rulebook import newest_readable
from edge.screen import Refusal
from edge.store import coupons
from edge.store import rulebook as versions
from edge.store.ledger import balance
from edge.stored_value import top_up
from edge.till import Till
from edge.times import use_times
from rules.ledger import STORED_VALUE_GIFT, member_account
from rules.promotions import RuleSet
from tests.edge.web.preview import SIZES
from tests.edge.web.test_rule_pages import NEVER_UNDER_PX, answer_of, visit
from tests.shops import CARDS, TestShop, moment_ms, rules_with_coupons

pytestmark = pytest.mark.browser

BREAD = "06900000000038"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as opened:
        opened.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield opened


@pytest.fixture
def manager(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    yield from visit(chromium, shop, "zh-Hans", "800")


def rules_of(shop: TestShop) -> RuleSet:
    found = shop.parts.loop.write(lambda: newest_readable(shop.parts.store.db))
    assert found is not None
    return found.rules


def open_table(page: Page, key: str) -> None:
    page.locator(".rules-head .segment").nth(3).tap()
    page.locator(f".table-grid [hx-get$='/{key}']").tap()
    expect(page.locator("#rule-form")).to_be_visible()


def pick(page: Page, name: str, text: str, key: str) -> None:
    picker = page.locator(f"[data-name='{name}']")
    picker.locator("[data-find]").fill(text)
    picker.locator(f"[data-picked={key}]").tap()
    expect(picker.locator(".pick").last).to_be_visible()


def keep(page: Page) -> None:
    page.locator(".rule-acts [type=submit]").tap()
    expect(page.locator(".done-word")).to_be_visible()


def publish(page: Page) -> None:
    page.locator(".rules-bar [hx-get$='/publish']").tap()
    page.locator(".publish-form .accent").tap()
    expect(page.locator(".done-word")).to_contain_text("已发布")


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[name='{name}']").fill(value)


def write_times_card(page: Page) -> None:
    open_table(page, "times")
    page.locator("[data-more=packages]").tap()
    page.locator("[name='packages[1].names.zh_hans']").fill("五次染发卡")
    pick(page, "packages[1].sku", "吐司", "bread")
    pick(page, "packages[1].parts[0].skus", "染", "colour")
    page.locator("[name='packages[1].parts[0].times']").fill("5")
    page.locator("[name='packages[1].months']").fill("6")
    expect(page.locator("#rule-preview .said").first).to_contain_text("五次染发卡：5次染发，6个月内有效")
    keep(page)


def write_coupon(page: Page) -> None:
    open_table(page, "coupon_rules")
    page.locator("[data-more=rules]").tap()
    page.locator("[name='rules[5].names.zh_hans']").fill("面包谢礼")
    expect(page.locator("[name='rules[5].min_total']")).to_be_hidden()
    expect(page.locator("[name='rules[5].revived']")).to_be_checked()
    page.locator("[name='rules[0].revived']").evaluate("box => box.closest('details').open = true")
    page.locator("[name='rules[0].revived']").tap()
    page.locator("[name='rules[5].event']").select_option("purchase")
    page.locator("[name='rules[5].promotion']").select_option("five-off")
    page.locator("[name='rules[5].min_total']").fill("8")
    page.locator("[name='rules[5].scope']").tap()
    pick(page, "rules[5].scope.skus", "吐司", "bread")
    expect(page.locator("#rule-preview .said").first).to_contain_text(
        "买了吐司面包且消费满¥8送“面包谢礼”1张，30天内有效"
    )
    keep(page)


def write_proof(page: Page) -> None:
    open_table(page, "proof")
    page.locator("[name=times_up_to]").fill("0")
    for weak in ("last_four", "approved", "pin"):
        page.locator(".toggle", has=page.locator(f"[value={weak}]")).tap()
        expect(page.locator(f"[name=accepts][value={weak}]")).not_to_be_checked()
    expect(page.locator("#rule-preview .said").first).to_contain_text("使用次卡需要出示会员码或防伪卡")
    keep(page)


def write_returns(page: Page) -> None:
    open_table(page, "returns")
    page.locator("[name=days]").fill("7")
    page.locator("[name='order[0]']").select_option("cash")
    page.locator(".rule-acts [type=submit]").tap()
    expect(page.locator("[data-slip=order]")).to_have_text("“现金”重复了。")
    page.locator("[name='order[4]']").select_option("gift")
    expect(page.locator("[data-slip=order]")).to_have_text("")
    expect(page.locator("#rule-preview .said").first).to_contain_text(
        "先退现金，再依次退储值本金、扫码支付、刷卡、赠送金"
    )
    keep(page)


def write_files(page: Page) -> None:
    open_table(page, "membership")
    page.locator("[data-more=fields]").tap()
    page.locator("[name='fields[0].names.zh_hans']").fill("鞋码")
    expect(page.locator("[name='fields[0].choices']")).to_be_hidden()
    page.locator("[name='fields[0].kind']").select_option("choice")
    page.locator("[name='fields[0].choices']").fill("42\n41 宽\n40")
    expect(page.locator("#rule-preview .said").first).to_contain_text("自定义资料：鞋码（42/41 宽/40）")
    keep(page)


def write_stored_value(page: Page) -> None:
    open_table(page, "stored_value")
    page.locator("[name='top_ups[0].gift']").fill("60")
    expect(page.locator("#rule-preview .said").first).to_contain_text("充¥200送¥60赠送金")
    keep(page)


def test_a_rule_of_each_table_is_written_by_touch_and_the_till_follows(manager: Page, shop: TestShop) -> None:
    write_times_card(manager)
    write_coupon(manager)
    write_proof(manager)
    write_returns(manager)
    write_files(manager)
    write_stored_value(manager)

    # The list names every table that was changed, and leads to its form.
    changed = manager.locator(".rule.is-changed")
    expect(changed.locator("b")).to_have_text(["储值余额", "次卡", "自动发券", "消费验证", "退货", "会员资料"])
    changed.nth(4).locator(".rule-face").tap()
    expect(manager.locator("[name=days]")).to_have_value("7")
    manager.locator("[data-back]").tap()
    expect(manager.locator(".table-grid .chip")).to_have_count(6)
    manager.locator(".rules-head .segment").nth(0).tap()
    manager.locator(".rules-bar [hx-get$='/publish']").tap()
    expect(manager.locator(".rule")).to_have_count(6)
    expect(manager.locator("button.rule-face").nth(2)).to_contain_text("面包谢礼")
    manager.locator(".publish-form .accent").tap()
    expect(manager.locator(".done-word")).to_contain_text("已发布")

    rules = rules_of(shop)
    assert [each.revived for each in rules.coupon_rules] == [False, True, True, True, False, True]

    # A member buys the bread: five times to have their hair coloured, and a coupon.
    package = rules.times.packages[1]
    assert (package.id, package.parts[0].id, package.sku) == ("card", "part", "bread")
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    shop.ask(1, Till.scan, text=BREAD)
    shop.ask(1, Till.to_pay)
    sale_id = shop.view().sale_id
    shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=1_000)
    shop.ask(1, Till.next_sale)
    db = shop.parts.store.reads
    assert balance(db, member_account("li"), "times:card.part") == 5
    assert [(each.names.zh_hans, each.promotion_id) for each in held_coupons(shop)] == [("面包谢礼", "five-off")]

    # Found by a plain card, a time is not given away any more.
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    refused = shop.ask(1, use_times, unit="times:card.part", sku="colour", holder_id="li")
    assert refused == Refusal("proof_needed", {"kind": "times", "accepts": "proved", "limit": 0})
    shop.ask(1, Till.detach_member)

    # 200.00 paid in bring 60.00.
    assert shop.ask(1, top_up, entry_id="T1", member_id="li", amount=20_000, kind="card") is None
    assert balance(db, member_account("li"), STORED_VALUE_GIFT) == 6_000

    # The field stands in the member's file.
    manager.goto(f"{shop.parts.url}lane/1#member/li?tab=profile")
    manager.reload()
    expect(manager.locator("[name^='custom.']")).to_be_visible()
    expect(manager.locator("[name^='custom.'] option")).to_have_text(["", "42", "41 宽", "40"], use_inner_text=True)

    # After a week the cashier asks somebody.
    shop.clock.hand.at_ms = moment_ms("2026-12-01 10:01")
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    late = shop.ask(1, give_back, return_id="R1", sale_id=sale_id, wanted=[WantedBack(0, 1)], reason="旧了")
    assert isinstance(late, Refusal)
    assert late.code == "approval_needed", late
    assert shop.audit() == ()


def held_coupons(shop: TestShop) -> list[coupons.Coupon]:
    return coupons.open_of_member(shop.parts.store.reads, "li", now_ms=shop.clock.now_ms())


def test_what_is_wrong_stays_beside_its_field_until_it_is_right(manager: Page, shop: TestShop) -> None:
    open_table(manager, "times")
    manager.locator("[data-more=packages]").tap()
    manager.locator("[name='packages[1].names.zh_hans']").fill("染发卡")
    manager.locator(".rule-acts [type=submit]").tap()
    slip = manager.locator("[data-slip='packages[1].sku']")
    expect(slip).to_have_text("请填写。")
    expect(manager.locator("#rule-preview .alert")).to_be_visible()  # the sentence came back, and did not wipe it away
    expect(slip).to_have_text("请填写。")
    pick(manager, "packages[1].sku", "十次", "cutcard")
    pick(manager, "packages[1].parts[0].skus", "染", "colour")
    manager.locator("[name='packages[1].parts[0].times']").fill("5")
    expect(slip).to_have_text("另一张次卡已经用了商品“剪发十次卡”。")
    manager.locator("[data-name='packages[1].sku'] .unpick").tap()
    pick(manager, "packages[1].sku", "吐司", "bread")
    expect(slip).to_have_text("")
    keep(manager)


def test_a_card_keeps_its_id_and_a_new_one_gets_another(manager: Page, shop: TestShop) -> None:
    write_times_card(manager)
    publish(manager)
    open_table(manager, "times")
    row = manager.locator(".table-row").nth(1)
    expect(row.locator("[name='packages[1].names.en']")).to_be_hidden()
    row.locator("summary").first.tap()
    row.locator("[name='packages[1].names.en']").fill("Five colourings")
    keep(manager)
    publish(manager)
    assert [each.id for each in rules_of(shop).times.packages] == ["cut10", "card"]
    # Taken out, and one of the same name written anew: nobody gets the old one's times.
    open_table(manager, "times")
    row = manager.locator(".table-row").nth(1)
    row.locator("summary").first.tap()
    row.locator("> [data-clear]").tap()
    row.locator("> [data-clear]").tap()
    expect(manager.locator(".table-row")).to_have_count(1)
    keep(manager)
    publish(manager)
    write_times_card(manager)
    publish(manager)
    assert [each.id for each in rules_of(shop).times.packages] == ["cut10", "card-2"]


def test_what_a_change_breaks_elsewhere_is_said_with_the_name_of_that_page(manager: Page) -> None:
    open_table(manager, "times")
    manager.locator(".table-row > summary").tap()
    manager.locator(".table-row > [data-clear]").tap()
    manager.locator(".table-row > [data-clear]").tap()
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator("[data-slip='']").first).to_contain_text("储值余额：“剪发十次卡”已经没有了")
    expect(manager.locator(".table-row")).to_have_count(0)


def test_what_is_wrong_leads_from_publishing_to_its_place(manager: Page) -> None:
    """The offer is switched off; a coupon that is given by itself would be for nothing."""
    manager.locator(".rule", has_text="5元优惠券").first.locator(".button").tap()
    manager.locator(".rules-bar [hx-get$='/publish']").tap()
    expect(manager.locator(".publish-form .accent")).to_be_disabled()
    manager.locator(".problems li .button", has_text="自动发券").first.tap()
    expect(manager.locator("[data-slip='rules[0].promotion']")).to_contain_text("5元优惠券")
    expect(manager.locator("[name='rules[0].promotion']")).to_be_visible()


def test_only_a_manager_sees_the_tables_and_no_other_site_presses_a_button(shop: TestShop) -> None:
    paths = ("tables", *TABLES)
    assert {answer_of(f"{shop.parts.url}lane/1/rules/{path}") for path in paths} == {200}
    assert answer_of(f"{shop.parts.url}lane/1/rules/tables/no") == 404
    assert {answer_of(f"{shop.parts.url}lane/2/rules/{path}") for path in paths} == {403}
    for path in (f"{key}{press}" for key in TABLES for press in ("", "/rows", "/preview")):
        request = urllib.request.Request(f"{shop.parts.url}lane/1/rules/{path}", data=b"days=1")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)
        assert refused.value.code == 400, path
    assert versions.draft(shop.parts.store.reads) is None


@pytest.mark.parametrize(
    ("size", "language", "theme"),
    [("1280", "zh-Hans", "light"), ("1024", "en", "dark"), ("800", "zh-Hant", "light"), ("800", "en", "light")],
)
def test_pages_of_tables_fit_and_can_be_hit(
    chromium: Browser, shop: TestShop, size: str, language: str, theme: str
) -> None:
    width, height = SIZES[size]
    for page in visit(chromium, shop, language, size, theme):
        for key in TABLES:
            open_table(page, key)
            for summary in page.locator(".table-row > summary").all():
                summary.tap()
            page.wait_for_timeout(200)
            boxes = page.evaluate(
                """() => [...document.querySelectorAll("#panel button, #panel .field, #panel .check, #panel summary, #panel .toggle span")]
                    .filter((b) => b.checkVisibility()).map((b) => {
                    const {x, y, width, height} = b.getBoundingClientRect();
                    return [b.textContent.trim().slice(0, 24) || b.name, x, y, width, height, !b.closest(".rule-fields")];
                })"""
            )
            assert len(boxes) > 8
            for label, x, y, wide, high, is_fixed in boxes:
                assert min(wide, high) >= NEVER_UNDER_PX, f"{key}: {label} is {wide} by {high}"
                assert x >= 0 and x + wide <= width + 0.5, f"{key}: {label} leaves the screen"
                assert not is_fixed or (y >= 0 and y + high <= height + 0.5), f"{key}: {label} leaves the screen"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(
                "document.querySelector('.rule-fields').scrollWidth <= document.querySelector('.rule-fields').clientWidth"
            )
