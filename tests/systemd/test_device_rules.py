"""The udev rules: which devices become the till's, in a walk of our own over the file and in udev itself where it is."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
RULES = SYSTEMD / "60-taptill.rules"
LOCAL = "60-taptill-local.rules"
"""What the head of our rules names a shop's own ones."""
MATCHES = {"ACTION", "SUBSYSTEM", "SUBSYSTEMS", "KERNEL", "ATTR", "ATTRS", "ENV"}
ASSIGNS = {"GOTO", "LABEL", "ENV", "GROUP", "MODE", "TAG", "SYMLINK", "IMPORT"}
TOKEN = re.compile(r'([A-Z]+)(?:\{(\w+)\})?\s*(==|!=|\+=|=)\s*"([^"]*)"')
VERIFIES_SINCE = 254
"""The version of systemd that brought `udevadm verify`."""
KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"

Token = tuple[str, str, str, str]


def tokens(text: str) -> list[list[Token]]:
    """Return rules as lists of (key, attribute, operator, value)."""
    lines: list[list[Token]] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            found = TOKEN.findall(line)
            assert TOKEN.sub("", line).replace(",", "").strip() == "", f"not understood: {line}"
            lines.append(found)
    return lines


def our_lines() -> list[list[Token]]:
    return tokens(RULES.read_text(encoding="utf-8"))


def local_line(*, vendor: str, product: str) -> list[list[Token]]:
    """Return the line that the head of our rules gives a shop for a reader of another maker, with its two numbers."""
    (line,) = re.findall(r"^#   (SUBSYSTEM.*)$", RULES.read_text(encoding="utf-8"), flags=re.M)
    return tokens(line.replace("1234", vendor).replace("5678", product))


@dataclass(frozen=True)
class Device:
    """A device as udev sees it when our rules are read."""

    kernel: str
    subsystem: str
    env: dict[str, str] = field(default_factory=dict)
    """Its properties, those that the system's own rules have noted before ours included."""
    chain: tuple[dict[str, str], ...] = ()
    """The attributes of itself and of each parent, the nearest first. One rule's ATTRS must all be of one of them."""


def assigned_to(device: Device, lines: list[list[Token]]) -> dict[str, str]:
    """Return what rules assign to a device, walked as udev walks them; patterns are alternatives of globs."""
    assigned: dict[str, str] = {}
    env, wanted = dict(device.env), ""
    for line in lines:
        labels = [value for key, _, _, value in line if key == "LABEL"]
        if wanted and wanted not in labels:
            continue
        wanted = ""
        if not applies(line, device, env):
            continue
        for key, name, operator, value in line:
            if operator in ("==", "!="):
                continue
            if key == "GOTO":
                wanted = value
            elif key == "ENV":
                env[name] = assigned[name] = value
            elif key in ("GROUP", "MODE", "SYMLINK"):
                assigned[key] = re.sub(r"\$env\{(\w+)\}", lambda found: env[found[1]], value)
    return assigned


def applies(line: list[Token], device: Device, env: dict[str, str]) -> bool:
    own = {"SUBSYSTEM": device.subsystem, "KERNEL": device.kernel, "ACTION": "add"}
    here = device.chain[0] if device.chain else {}
    for key, name, operator, value in line:
        if operator in ("==", "!=") and key != "ATTRS":
            found = env.get(name, "") if key == "ENV" else here.get(name, "") if key == "ATTR" else own[key]
            if (operator == "==") != matches(found, value):
                return False
    of_parents = [(name, operator, value) for key, name, operator, value in line if key == "ATTRS"]
    return not of_parents or any(
        all((operator == "==") == matches(each.get(name, ""), value) for name, operator, value in of_parents)
        for each in device.chain
    )


def matches(value: str, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(value, choice) for choice in pattern.split("|"))


def usb(vendor: str, product: str, *, behind: str = "1d6b:0002", **env: str) -> Device:
    """A keyboard-type device of a maker, plugged into a hub of another one, as 60-persistent-input.rules leaves it."""
    noted = {"ID_BUS": "usb", "ID_VENDOR_ID": vendor, "ID_MODEL_ID": product, "ID_PATH": "usb-0:1.2:1.0"}
    chain = tuple(
        {"idVendor": each.partition(":")[0], "idProduct": each.partition(":")[2]}
        for each in (f"{vendor}:{product}", behind, "1d6b:0002")
    )
    return Device("event7", "input", {"ID_INPUT_KEYBOARD": "1", **noted, **env}, ({}, *chain))


def test_every_udev_key_exists_and_every_jump_has_its_label() -> None:
    lines = our_lines()
    for line in lines:
        for key, _, operator, _ in line:
            assert key in (MATCHES if operator in ("==", "!=") else ASSIGNS), key
    labels = [value for line in lines for key, _, _, value in line if key == "LABEL"]
    jumps = {value for line in lines for key, _, _, value in line if key == "GOTO"}
    assert len(labels) == len(set(labels))
    assert jumps <= set(labels)


