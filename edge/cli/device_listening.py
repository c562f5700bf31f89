"""taptill doctor --listen: what somebody scans tells whether speed, keyboard country and encoding are right."""

from __future__ import annotations

import click

from drivers.base import DriverError
from drivers.evdev_lines import EvdevLines
from edge.cli.device_checks import Finding, Verdict
from edge.clock import monotonic_s
from edge.config import DeviceConfig
from edge.device_guess import encoding_trouble, guess_scanner, is_gtin, layouts_that_fit, texts_by_layout

LISTEN_S = 20.0
"""So long a scan is waited for."""
HEX_MAX = 32


def listen(device: DeviceConfig, *, wait_s: float = LISTEN_S) -> Finding:
    """Return what listening to a scanner or card reader while somebody uses it tells of its settings."""
    try:
        if device.kind == "serial_scanner":
            return _serial(device, wait_s)
        if device.kind in ("evdev_scanner", "evdev_cards"):
            return _keyboard(device, wait_s)
    except DriverError as error:
        return Finding(device.name, Verdict.BAD, str(error), "see docs/hardware.md; the daemon must not have it")
    return Finding(device.name, Verdict.NOTE, f"{device.kind} is looked at without a scan", "taptill doctor")


def _serial(device: DeviceConfig, wait_s: float) -> Finding:
    heard = guess_scanner(device, ask=lambda baud: click.echo(f"scan a code now ({baud} baud)"), wait_s=wait_s)
    if not heard.at_first:
        advice = "look at its cable, and that it is set to serial (or CDC) mode"
        return Finding(device.name, Verdict.BAD, f"nothing came at {device.baud} baud", advice)
    seen = heard.at_first[:HEX_MAX].hex(" ")
    if not heard.baud:
        advice = "none of the usual speeds gives readable bytes: look at parity (it must be 8N1), cable and ground"
        return Finding(device.name, Verdict.BAD, f"rubbish at {device.baud} baud: {seen}", advice)
    if heard.baud != device.baud:
        found = f"rubbish at {device.baud} baud ({seen}); at {heard.baud} it can be read"
        return Finding(device.name, Verdict.BAD, found, f"baud = {heard.baud}")
    better = encoding_trouble(heard.data, device.text_encoding)
    if better:
        found = f"what it sends is not {device.text_encoding}"
        return Finding(device.name, Verdict.BAD, found, f'text_encoding = "{better}"')
    return Finding(device.name, Verdict.OK, f"read {len(heard.data)} bytes at {heard.baud} baud")


def _keyboard(device: DeviceConfig, wait_s: float) -> Finding:
    click.echo("scan the EAN of any item now")
    reader, records = EvdevLines(device.name, device.path, layout=device.layout), bytearray()
    reader.heard = records.extend
    try:
        reader.open()
        until_s, texts = monotonic_s() + wait_s, 0
        while monotonic_s() < until_s and not texts:
            texts = len(reader.read(0.5)) + reader.dropped
    finally:
        reader.close()
    if not records:
        return Finding(device.name, Verdict.BAD, "nothing came", "is it this one? scan to identify, in the settings")
    said = texts_by_layout(bytes(records), device)
    fitting = layouts_that_fit(bytes(records), device)
    if device.layout in fitting:
        return Finding(device.name, Verdict.OK, f"read a code with the layout {device.layout}")
    if fitting:
        # Where several countries have the same digits, the first will do for them, and letters may still differ.
        found = f"with the layout {device.layout} it is no code; with {', '.join(fitting)} it is one"
        return Finding(device.name, Verdict.BAD, found, f'layout = "{fitting[0]}"')
    if not any(said.values()):
        advice = 'terminators: set the scanner to send Enter after each code, or idle_ms = 100, terminators = ["none"]'
        return Finding(device.name, Verdict.BAD, "keys came, and no end of a code", advice)
    is_digits = any(is_gtin(text[:-1]) or is_gtin(text[1:]) for texts in said.values() for text in texts)
    advice = "prefix or suffix: it puts a character at one end" if is_digits else "scan an EAN or UPC of an item"
    return Finding(device.name, Verdict.NOTE, "what came is no EAN in any layout", advice)
