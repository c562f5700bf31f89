"""What the settings of scanners and card readers must be to fit together, and the faults of the simulated ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from drivers.fake import READER_FAULTS, parse_faults
from drivers.key_layouts import LAYOUTS
from edge.config import DeviceConfig
from edge.config_walk import Walk, shown

IDLE_MIN_MS = 80
"""Slow scanners leave 50 ms between two keys: a shorter pause would cut a code in two."""
EVDEV_ENDS, SERIAL_ENDS = ("enter", "kpenter", "tab"), ("cr", "lf", "tab", "etx")
"""What may end a code of a keyboard-type reader, and of a serial one."""


def faults_of(kind: str) -> Sequence[str]:
    """Return the faults that a simulated reader of a kind knows."""
    if kind in ("fake_evdev_scanner", "fake_evdev_cards"):
        from drivers.fake_wires import KEYBOARD_FAULTS

        return KEYBOARD_FAULTS
    if kind == "fake_serial_scanner":
        from drivers.fake_wires import SERIAL_FAULTS

        return SERIAL_FAULTS
    if kind == "fake_pn532_cards":
        from drivers.fake_pn532 import PN532_FAULTS

        return PN532_FAULTS
    if kind == "fake_pcsc_cards":
        from drivers.fake_pcsc import PCSC_FAULTS

        return PCSC_FAULTS
    return READER_FAULTS


def check_faults(device: DeviceConfig, allowed: Sequence[str], key: str, walk: Walk) -> None:
    try:
        parse_faults(device.faults or (), allowed)
    except ValueError as error:
        walk.add(f"{key}.faults", shown(device.faults), "faults like 2:unplug", str(error))


def check_reader(device: DeviceConfig, key: str, walk: Walk) -> None:
    """Add to the walk what is wrong with a real reader."""
    is_evdev, is_serial = device.kind.startswith("evdev_"), device.kind == "serial_scanner"
    if is_evdev and device.layout is not None and device.layout not in LAYOUTS:
        walk.add(f"{key}.layout", shown(device.layout), f"one of {', '.join(LAYOUTS)}")
    if is_evdev or is_serial:
        _check_ends(device, EVDEV_ENDS if is_evdev else SERIAL_ENDS, key, walk)
    if device.path is not None and device.kind != "pcsc_cards":
        _check_path(device, key, walk)


def _check_ends(device: DeviceConfig, allowed: Sequence[str], key: str, walk: Walk) -> None:
    if device.terminators is None or device.idle_ms is None:
        return
    wrong = [name for name in device.terminators if name not in (*allowed, "none")]
    if wrong or ("none" in device.terminators and len(device.terminators) > 1):
        walk.add(f"{key}.terminators", shown(device.terminators), f"some of {', '.join(allowed)}; or none alone")
    elif "none" in device.terminators and device.idle_ms == 0:
        walk.add(f"{key}.idle_ms", "0", f"{IDLE_MIN_MS} or more", "without a terminator only a pause ends a code")
    if 0 < device.idle_ms < IDLE_MIN_MS:
        walk.add(f"{key}.idle_ms", str(device.idle_ms), f"0, or {IDLE_MIN_MS} and more", "it would cut codes in two")


def _check_path(device: DeviceConfig, key: str, walk: Walk) -> None:
    is_input = device.kind.startswith("evdev_")
    if is_input and device.path.partition(":")[0] in ("uniq", "phys") and device.path.partition(":")[2]:
        return
    if not PurePosixPath(device.path).is_absolute():
        folder = "/dev/input/by-id/" if is_input else "/dev/serial/by-id/"
        found = shown(device.path) if device.path else "nothing"
        walk.add(f"{key}.path", found, f"the full path of the device, such as {folder}…")
