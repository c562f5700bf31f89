"""What `taptill doctor` looks at in a device: its path, its kind, who may open it, who holds it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from drivers.base import DeviceBusy, DriverError, PrinterState
from drivers.escpos_transport import speed_of
from drivers.evdev_lines import INPUT_MAJOR
from drivers.glyphs import Encoding
from drivers.pen import LatePen
from edge.cli.counter_checks import check_counter_device
from edge.config import DeviceConfig
from edge.config_counter import POLE_KINDS, SCALE_KINDS
from edge.device_paths import better_path, device_path, printers_without_driver
from edge.device_printers import find_printer
from edge.device_told import settings_line
from edge.devices import make_printer, make_reader

SIMILAR_MAX = 8
"""Most names of devices beside a missing one that are told."""
ON_THE_PAGE = "Find its settings, on the devices page of the till"
"""What tries settings while the daemon runs: it lets go of the device for so long."""


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at one thing."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""
    """What to do; empty when nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open."""

    pid: int
    command: str
    is_daemon: bool = False


def holders(paths: Iterable[Path], *, proc: Path = Path("/proc")) -> Mapping[str, Holder]:
    """Return who has which of some files open, by the file's real path, as far as this user may look."""
    wanted = {str(path.resolve()) for path in paths}
    found: dict[str, Holder] = {}
    for process in proc.glob("[0-9]*") if wanted else ():
        if int(process.name) == os.getpid():
            continue
        try:
            for link in (process / "fd").iterdir():
                target = str(link.readlink())
                if target in wanted:
                    words = (process / "cmdline").read_bytes().decode(errors="replace").strip("\0").split("\0")
                    found[target] = Holder(int(process.name), " ".join(words), is_daemon=runs_taptill(words))
        except OSError:
            # It ended while we looked, or it is somebody else's.
            continue
    return found


def daemon_of(held: Mapping[str, Holder]) -> Holder | None:
    """Return the daemon that runs, by what it has open; None where none does."""
    return next((holder for holder in held.values() if holder.is_daemon), None)


def runs_taptill(words: Sequence[str]) -> bool:
    """Tell whether a command is ours, by its own name or by what Python runs; folders may have that name too."""
    return any(Path(word).name == "taptill" for word in words[:2]) or list(words[1:3]) == ["-m", "edge"]


def check_device(device: DeviceConfig, held: Mapping[str, Holder]) -> Finding:
    """Return how a device is, without disturbing a daemon that uses it.

    Args:
        held: of `holders`, asked while the command still had all its rights.
    """
    if device.kind.startswith("fake_"):
        return Finding(device.name, Verdict.OK, "simulated")
    if device.kind == "pcsc_cards":
        return _try_reader(device, device.path or "the first PC/SC reader")
    path = device_path(device)
    if path is None:
        return _check_printer(device, held)
    if not path.exists():
        return _missing(device.name, path)
    wrong = _wrong_kind(device.kind, path)
    if wrong:
        return Finding(device.name, Verdict.BAD, f"{path} is {wrong}", "name the device under /dev/…/by-id")
    holder = held.get(str(path.resolve()))
    if holder and holder.is_daemon:
        return Finding(device.name, Verdict.OK, f"{_what(path)}; in use by the daemon (process {holder.pid})")
    if device.kind.startswith("evdev_") and os.access(path, os.R_OK):
        return _check_keys(device, path, holder)
    if holder:
        who = f"{path} is held by process {holder.pid}: {holder.command[:80]}"
        return Finding(device.name, Verdict.BAD, who, "stop that program; a device has one user at a time")
    writes = not device.kind.startswith("evdev_")
    if not os.access(path, os.R_OK | (os.W_OK if writes else 0)):
        return _forbidden(device.name, path)
    if device.kind in (*SCALE_KINDS, *POLE_KINDS):
        is_good, found, advice = check_counter_device(device)
        return Finding(device.name, Verdict.OK if is_good else Verdict.BAD, f"{_what(path)}; {found}", advice)
    return _check_printer(device, held) if device.kind.endswith("printer") else _try_reader(device, _what(path))


