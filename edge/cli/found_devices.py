"""What is plugged into the box and stands in no configuration yet, with the lines that would take it into service."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from drivers.escpos_transport import USB_PRINTERS, usb_printers
from drivers.input_nodes import SYS, input_nodes, twins
from edge.cli.device_checks import Finding, Verdict

SERIAL_FOLDERS = (Path("/dev/serial/by-id"), Path("/dev/serial/by-path"))
FOUND_MAX = 32
"""Most devices that are told."""
PLAIN_KEYBOARDS = ("keyboard", "键盘")
"""In the names of devices that people type on."""


def found_devices(
    used: Collection[Path],
    *,
    sys: Path = SYS,
    folders: tuple[Path, ...] = SERIAL_FOLDERS,
    printers: Path = USB_PRINTERS,
) -> Iterator[Finding]:
    """Give what types digits or is a serial line, and is not among the used paths.

    Args:
        used: real paths of the devices in the configuration.
    """
    for told, finding in enumerate((*_inputs(used, sys), *_serials(used, folders), *_printers(used, printers))):
        if told >= FOUND_MAX:
            yield Finding("found", Verdict.NOTE, f"more than {FOUND_MAX} devices; the rest is not told")
            return
        yield finding


def _inputs(used: Collection[Path], sys: Path) -> Iterator[Finding]:
    nodes = [node for node in input_nodes(sys) if node.types_digits]
    alike = {node.event for node in twins(nodes)}
    used_groups = {node.group for node in nodes if Path("/dev/input") / node.event in used}
    for node in nodes:
        if not node.identity or (node.group and node.group in used_groups):
            continue
        what = f"{node.event} “{node.name}” ({node.vendor}:{node.product}), not in the configuration"
        if any(word in node.name.lower() for word in PLAIN_KEYBOARDS):
            yield Finding("found", Verdict.OK, what, "people type on it: leave it alone")
            continue
        advice = f'[[device]] kind = "evdev_scanner" path = "{node.identity}"'
        if node.event in alike:
            advice += "; it has a twin: scan to identify, in the settings, tells which is which"
        yield Finding("found", Verdict.NOTE, what, advice)


def _printers(used: Collection[Path], printers: Path) -> Iterator[Finding]:
    for node, identity in usb_printers(printers):
        real = Path("/dev/usb") / node
        if real in used:
            continue
        fields = dict(part.partition(":")[::2] for part in identity.split(";") if ":" in part)
        model = fields.get("MDL") or fields.get("MODEL") or identity[:40]
        what = f"{real} “{fields.get('MFG', fields.get('MANUFACTURER', ''))} {model}”, not in the configuration"
        yield Finding("found", Verdict.NOTE, what, f'[[device]] kind = "escpos_printer" path = "usb:{model}"')


def _serials(used: Collection[Path], folders: tuple[Path, ...]) -> Iterator[Finding]:
    known = set(used)
    for folder in folders:
        for link in sorted(folder.iterdir()) if folder.is_dir() else ():
            real = link.resolve()
            if real in known:
                continue
            known.add(real)
            is_ours = os.access(real, os.R_OK | os.W_OK)
            what = f"{link} → {real}, not in the configuration{'' if is_ours else '; this user may not open it'}"
            kinds = '"serial_scanner", "pn532_cards", "serial_scale" or "pole_display"'
            advice = f'[[device]] kind = {kinds} path = "{link}"'
            yield Finding("found", Verdict.NOTE, what, advice)
