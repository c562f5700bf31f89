"""The device bench: every simulated device of a lane to be used by hand, beside the till."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from edge.bench import GARBAGE, UNKNOWN_CARD, UNKNOWN_CODE, Bench, printed_code
from edge.config import DeviceConfig
from edge.screen import Stage, TillView
from edge.texts import clipped
from edge.web.bars import code128, ean13
from edge.web.house import House
from edge.web.sheet import bars_svg, sheet_svg
from edge.web.speech import Speech
from rules.basket import WEIGHT_MAX_G
from rules.scale_codes import ScaleFormat

TYPED_MAX = 4_096
"""Characters of the longest text that may be held to a scanner: more than a reader takes, to see that refused."""
WEIGHTS_G = (250, 500, 1_000, 1_850)


@dataclass(frozen=True, slots=True)
class LaneDevices:
    """The simulated devices of a lane, by name; empty where it has none."""

    scanner: str
    cards: str
    printer: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.scanner, self.cards, self.printer) if name)


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the pages of the bench; `house.bench` must be there."""
    bench: Bench = house.bench
    pages = Blueprint("bench", __name__)
    formats = tuple(ScaleFormat(each.prefix, each.format) for each in house.config.scale_code)
    lanes = {lane.number: _devices(house, bench, lane.number, lane.printer) for lane in house.config.lane}

    def devices_of(lane: int) -> LaneDevices:
        return lanes.get(lane) or abort(404)

    def given(name: str, kind: type) -> object:
        body = request.get_json()
        value = body.get(name) if isinstance(body, dict) else None
        return value if type(value) is kind else abort(400)

    @pages.get("/bench")
    def page() -> ResponseReturnValue:
        lane = request.args.get("lane", type=int, default=min(lanes))
        devices = devices_of(lane)
        texts = speech.texts()
        return render_template(
            "bench/page.html",
            lane=lane,
            lanes=[(number, speech.lane_name(number, texts)) for number in sorted(lanes)],
            devices=devices,
            shelf=bench.shelf(),
            tiers={tier.id: tier for tier in bench.tiers},
            weights_g=WEIGHTS_G,
            weight_max_g=WEIGHT_MAX_G,
            unknown_code=UNKNOWN_CODE,
            unknown_card=UNKNOWN_CARD,
            has_scales=bool(formats),
            state=_state(house, bench, lane, devices),
            sheets=_sheets(bench, devices),
        )

    @pages.get("/bench/<int:lane>/state")
    def state(lane: int) -> ResponseReturnValue:
        return jsonify(_state(house, bench, lane, devices_of(lane)))

    @pages.get("/bench/<int:lane>/paper")
    def paper(lane: int) -> ResponseReturnValue:
        return render_template("bench/paper.html", sheets=_sheets(bench, devices_of(lane)))

    @pages.post("/bench/<int:lane>/item")
    def item(lane: int) -> ResponseReturnValue:
        found = next((each for each in bench.shelf().items if each.sku == given("sku", str)), None) or abort(404)
        weight_g = int(str(given("weight_g", int)))
        code = printed_code(found, formats, weight_g=min(max(weight_g, 1), WEIGHT_MAX_G))
        if code is None:
            abort(409)
        name = found.names.of(speech.texts().language)
        return scanned(lane, code, name=name, weight_g=weight_g if found.is_weighed else 0)

    @pages.post("/bench/<int:lane>/code")
    def code(lane: int) -> ResponseReturnValue:
        text = str(given("text", str))[:TYPED_MAX]
        return scanned(lane, GARBAGE.get(text, text))

    def scanned(lane: int, code: str, *, name: str = "", weight_g: int = 0) -> ResponseReturnValue:
        texts = speech.texts()
        scanner = devices_of(lane).scanner or abort(404)
        is_read = bench.scan(scanner, code)
        words = texts.t("Scanned") if is_read else texts.t("The scanner did not read it")
        label = render_template(
            "bench/label.html",
            title=name,
            detail=texts.weight(weight_g) if weight_g else "",
            code=clipped(code, 40),
            bars=bars_svg(_widths(code)),
            is_read=is_read,
            words=words,
        )
        return jsonify(is_read=is_read, words=f"{words}: {name or clipped(code, 24)}", label=label)

    @pages.post("/bench/<int:lane>/card")
    def card(lane: int) -> ResponseReturnValue:
        reader = devices_of(lane).cards or abort(404)
        is_read = bench.tap(reader, str(given("uid", str))[:64])
        texts = speech.texts()
        return jsonify(is_read=is_read, words=texts.t("Tapped") if is_read else texts.t("The reader did not read it"))

    @pages.post("/bench/<int:lane>/plug")
    def plug(lane: int) -> ResponseReturnValue:
        device = str(given("device", str))
        if device not in devices_of(lane).names:
            abort(404)
        if given("is_in", bool):
            bench.plug(device)
        else:
            bench.unplug(device)
        return state(lane)

    @pages.post("/bench/<int:lane>/printer")
    def printer(lane: int) -> ResponseReturnValue:
        name = devices_of(lane).printer or abort(404)
        verbs = {
            "paper_out": bench.paper_out,
            "refill": bench.refill,
            "tear_off": bench.tear_off,
            "close_drawer": bench.close_drawer,
        }
        verb = verbs.get(str(given("verb", str))) or abort(400)
        verb(name)
        return state(lane)

    return pages


def _devices(house: House, bench: Bench, lane: int, printer: str) -> LaneDevices:
    mine: list[DeviceConfig] = [each for each in house.config.device if bench.has(each.name)]
    scanner = next((each.name for each in mine if each.kind == "fake_scanner" and each.lane == lane), "")
    cards = next((each.name for each in mine if each.kind == "fake_cards" and each.lane == lane), "")
    own = next((each.name for each in mine if each.kind == "fake_printer" and each.name == printer), "")
    return LaneDevices(scanner, cards, own)


def _state(house: House, bench: Bench, lane: int, devices: LaneDevices) -> dict[str, object]:
    """Return what changes from moment to moment: the devices, the paper, the drawer, and how far the first sale is."""
    return {
        "devices": {name: bench.state(name) for name in devices.names},
        "printed": bench.printed(devices.printer) if devices.printer else 0,
        "hanging": len(bench.papers(devices.printer)) if devices.printer else 0,
        "kicks": bench.kicks(devices.printer) if devices.printer else 0,
        "is_drawer_open": bench.is_drawer_open(devices.printer) if devices.printer else False,
        "step": _step(house.screens.newest(lane)),
    }


def _step(view: TillView) -> int:
    """Return which step of the guided sale comes next, 1 to 4; 5 when one was just closed."""
    if view.stage is Stage.LOCKED:
        return 1
    if view.stage is Stage.DONE:
        return 5
    if view.stage is Stage.PAYING:
        return 4
    if not view.lines:
        return 2
    return 3 if view.member is None else 4


def _sheets(bench: Bench, devices: LaneDevices) -> list[tuple[int, object]]:
    if not devices.printer:
        return []
    return [(sheet.number, sheet_svg(sheet.paper)) for sheet in bench.papers(devices.printer)]


def _widths(code: str) -> str:
    is_ean = len(code) == 13 and code.isascii() and code.isdigit()
    return ean13(code) if is_ean else code128(clipped(code, 24))