def check_path(device: DeviceConfig, twice: Mapping[str, str]) -> Finding | None:
    """Return what is wrong with where a device is said to be; None when nothing is.

    Args:
        twice: of `edge.device_paths.shared`.
    """
    if device.name in twice:
        found = f"it is {twice[device.name]} once more, by another path"
        return Finding(device.name, Verdict.BAD, found, "take one of the two out: a device has one user at a time")
    better = better_path(device)
    if better is None:
        return None
    found = f"{device.path} may be another device after the next start"
    return Finding(device.name, Verdict.NOTE, found, f'path = "{better}"' if better else "see docs/hardware.md")


def _missing(name: str, path: Path) -> Finding:
    lonely = printers_without_driver() if path.parent == Path("/dev/usb") else ()
    if lonely:
        found = (
            f"{path} does not exist, but {', '.join(lonely[:SIMILAR_MAX])} is plugged in and usblp does not drive it"
        )
        return Finding(name, Verdict.BAD, found, "sudo modprobe usblp; make install has it loaded at each start")
    beside = sorted(other.name for other in path.parent.iterdir()) if path.parent.is_dir() else []
    there = f"{path.parent} has: {', '.join(beside[:SIMILAR_MAX])}" if beside else f"{path.parent} holds nothing"
    return Finding(name, Verdict.BAD, f"{path} does not exist", f"plug it in, or name another path; {there}")


def _forbidden(name: str, path: Path) -> Finding:
    group = _named(lambda gid: grp.getgrgid(gid).gr_name, path.stat().st_gid)
    me = _named(lambda uid: pwd.getpwuid(uid).pw_name, os.geteuid())
    advice = f"install our udev rules (make install), or: sudo usermod -aG {group} {me}, and sign in again"
    return Finding(name, Verdict.BAD, f"{_what(path)}; {me} may not open it", advice)


