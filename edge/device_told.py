"""What listening to a device says of its settings, in words for the doctor's terminal and for the devices page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from drivers.escpos_transport import at_speed, speed_of
from edge.config import DeviceConfig
from edge.device_guess import Heard, Settings, encoding_trouble, is_gtin, layouts_that_fit, texts_by_layout
from edge.device_printers import PrinterKind, Spoken
from edge.text_marks import N_

HEX_MAX = 32
SPOKEN: Mapping[PrinterKind, str] = {
    "tspl_printer": N_("it answers as a label printer (TSPL)"),
    "escpos_printer": N_("it answers as a receipt printer (ESC/POS)"),
}
SPOKEN_AT: Mapping[PrinterKind, str] = {
    "tspl_printer": N_("nothing answers at {baud} baud; at {other} a label printer does (TSPL)"),
    "escpos_printer": N_("nothing answers at {baud} baud; at {other} a receipt printer does (ESC/POS)"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What was found at a device, and what to do."""

    verdict: Literal["good", "warn", "bad"]
    found: str
    """A text with the params put in; so is the advice."""
    params: Mapping[str, str | int] = field(default_factory=dict)
    advice: str = ""
    line: str = ""
    """What is to stand in the device's part of the configuration; empty where that is right as it is."""


def told_of_scanner(device: DeviceConfig, heard: Heard) -> Told:
    """Return what a scan at each speed says of a serial scanner."""
    at = {"baud": device.baud}
    if not heard.at_first:
        advice = N_("look at its cable, and that it is set to serial (or CDC) mode")
        return Told("bad", N_("nothing came at {baud} baud"), at, advice)
    seen: Mapping[str, str | int] = {**at, "seen": heard.at_first[:HEX_MAX].hex(" "), "other": heard.baud}
    if not heard.baud:
        advice = N_("none of the usual speeds gives readable bytes: look at parity (it must be 8N1), cable and ground")
        return Told("bad", N_("rubbish at {baud} baud: {seen}"), seen, advice)
    if heard.baud != device.baud:
        found = N_("rubbish at {baud} baud ({seen}); at {other} it can be read")
        return Told("bad", found, seen, line=f"baud = {heard.baud}")
    better = encoding_trouble(heard.data, device.text_encoding)
    if better:
        found = N_("what it sends is not {encoding}")
        return Told("bad", found, {"encoding": device.text_encoding}, line=f'text_encoding = "{better}"')
    return Told("good", N_("read {count} bytes at {baud} baud"), at | {"count": len(heard.data)})


def told_of_keys(device: DeviceConfig, records: bytes) -> Told:
    """Return what the keys of one scanned EAN say of a keyboard-type reader."""
    if not records:
        return Told("bad", N_("nothing came"), advice=N_("is it this one? scan to identify, in the settings"))
    said, fitting = texts_by_layout(records, device), layouts_that_fit(records, device)
    params = {"layout": device.layout, "fitting": ", ".join(fitting)}
    if device.layout in fitting:
        return Told("good", N_("read a code with the layout {layout}"), params)
    if fitting:
        # Where several countries have the same digits, the first will do for them, and letters may still differ.
        found = N_("with the layout {layout} it is no code; with {fitting} it is one")
        return Told("bad", found, params, line=f'layout = "{fitting[0]}"')
    if not any(said.values()):
        advice = N_("set the scanner to send Enter after each code; one that cannot is told by its pause")
        line = 'idle_ms = 100, terminators = ["none"]'
        return Told("bad", N_("keys came, and no end of a code"), advice=advice, line=line)
    is_digits = any(is_gtin(text[:-1]) or is_gtin(text[1:]) for texts in said.values() for text in texts)
    advice = (
        N_("prefix or suffix: it puts a character at one end") if is_digits else N_("scan an EAN or UPC of an item")
    )
    return Told("warn", N_("what came is no EAN in any layout"), advice=advice)


def told_of_scale(device: DeviceConfig, found: Settings | None) -> Told:
    """Return what listening at every speed says of a scale."""
    params: dict[str, str | int] = {"protocol": device.protocol, "baud": device.baud}
    if found is None:
        advice = N_("switch it on; look at its cable, and whether it is set to send")
        return Told("bad", N_("nothing that it sends is understood, at any speed"), params, advice)
    if found == Settings(device.protocol, device.baud):
        return Told("good", N_("it is understood as {protocol} at {baud} baud"), params)
    line = ", ".join(
        each
        for each, is_new in (
            (f'protocol = "{found.protocol}"', found.protocol != device.protocol),
            (f"baud = {found.baud}", found.baud != device.baud),
        )
        if is_new
    )
    params |= {"protocol": found.protocol, "baud": found.baud}
    return Told("bad", N_("it is another one than configured: {protocol} at {baud} baud"), params, line=line)


def told_of_printer(device: DeviceConfig, spoken: Spoken | None) -> Told:
    """Return what a printer's answers say of the kind, and of the speed, that it is configured with."""
    if spoken is None:
        advice = N_("print a test and look at it; some label printers must be set to TSPL by their maker's tool")
        return Told("warn", N_("it answers neither as a label printer nor as a receipt printer"), advice=advice)
    line = settings_line(device, spoken)
    if spoken.path == device.path:
        return Told("bad" if line else "good", SPOKEN[spoken.kind], line=line)
    params = {"baud": speed_of(device.path) or 0, "other": speed_of(spoken.path) or 0}
    return Told("bad", SPOKEN_AT[spoken.kind], params, line=line)


def settings_line(device: DeviceConfig, spoken: Spoken) -> str:
    """Return what is to stand in the configuration of a printer that answers so; empty where it does."""
    kind = f'kind = "{spoken.kind}"' if spoken.kind != device.kind else ""
    path = f'path = "{spoken.path}"' if spoken.path != device.path else ""
    return ", ".join(each for each in (kind, path) if each)


def told_of_speed(device: DeviceConfig, chosen: str) -> Told:
    """Return what somebody who looked at the paper says of a serial printer that never answers.

    Args:
        chosen: the figure that could be read; empty for none.
    """
    if not chosen:
        advice = N_("look at its cable, its paper, and that it is set to 8N1: 8 data bits, no parity, 1 stop bit")
        return Told("bad", N_("nothing that was tried can be read"), advice=advice)
    line = f'path = "{at_speed(device.path, int(chosen))}"'
    return Told("bad", N_("{value} can be read"), {"value": chosen}, line=line)


def told_of_choice(configured: str, chosen: str, *, key: str) -> Told:
    """Return what somebody who looked at a display or at paper says of it.

    Args:
        chosen: what could be read; empty for nothing.
        key: of the configuration; the value is written as that wants it.
    """
    if not chosen:
        advice = N_("look at its cable, and try the other values of protocol (display) or of encoding (printer)")
        return Told("bad", N_("nothing that was tried can be read"), advice=advice)
    if chosen == configured:
        return Told("good", N_("{value} can be read, as configured"), {"value": chosen})
    line = f"{key} = {chosen}" if chosen.isdigit() else f'{key} = "{chosen}"'
    return Told("bad", N_("{value} can be read"), {"value": chosen}, line=line)
