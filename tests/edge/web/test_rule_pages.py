"""The pages of the rules in a real browser, over a real till: written, tried, published and rolled back by a manager."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.rulebook import newest_readable
from edge.store import rulebook as versions
from edge.till import Till
from tests.edge.web.preview import SIZES
from tests.shops import CONFIG, TestShop, moment_ms

pytestmark = pytest.mark.browser

COLA, NEVER_UNDER_PX = "6901234567892", 44


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    # A test that goes on on the next day would find the lane locked.
    config = CONFIG.replace("[rules]", "[staff]\nidle_lock_minutes = 0\n[rules]")
    with TestShop(tmp_path / "shop", config=config) as opened:
        opened.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield opened


@pytest.fixture
def manager(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    yield from visit(chromium, shop, "zh-Hans")


def visit(chromium: Browser, shop: TestShop, language: str, size: str = "1280", theme: str = "light") -> Iterator[Page]:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=True)
    for name, value in (("lang", language), ("theme", theme)):
        context.add_cookies([{"name": name, "value": value, "url": shop.parts.url}])
    opened = context.new_page()
    opened.set_default_timeout(5_000)
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{shop.parts.url}lane/1#rules")
    expect(opened.locator(".rules-list")).to_be_visible()
    yield opened
    context.close()
    assert [text for text in complaints if "ERR_" not in text] == []


def tab(page: Page, number: int) -> None:
    page.locator(".rules-head .segment").nth(number).tap()


def write_half_price_drinks(page: Page) -> None:
    page.locator(".rules-bar .button").last.tap()
    page.locator(".kind-key[hx-get$='/percent_off']").tap()
    page.locator("[name='off_bp@zhe']").fill("5")
    page.locator("[data-name='scope.categories'] [data-find]").fill("drin")
    page.locator("[data-name='scope.categories'] [data-picked=drinks]").tap()


def answer_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


PATHS = (
    "",
    "/new",
    "/edit?id=member-price",
    "/publish",
    "/trial",
    "/past",
    "/versions",
    "/find?what=tag",
    "/programme",
    "/tables",
)
PRESSES = (
    "keep", "change", "publish", "rollback", "discard", "trial", "past", "preview", "programme", "programme/rows",
)  # fmt: skip


def test_only_a_manager_sees_the_rules_and_no_other_site_presses_a_button(shop: TestShop) -> None:
    def answers(lane: int) -> set[int]:
        return {answer_of(f"{shop.parts.url}lane/{lane}/rules{path}") for path in PATHS}

    assert answers(1) == {200}
    assert answers(2) == {403}  # locked
    assert answers(9) == {404}
    shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
    assert answers(2) == {403}  # a cashier
    for path in PRESSES:
        request = urllib.request.Request(f"{shop.parts.url}lane/1/rules/{path}", data=b"verb=delete&id=member-price")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)
        assert refused.value.code == 400, path
    assert versions.draft(shop.parts.store.reads) is None


def test_written_published_and_rolled_back_by_touch(manager: Page, shop: TestShop) -> None:
    shop.ask(1, Till.scan, text=COLA)
    write_half_price_drinks(manager)
    said = manager.locator("#rule-preview .said")
    expect(said.nth(0)).to_contain_text("drinks 5折。")
    expect(said.nth(2)).to_contain_text("50 % off.")
    expect(manager.locator("[name='names.en'][placeholder='drinks: 50 % off']")).to_be_visible()
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator(".draft-word")).to_contain_text("1")
    expect(manager.locator(".rule.is-new")).to_contain_text("drinks 5折")
    assert shop.view().total == 350

    manager.locator(".rules-bar [hx-get$='/publish']").tap()
    manager.locator("[name=note]").fill("试一周")
    manager.locator(".publish-form .accent").tap()
    expect(manager.locator(".done-word")).to_be_visible()
    assert shop.view().total == 175
    expect(manager.locator("#total")).to_have_text("¥1.75")

    tab(manager, 4)
    expect(manager.locator(".version").first).to_contain_text("试一周")
    manager.locator(".version").nth(1).locator("button").tap()
    manager.locator(".roll-form .accent").tap()
    expect(manager.locator(".version")).to_have_count(3)
    assert shop.view().total == 350
    assert shop.audit() == ()


def test_written_by_keyboard_alone(manager: Page, shop: TestShop) -> None:
    press, focused = manager.keyboard.press, "document.activeElement.name ?? ''"
    expect(manager.locator(".rules-bar .button").last).to_be_focused()
    press("Enter")
    expect(manager.locator(".kind-key").first).to_be_focused()
    press("Tab")
    press("Enter")
    manager.locator("#rule-form").wait_for()
    for wanted, typed in (("off_bp@zhe", "9"), ("scope.all", " ")):
        for _ in range(20):
            if manager.evaluate(focused) == wanted:
                break
            press("Tab")
        manager.keyboard.type(typed, delay=60)
    expect(manager.locator("#rule-preview .said").first).to_contain_text("9折。")
    press("Enter")
    expect(manager.locator(".rule.is-new")).to_be_visible()
    assert versions.draft(shop.parts.store.reads) is not None


def test_what_is_wrong_stands_beside_its_field_and_escape_goes_back(manager: Page, shop: TestShop) -> None:
    write_half_price_drinks(manager)
    manager.locator("[name='off_bp@zhe']").fill("15")
    expect(manager.locator("[data-slip='off_bp']")).to_contain_text("15")
    manager.locator("[name='off_bp@zhe']").fill("")
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator("[data-slip='off_bp']")).to_have_text("请填写。")
    expect(manager.locator("#rule-preview .alert")).to_be_visible()
    expect(manager.locator("[data-slip='off_bp']")).to_have_text("请填写。")
    expect(manager.locator(".pick")).to_contain_text("drinks")
    manager.keyboard.press("Escape")
    expect(manager.locator(".rules-list")).to_be_visible()
    expect(manager.locator(".draft-word")).to_have_count(0)
    manager.keyboard.press("Escape")
    expect(manager.locator("#panel")).to_be_hidden()


def test_changed_copied_switched_off_and_deleted(manager: Page) -> None:
    rule = manager.locator(".rule", has_text="会员价")
    rule.locator(".button").tap()
    expect(rule.locator(".chip").last).to_have_text("已停用")
    rule.locator(".button").tap()
    expect(rule.locator(".chip")).to_have_count(1)
    expect(rule.locator(".chip")).to_have_text("生效中")
    rule.locator(".rule-face").tap()
    manager.locator("[data-verb=copy]").tap()
    manager.locator("[name='names.zh_hans']").fill("会员价二")
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator(".rule")).to_have_count(3)
    manager.locator(".rule", has_text="满50减5").locator(".rule-face").tap()
    manager.locator("[data-verb=delete]").tap()
    manager.locator("[data-verb=delete]").tap()
    expect(manager.locator(".rule.is-gone")).to_contain_text("满50减5")
    manager.locator(".rules-bar [hx-get$='/publish']").tap()
    expect(manager.locator(".rule")).to_have_count(2)


def test_rows_of_steps(manager: Page) -> None:
    manager.locator(".rule", has_text="满50减5").locator(".rule-face").tap()
    expect(manager.locator(".rule-row")).to_have_count(2)
    expect(manager.locator("[name='steps[1].spend']")).to_have_value("100")
    manager.locator("[data-more=steps]").tap()
    manager.locator("[name='steps[2].spend']").fill("200")
    manager.locator("[name='steps[2].off']").fill("30")
    expect(manager.locator("#rule-preview .said").first).to_contain_text("满¥200减¥30")
    manager.locator(".rule-row").nth(0).locator("[data-clear]").tap()
    expect(manager.locator("#rule-preview .said").first).not_to_contain_text("满¥50")


def test_second_piece_at_half_price_in_four_taps(manager: Page, shop: TestShop) -> None:
    manager.locator(".rules-bar .button").last.tap()
    manager.locator(".kind-key[hx-get$='/nth_item']").tap()
    manager.locator("[data-fill]").first.tap()
    expect(manager.locator("[name='ladder_bp[1]@zhe']")).to_have_value("5")
    manager.locator("[name='scope.all']").tap()
    expect(manager.locator("#rule-preview .said").first).to_contain_text("第2件5折。")
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator(".rule.is-new")).to_contain_text("第2件5折")
    draft = versions.draft(shop.parts.store.reads)
    assert draft is not None and '"ladder_bp":[0,5000]' in draft.body


def test_tiers_and_points_are_written_and_published(manager: Page, shop: TestShop) -> None:
    tab(manager, 3)
    manager.locator("[hx-get$='/programme']").tap()
    expect(manager.locator(".tier-row")).to_have_count(2)
    expect(manager.locator("[name='tiers[1].points_per_yuan_bp']")).to_have_value("1.5")
    manager.locator("[data-more=tiers]").tap()
    manager.locator("[name='tiers[2].names.en']").fill("Jade")
    manager.locator("[name='tiers[2].spend_from']").fill("2000")
    manager.locator(".tier-row").nth(2).locator(".swatch").nth(1).tap()
    manager.locator("[name='points.cash']").tap()
    manager.locator("[name='points.cash.step']").fill("100")
    manager.locator("[name='points.cash.worth']").fill("1")
    manager.locator(".rule-acts [type=submit]").tap()
    # It begins where gold does; what was typed stays.
    expect(manager.locator("[data-slip='tiers[2].spend_from']")).to_contain_text("gold")
    expect(manager.locator("[name='points.cash.step']")).to_have_value("100")
    manager.locator("[name='tiers[2].spend_from']").fill("5000")
    manager.locator("[name='tiers[2].points_per_yuan_bp']").fill("2")
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator(".rule.is-changed")).to_have_count(2)
    expect(manager.locator(".rule.is-changed").first).to_contain_text("Jade：满¥5000，每¥1积2分")
    manager.locator(".rules-bar [hx-get$='/publish']").tap()
    expect(manager.locator(".rule").nth(1)).to_contain_text("100积分抵¥1")
    manager.locator(".publish-form .accent").tap()
    expect(manager.locator(".done-word")).to_be_visible()
    rules = shop.parts.loop.write(lambda: newest_readable(shop.parts.store.db))
    assert rules is not None
    assert [(tier.id, tier.spend_from, tier.colour) for tier in rules.rules.tiers][2] == ("jade", 500_000, "#4a7fb5")
    assert rules.rules.points.cash is not None and rules.rules.points.cash.worth == 100


def test_a_trial_compares_the_draft_with_what_is_in_force(manager: Page, shop: TestShop) -> None:
    write_half_price_drinks(manager)
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator(".draft-word")).to_be_visible()
    tab(manager, 1)
    for word in ("可乐", "可乐", "苹果"):
        manager.locator("[data-rows] [data-find]").fill(word)
        manager.locator("[data-rows] .result").tap()
    manager.locator("[name=weight]").last.fill("0.5")
    expect(manager.locator(".column")).to_have_count(2)
    expect(manager.locator(".trial-total strong").nth(0)).to_have_text("¥13.40")
    expect(manager.locator(".trial-total strong").nth(1)).to_have_text("¥9.90")
    expect(manager.locator(".verdict")).to_contain_text("¥3.50")
    expect(manager.locator(".missed").nth(0)).to_contain_text("¥36.60")
    manager.locator("[name=who]").select_option("tier:gold")
    expect(manager.locator(".trial-total").nth(0)).to_contain_text("分")
    assert shop.view().lines == (), "nobody bought anything"


def test_yesterday_under_the_draft(manager: Page, shop: TestShop) -> None:
    shop.ask(1, Till.scan, text=COLA)
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=1_000)
    write_half_price_drinks(manager)
    manager.locator(".rule-acts [type=submit]").tap()
    expect(manager.locator(".draft-word")).to_be_visible()
    shop.clock.hand.at_ms = moment_ms("2026-11-24 10:00")
    tab(manager, 2)
    expect(manager.locator("[name=day]")).to_have_value(date(2026, 11, 23).isoformat())
    manager.locator("#past-form .accent").tap()
    expect(manager.locator(".verdict")).to_contain_text("¥1.75")
    expect(manager.locator(".past-table").last).to_contain_text("S001-1-20261123-0001")


PAGES = {
    "kinds": ".rules-bar .button >> nth=-1", "trial": ".segment >> nth=1", "past": ".segment >> nth=2",
    "tables": ".segment >> nth=3", "programme": "[hx-get$='/programme']", "versions": ".segment >> nth=4", "list": ".segment >> nth=0", "form": ".rule-face >> nth=0",
}  # fmt: skip


@pytest.mark.parametrize(("size", "language", "theme"), [("1280", "zh-Hant", "dark"), ("1024", "en", "light")])
def test_pages_of_rules_fit_and_can_be_hit(
    chromium: Browser, shop: TestShop, size: str, language: str, theme: str
) -> None:
    width, height = SIZES[size]
    for page in visit(chromium, shop, language, size, theme):
        for name, press in PAGES.items():
            page.locator(f"#panel {press}").tap()
            page.wait_for_timeout(250)
            boxes = page.evaluate(
                """() => [...document.querySelectorAll("#panel button, #panel .field, #panel .check, #panel summary, #panel .toggle span")]
                    .filter((b) => b.checkVisibility()).map((b) => {
                    const {x, y, width, height} = b.getBoundingClientRect();
                    const scrolls = b.closest(".rules-list, .rule-fields, .trial-form, .trial-result, .kind-grid, .panel-main");
                    return [b.textContent.trim().slice(0, 24) || b.name, x, y, width, height, !scrolls];
                })"""
            )
            assert len(boxes) > 4
            for label, x, y, wide, high, is_fixed in boxes:
                assert min(wide, high) >= NEVER_UNDER_PX, f"{name}: {label} is {wide} by {high}"
                assert x >= 0 and x + wide <= width + 0.5, f"{name}: {label} leaves the screen"
                assert not is_fixed or (y >= 0 and y + high <= height + 0.5), f"{name}: {label} leaves the screen"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
