"""What the pages of a till weigh, compressed, and whether any of them asks for anything outside the box.

Every page and panel that a cashier opens is opened in Chromium; each answer counts once, as gzip leaves it.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Response, sync_playwright

from benchmarks.press_to_paint import CONFIG, make_store
from benchmarks.scan_to_paint import CHROMIUM, CHROMIUM_ARGS
from edge import app
from edge.config_file import load_or_last_good
from edge.till import Till

GOAL_BYTES = 300_000
LEVEL = 6
PANELS = (
    "more", "member", "member-new", "receipts", "settings", "by-hand", "void", "why", "shift", "drawer", "quick-keys",
    "note/1", "training", "rules", "office", "items?q=s", "quick",
)  # fmt: skip


def main() -> int:
    sizes: dict[str, int] = {}
    outside: set[str] = set()
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
        parts.loop.ask(1, Till.scan, text="00000001")
        own = urlsplit(parts.url).netloc
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        stack.callback(browser.close)
        page = browser.new_page()

        def keep(response: Response) -> None:
            at = urlsplit(response.url)
            if at.scheme in ("data", "blob"):
                return
            if at.netloc != own:
                outside.add(at.netloc)
            if not at.path.endswith("/stream"):
                sizes[at.path] = len(gzip.compress(response.body(), LEVEL))

        page.on("response", keep)
        page.goto(f"{parts.url}lane/1", wait_until="load")
        page.wait_for_selector(".line")
        for name in PANELS:
            status = page.evaluate(
                "(address) => fetch(address).then((answer) => answer.text().then(() => answer.status))",
                f"/lane/1/{name}",
            )
            assert status in (200, 404), (name, status)
            page.wait_for_timeout(50)
        page.wait_for_timeout(500)
    whole = sum(sizes.values())
    for path, size in sorted(sizes.items(), key=lambda each: -each[1])[:12]:
        print(f"{size:8,} {path}")
    print(
        f"the page set, {len(sizes)} answers: {whole:,} bytes compressed"
        f" (goal below {GOAL_BYTES:,}); asked outside: {sorted(outside) or 'nobody'}"
    )
    return 0 if whole < GOAL_BYTES and not outside else 1


if __name__ == "__main__":
    sys.exit(main())
