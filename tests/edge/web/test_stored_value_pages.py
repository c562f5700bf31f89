"""A member's money on the screen, pressed in a real browser: paying in, paying with it, refunding, and its rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.store.ledger import balance
from edge.stored_value import top_up
from edge.till import Till
from rules.ledger import STORED_VALUE, STORED_VALUE_GIFT, member_account
from tests.shops import TestShop, rules_with_coupons


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, promotions=rules_with_coupons()) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    yield context.new_page()
    context.close()


def held(shop: TestShop) -> tuple[int, int]:
    db, account = shop.parts.store.reads, member_account("li")
    return balance(db, account, STORED_VALUE), balance(db, account, STORED_VALUE_GIFT)


def open_tab(shop: TestShop, page: Page) -> None:
    page.goto(f"{shop.parts.url}lane/1#member/li?tab=stored_value")
    expect(page.get_by_role("button", name="¥200.00")).to_be_visible()


def test_money_is_paid_in_beside_an_open_sale(shop: TestShop, page: Page) -> None:
    shop.ask(1, Till.add_item, sku="cola")
    open_tab(shop, page)
    page.get_by_role("button", name="¥200.00").click()
    expect(page.locator(".money-gives")).to_contain_text("¥50 gift")
    page.get_by_role("button", name="Cash, exact").click()
    expect(page.locator(".done-word")).to_contain_text("Paid in: ¥200.00")
    assert held(shop) == (20_000, 5_000)
    for key in ("1", "5", "."):
        page.locator(".money-pad").get_by_role("button", name=key, exact=True).click()
    page.locator(".money-pad").get_by_role("button", name="5", exact=True).click()
    page.locator(".money-own .button").click()
    expect(page.locator(".money-pay strong")).to_have_text("¥15.50")
    page.get_by_role("button", name="¥20.00").click()
    expect(page.locator(".done-word")).to_contain_text("Change: ¥4.50")
    assert held(shop) == (21_550, 5_000)
    assert shop.view().total == 350, "the sale is where it was"


def test_what_is_typed_wrong_is_said_and_nothing_is_paid_in(shop: TestShop, page: Page) -> None:
    open_tab(shop, page)
    page.locator("#top-up-amount").fill("1e9")
    page.locator(".money-own .button").click()
    expect(page.locator("#panel .alert")).to_contain_text("not possible")
    page.locator("#top-up-amount").fill("5")
    page.locator(".money-own .button").click()
    page.get_by_role("button", name="Cash, exact").click()
    expect(page.locator("#panel .alert")).to_contain_text("A top-up is ¥10.00")
    assert held(shop) == (0, 0)


def test_it_pays_a_sale_at_a_touch_and_change_is_kept(shop: TestShop, page: Page) -> None:
    shop.ask(1, top_up, entry_id="T1", member_id="li", amount=2_000, kind="card")
    shop.ask(1, Till.attach_member, member_id="li")
    shop.ask(1, Till.add_item, sku="rice")
    shop.ask(1, Till.to_pay)
    page.goto(f"{shop.parts.url}lane/1")
    page.wait_for_timeout(600)
    page.locator(".wallet").click()
    expect(page.locator("#due")).to_have_text("¥10.00")
    page.locator(".keep").click()
    expect(page.locator(".keep")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="¥20.00", exact=True).click()
    expect(page.locator(".finish")).to_contain_text("¥10.00")
    done = shop.view().done
    assert done is not None and (done.change, done.change_kept) == (1_000, 0), "whole tens are handed back"


def test_a_refund_shows_what_it_does_before_it_is_done(shop: TestShop, page: Page) -> None:
    shop.ask(1, top_up, entry_id="T1", member_id="li", amount=20_000, kind="card")
    open_tab(shop, page)
    page.get_by_role("button", name="Refund everything").click()
    expect(page.locator(".money-plan")).to_contain_text("Gift money void")
    page.get_by_role("button", name="Pay back in cash").click()
    expect(page.locator("#panel .alert")).to_contain_text("reason")
    assert held(shop) == (20_000, 5_000)
    page.locator("[name=reason]").fill("moves away")
    page.get_by_role("button", name="Pay back in cash").click()
    expect(page.locator(".done-word")).to_contain_text("paid back")
    assert held(shop) == (0, 0)


def test_the_rules_are_written_in_a_form(shop: TestShop, page: Page) -> None:
    page.goto(f"{shop.parts.url}lane/1#rules/stored_value")
    expect(page.locator("#rule-preview")).to_contain_text("¥200 or more paid in: ¥50 gift")
    page.locator("[name='top_ups[0].gift']").fill("60")
    expect(page.locator("#rule-preview")).to_contain_text("¥200 or more paid in: ¥60 gift")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator(".is-changed")).to_contain_text("¥60 gift")


def test_the_statement_is_a_file_for_managers(shop: TestShop) -> None:
    shop.ask(1, top_up, entry_id="T1", member_id="li", amount=20_000, kind="card")
    with urlopen(f"{shop.parts.url}lane/1/office/stored_value/li.csv", timeout=5) as answer:
        lines = answer.read().decode("utf-8-sig").splitlines()
    assert lines[0] == "time,kind,number,principal,gift,principal_after,gift_after"
    assert lines[1].endswith(",S001-1-20261123-V0001,200.00,50.00,200.00,50.00")
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    with pytest.raises(HTTPError, match="403"):
        urlopen(f"{shop.parts.url}lane/1/office/stored_value/li.csv", timeout=5)
