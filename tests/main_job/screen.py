"""A lane's screen in a real browser, used by touch as a cashier uses it. Nothing here asks the daemon directly."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

WAIT_MS = 10_000
"""Longest wait for anything that the screen is to show."""


class Screen:
    """One touch screen of 10 inches, opened at lane 1."""

    def __init__(self, browser: Browser, url: str, shots: Path) -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True, locale="zh-CN")
        context.set_default_timeout(WAIT_MS)
        self.shots = shots
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))
        self.page.goto(url)
        # A page that was loaded anew would have lost it.
        self.page.evaluate("window.openedOnce = true")

    @property
    def was_reloaded(self) -> bool:
        return not self.page.evaluate("window.openedOnce === true")

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def tap(self, selector: str) -> None:
        self.find(selector).tap()

    def type(self, digits: str) -> None:
        """Type on the screen's own keypad."""
        for digit in digits:
            self.tap(f'[data-pad="{digit}"]')

    def sign_in(self, staff_id: str, pin: str) -> None:
        self.try_pin(staff_id, pin)
        self.stage("selling")

    def try_pin(self, staff_id: str, pin: str) -> None:
        self.tap(f"#staff-{staff_id}")
        self.type(pin)
        self.tap('.on-lock[data-pad="enter"]')

    def stage(self, name: str) -> None:
        """Wait until the screen is at a step: locked, selling, paying, done."""
        expect(self.find("#stage")).to_have_attribute("data-stage", name, timeout=WAIT_MS)

    def shows(self, selector: str, *texts: str) -> None:
        """Wait until a part of the screen holds all the texts."""
        for text in texts:
            expect(self.find(selector).first).to_contain_text(text, timeout=WAIT_MS)

    def shows_exactly(self, selector: str, text: str) -> None:
        expect(self.find(selector).first).to_have_text(text, timeout=WAIT_MS)

    def lines(self, *texts: str) -> None:
        """Wait until the basket has exactly these lines, each holding its text."""
        expect(self.find("#lines .line")).to_have_text([re.compile(text, re.DOTALL) for text in texts], timeout=WAIT_MS)

    def shows_not(self, selector: str, text: str) -> None:
        expect(self.find(selector).first).not_to_contain_text(text, timeout=WAIT_MS)

    def is_shown(self, selector: str) -> None:
        expect(self.find(selector)).to_be_visible(timeout=WAIT_MS)

    def is_hidden(self, selector: str) -> None:
        expect(self.find(selector)).to_be_hidden(timeout=WAIT_MS)

    def is_gone(self, selector: str) -> None:
        expect(self.find(selector)).to_have_count(0, timeout=WAIT_MS)

    def device(self, name: str, state: str) -> None:
        """Wait until the strip shows a device in a state: good, calm, bad."""
        expect(self.find(f'#strip .chip.{state}[title="{name}"]')).to_be_visible(timeout=WAIT_MS)

    def to_pay(self) -> str:
        """Press PAY and return what is due."""
        self.tap("#pay")
        self.stage("paying")
        return self.find("#due").inner_text()

    def pay_cash(self, given: str = "exact") -> None:
        """Press a note, or the exact amount."""
        self.tap(".note.exact" if given == "exact" else f'.note[data-kind="cash"]:has-text("{given}")')

    def shot(self, name: str) -> None:
        self.page.screenshot(path=self.shots / f"{name}.png")
