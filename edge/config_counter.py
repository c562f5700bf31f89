"""What the settings of scales and pole displays must be to fit together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from drivers.pole_frames import POLES
from drivers.scale_frames import SCALES
from edge.config import DeviceConfig
from edge.config_walk import Walk, shown

SCALE_KINDS = ("serial_scale", "fake_scale")
POLE_KINDS = ("pole_display", "fake_pole_display")


def counter_faults(kind: str) -> Sequence[str]:
    """Return the faults that a simulated scale or display knows."""
    if kind == "fake_scale":
        from drivers.fake_scale import SCALE_FAULTS

        return SCALE_FAULTS
    from drivers.fake_pole import POLE_FAULTS

    return POLE_FAULTS


def check_counter(device: DeviceConfig, key: str, walk: Walk) -> None:
    """Add to the walk what is wrong with a scale or a display."""
    known = tuple(SCALES if device.kind in SCALE_KINDS else POLES)
    if device.protocol is not None and device.protocol not in (*known, *([""] if _is_fake(device) else [])):
        found = shown(device.protocol) if device.protocol else "nothing"
        walk.add(f"{key}.protocol", found, f"one of {', '.join(known)}")
    if device.path is not None and not _is_fake(device) and not PurePosixPath(device.path).is_absolute():
        found = shown(device.path) if device.path else "nothing"
        walk.add(f"{key}.path", found, "the full path of the device, such as /dev/serial/by-id/…")


def check_one_scale(devices: Sequence[DeviceConfig | None], walk: Walk) -> None:
    """Add to the walk a second scale of a lane: nobody could say which of the two is meant."""
    seen: dict[int, str] = {}
    for number, device in enumerate(devices, 1):
        if device is None or device.kind not in SCALE_KINDS or device.lane is None:
            continue
        if device.lane in seen:
            walk.add(f"device[{number}].lane", str(device.lane), f"a lane without a scale; it has {seen[device.lane]}")
        seen[device.lane] = shown(device.name)


def _is_fake(device: DeviceConfig) -> bool:
    return device.kind.startswith("fake_")
