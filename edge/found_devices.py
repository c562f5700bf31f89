"""What is plugged into the box and stands in no configuration yet."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.escpos_transport import USB_PRINTERS, usb_printers
from drivers.input_nodes import SYS, input_nodes, twins

SERIAL_FOLDERS = (Path("/dev/serial/by-id"), Path("/dev/serial/by-path"))
FOUND_MAX = 32
"""Most devices that are told."""
PLAIN_KEYBOARDS = ("keyboard", "键盘")
"""In the names of devices that people type on."""
SERIAL_KINDS = ("serial_scanner", "pn532_cards", "serial_scale", "pole_display")


@dataclass(frozen=True, slots=True)
class Found:
    """A device outside the configuration."""

    what: str
    """Where it is and what it calls itself."""
    path: str
    """What a configuration names it by."""
    kinds: tuple[str, ...]
    """What it can be; empty for a keyboard that people type on."""
    has_twin: bool = False
    """Another one of the same make has no serial number either."""
    is_forbidden: bool = False
    """This user may not open it."""


def find_devices(
    used: Collection[Path],
    *,
    sys: Path = SYS,
    folders: tuple[Path, ...] = SERIAL_FOLDERS,
    printers: Path = USB_PRINTERS,
) -> Iterator[Found]:
    """Give what types digits, prints, or is a serial line, and is not among the used paths.

    Args:
        used: real paths of the devices in the configuration.
    """
    yield from _inputs(used, sys)
    yield from _serials(used, folders)
    yield from _printers(used, printers)


def _inputs(used: Collection[Path], sys: Path) -> Iterator[Found]:
    nodes = [node for node in input_nodes(sys) if node.types_digits]
    alike = {node.event for node in twins(nodes)}
    used_groups = {node.group for node in nodes if Path("/dev/input") / node.event in used}
    for node in nodes:
        if not node.identity or (node.group and node.group in used_groups):
            continue
        is_plain = any(word in node.name.lower() for word in PLAIN_KEYBOARDS)
        yield Found(
            f"{node.event} “{node.name}” ({node.vendor}:{node.product})",
            node.identity,
            () if is_plain else ("evdev_scanner", "evdev_cards"),
            has_twin=node.event in alike,
        )


def _printers(used: Collection[Path], printers: Path) -> Iterator[Found]:
    for node, identity in usb_printers(printers):
        real = Path("/dev/usb") / node
        if real in used:
            continue
        fields = dict(part.partition(":")[::2] for part in identity.split(";") if ":" in part)
        model = fields.get("MDL") or fields.get("MODEL") or identity[:40]
        maker = fields.get("MFG", fields.get("MANUFACTURER", ""))
        yield Found(f"{real} “{maker} {model}”", f"usb:{model}", ("escpos_printer", "tspl_printer"))


def _serials(used: Collection[Path], folders: tuple[Path, ...]) -> Iterator[Found]:
    known = set(used)
    for folder in folders:
        for link in sorted(folder.iterdir()) if folder.is_dir() else ():
            real = link.resolve()
            if real in known:
                continue
            known.add(real)
            is_forbidden = not os.access(real, os.R_OK | os.W_OK)
            yield Found(f"{link} → {real}", str(link), SERIAL_KINDS, is_forbidden=is_forbidden)