def test_our_rules_are_read_after_those_that_note_a_devices_numbers() -> None:
    order = ["60-persistent-input.rules", "60-serial.rules", LOCAL, RULES.name]
    assert order == sorted(order)
    assert LOCAL in RULES.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("device", "group", "link", "reason"),
    [
        (usb("05e0", "1200"), "taptill", "taptill/scanner-usb-0:1.2:1.0", "a Zebra scanner that types"),
        (usb("05e0", "1200", behind="046d:c223"), "taptill", "taptill/scanner-usb-0:1.2:1.0", "in a keyboard's hub"),
        (usb("08ff", "0009"), "taptill", "taptill/cards-usb-0:1.2:1.0", "a card reader"),
        (usb("08ff", "2580"), None, None, "the same maker's fingerprint reader"),
        (usb("046d", "c31c"), None, None, "the cashier's keyboard stays the cashier's"),
        (usb("046d", "c31c", behind="05e0:2001"), None, None, "also in the hub of a scanner's maker"),
        (usb("046d", "c31c", behind="08ff:0009"), None, None, "also behind a card reader with a hub"),
        (usb("08ff", "2580", behind="0001:0009"), None, None, "the two numbers are of one device"),
        (
            # A keyboard without a cable: the adapter at its end of the chain is a maker's of readers.
            Device("event7", "input", {"ID_INPUT_KEYBOARD": "1", "ID_BUS": "bluetooth"}, ({}, {"idVendor": "0c2e"})),
            None,
            None,
            "a Bluetooth keyboard at an adapter of a scanner's maker",
        ),
        (Device("event0", "input", {"ID_INPUT_KEYBOARD": "1", "ID_BUS": "i8042"}), None, None, "no USB parent at all"),
        (usb("05e0", "1200", ID_INPUT_KEYBOARD=""), "taptill", None, "a scanner's volume keys get no name"),
    ],
)
def test_only_listed_readers_go_to_the_till(device: Device, group: str | None, link: str | None, reason: str) -> None:
    assigned = assigned_to(device, our_lines())
    assert (assigned.get("GROUP"), assigned.get("SYMLINK")) == (group, link), reason
    assert ("LIBINPUT_IGNORE_DEVICE" in assigned) == (group is not None), reason


@pytest.mark.parametrize(
    ("device", "is_ours"),
    [
        (usb("1234", "5678"), True),
        (usb("1234", "0001"), False),  # another device of that maker
        (usb("046d", "c31c", behind="1234:5678"), False),  # a keyboard plugged into that reader's stand
    ],
)
def test_the_line_for_a_reader_of_another_maker_takes_that_reader_only(device: Device, is_ours: bool) -> None:
    assigned = assigned_to(device, local_line(vendor="1234", product="5678") + our_lines())
    assert assigned.get("SYMLINK") == ("taptill/scanner-usb-0:1.2:1.0" if is_ours else None)


def serial(kernel: str, vendor: str, *, behind: str = "1d6b") -> Device:
    env = {"ID_BUS": "usb", "ID_VENDOR_ID": vendor, "ID_PATH": "usb-0:1.1:1.0"}
    return Device(kernel, "tty", env, ({}, {"idVendor": vendor}, {"idVendor": behind}))


@pytest.mark.parametrize(
    ("device", "assigned", "reason"),
    [
        (
            serial("ttyACM0", "1eab"),
            {"ID_MM_PORT_IGNORE": "1", "SYMLINK": "taptill/serial-usb-0:1.1:1.0"},
            "a serial scanner: no AT commands, a name that stays with the socket",
        ),
        (
            serial("ttyUSB2", "12d1", behind="05e0"),
            {"SYMLINK": "taptill/serial-usb-0:1.1:1.0"},
            "a mobile modem stays ModemManager's, in a scanner's hub too",
        ),
        (Device("tty1", "tty"), {}, "the console is not ours"),
        (
            Device("1-1.2", "usb", {"DEVTYPE": "usb_device"}, ({"idVendor": "1a86"}, {"idVendor": "1d6b"})),
            {"ID_MM_DEVICE_IGNORE": "1"},
            "the bridge of a card reader",
        ),
        (
            Device("1-1.3", "usb", {"DEVTYPE": "usb_device"}, ({"idVendor": "12d1"}, {"idVendor": "05e0"})),
            {},
            "a mobile modem in a scanner's hub",
        ),
        (
            Device("lp0", "usbmisc", {"ID_PATH": "usb-0:1.4:1.0"}),
            {"SYMLINK": "taptill/printer-usb-0:1.4:1.0"},
            "a receipt printer",
        ),
        (Device("sda", "block"), {}, "a disk"),
    ],
)
def test_serial_devices_and_printers_get_lasting_names(device: Device, assigned: dict[str, str], reason: str) -> None:
    assert assigned_to(device, our_lines()) == assigned, reason


