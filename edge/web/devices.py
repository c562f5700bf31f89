"""The devices page: every device with what is wrong and what to do, and what a technician does beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from drivers.recording import written
from edge.config import DeviceConfig
from edge.device_paths import better_path, shared
from edge.found_devices import FOUND_MAX, find_devices
from edge.rule_desk import MANAGERS
from edge.screen import DeviceState, Stage, TillView
from edge.text_device_help import (
    DEVICE_ADVICE,
    DISPLAY_ADVICE,
    LACKING,
    LOST_ADVICE,
    MOVES_ADVICE,
    MOVES_UNKNOWN,
    NETWORK_ADVICE,
    TWICE_ADVICE,
)
from edge.web.house import House

CALM = frozenset({"opening", "off", "unknown", "trying"})
WARN = frozenset({"loose", "paper_low", "doubtful", "drawer_doubtful"})
WORST_FIRST = ("bad", "warn", "calm", "good")
HEX_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do: a text with what is put in it."""

    text: str
    params: dict[str, str | int]


def tone(device: DeviceState) -> str:
    """Return good, calm, warn or bad."""
    if device.state == "ok":
        return "warn" if device.dropped else "good"
    return "calm" if device.state in CALM else "warn" if device.state in WARN else "bad"


def sign(kind: str) -> str:
    """Return the icon of a kind of device."""
    words = ("printer", "card", "scale", "pole", "gateway", "books", "display")
    found = next((word for word in words if word in kind), "scanner")
    return {"gateway": "link", "books": "alert", "display": "pole"}.get(found, found)


def advice_on(device: DeviceState, config: DeviceConfig | None) -> Advice | None:
    """Return what to do about the state of a device; None where nothing is to be done."""
    params: dict[str, str | int] = {"name": device.name}
    if config is not None:
        params |= {"protocol": config.protocol, "baud": config.baud}
    if device.state == "gone" and config is not None and config.path.startswith("tcp:"):
        return Advice(NETWORK_ADVICE, params)
    if device.state == "gone" and device.kind == "display":
        return Advice(DISPLAY_ADVICE, params)
    if device.state in DEVICE_ADVICE:
        return Advice(DEVICE_ADVICE[device.state], params)
    return Advice(LOST_ADVICE, params) if device.dropped and device.state == "ok" else None


def advice_on_path(house: House, config: DeviceConfig) -> Advice | None:
    """Return what to do about where a device is said to be."""
    other = shared(house.config.device).get(config.name)
    if other is not None:
        return Advice(TWICE_ADVICE, {"other": other})
    better = better_path(config)
    if better is None:
        return None
    return Advice(MOVES_ADVICE if better else MOVES_UNKNOWN, {"path": better})


def hex_lines(data: bytes) -> list[str]:
    """Return bytes for a technician: eight a line, with what can be read of them.

    >>> hex_lines(b"ST,GS\\r")
    ['53 54 2c 47 53 0d        ST,GS.']
    """
    found = []
    for start in range(0, len(data), HEX_WIDTH):
        part = data[start : start + HEX_WIDTH]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        found.append(f"{part.hex(' '):<{HEX_WIDTH * 3}} {shown}")
    return found


def blueprint(house: House) -> Blueprint:
    """Return the page. It opens to staff who signed in; raw bytes, in which codes and cards are, to managers only."""
    pages = Blueprint("devices", __name__, url_prefix="/lane/<int:lane>/devices")
    configs = {device.name: device for device in house.config.device}
    _look(pages, house, configs)
    _listen(pages, house, configs)
    return pages


def _signed_in(house: House, lane: int) -> TillView:
    try:
        view = house.screens.newest(lane)
    except KeyError:
        abort(404)
    if view.stage is Stage.LOCKED or view.staff is None:
        abort(403)
    return view


def _is_manager(view: TillView) -> bool:
    return view.staff is not None and view.staff.role in MANAGERS


