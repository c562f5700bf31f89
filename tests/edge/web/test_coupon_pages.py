"""Coupons on the screen: the member's own beside the sale, the tab of a file, and the back office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.coupon_desk import NewBatch, issue_to_member, new_batch
from edge.store.database import rows, scalar
from edge.till import Till
from tests.shops import TestShop, rules_with_coupons


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, promotions=rules_with_coupons()) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        running.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        yield running


def page(shop: TestShop, path: str) -> tuple[int, str]:
    try:
        with urlopen(shop.parts.url + path, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_the_back_office_is_for_managers_and_batches_that_exist(shop: TestShop) -> None:
    shop.ask(1, new_batch, asked=NewBatch("<b>传单", "five-off", is_bearer=True, count=2, last_day=date(2026, 12, 31)))
    for path in ("office/coupons", "office/coupons/new", "office/coupons/1", "office/coupons/1/codes.csv"):
        assert page(shop, f"lane/1/{path}")[0] == 200
        assert page(shop, f"lane/2/{path}")[0] == 403
    assert "&lt;b&gt;传单" in page(shop, "lane/1/office/coupons")[1]
    assert page(shop, "lane/1/office/coupons/9")[0] == page(shop, "lane/1/office/coupons/9/codes.csv")[0] == 404
    head, *lines = page(shop, "lane/1/office/coupons/1/codes.csv")[1].splitlines()
    assert head == "code,state,member,valid_from,valid_until"
    assert [line.split(",")[1:] for line in lines] == [["open", "", "2026-11-23 10:00", "2026-12-31"]] * 2


def open_lane(shop: TestShop, screen: Page) -> None:
    screen.goto(f"{shop.parts.url}lane/1")
    expect(screen.locator("#bar")).to_be_visible()


def test_a_manager_issues_to_a_segment_and_the_cashier_uses_it_at_a_touch(chromium: Browser, shop: TestShop) -> None:
    screen = chromium.new_page(viewport={"width": 1_280, "height": 800})
    screen.context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    open_lane(shop, screen)
    screen.locator("[data-panel=settings]").click()
    expect(screen.locator("#panel-body")).not_to_be_empty()
    screen.evaluate("htmx.ajax('GET', '/lane/1/office/coupons/new', {target: '#panel-body', swap: 'innerHTML'})")
    screen.locator("[name=name]").fill("Thanks")
    screen.locator("[name=promotion]").select_option("five-off")
    screen.locator("[name=count]").fill("many")
    screen.get_by_role("button", name="Make the batch").click()
    expect(screen.locator(".alert")).to_contain_text("cannot be read")
    expect(screen.locator("[name=name]")).to_have_value("Thanks")
    screen.locator("[name=count]").fill("")
    screen.locator("[name=valid_days]").fill("30")
    screen.get_by_role("button", name="Make the batch").click()
    screen.get_by_role("button", name="Thanks").click()
    # How many are meant stands on the button, before anything is issued.
    issue = screen.locator("#coupon-count button")
    expect(issue).to_have_text("Issue to 2 members")
    screen.locator("[name=tiers][value=gold] + span").click()
    expect(issue).to_have_text("Issue to 1 members")
    screen.locator("[name=tiers][value=gold] + span").click()
    expect(issue).to_have_text("Issue to 2 members")
    issue.click()
    expect(screen.locator(".done-word")).to_contain_text("Issued to 2 members.")
    expect(issue).to_be_disabled()
    screen.keyboard.press("Escape")

    shop.ask(1, Till.attach_member, member_id="li")
    shop.ask(1, Till.scan, text="6900000000021")
    screen.locator("[data-panel=coupons]").click()
    expect(screen.locator(".coupon-row.is-best")).to_contain_text("¥5.00")
    screen.get_by_role("button", name="Use", exact=True).click()
    expect(screen.locator("#total")).to_have_text("¥25.00")
    screen.close()
    assert rows(shop.parts.store.reads, "SELECT count(*) FROM coupon") == [(2,)]
    assert shop.audit() == ()


def test_a_file_shows_coupons_and_a_manager_issues_one(shop: TestShop) -> None:
    number = shop.ask(1, new_batch, asked=NewBatch("感谢", "five-off", valid_days=30))
    shop.ask(1, issue_to_member, batch_id=number, member_id="li")
    status, text = page(shop, "lane/1/member/li?tab=coupons")
    assert status == 200 and "5元优惠券" in text and "2026-12-23" in text and "发一张券" in text
    # A cashier sees them, and issues none.
    assert "发一张券" not in page(shop, "lane/2/member/li?tab=coupons")[1]
    assert scalar(shop.parts.store.reads, "SELECT count(*) FROM coupon") == 1
