"""Where the devices of a configuration are: paths that move, one device that stands there twice, a missing driver."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from drivers.escpos_transport import USB_PRINTERS, usb_printers
from drivers.input_nodes import SYS, input_nodes, resolve
from edge.config import DeviceConfig

MOVING = re.compile(r"/dev/(ttyUSB|ttyACM|input/event|hidraw|usb/lp)\d+$")
"""Names that the kernel gives in the order of plugging: another device may have one tomorrow."""
STABLE_FOLDERS = tuple(Path(f"/dev/{each}") for each in ("serial/by-id", "serial/by-path", "input/by-id"))
USB_DEVICES = Path("/sys/bus/usb/devices")
PRINTER_CLASS = "07"


def device_path(device: DeviceConfig) -> Path | None:
    """Return the file of a device; None for a simulated or a network one."""
    if device.kind.startswith("fake_") or device.kind == "pcsc_cards":
        return None
    if not device.kind.endswith("printer"):
        return Path(resolve(device.path))
    parts = urlsplit(device.path)
    if parts.scheme == "usb":
        found = [node for node, identity in usb_printers() if device.path.partition(":")[2].strip() in identity]
        return Path("/dev/usb") / (found[0] if len(found) == 1 else f"lp with {device.path}")
    return None if parts.scheme == "tcp" else Path(parts.path)


def better_path(
    device: DeviceConfig,
    *,
    folders: Sequence[Path] = STABLE_FOLDERS,
    sys: Path = SYS,
    printers: Path = USB_PRINTERS,
) -> str | None:
    """Return a path that stays with a device whose own one moves: '' where none is known, None where its own stays."""
    path = device_path(device)
    if path is None or device.path.startswith(("uniq:", "phys:", "usb:")) or not MOVING.match(str(path)):
        return None
    real = path.resolve()
    for folder in folders:
        for link in sorted(folder.iterdir()) if folder.is_dir() else ():
            if link.resolve() == real:
                return str(link)
    for node in input_nodes(sys):
        if path == Path("/dev/input") / node.event and node.identity:
            return node.identity
    for name, identity in usb_printers(printers):
        if path == Path("/dev/usb") / name:
            fields = dict(part.partition(":")[::2] for part in identity.split(";") if ":" in part)
            return f"usb:{fields.get('MDL') or fields.get('MODEL') or identity[:40]}"
    return ""


def shared(devices: Sequence[DeviceConfig]) -> Mapping[str, str]:
    """Return the devices that are another one of the configuration under a second path, each with that one's name."""
    first: dict[str, str] = {}
    twice: dict[str, str] = {}
    for device in devices:
        path = device_path(device)
        place = str(path.resolve()) if path is not None else _address(device)
        if not place:
            continue
        if place in first:
            twice[device.name] = first[place]
        first.setdefault(place, device.name)
    return twice


def _address(device: DeviceConfig) -> str:
    parts = urlsplit(device.path)
    if not device.kind.endswith("printer") or parts.scheme != "tcp":
        return ""
    try:
        return f"{parts.hostname}:{parts.port or 9100}"
    except ValueError:
        return ""


def printers_without_driver(devices: Path = USB_DEVICES) -> Sequence[str]:
    """Return the USB printers that are plugged in and that no usblp drives, by what they call themselves."""
    return [name for name, driver in usb_functions(PRINTER_CLASS, devices) if driver != "usblp"]


def usb_functions(usb_class: str, devices: Path = USB_DEVICES) -> Sequence[tuple[str, str]]:
    """Return what is plugged in and says that it is of a USB class: what it calls itself, and its driver or ''."""
    found = []
    for interface in sorted(devices.glob("*:*")) if devices.is_dir() else ():
        if _text(interface / "bInterfaceClass") != usb_class:
            continue
        driver = interface / "driver"
        of = devices / interface.name.partition(":")[0]
        name = f"{_text(of / 'manufacturer')} {_text(of / 'product')}".strip() or interface.name
        found.append((name, driver.resolve().name if driver.exists() else ""))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()[:60]
    except OSError:
        return ""