def _wrong_kind(kind: str, path: Path) -> str:
    """Return what a path is instead of a device of the kind; '' when it can be one. A FIFO replays a recording."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    if stat.S_ISREG(status.st_mode) and not kind.endswith("printer"):
        return "a plain file"
    is_input = stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == INPUT_MAJOR
    if kind.startswith("evdev_") and stat.S_ISCHR(status.st_mode) and not is_input:
        return "no input device"
    if is_input and not kind.startswith("evdev_"):
        return "an input device (kind evdev_scanner or evdev_cards)"
    return ""


def _try_reader(device: DeviceConfig, what: str) -> Finding:
    """Open a reader as the daemon does: a PN532 has to answer for that, a PC/SC reader to be known to pcscd."""
    reader = make_reader(device)
    assert reader is not None, device.kind
    try:
        reader.open()
        loose: Sequence[str] = getattr(reader, "loose", ())
    except DriverError as error:
        advice = "see who uses it: sudo taptill doctor" if isinstance(error, DeviceBusy) else "see docs/hardware.md"
        return Finding(device.name, Verdict.BAD, str(error), advice)
    finally:
        reader.close()
    if loose:
        advice = "stop the program that has it: sudo fuser -v, with the path"
        return Finding(device.name, Verdict.NOTE, f"{what}; opened, but not all of it: {'; '.join(loose)}", advice)
    return Finding(device.name, Verdict.OK, f"{what}; opened and closed again")


def _check_keys(device: DeviceConfig, path: Path, holder: Holder | None) -> Finding:
    """Grab a keyboard-type device as the daemon does: others may have it open, and none may have grabbed it."""
    found = _try_reader(device, _what(path))
    if holder is None or found.verdict is not Verdict.BAD:
        return found
    who = f"{found.found} (process {holder.pid}: {holder.command[:80]})"
    return Finding(device.name, Verdict.BAD, who, "stop that program; a device has one user at a time")


def _check_printer(device: DeviceConfig, held: Mapping[str, Holder]) -> Finding:
    printer = make_printer(device)
    assert printer is not None, device.kind
    state = printer.state()
    advice = {
        PrinterState.PAPER_LOW: "keep a roll at hand",
        PrinterState.PAPER_OUT: "put in a roll of paper",
        PrinterState.COVER_OPEN: "close the cover",
        PrinterState.OFFLINE: "switch it on; check its cable and its address; nothing else may be connected to it",
    }.get(state, "")
    if state is PrinterState.READY:
        return _check_letters(device, f"{device.path} is ready", printer.encoding())
    if state is PrinterState.UNKNOWN:
        if speed_of(device.path) is not None and (daemon := daemon_of(held)):
            found = f"{device.path} does not say how it is, like many; the daemon (process {daemon.pid}) uses it"
            return Finding(device.name, Verdict.OK, found, f"if nothing comes out: {ON_THE_PAGE}")
        return _other_settings(device) or _check_silent(device)
    verdict = Verdict.NOTE if state is PrinterState.PAPER_LOW else Verdict.BAD
    found = f"{device.path}: {state.value.replace('_', ' ')}"
    return Finding(device.name, verdict, f"{found} ({printer.last_error})" if printer.last_error else found, advice)


def _other_settings(device: DeviceConfig) -> Finding | None:
    """Return what is said of a printer that is silent as it is configured, and answers otherwise."""
    try:
        spoken = find_printer(device)
    except DriverError as error:
        return Finding(device.name, Verdict.BAD, str(error), "look at its cable; nothing else may be connected to it")
    line = settings_line(device, spoken) if spoken is not None else ""
    if spoken is None or not line:
        return None
    what = {"tspl_printer": "label printer (TSPL)", "escpos_printer": "receipt printer (ESC/POS)"}[spoken.kind]
    at = f", at {speed_of(spoken.path)} baud" if spoken.path != device.path else ""
    return Finding(device.name, Verdict.BAD, f"{device.path} answers as a {what}{at}", line)


def _check_silent(device: DeviceConfig) -> Finding:
    """Return a printer that never answers; nothing but its paper tells whether the speed of its line is right."""
    found = _check_letters(device, f"{device.path} can be reached; like many, it does not say how it is", None)
    if speed_of(device.path) is None or device.kind != "escpos_printer":
        return found
    look = f"if nothing or rubbish comes out, its speed is another: taptill doctor --speeds {device.name}"
    return replace(found, advice=f"{found.advice}; {look}" if found.advice else look)


def _check_letters(device: DeviceConfig, found: str, told: Encoding | None) -> Finding:
    """Return a printer that is well, with its font and the one that draws what that lacks."""
    if told is not None:
        found += f"; it says that its font is {told}"
    if told is not None and device.encoding not in ("auto", told) and not _alike(told, device.encoding):
        advice = f'try encoding = "auto"; Chinese that comes out as rubbish comes from this: {device.encoding} is set'
        return Finding(device.name, Verdict.NOTE, found, advice)
    pen = LatePen(device.font)
    if pen.opened() is None:
        is_needed = device.encoding == "none" or told == "none"
        advice = "without it a character that the printer lacks comes out as ?"
        return Finding(device.name, Verdict.BAD if is_needed else Verdict.NOTE, f"{found}; {pen.problem}", advice)
    return Finding(device.name, Verdict.OK, found)


def _alike(one: str, other: str) -> bool:
    """Tell whether two fonts print the same characters, as far as we send them."""
    return {one, other} <= {"gb18030", "gbk"}


def _what(path: Path) -> str:
    """Return a path with what it leads to, and whose it is."""
    real, status = path.resolve(), path.stat()
    owner = _named(lambda uid: pwd.getpwuid(uid).pw_name, status.st_uid)
    group = _named(lambda gid: grp.getgrgid(gid).gr_name, status.st_gid)
    name = Path("/sys/class/input") / real.name / "device" / "name"
    called = f" “{name.read_text(errors='replace').strip()}”" if name.is_file() else ""
    leads = f" → {real}" if real != path else ""
    return f"{path}{leads}{called} ({owner}:{group} {stat.S_IMODE(status.st_mode):04o})"


def _named(name_of: Callable[[int], str], number: int) -> str:
    try:
        return name_of(number)
    except KeyError:
        return str(number)
