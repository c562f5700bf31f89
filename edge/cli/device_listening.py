"""taptill doctor --listen: what somebody scans tells whether speed, keyboard country and encoding are right."""

from __future__ import annotations

import click

from drivers.base import DriverError
from edge.cli.device_checks import Finding, Verdict
from edge.config import DeviceConfig
from edge.device_guess import guess_scanner, hear_keys
from edge.device_told import Told, told_of_keys, told_of_scanner

LISTEN_S = 20.0
"""So long a scan is waited for."""
VERDICTS = {"good": Verdict.OK, "warn": Verdict.NOTE, "bad": Verdict.BAD}


def listen(device: DeviceConfig, *, wait_s: float = LISTEN_S) -> Finding:
    """Return what listening to a scanner or card reader while somebody uses it tells of its settings."""
    try:
        if device.kind == "serial_scanner":
            heard = guess_scanner(device, ask=_ask, wait_s=wait_s)
            return _finding(device, told_of_scanner(device, heard))
        if device.kind in ("evdev_scanner", "evdev_cards"):
            click.echo("scan the EAN of any item now")
            return _finding(device, told_of_keys(device, hear_keys(device, wait_s=wait_s)))
    except DriverError as error:
        return Finding(device.name, Verdict.BAD, str(error), "see docs/hardware.md; the daemon must not have it")
    return Finding(device.name, Verdict.NOTE, f"{device.kind} is looked at without a scan", "taptill doctor")


def _ask(baud: int) -> None:
    click.echo(f"scan a code now ({baud} baud)")


def _finding(device: DeviceConfig, told: Told) -> Finding:
    advice = told.advice.format(**told.params)
    return Finding(device.name, VERDICTS[told.verdict], told.found.format(**told.params), _both(advice, told.line))


def _both(advice: str, line: str) -> str:
    return f"{advice}: {line}" if advice and line else advice or line
