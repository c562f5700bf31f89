"""What is plugged into the box and stands in no configuration yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from drivers.escpos_transport import USB_PRINTERS, usb_printers
from drivers.input_nodes import SYS, input_nodes, twins
from drivers.pcsc import reader_names
from edge.config import DeviceConfig
from edge.device_paths import USB_DEVICES, device_path, printers_without_driver, usb_functions

SERIAL_FOLDERS = (Path("/dev/serial/by-id"), Path("/dev/serial/by-path"))
FOUND_MAX = 32
"""Most devices that are told."""
PLAIN_KEYBOARDS = ("keyboard", "键盘")
"""In the names of devices that people type on."""
SERIAL_KINDS = ("serial_scanner", "pn532_cards", "serial_scale", "pole_display")
PRINTER_KINDS = ("escpos_printer", "tspl_printer")
SMART_CARD_CLASS = "0b"
"""Of USB: what pcscd drives."""
Lack = Literal["", "permission", "usblp", "pcscd"]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a box shows what is plugged into it."""

    sys: Path = SYS
    dev: Path = Path("/dev")
    serials: tuple[Path, ...] = SERIAL_FOLDERS
    printers: Path = USB_PRINTERS
    usb: Path = USB_DEVICES
    smart_cards: Callable[[], Sequence[str]] = field(default=reader_names)


@dataclass(frozen=True, slots=True)
class Found:
    """A device outside the configuration."""

    what: str
    """Where it is and what it calls itself."""
    path: str
    """What a configuration names it by."""
    kinds: tuple[str, ...]
    """What it can be; empty for a keyboard that people type on."""
    printer_path: str = ""
    """What names it where it is a receipt printer at this serial line; empty where it is none."""
    has_twin: bool = False
    """Another one of the same make has no serial number either."""
    lacks: Lack = ""
    """What keeps it from being used as it is: this user may not open it, or nothing drives it."""


def find_devices(devices: Sequence[DeviceConfig], places: Places | None = None) -> Iterator[Found]:
    """Give what types digits, prints, reads cards or is a serial line, and is none of the configuration's devices."""
    places = places or Places()
    used = {path.resolve() for device in devices if (path := device_path(device))}
    yield from _inputs(used, places)
    yield from _serials(used, places)
    yield from _printers(used, places)
    yield from _smart_cards([device.path for device in devices if device.kind == "pcsc_cards"], places)


def _inputs(used: Collection[Path], places: Places) -> Iterator[Found]:
    nodes = [node for node in input_nodes(places.sys) if node.types_digits]
    alike = {node.event for node in twins(nodes)}
    used_groups = {node.group for node in nodes if places.dev / "input" / node.event in used}
    for node in nodes:
        if not node.identity or (node.group and node.group in used_groups):
            continue
        is_plain = any(word in node.name.lower() for word in PLAIN_KEYBOARDS)
        yield Found(
            f"{node.event} “{node.name}” ({node.vendor}:{node.product})",
            node.identity,
            () if is_plain else ("evdev_scanner", "evdev_cards"),
            has_twin=node.event in alike,
            # A keyboard that people type on is none of ours, and so it should be.
            lacks="" if is_plain else _permission(places.dev / "input" / node.event, os.R_OK),
        )


def _printers(used: Collection[Path], places: Places) -> Iterator[Found]:
    for node, identity in usb_printers(places.printers):
        real = places.dev / "usb" / node
        if real in used:
            continue
        fields = dict(part.partition(":")[::2] for part in identity.split(";") if ":" in part)
        model = fields.get("MDL") or fields.get("MODEL") or identity[:40]
        maker = fields.get("MFG", fields.get("MANUFACTURER", ""))
        lacks = _permission(real, os.R_OK | os.W_OK)
        yield Found(f"{real} “{maker} {model}”", f"usb:{model}", PRINTER_KINDS, lacks=lacks)
    for name in printers_without_driver(places.usb):
        yield Found(f"USB “{name}”", "", PRINTER_KINDS, lacks="usblp")


def _smart_cards(used: Sequence[str], places: Places) -> Iterator[Found]:
    names = places.smart_cards()
    # Readers are named by how their name begins; one without a name is the first.
    taken = {next((name for name in names if name.startswith(each)), "") for each in used}
    for name in names:
        if name not in taken:
            yield Found(f"PC/SC “{name}”", name, ("pcsc_cards",))
    for name, _ in () if names else usb_functions(SMART_CARD_CLASS, places.usb):
        yield Found(f"USB “{name}”", "", ("pcsc_cards",), lacks="pcscd")


def _serials(used: Collection[Path], places: Places) -> Iterator[Found]:
    known = set(used)
    for folder in places.serials:
        for link in sorted(folder.iterdir()) if folder.is_dir() else ():
            real = link.resolve()
            if real in known:
                continue
            known.add(real)
            lacks = _permission(real, os.R_OK | os.W_OK)
            yield Found(f"{link} → {real}", str(link), SERIAL_KINDS, f"serial://{link}", lacks=lacks)


def _permission(path: Path, mode: int) -> Lack:
    return "permission" if os.access(path, os.F_OK) and not os.access(path, mode) else ""
