"""What `taptill doctor` looks at in a scale and a pole display: is the one understood, the other written to."""

from __future__ import annotations

from drivers.base import DeviceBusy, DriverError, PoleDisplay, Scale
from drivers.pole_frames import Lamp, PoleFace
from drivers.scale_frames import Fault, Reading
from edge.clock import monotonic_s
from edge.config import DeviceConfig
from edge.counter_devices import make_pole, make_scale
from edge.device_guess import guess_scale

LISTEN_S = 3.0
"""So long a scale is listened to."""
TEST_FACE = PoleFace(("TapTill 1234567890", ""), ("", "8888.88"), amount="8888.88", lamp=Lamp.TOTAL)
"""What a display shows when it is looked at: both lines, both ends."""


def check_counter_device(device: DeviceConfig) -> tuple[bool, str, str]:
    """Open a scale and listen to it, or a display and write a line to it that is still there afterwards.

    Returns:
        Whether all is well, what was found, and what to do.
    """
    scale, display = make_scale(device), make_pole(device)
    try:
        if scale is not None:
            return _listen(device, scale)
        assert display is not None, device.kind
        return _show(device, display)
    except DriverError as error:
        advice = "see who uses it: sudo taptill doctor" if isinstance(error, DeviceBusy) else "see docs/hardware.md"
        return False, str(error), advice
    finally:
        for opened in (scale, display):
            if opened is not None:
                opened.close()


def _listen(device: DeviceConfig, scale: Scale) -> tuple[bool, str, str]:
    scale.open()
    until_s, reading = monotonic_s() + LISTEN_S, None
    while monotonic_s() < until_s and (reading is None or not reading.is_stable):
        reading = scale.read(0.5) or reading
    if reading is not None:
        return True, f"it says {words_of(reading)}", ""
    speed = f"{device.protocol} at {device.baud} baud"
    is_broken = bool(scale.broken)
    scale.close()
    guessed = guess_scale(device.path, baud=device.baud)
    if guessed is not None:
        found = f"it is not understood as {speed}, and it is as {guessed.protocol} at {guessed.baud} baud"
        return False, found, f'protocol = "{guessed.protocol}", baud = {guessed.baud}'
    if is_broken:
        return False, f"what it sends is not {speed}", "look at protocol and baud"
    advice = "switch it on; look at its cable, at protocol and baud, and whether it is set to send"
    return False, f"it says nothing as {speed}", advice


def _show(device: DeviceConfig, display: PoleDisplay) -> tuple[bool, str, str]:
    display.open()
    display.show(TEST_FACE)
    advice = "it shows TapTill 1234567890 and 8888.88 now; if not, look at protocol and baud (LED8: mostly 2400)"
    return True, f"written to as {device.protocol} at {device.baud} baud", advice


def words_of(reading: Reading) -> str:
    """Return what a scale says."""
    if reading.weight_g is None:
        return {Fault.OVER: "overload", Fault.UNDER: "below zero", Fault.ERROR: "an error"}.get(reading.fault, "moving")
    net = ", net" if reading.is_net else ""
    return f"{reading.weight_g} g, {'stable' if reading.is_stable else 'moving'}{net}"
