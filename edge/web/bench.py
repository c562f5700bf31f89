"""The device bench: every simulated device of a lane to be used by hand, beside the till."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from edge.bench import GARBAGE, TAP_WAYS, UNKNOWN_CARD, UNKNOWN_CODE, Bench, printed_code
from edge.config import DeviceConfig
from edge.screen import Stage, TillView
from edge.text_marks import N_
from edge.texts import clipped
from edge.web.bars import code128, ean13
from edge.web.bench_codes import OUTCOMES
from edge.web.bench_counter import POLE_FAULTS, SCALE_FAULTS, SCALE_MAX_G, add_counter, counter_state
from edge.web.house import House
from edge.web.sheet import bars_svg, sheet_svg
from edge.web.speech import Speech
from rules.basket import WEIGHT_MAX_G
from rules.scale_codes import ScaleFormat

TYPED_MAX = 4_096
"""Characters of the longest text that may be held to a scanner: more than a reader takes, to see that refused."""
WEIGHTS_G = (250, 500, 1_000, 1_850)

DEVICE_FAULTS: Mapping[str, str] = {
    "unplug": N_("Unplugged half-way"),
    "cut": N_("Cut off half-way"),
    "noise": N_("Noise on the line"),
    "bytewise": N_("Byte by byte"),
    "glued": N_("Glued to the next"),
    "lost": N_("Keys lost"),
    "repeat": N_("Keys repeated"),
    "caps": N_("Caps Lock on"),
    "checksum": N_("Wrong checksum"),
    "silent": N_("No answer once"),
    "stale": N_("Old answer first"),
    "error": N_("Error answer"),
    "left": N_("Card slips away"),
    "no_ack": N_("No acknowledgement"),
    "mute": N_("Card does not answer"),
    "slow": N_("Slow"),
    "two": N_("Two cards at once"),
}
PRINTER_FAULTS: Mapping[str, str] = {
    "cover_open": N_("Cover open"),
    "offline": N_("Reports an error"),
    "silent": N_("Prints without a word"),
    "slow": N_("Slow"),
    "drop": N_("Connection lost half-way"),
    "lie": N_("Says printed, prints nothing"),
}


@dataclass(frozen=True, slots=True)
class LaneDevices:
    """The simulated devices of a lane, by name; empty where it has none."""

    scanner: str
    cards: str
    printer: str
    """The one whose paper is shown."""
    printers: tuple[str, ...] = ()
    """All that print for the lane, kitchen and labels among them."""
    scale: str = ""
    pole: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.faulty, *(name for name in (self.scale, self.pole) if name))

    @property
    def faulty(self) -> tuple[str, ...]:
        """Those whose next job, code or card may meet a fault."""
        return tuple(name for name in (self.scanner, self.cards, self.printer) if name)


@dataclass(frozen=True, slots=True)
class Table:
    """What lies on the bench, for every request."""

    house: House
    bench: Bench
    speech: Speech
    formats: tuple[ScaleFormat, ...]
    lanes: Mapping[int, LaneDevices]

    def devices(self, lane: int) -> LaneDevices:
        found = self.lanes.get(lane) or abort(404)
        chosen = request.args.get("printer", "")
        return replace(found, printer=chosen) if chosen in found.printers else found

    def state(self, lane: int) -> dict[str, object]:
        """Return what changes from moment to moment: the devices, paper, drawer, and how far the first sale is."""
        bench, devices = self.bench, self.devices(lane)
        printer = devices.printer
        return {
            "devices": {name: bench.state(name) for name in devices.names},
            "printed": bench.printed(printer) if printer else 0,
            "hanging": bench.hanging(printer) if printer else 0,
            "kicks": bench.kicks(printer) if printer else 0,
            "is_drawer_open": bench.is_drawer_open(printer) if printer else False,
            "counter": counter_state(bench, devices.scale, devices.pole),
            "step": _step(self.house.screens.newest(lane)),
        }

    def sheets(self, lane: int) -> list[tuple[int, object]]:
        printer = self.devices(lane).printer
        return [(each.number, sheet_svg(each.paper)) for each in self.bench.papers(printer)] if printer else []

    def scan(self, lane: int, code: str, *, name: str = "", weight_g: int = 0) -> ResponseReturnValue:
        """Hold a code to the lane's scanner and answer with its label."""
        texts = self.speech.texts()
        is_read = self.bench.scan(self.devices(lane).scanner or abort(404), code)
        words = texts.t("Scanned") if is_read else texts.t("The scanner did not read it")
        label = render_template(
            "bench/label.html",
            title=name,
            detail=texts.weight(weight_g) if weight_g else "",
            code=clipped(code, 40),
            bars=bars_svg(_widths(code)),
            is_read=is_read,
        )
        return jsonify(is_read=is_read, words=f"{words}: {name or clipped(code, 24)}", label=label)


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the pages of the bench; `house.bench` must be there."""
    bench: Bench = house.bench
    formats = tuple(ScaleFormat(each.prefix, each.format) for each in house.config.scale_code)
    lanes = {lane.number: _devices(house, bench, lane.number, lane.printer) for lane in house.config.lane}
    table = Table(house, bench, speech, formats, lanes)
    pages = Blueprint("bench", __name__)
    _show(pages, table)
    _press(pages, table)
    _spoil(pages, table)
    add_counter(pages, bench, {number: (each.scale, each.pole) for number, each in lanes.items()})
    return pages


def _show(pages: Blueprint, table: Table) -> None:
    """Add the page and what it asks for by itself."""

    @pages.get("/bench")
    def page() -> ResponseReturnValue:
        lane = request.args.get("lane", type=int, default=min(table.lanes))
        devices, texts, shelf = table.devices(lane), table.speech.texts(), table.bench.shelf()
        return render_template(
            "bench/page.html",
            lane=lane,
            lanes=[(number, table.speech.lane_name(number, texts)) for number in sorted(table.lanes)],
            devices=devices,
            shelf=shelf,
            tiers={tier.id: tier for tier in table.bench.tiers},
            weights_g=WEIGHTS_G,
            unknown_code=UNKNOWN_CODE,
            unknown_card=UNKNOWN_CARD,
            proving=frozenset(card.uid for card in shelf.members if table.bench.proves_itself(card.uid)),
            has_scales=bool(table.formats),
            state=table.state(lane),
            sheets=table.sheets(lane),
            fault_words=DEVICE_FAULTS,
            scale_faults=SCALE_FAULTS,
            pole_faults=POLE_FAULTS,
            scale_max_g=SCALE_MAX_G,
            printer_words=PRINTER_FAULTS,
            faults={name: table.bench.faults(name) for name in devices.faulty},
            gateway=table.bench.gateway,
            outcomes=OUTCOMES,
        )

    @pages.get("/bench/<int:lane>/state")
    def state(lane: int) -> ResponseReturnValue:
        return jsonify(table.state(lane))

    @pages.get("/bench/<int:lane>/paper")
    def paper(lane: int) -> ResponseReturnValue:
        return render_template("bench/paper.html", sheets=table.sheets(lane))


def _press(pages: Blueprint, table: Table) -> None:
    """Add what a press does."""
    bench = table.bench

    @pages.post("/bench/<int:lane>/item")
    def item(lane: int) -> ResponseReturnValue:
        sku, weight_g = _text("sku"), _given("weight_g")
        found = next((each for each in bench.shelf().items if each.sku == sku), None) or abort(404)
        if type(weight_g) is not int or not 1 <= weight_g <= WEIGHT_MAX_G:
            abort(400)
        code = printed_code(found, table.formats, weight_g=weight_g) or abort(409)
        name = found.names.of(table.speech.texts().language)
        return table.scan(lane, code, name=name, weight_g=weight_g if found.is_weighed else 0)

    @pages.post("/bench/<int:lane>/code")
    def code(lane: int) -> ResponseReturnValue:
        text = _text("text")
        return table.scan(lane, GARBAGE.get(text, text))

    @pages.post("/bench/<int:lane>/card")
    def card(lane: int) -> ResponseReturnValue:
        reader, uid, way = table.devices(lane).cards or abort(404), _text("uid"), _given("way")
        if way is None:
            is_read = bench.tap(reader, uid)
        elif way == "both":
            is_read = bench.tap_both(reader, (uid, UNKNOWN_CARD))
        elif isinstance(way, str) and way in TAP_WAYS and bench.proves_itself(uid):
            is_read = bench.tap_proving(reader, uid, way)
        else:
            abort(400)
        texts = table.speech.texts()
        return jsonify(is_read=is_read, words=texts.t("Tapped") if is_read else texts.t("The reader did not read it"))

    @pages.post("/bench/<int:lane>/plug")
    def plug(lane: int) -> ResponseReturnValue:
        device, is_in = _text("device"), _given("is_in")
        if device not in table.devices(lane).names:
            abort(404)
        if is_in is True:
            bench.plug(device)
        elif is_in is False:
            bench.unplug(device)
        else:
            abort(400)
        return jsonify(table.state(lane))

    @pages.post("/bench/<int:lane>/printer")
    def printer(lane: int) -> ResponseReturnValue:
        verbs = {
            "paper_out": bench.paper_out,
            "refill": bench.refill,
            "tear_off": bench.tear_off,
            "close_drawer": bench.close_drawer,
        }
        verb = verbs.get(_text("verb")) or abort(400)
        verb(table.devices(lane).printer or abort(404))
        return jsonify(table.state(lane))


def _spoil(pages: Blueprint, table: Table) -> None:
    """Add what lets the next code or card go wrong."""
    bench = table.bench

    @pages.post("/bench/<int:lane>/fault")
    def fault(lane: int) -> ResponseReturnValue:
        devices, device, what = table.devices(lane), _text("device"), _text("fault")
        if device not in devices.names:
            abort(404)
        if what not in bench.faults(device):
            abort(400)
        bench.fail_next(device, what)
        texts, words = table.speech.texts(), PRINTER_FAULTS if device == devices.printer else DEVICE_FAULTS
        return jsonify(words=texts.t("The next one meets: {fault}", fault=texts.t(words[what])))


def _given(name: str) -> object:
    body = request.get_json()
    return body.get(name) if isinstance(body, dict) else abort(400)


def _text(name: str) -> str:
    value = _given(name)
    return value if isinstance(value, str) and 0 < len(value) <= TYPED_MAX else abort(400)


def _devices(house: House, bench: Bench, lane: int, printer: str) -> LaneDevices:
    mine: list[DeviceConfig] = [each for each in house.config.device if bench.has(each.name)]
    scanner = next((each.name for each in mine if each.kind.endswith("scanner") and each.lane == lane), "")
    cards = next((each.name for each in mine if each.kind.endswith("cards") and each.lane == lane), "")
    all_of_them = [each.name for each in mine if each.kind.endswith("printer")]
    own = next((name for name in all_of_them if name == printer), "")
    others = [each.name for each in mine if each.kind.endswith("printer") and each.lane == lane and each.name != own]
    scale = next((each.name for each in mine if each.kind == "fake_scale" and each.lane == lane), "")
    pole = next((each.name for each in mine if each.kind == "fake_pole_display" and each.lane == lane), "")
    printers = (*([own] if own else []), *others)
    return LaneDevices(scanner, cards, own or next(iter(others), ""), printers, scale, pole)


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


def _widths(code: str) -> str:
    is_ean = len(code) == 13 and code.isascii() and code.isdigit()
    return ean13(code) if is_ean else code128(clipped(code, 24))
