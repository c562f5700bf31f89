"""What is plugged in and stands in no configuration yet, with the lines that would take it into service."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from drivers.escpos_transport import USB_PRINTERS
from drivers.input_nodes import SYS
from edge.cli.device_checks import Finding, Verdict
from edge.found_devices import FOUND_MAX, SERIAL_FOLDERS, Found, find_devices


def found_devices(
    used: Collection[Path],
    *,
    sys: Path = SYS,
    folders: tuple[Path, ...] = SERIAL_FOLDERS,
    printers: Path = USB_PRINTERS,
) -> Iterator[Finding]:
    """Give what types digits, prints or is a serial line, and is not among the used paths.

    Args:
        used: real paths of the devices in the configuration.
    """
    for told, found in enumerate(find_devices(used, sys=sys, folders=folders, printers=printers)):
        if told >= FOUND_MAX:
            yield Finding("found", Verdict.NOTE, f"more than {FOUND_MAX} devices; the rest is not told")
            return
        yield _finding(found)


def _finding(found: Found) -> Finding:
    what = f"{found.what}, not in the configuration{'; this user may not open it' if found.is_forbidden else ''}"
    if not found.kinds:
        return Finding("found", Verdict.OK, what, "people type on it: leave it alone")
    names = [f'"{kind}"' for kind in found.kinds]
    kinds = names[0] if len(names) <= 2 else f"{', '.join(names[:-1])} or {names[-1]}"
    advice = f'[[device]] kind = {kinds} path = "{found.path}"'
    if found.has_twin:
        advice += "; it has a twin: scan to identify, in the settings, tells which is which"
    return Finding("found", Verdict.NOTE, what, advice)