# --- udev itself -----------------------------------------------------------------------------------------------------


def udev_version() -> int:
    program = shutil.which("udevadm")
    if program is None:
        return 0
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    return int((re.match(r"\d+", told) or ["0"])[0])


# What udev itself says is asked where it is: on a machine without it these tables are empty.
VERIFIERS = ["udevadm"] if udev_version() >= VERIFIES_SINCE else []


@pytest.mark.parametrize("program", VERIFIERS)
def test_udev_verifies_our_rules(program: str) -> None:
    done = subprocess.run(
        [program, "verify", "--no-style", "--resolve-names=never", RULES],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def make_sys(sys: Path, *, hub: str, vendor: str, product: str) -> Path:
    """Lay out /sys as the kernel does for a USB keyboard behind a hub of a maker; return the event node's folder."""

    def add(folder: Path, subsystem: str, uevent: str, **attributes: str) -> Path:
        folder.mkdir(parents=True)
        (folder / "uevent").write_text(uevent, encoding="ascii")
        (folder / "subsystem").symlink_to(Path("/sys") / subsystem)
        (sys / subsystem).mkdir(parents=True, exist_ok=True)
        for name, text in attributes.items():
            (folder / name).write_text(text + "\n", encoding="ascii")
        return folder

    def add_usb(folder: Path, number: int, vendor: str, product: str) -> Path:
        uevent = f"MAJOR=189\nMINOR={number}\nDEVNAME=bus/usb/001/00{number}\nDEVTYPE=usb_device\n"
        return add(folder, "bus/usb", uevent, idVendor=vendor, idProduct=product, bcdDevice="0100", bDeviceClass="00")

    host = add(sys / "devices/pci0000:00/0000:00:14.0", "bus/pci", "PCI_ID=8086:0001\n")
    root = add_usb(host / "usb1", 1, "1d6b", "0002")
    own = add_usb(add_usb(root / "1-1", 2, hub, "2001") / "1-1.1", 3, vendor, product)
    interface = add(
        own / "1-1.1:1.0", "bus/usb", "DEVTYPE=usb_interface\n",
        bInterfaceClass="03", bInterfaceSubClass="01", bInterfaceProtocol="01", bInterfaceNumber="00",
    )  # fmt: skip
    node = add(
        interface / f"0003:{vendor}:{product}.0001/input/input5", "class/input",
        f'PRODUCT=3/{vendor}/{product}/110\nNAME="Keyboard"\nEV=120013\nKEY={KEYBOARD}\n', properties="0",
    )  # fmt: skip
    (node / "capabilities").mkdir()
    for name, bits in {"ev": "120013", "key": KEYBOARD, "abs": "0", "rel": "0"}.items():
        (node / "capabilities" / name).write_text(bits + "\n", encoding="ascii")
    event = add(node / "event7", "class/input", "MAJOR=13\nMINOR=71\nDEVNAME=input/event7\n")
    (event / "device").symlink_to("..")
    return event


IN_A_NAMESPACE = """
set -e
mount --bind "$1" /sys
mount -t tmpfs none /run
mkdir -p /run/udev/rules.d
cp "$2" /run/udev/rules.d/
# The links that it makes for a device are of this namespace only.
mkdir /run/null && touch /run/null/null && mount --bind /dev/null /run/null/null && mount --rbind /run/null /dev
exec udevadm test --action=add "$3"
"""


def can_stage_devices() -> bool:
    """Whether udev with its rules is here, and a namespace with a /sys of our own may be made."""
    if not udev_version() or os.geteuid() or not shutil.which("unshare"):
        return False
    if not any(
        Path(folder, "60-persistent-input.rules").is_file() for folder in ("/usr/lib/udev/rules.d", "/lib/udev/rules.d")
    ):
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


STAGED = [
    ("1d6b", "05e0", "1200", True),  # a scanner
    ("05e0", "046d", "c31c", False),  # a keyboard plugged into a hub of the scanner's maker
    ("05e0", "05e0", "1200", True),  # both
    ("1d6b", "ffff", "0035", True),  # a card reader, by its two numbers
    ("ffff", "046d", "0035", False),
]


@pytest.mark.parametrize(("hub", "vendor", "product", "is_ours"), STAGED if can_stage_devices() else [])
def test_udev_itself_gives_the_till_its_readers_only(
    tmp_path: Path, hub: str, vendor: str, product: str, is_ours: bool
) -> None:
    event = make_sys(tmp_path / "sys", hub=hub, vendor=vendor, product=product)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", IN_A_NAMESPACE, "sh", tmp_path / "sys", RULES, Path("/", event.relative_to(tmp_path))],
        env={**os.environ, "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert f"ID_VENDOR_ID={vendor}" in said, said
    assert ("LIBINPUT_IGNORE_DEVICE=1" in said, "/dev/taptill/" in said) == (is_ours, is_ours), said
