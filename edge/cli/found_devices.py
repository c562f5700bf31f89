"""What is plugged in and stands in no configuration yet, with the lines that would take it into service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.cli.device_checks import Finding, Verdict
from edge.config import DeviceConfig
from edge.found_devices import FOUND_MAX, Found, Places, find_devices

LACKING = {
    "permission": (
        "this user may not open it",
        "install our udev rules (make install) and plug it in anew; they say how to add another maker",
    ),
    "usblp": ("usblp does not drive it", "sudo modprobe usblp; make install has it loaded at each start"),
    "pcscd": ("pcscd does not know it", "sudo apt install pcscd, pip install taptill[pcsc], and plug it in anew"),
}
"""What is wrong with a device that cannot be used as it is, and what to do first."""


def found_devices(devices: Sequence[DeviceConfig], places: Places | None = None) -> Iterator[Finding]:
    """Give what types digits, prints, reads cards or is a serial line, and is none of the configuration's devices."""
    for told, found in enumerate(find_devices(devices, places)):
        if told >= FOUND_MAX:
            yield Finding("found", Verdict.NOTE, f"more than {FOUND_MAX} devices; the rest is not told")
            return
        yield _finding(found)


def _finding(found: Found) -> Finding:
    wrong, mend = LACKING.get(found.lacks, ("", ""))
    what = f"{found.what}, not in the configuration{f'; {wrong}' if wrong else ''}"
    if not found.kinds:
        return Finding("found", Verdict.OK, what, "people type on it: leave it alone")
    names = [f'"{kind}"' for kind in found.kinds]
    kinds = names[0] if len(names) <= 2 else f"{', '.join(names[:-1])} or {names[-1]}"
    advice = f"{mend}; then " if mend else ""
    # What nothing drives has no path yet.
    advice += f'[[device]] kind = {kinds} path = "{found.path}"' if found.path else "look here again"
    if found.printer_path:
        advice += f'; a printer: kind = "escpos_printer" path = "{found.printer_path}"'
    if found.has_twin:
        advice += "; it has a twin: scan to identify, in the settings, tells which is which"
    return Finding("found", Verdict.NOTE, what, advice)
