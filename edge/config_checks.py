"""What no single key can tell: names that must exist, numbers that must differ, values that must fit together."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from drivers.escpos_transport import transport_for
from drivers.fake_printer import PRINTER_FAULTS
from drivers.pen import FONT_PACKAGES, find_font
from edge.config import Config, DeviceConfig
from edge.config_counter import POLE_KINDS, SCALE_KINDS, check_counter, check_one_scale, counter_faults
from edge.config_gateways import check_gateways
from edge.config_readers import check_faults, check_reader, faults_of
from edge.config_walk import Problem, Walk, shown
from rules.scale_codes import format_error

PRINTER_KINDS = ("escpos_printer", "fake_printer")
LABEL_KINDS = ("tspl_printer", "fake_label_printer")
THREADS_SPARE = 4
"""Web threads that must stay free of open screens, for what is pressed on them."""


def cross_check(config: Config, walk: Walk) -> tuple[Problem, ...]:
    """Add to the walk what contradicts itself, and return what is allowed but deserves a word.

    Args:
        config: as `Walk.struct` made it: None stands wherever a value could not be read, and is passed over here.
    """
    warnings: list[Problem] = []
    if config.store is not None:
        _check_zone(config.store.timezone, walk)
        if config.store.id == "hq":
            # The topic …/hq/state is head office's own.
            walk.add("store.id", "hq", "another id: this one is head office's own")
    lanes = [lane for lane in config.lane or () if lane is not None]
    devices = [device for device in config.device or () if device is not None]
    if config.lane is not None and not config.lane:
        walk.add("lane", "no lane", "at least one [[lane]]")
    _check_twins("lane", "number", [lane and lane.number for lane in config.lane or ()], walk)
    _check_twins("device", "name", [device and device.name for device in config.device or ()], walk)
    _check_twins("device", "path", [device and (device.path or None) for device in config.device or ()], walk)
    _check_twins("role", "name", [role and role.name for role in config.role or ()], walk)
    _check_twins("gateway", "kind", [each and each.kind for each in config.gateway or ()], walk)
    check_gateways(config, walk)
    _check_twins("scale_code", "prefix", [scale and scale.prefix for scale in config.scale_code or ()], walk)
    _check_lanes(config, lanes, devices, walk)
    check_one_scale(config.device or (), walk)
    for number, device in enumerate(config.device or (), 1):
        if device is not None and device.kind is not None:
            _check_device(device, f"device[{number}]", walk)
            _check_font(device, f"device[{number}]", walk, warnings)
    for number, scale in enumerate(config.scale_code or (), 1):
        if scale is not None and scale.prefix is not None and scale.format is not None:
            error = format_error(scale.prefix, scale.format)
            if error:
                walk.add(f"scale_code[{number}].format", shown(scale.format), "a picture of a label", error)
    _check_screen(config, walk)
    _check_broker(config, walk, warnings)
    _check_simulation(config, walk, warnings)
    return tuple(warnings)


def _check_zone(timezone: str | None, walk: Walk) -> None:
    if timezone is None:
        return
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(timezone, zoneinfo.available_timezones(), n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        walk.add("store.timezone", shown(timezone), "an IANA time zone such as Asia/Shanghai", hint)


def _check_twins(table: str, name: str, values: Iterable[object], walk: Walk) -> None:
    first: dict[object, int] = {}
    for number, value in enumerate(values, 1):
        if value is None:
            continue
        if value in first:
            key = f"{table}[{number}].{name}"
            walk.add(key, shown(value), f"a {name} of its own", f"{table}[{first[value]}] has it already")
        first.setdefault(value, number)


def _check_lanes(config: Config, lanes: Sequence[Any], devices: Sequence[DeviceConfig], walk: Walk) -> None:
    numbers = {lane.number for lane in lanes}
    kinds = {device.name: device.kind for device in devices}
    printers = [name for name, kind in kinds.items() if kind in PRINTER_KINDS and name]
    # A table that could not be read may be the very one that is named: its own problem is enough.
    is_whole = config.lane is not None and None not in config.lane and None not in numbers
    for number, device in enumerate(config.device or (), 1):
        if is_whole and device is not None and device.lane is not None and device.lane not in numbers:
            known = ", ".join(str(known) for known in sorted(numbers))
            walk.add(f"device[{number}].lane", str(device.lane), f"the number of a [[lane]]: {known}")
    is_whole = config.device is not None and None not in config.device and None not in kinds
    for number, lane in enumerate(config.lane or (), 1):
        if lane is None or not lane.printer:
            continue
        key, expected = f"lane[{number}].printer", "the name of a printer among the devices"
        if lane.printer not in kinds:
            near = difflib.get_close_matches(lane.printer, printers, n=1)
            hint = f"did you mean {near[0]}?" if near else f"printers here: {', '.join(printers) or 'none'}"
            if is_whole:
                walk.add(key, shown(lane.printer), expected, hint)
        elif kinds[lane.printer] is not None and kinds[lane.printer] not in PRINTER_KINDS:
            walk.add(key, f"{shown(lane.printer)}, which is a {kinds[lane.printer]}", expected)


def _check_device(device: DeviceConfig, key: str, walk: Walk) -> None:
    is_counter = device.kind in (*SCALE_KINDS, *POLE_KINDS)
    if is_counter:
        check_counter(device, key, walk)
    if device.kind.startswith("fake_"):
        if is_counter:
            check_faults(device, counter_faults(device.kind), key, walk)
            return
        check_faults(device, PRINTER_FAULTS if device.kind.endswith("printer") else faults_of(device.kind), key, walk)
        return
    if device.faults:
        walk.add(f"{key}.faults", shown(device.faults), "no faults at a real device")
    if is_counter:
        return
    if device.kind in LABEL_KINDS and device.prints and "kitchen" in device.prints:
        walk.add(f"{key}.prints", shown(device.prints), "labels alone at a label printer")
    if device.kind not in (*PRINTER_KINDS, *LABEL_KINDS):
        check_reader(device, key, walk)
    elif device.path is not None:
        _check_printer_path(device.path, f"{key}.path", walk)


def _check_font(device: DeviceConfig, key: str, walk: Walk, warnings: list[Problem]) -> None:
    if device.font:
        if not Path(device.font).is_file():
            walk.add(f"{key}.font", shown(device.font), "the full path of a font file on this box")
    elif device.font == "" and device.encoding == "none" and find_font() is None:
        why = f"it has no Chinese of its own, and nothing draws it: install {FONT_PACKAGES}"
        warnings.append(walk.problem(f"{key}.encoding", "none", "a font for Chinese on this box", why))


def _check_printer_path(path: str, key: str, walk: Walk) -> None:
    try:
        transport_for(path)
    except ValueError:
        hint = f"did you mean file://{path}?" if path.startswith("/") else ""
        walk.add(
            key,
            shown(path) if path else "nothing",
            "tcp://host:9100, serial:///dev/…, file:///dev/usb/lp0 or usb:MODEL",
            hint,
        )


def _check_screen(config: Config, walk: Walk) -> None:
    screen = config.screen
    if screen is None:
        return
    if None not in (screen.streams, screen.threads) and screen.streams > screen.threads - THREADS_SPARE:
        most = f"at most screen.threads - {THREADS_SPARE} = {screen.threads - THREADS_SPARE}"
        walk.add("screen.streams", str(screen.streams), most, "each open screen holds a thread")
    if screen.host is not None and not is_loopback(screen.host):
        why = "the shop's network comes in through nginx, which brings TLS and keeps slow clients off the till"
        walk.add("screen.host", shown(screen.host), "a loopback address such as 127.0.0.1", why)


def _check_broker(config: Config, walk: Walk, warnings: list[Problem]) -> None:
    broker = config.broker
    if broker is None:
        return
    if bool(broker.tls_cert) != bool(broker.tls_key):
        lacking, other = ("tls_key", "tls_cert") if broker.tls_cert else ("tls_cert", "tls_key")
        walk.add(f"broker.{lacking}", "nothing", f"a file, because {other} is given")
    if broker.tls_cert and not broker.tls_ca:
        walk.add("broker.tls_ca", "nothing", "a file, because tls_cert is given")
    if broker.password_file and broker.username == "":
        walk.add("broker.username", "nothing", "a name, because password_file is given")
    if broker.host and not is_loopback(broker.host) and broker.tls_ca == "":
        why = "sales and the password travel readable; only for a network that you trust"
        warnings.append(walk.problem("broker.tls_ca", "nothing", "a certificate authority", why))


def _check_simulation(config: Config, walk: Walk, warnings: list[Problem]) -> None:
    is_bench = bool(config.screen and config.screen.bench)
    for number, gateway in enumerate(config.gateway or (), 1):
        if gateway is not None and gateway.kind == "simulator" and not is_bench:
            why = "it is simulated, and screen.bench is false: goods would leave the shop for nothing"
            warnings.append(walk.problem(f"gateway[{number}].kind", "simulator", "wechat or alipay", why))
    for number, device in enumerate(config.device or (), 1):
        if device is None or device.kind is None:
            continue
        if device.kind.startswith("fake_") and not is_bench:
            why = "it is simulated, and screen.bench is false: nothing can make it scan or print"
            warnings.append(walk.problem(f"device[{number}].kind", device.kind, "a real device", why))
        elif is_bench and not device.kind.startswith("fake_"):
            why = "screen.bench is true: anybody at a screen can simulate scans and taps beside it"
            warnings.append(walk.problem(f"device[{number}].kind", device.kind, "a simulated device", why))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine alone."""
    try:
        return ip_address(re.sub(r"^\[|\]$", "", host)).is_loopback
    except ValueError:
        return host == "localhost"
