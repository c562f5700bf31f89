"""What the pages of a till weigh, compressed, and whether any of them asks for anything outside the box.

Every page and panel that a cashier opens is opened in Chromium; each answer counts once, as gzip leaves it. An answer
that is not 200 fails the run, and so does a request to anywhere else, whether it is answered or not.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Request, Response, sync_playwright

from benchmarks.browser import CHROMIUM, CHROMIUM_ARGS
from benchmarks.press_to_paint import CONFIG, make_store
from edge import app
from edge.config_file import load_or_last_good
from edge.shifts import begin_shift
from edge.till import Till

GOAL_BYTES = 300_000
LEVEL = 6
PANELS = (
    "more", "member", "members?q=z", "member-new", "member-bind", "receipts", "receipts/list", "settings", "devices",
    "by-hand", "by-hand/{line}", "note/{line}", "void", "why", "hold", "held", "shift", "shift/count", "shift/reports",
    "drawer", "quick-keys", "quick-keys/items?q=s", "training", "gifts", "times", "coupons", "payments", "slips",
    "return-loose", "rules", "rules/tables", "rules/versions", "office", "office/coupons", "office/stored_value",
    "office/labels", "office/invoices", "office/imports", "items?q=s", "quick",
)  # fmt: skip


def main() -> int:
    sizes: dict[str, int] = {}
    outside: set[str] = set()
    refused: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_store(folder)
        (folder / "taptill.toml").write_text(CONFIG)
        found, _ = load_or_last_good(folder / "taptill.toml")
        assert found is not None
        screen = msgspec.structs.replace(found.config.screen, port=0)
        loaded = replace(found, config=msgspec.structs.replace(found.config, screen=screen))
        parts = app.start(loaded, stack=stack, on_crash=lambda error: sys.exit(repr(error)))
        parts.loop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        parts.loop.ask(1, begin_shift, float_amount=0)
        parts.loop.ask(1, Till.scan, text="00000001")
        line_id = parts.screens.newest(1).lines[0].line_id
        own = urlsplit(parts.url).netloc
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        stack.callback(browser.close)
        page = browser.new_page()

        def asked(request: Request) -> None:
            at = urlsplit(request.url)
            if at.scheme not in ("data", "blob") and at.netloc != own:
                outside.add(at.netloc)

        def keep(response: Response) -> None:
            at = urlsplit(response.url)
            if at.scheme in ("data", "blob") or at.netloc != own:
                return
            if response.status != HTTPStatus.OK:
                refused.append(f"{response.status} {at.path}")
            elif not at.path.endswith("/stream"):
                sizes[at.path] = len(gzip.compress(response.body(), LEVEL))

        page.on("request", asked)
        page.on("websocket", lambda socket: outside.add(urlsplit(socket.url).netloc))
        page.on("requestfailed", lambda request: refused.append(f"no answer {urlsplit(request.url).path}"))
        page.on("response", keep)
        page.goto(f"{parts.url}lane/1", wait_until="load")
        page.wait_for_selector(".line")
        for name in PANELS:
            page.evaluate("(name) => window.till.open(name)", name.format(line=line_id))
            page.wait_for_timeout(50)
        page.wait_for_timeout(500)
    whole = sum(sizes.values())
    for path, size in sorted(sizes.items(), key=lambda each: -each[1])[:12]:
        print(f"{size:8,} {path}")
    print(
        f"the page set, {len(sizes)} answers: {whole:,} bytes compressed"
        f" (goal below {GOAL_BYTES:,}); asked outside: {sorted(outside) or 'nobody'};"
        f" not answered with 200: {sorted(set(refused)) or 'nothing'}"
    )
    return 0 if whole < GOAL_BYTES and not outside and not refused else 1


if __name__ == "__main__":
    sys.exit(main())