def _look(pages: Blueprint, house: House, configs: dict[str, DeviceConfig]) -> None:
    @pages.get("")
    def page(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        return render_template(
            "panels/devices.html",
            lane=lane,
            devices=sorted(house.health.strip().devices, key=lambda each: WORST_FIRST.index(tone(each))),
            is_opening=True,
            configs=configs,
            tone=tone,
            sign=sign,
            found=list(find_devices(house.config.device))[:FOUND_MAX],
            lacking=LACKING,
            may_identify=house.identify is not None,
        )

    @pages.get("/-/rows")
    def rows(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        # Rows stay where they are under the finger; a device that came meanwhile stands below them.
        order = {name: place for place, name in enumerate(request.args.get("order", "").split(","))}
        devices = sorted(house.health.strip().devices, key=lambda each: order.get(each.name, len(order)))
        return render_template(
            "panels/device_rows.html", lane=lane, devices=devices, configs=configs, tone=tone, sign=sign
        )

    @pages.get("/<name>")
    def one(lane: int, name: str) -> ResponseReturnValue:
        _signed_in(house, lane)
        device, config = house.health.device(name) or abort(404), configs.get(name)
        return render_template(
            "panels/device.html",
            lane=lane,
            device=device,
            config=config,
            sign=sign(device.kind),
            path_advice=advice_on_path(house, config) if config else None,
        )

    @pages.get("/<name>/now")
    def now(lane: int, name: str) -> ResponseReturnValue:
        return _now(house, lane, name, configs.get(name))


def _now(house: House, lane: int, name: str, config: DeviceConfig | None) -> ResponseReturnValue:
    view, device = _signed_in(house, lane), house.health.device(name) or abort(404)
    heard = house.ears.state(name)
    return render_template(
        "panels/device_now.html",
        lane=lane,
        device=device,
        tone=tone(device),
        sign=sign(device.kind),
        advice=advice_on(device, config),
        heard=heard if _is_manager(view) else None,
        hex_lines=hex_lines(heard.last),
        trying=house.tries.state(name) if _is_manager(view) else None,
    )


def _listen(pages: Blueprint, house: House, configs: dict[str, DeviceConfig]) -> None:
    def manager(lane: int) -> None:
        if not _is_manager(_signed_in(house, lane)):
            abort(403)

    @pages.post("/<name>/listen")
    def listen(lane: int, name: str) -> ResponseReturnValue:
        manager(lane)
        if not house.ears.start(name):
            abort(404)
        return _now(house, lane, name, configs.get(name))

    @pages.post("/<name>/listen/stop")
    def stop(lane: int, name: str) -> ResponseReturnValue:
        manager(lane)
        house.ears.stop(name)
        return _now(house, lane, name, configs.get(name))

    @pages.post("/<name>/try")
    def begin(lane: int, name: str) -> ResponseReturnValue:
        manager(lane)
        if not house.tries.state(name).is_possible:
            abort(404)
        # While another device is tried nothing happens; its page says so.
        house.tries.start(name)
        return _now(house, lane, name, configs.get(name))

    @pages.post("/<name>/try/stop")
    def end(lane: int, name: str) -> ResponseReturnValue:
        manager(lane)
        house.tries.stop(name)
        return _now(house, lane, name, configs.get(name))

    @pages.post("/<name>/try/choose")
    def choose(lane: int, name: str) -> ResponseReturnValue:
        manager(lane)
        house.tries.choose(name, request.args.get("is", ""))
        return _now(house, lane, name, configs.get(name))

    @pages.get("/<name>/recording")
    def recording(lane: int, name: str) -> ResponseReturnValue:
        manager(lane)
        found = house.ears.recording(name)
        if found is None:
            abort(404)
        answer = Response(written(found), mimetype="application/x-ndjson")
        file = re.sub(r"[^A-Za-z0-9_-]", "", name)
        answer.headers["Content-Disposition"] = f'attachment; filename="{file}.rec"'
        answer.headers["Cache-Control"] = "no-store"
        return answer
