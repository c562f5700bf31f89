"""Which input devices the box has, what names each of them for good, and which event nodes belong to one device.

Everything is read from /sys, which shows every device to everybody: nothing is opened.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.key_layouts import TYPING_KEYS

SYS = Path("/sys/class/input")
NODES_MAX = 256
"""Event nodes that are looked at."""
KEYS_OF_A_SCANNER = (2, 11, 28)
"""1, 0 and Enter: what can type a code has these keys; a power button, a mouse or a volume knob has not."""
WORD_BITS = struct.calcsize("l") * 8
"""Size of the words in which the kernel writes the bits of all keys."""
EVENT = re.compile(r"event\d+")


@dataclass(frozen=True, slots=True)
class InputNode:
    """One event node."""

    event: str
    """Such as event3; it changes with the order of plugging."""
    name: str
    """What the device calls itself."""
    uniq: str
    """Its serial number; empty for most."""
    phys: str
    """The socket that it is plugged into, such as usb-0000:01:00.0-1.2/input0."""
    vendor: str
    product: str
    types_digits: bool
    """It can be a scanner's, or a keyboard."""
    types: bool
    """It has any key that types or ends a text, be it Enter alone."""
    group: str
    """The same for all nodes of one device."""

    @property
    def identity(self) -> str:
        """What the configuration may name it by: its serial number, else its socket; empty when it has neither."""
        if self.uniq:
            return f"uniq:{self.uniq}"
        return f"phys:{self.phys}" if self.phys else ""


def input_nodes(sys: Path = SYS) -> tuple[InputNode, ...]:
    """Return every event node, in the order of their numbers."""
    found = sorted((path for path in sys.glob("event*") if EVENT.fullmatch(path.name)), key=lambda p: int(p.name[5:]))
    return tuple(_node(path) for path in found[:NODES_MAX])


def resolve(path: str, *, sys: Path = SYS, dev: Path = Path("/dev/input")) -> str:
    """Return the path of a device that is named by its identity, and any other path as it is.

    A serial number or socket that no device has now gives a path that does not exist, so that opening says so. Of
    several nodes with that identity the one that types is taken.
    """
    kind, _, value = path.partition(":")
    if kind not in ("uniq", "phys") or not value:
        return path
    mine = [node for node in input_nodes(sys) if value == (node.uniq if kind == "uniq" else node.phys)]
    mine.sort(key=lambda node: not node.types_digits)
    return str(dev / mine[0].event) if mine else path


def nodes_of(path: str, *, sys: Path = SYS, dev: Path = Path("/dev/input")) -> tuple[str, ...]:
    """Return the paths of all event nodes that type of the device that a path leads to, its own first."""
    own = Path(path).resolve()
    nodes = input_nodes(sys)
    mine = next((node for node in nodes if node.event == own.name), None)
    if mine is None or own.parent != dev.resolve() or not mine.group:
        return (path,)
    others = (node for node in nodes if node.group == mine.group and node.event != mine.event and node.types)
    return (path, *(str(dev / node.event) for node in others))


def twins(nodes: Sequence[InputNode]) -> tuple[InputNode, ...]:
    """Return the nodes that look like another device: the same make, and no serial number to tell them apart."""
    return tuple(
        node
        for node in nodes
        if not node.uniq
        and any(
            (other.vendor, other.product, other.name) == (node.vendor, node.product, node.name)
            and other.group != node.group
            for other in nodes
        )
    )


def _node(path: Path) -> InputNode:
    device = path / "device"
    keys = _keys(_text(device / "capabilities" / "key"))
    return InputNode(
        path.name,
        _text(device / "name"),
        _text(device / "uniq"),
        _text(device / "phys"),
        _text(device / "id" / "vendor"),
        _text(device / "id" / "product"),
        keys.issuperset(KEYS_OF_A_SCANNER),
        not keys.isdisjoint(TYPING_KEYS),
        _group(path),
    )


def _group(path: Path) -> str:
    """Return the folder of the USB device that a node is part of; the socket without its interface for others."""
    real = path.resolve()
    for parent in real.parents:
        if (parent / "idVendor").is_file():
            return str(parent)
    return _text(path / "device" / "phys").rpartition("/")[0]


def _keys(words: str) -> set[int]:
    # The kernel writes the bits of all keys as hex words of the machine's size, highest first.
    try:
        numbers = [int(word, 16) for word in reversed(words.split())]
    except ValueError:
        return set()
    return {at * WORD_BITS + bit for at, word in enumerate(numbers) for bit in range(WORD_BITS) if word >> bit & 1}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()[:200]
    except OSError:
        return ""
