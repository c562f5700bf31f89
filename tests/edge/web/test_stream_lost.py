"""What a lane's page does when its stream is answered with a no: it stays where it is, unless nobody knows it any more."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from edge.web.server import WebServer, create_app
from tests.edge.web.preview import open_page, selling, serve
from tests.edge.web.test_screens import shows_stream

pytestmark = pytest.mark.browser

HERE = "() => { window.stays = true; }"
STAYS = "() => window.stays === true"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_door_that_says_no_while_the_till_starts_is_asked_again(chromium: Browser, tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port=port) as preview:
        preview.show(selling(1))
        page = open_page(chromium, preview)
        shows_stream(page, preview)
        page.evaluate(HERE)
        asked: list[str] = []

        def refuse(route: Route) -> None:
            asked.append(route.request.resource_type)
            route.fulfill(status=502, content_type="text/html", body="Bad gateway")

        page.route("**/lane/1**", refuse)
        page.route("**/lane/1/stream", refuse)
        preview.server.stop()
        expect(page.locator("#offline")).to_be_visible(timeout=2_000)
        for _ in range(100):
            if "eventsource" in asked and asked.count("fetch") > 1:
                break
            page.wait_for_timeout(50)
        assert "eventsource" in asked and asked.count("fetch") > 1, asked
        preview.show(selling(5))
        preview.server = WebServer(create_app(preview.house), "127.0.0.1", port, 24)
        preview.server.start()
        page.unroute_all()
        expect(page.locator(".line")).to_have_count(5)
        expect(page.locator("#offline")).to_be_hidden()
        assert page.evaluate(STAYS)
        page.context.close()
        preview.server.stop()


def test_a_pairing_that_is_gone_loads_the_page_anew(chromium: Browser, tmp_path: Path) -> None:
    with serve(tmp_path, port=free_port()) as preview:
        preview.show(selling(1))
        page = open_page(chromium, preview)
        shows_stream(page, preview)
        page.route(
            "**/lane/1**", lambda route: route.fulfill(status=401, content_type="text/html", body="<h1>pair</h1>")
        )
        page.route("**/lane/1/stream", lambda route: route.fulfill(status=401, body=""))
        preview.server.stop()
        expect(page.locator("h1")).to_have_text("pair")
        page.context.close()
