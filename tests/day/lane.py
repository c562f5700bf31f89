"""A cashier's hand at a lane: one page of the till by touch, and the customer's display beside it."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.day.plan import Planned
from tests.shops import CARDS, ITEMS, TestShop

WAIT_MS = 15_000
GUARD_MS = 500
"""A little longer than the page guards its buttons after a change of stage."""
CODES = {item.sku: codes[0] for item, codes in ITEMS if codes}
WECHAT = "134567890123456789"
PINYIN = {"pen": "sb", "cola": "kl", "milk": "xnn", "rice": "dbdm", "bread": "tsmb"}


def money(minor: int) -> str:
    return f"¥{minor // 100:,}.{minor % 100:02d}"


def typed(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def connected(page: Page) -> None:
    """Wait until the page's stream is open. The page's policy forbids what `wait_for_function` does from its second look on."""
    for _ in range(WAIT_MS // 50):
        if page.evaluate("window.stream?.isOpen()"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the stream does not open")


class Lane:
    """The till's page at lane 1 and its customer display, in one language."""

    def __init__(self, browser: Browser, shop: TestShop, language: str) -> None:
        self.shop = shop
        url = shop.parts.url.rstrip("/")
        # A window each: of two pages in one window the browser paints only the one in front.
        self.contexts = [
            browser.new_context(viewport={"width": 1_280, "height": 800}, has_touch=has_touch)
            for has_touch in (True, False)
        ]
        for context in self.contexts:
            context.set_default_timeout(WAIT_MS)
            context.add_cookies([{"name": "lang", "value": language, "url": url}])
        self.page: Page = self.contexts[0].new_page()
        self.display: Page = self.contexts[1].new_page()
        self.complaints: list[str] = []
        for page in (self.page, self.display):
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.display.goto(f"{url}/display/1")
        self.page.goto(f"{url}/lane/1")
        expect(self.page.locator("#strip .chip").first).to_be_visible()

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()

    def sees(self, selector: str, text: str) -> None:
        expect(self.page.locator(selector).first).to_have_text(text, timeout=WAIT_MS)

    def holds(self, selector: str, text: str) -> None:
        expect(self.page.locator(selector).first).to_contain_text(text, timeout=WAIT_MS)

    def gone(self, selector: str) -> None:
        expect(self.page.locator(selector)).to_be_hidden(timeout=WAIT_MS)

    def stage(self, name: str) -> None:
        expect(self.page.locator("#stage")).to_have_attribute("data-stage", name, timeout=WAIT_MS)

    def pad(self, text: str) -> None:
        for digit in text:
            self.tap(f'.digits [data-pad="{digit}"]')

    def type_into(self, field: str, text: str) -> None:
        """Type on the digits of an open panel."""
        for digit in text:
            self.tap(f'[data-type="{digit}"][data-into="{field}"]')

    def sign_in(self, staff_id: str, pin: str) -> None:
        self.stage("locked")
        self.tap(f"#staff-{staff_id}")
        self.pad(pin)
        self.tap('.on-lock[data-pad="enter"]')
        self.stage("selling")

    # ------------------------------------------------------------------- goods

    def ring_up(self, sale: Planned) -> None:
        """Bring the member and the goods; both screens show the same total then."""
        if self.page.locator("#next").count():
            self.tap("#next")
            self.stage("selling")
        if sale.member:
            self.shop.reader("cards-1").type(CARDS[f"card-{sale.member}"])
            expect(self.page.locator(".member")).to_be_visible()
        for sku, count in sale.goods:
            self._bring(sku, count, sale.by)
        if sale.apples_g:
            self.weigh(sale.apples_g)
        expect(self.page.locator(".line")).to_have_count(len(sale.goods) + bool(sale.apples_g))

    def _bring(self, sku: str, count: int, by: str) -> None:
        if by == "scan":
            for _ in range(count):
                self.shop.reader("scanner-1").type(CODES[sku])
            return
        if count > 1:
            self.pad(str(count))
        if by == "keys":
            self.tap(f'.quick-key[data-sku="{sku}"]')
            return
        self.page.locator("#seek").fill(PINYIN[sku])
        self.tap(f'#found [data-sku="{sku}"]')
        expect(self.page.locator("#found [data-sku]")).to_have_count(0)

    def weigh(self, grams: int) -> None:
        self.tap('.quick-key[data-sku="apple"]')
        expect(self.page.locator("#weigh-live")).to_be_visible()
        self.shop.scale().put(grams)
        expect(self.page.locator("#weigh-take")).to_have_attribute("data-weight_g", str(grams), timeout=WAIT_MS)
        self.tap("#weigh-take")
        self.gone("#panel")
        self.shop.scale().put(0)

    def agree(self, total: int) -> None:
        """Wait until the lane's total and the display's are this one."""
        self.sees("#total", money(total))
        expect(self.display.locator("#d-total")).to_have_text(money(total), timeout=WAIT_MS)

    # ------------------------------------------------------------------ paying

    def to_pay(self, *, by_key: bool = False) -> None:
        expect(self.page.locator("#pay")).to_be_enabled()
        if by_key:
            self.page.keyboard.press("F12")
        else:
            self.tap("#pay")
        self.stage("paying")
        self.page.wait_for_timeout(GUARD_MS)

    def pay(self, sale: Planned, *, by_key: bool = False) -> None:
        getattr(self, f"_pay_{sale.way}")(sale, by_key)
        self.stage("done")
        change = sale.given - sale.cash
        if change:
            self.sees("#change", money(change))
        else:
            expect(self.display.locator("#d-paid")).to_have_text(money(sale.total), timeout=WAIT_MS)

    def cash_rest(self) -> None:
        self.tap(".note.exact")

    def _pay_exact(self, sale: Planned, by_key: bool) -> None:
        if by_key:
            self.page.keyboard.press("Enter")
        else:
            self.cash_rest()

    def _pay_note(self, sale: Planned, by_key: bool) -> None:
        if by_key:
            self.page.keyboard.type(typed(sale.given))
            self.page.keyboard.press("Enter")
            return
        self.pad(typed(sale.given))
        self.tap('.on-pay[data-pad="enter"]')

    def _pay_card(self, sale: Planned, by_key: bool) -> None:
        self.page.keyboard.press("F4") if by_key else self.tap('[data-tender="card"]')

    def _pay_bank(self, sale: Planned, by_key: bool) -> None:
        self.page.keyboard.press("F2") if by_key else self.tap('[data-tender="scan"]')

    def _pay_code(self, sale: Planned, by_key: bool) -> None:
        self.shop.reader("scanner-1").type(WECHAT)

    def _pay_password(self, sale: Planned, by_key: bool) -> None:
        self.shop.gateway.next_charge("password_then_pays")
        self.shop.reader("scanner-1").type(WECHAT)
        expect(self.page.locator("#charging")).to_be_visible()
        while self.page.locator("#charging").count():
            self.page.wait_for_timeout(GUARD_MS)
            if (again := self.page.locator('[data-do="ask_again"]')).count():
                again.tap()

    def _pay_stored(self, sale: Planned, by_key: bool) -> None:
        self.tap('[data-tender="stored_value"]')

    def _pay_account(self, sale: Planned, by_key: bool) -> None:
        self.page.keyboard.press("F9") if by_key else self.tap('[data-tender="account"]')

    def _part(self, kind: str, amount: int, due: int) -> None:
        self.pad(typed(amount))
        self.tap(f'[data-tender="{kind}"]')
        self.sees("#due", money(due))

    def _pay_stored_cash(self, sale: Planned, by_key: bool) -> None:
        self._part("stored_value", 200, sale.total - 200)
        self.cash_rest()

    def _pay_card_cash(self, sale: Planned, by_key: bool) -> None:
        self._part("card", 100, sale.total - 100)
        self.cash_rest()

    def _pay_all_of_it(self, sale: Planned, by_key: bool) -> None:
        self.pad("0.50")
        self.tap("[data-part]")
        self.holds(".codes", "0.50")
        self.shop.reader("scanner-1").type(WECHAT)
        self.sees("#due", money(sale.total - 50))
        self._part("card", 50, sale.total - 100)
        self._part("stored_value", 50, sale.total - 150)
        self.cash_rest()
