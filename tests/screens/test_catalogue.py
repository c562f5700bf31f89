"""Every page of the application stands in the catalogue, or in a list that says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from edge.web import server
from edge.web.house import House
from tests.screens.catalogue import OWNER, SCENES, SHOP, pages_of
from tests.shops import TestShop, rules_with_coupons

EXCEPTIONS = {
    "static": "files",
    "screen_css": "a style sheet",
    "lane.stream": "what it paints is every scene",
    "display.stream": "what it paints are the faces; tests/edge/web/test_display_screen.py shows each",
    "display.slide": "a picture of the shop's own",
    "comfort.quick": "part of the lane's page, which holds it from the start",
    "bench.state": "figures for the bench",
    "bench.paper": "part of the bench",
    "bench_codes.state": "figures for the bench",
    "identify.state": "nothing until somebody lets the tills listen; tests/edge/test_identify.py",
    "imports.state": "part of the imports while a table is read; tests/edge/web/test_import_pages.py",
    "imports.bad": "a file",
    "imports.everything": "a file",
    "invoices.data": "a file",
    "office_coupons.codes": "a file",
    "office_stored_value.statement": "a file",
    "member_deeds.export": "a file",
    "devices.now": "part of a device's page",
    "devices.rows": "part of the devices page, which holds it from the start",
    "devices.recording": "a file",
    "shifts.z_report": "an answer when a shift is closed; its paper is shift/reports/…",
    "cards.several": "while several cards lie on a reader; tests/edge/web/test_card_pages.py",
    "cards.proof": "while a card has to prove itself; tests/edge/web/test_card_pages.py",
}
"""By endpoint: why no picture is taken of it."""


def test_every_page_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Flask] = []
    create = server.create_app

    def keep(house: House) -> Flask:
        made.append(create(house))
        return made[-1]

    monkeypatch.setattr(server, "create_app", keep)
    seen = {"lane.page"}
    with TestShop(tmp_path / "shop", config=SHOP, promotions=rules_with_coupons()) as shop:
        find = made[0].url_map.bind("localhost").match

        def look(path: str) -> None:
            seen.add(find(path.partition("?")[0], method="GET")[0])

        for scene in SCENES:
            scene.prepare(shop)
            for panel in scene.panels(shop):
                look(f"/lane/1/{panel}")
        for panel in OWNER:
            look(f"/lane/1/{panel}")
        for _, path in pages_of(shop):
            look(path)
        assert shop.crashes == [] and shop.audit() == ()
    pages = {rule.endpoint for rule in made[0].url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert pages - seen - EXCEPTIONS.keys() == set(), "give them a scene in tests/screens/catalogue.py"
    assert EXCEPTIONS.keys() - pages == set()
    assert EXCEPTIONS.keys() & seen == set()
