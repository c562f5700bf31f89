"""Scanners and card readers that act as keyboards, read from the kernel's input devices."""

from __future__ import annotations

import errno
import os
import select
import stat
import struct
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from drivers.base import DeviceBusy, DeviceForbidden, DeviceMissing
from drivers.input_nodes import nodes_of, resolve
from drivers.key_decoder import KeyDecoder, KeyEvent
from drivers.os_failure import device_failure
from drivers.serial_lines import STALE_S

RECORD = struct.Struct("llHHi")
"""`struct input_event`: seconds, microseconds, type, code, value."""
READ_RECORDS = 64
"""The kernel keeps so many for us; reading must not wait for anything else."""
SLICE_S = 0.2
"""Longest wait in one piece: `close` from another thread takes effect after it."""
INPUT_MAJOR = 13
"""The kernel's device number of everything under /dev/input."""
LED_CAPSL = 1
"""The kernel's number of the lamp of Caps Lock."""
GRAB_AGAIN_S = 5.0
"""So often a node that somebody else has grabbed is tried again."""


class InputDevice(Protocol):
    """What we use of evdev's class: one open event node."""

    fd: int

    def grab(self) -> None:
        """Keep its keys from everybody else. Raises OSError."""

    def leds(self) -> Sequence[int | tuple[str, int]]:
        """Return the lamps that are on."""

    def close(self) -> None: ...


def open_input(path: str) -> InputDevice | None:
    """Open an event node of the input subsystem; None for a path that is none. Raises OSError."""
    mode = Path(path).stat()
    if not (stat.S_ISCHR(mode.st_mode) and os.major(mode.st_rdev) == INPUT_MAJOR):
        return None
    import evdev

    return evdev.InputDevice(path, readonly=True)


@dataclass
class _Node:
    """One open event node of the device."""

    path: str
    fd: int
    decoder: KeyDecoder
    device: InputDevice | None = None
    """For a character device of the input subsystem."""
    torn: bytes = b""
    last_data_s: float = 0.0
    silent_s: float = 0.0
    """Waited in vain since the last records. Only that is silence: what comes while this thread is held up waits in the
    kernel, and the clock at the time of reading would call it late."""
    slept_s: float = 0.0
    """Slept with nobody at the other end of the pipe; silence once nothing is there after it."""

    def close(self) -> None:
        if self.device is not None:
            # Closing the descriptor ends the grab too.
            self.device.close()
        else:
            os.close(self.fd)


class EvdevLines:
    """A keyboard-type device as lines of text; implements `drivers.base.LineReader`.

    A character device of the input subsystem is opened read-only and grabbed, with all other nodes of the same device
    that type, so that what it types goes nowhere else. Where its own node cannot be grabbed it does not open, for the
    same keys would work in the till's page; another node that cannot be is named by `loose`, and tried again. Any
    other path (a FIFO above all) is read as raw records of `RECORD`; there, a writer that leaves is no error.
    """

    def __init__(
        self,
        name: str,
        path: str,
        *,
        layout: str = "us",
        terminators: Collection[str] = ("enter", "kpenter", "tab"),
        prefix: str = "",
        suffix: str = "",
        idle_ms: int = 0,
        alt_codes: str = "",
        f8_is_gs: bool = False,
        grab: bool = True,
        nodes: Callable[[str], Sequence[str]] = nodes_of,
        open_node: Callable[[str], InputDevice | None] = open_input,
    ) -> None:
        """Take the device at the path.

        Args:
            name: of the device in the configuration.
            path: best a link under /dev/input/by-id or by-path; or `uniq:` and a serial number, `phys:` and a socket.
            layout: the keyboard country the device is set to, of `drivers.key_layouts.LAYOUTS`; ValueError for others.
            terminators: of enter, kpenter and tab; empty with idle_ms only.
            prefix: taken off the front of each text that has it.
            suffix: taken off the end of each text that has it.
            idle_ms: a pause that ends a text, 80 or more; 0 for none: then a text without terminator is dropped after
                `STALE_S`, but not with `grab` off.
            alt_codes: what Alt and digits mean, of `drivers.key_decoder.ALT_CODES`.
            f8_is_gs: the device sends the separator of GS1 codes as F8.
            grab: keep what is typed from everybody else; off for a keyboard that people type on.
            nodes: gives the event nodes of the device at a path.
            open_node: opens one of them; None for what is no event node.
        """
        self.name = name
        self.dropped = 0
        self.note = ""
        """The nodes that are grabbed, for the screen that shows the devices; empty for none."""
        self.loose: tuple[str, ...] = ()
        """Nodes of the device that could not be grabbed, with the reason: what they type goes elsewhere."""
        self.heard: Callable[[bytes], None] = lambda _: None
        """Is given the bytes as they come, to record them."""
        self._path = path
        self._prefix, self._suffix = prefix, suffix
        self._idle_s = idle_ms / 1000
        self._grab = grab
        # People type with pauses; a scanner that stops within a code has been cut short.
        self._drops_stale = bool(terminators) and not idle_ms and grab
        self._nodes_of = nodes
        self._open_node = open_node
        self._loose: dict[str, str] = {}
        self._tried_s = 0.0
        self._make_decoder: Callable[[], KeyDecoder] = lambda: KeyDecoder(
            layout=layout, terminators=terminators, alt_codes=alt_codes, f8_is_gs=f8_is_gs
        )
        self._decoders = [self._make_decoder()]
        """One a node, kept when the device goes, so that a torn text is counted."""
        self._nodes: list[_Node] = []
        self._closing = False
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._release()
            self._closing = False
            paths = self._nodes_of(resolve(self._path))
            while len(self._decoders) < len(paths):
                self._decoders.append(self._make_decoder())
            for decoder in self._decoders:
                decoder.reset()
            self._count()
            for path, decoder in zip(paths, self._decoders, strict=False):
                self._add(path, decoder, is_own=path == paths[0])
            self._tried_s = time.monotonic()
            self._tell()

    def read(self, timeout_s: float) -> Sequence[str]:
        deadline = time.monotonic() + timeout_s
        texts: list[str] = []
        while not texts and not self._closing:
            with self._lock:
                if not self._nodes:
                    break
                self._grab_again()
                texts = self._read_once(max(0.0, min(SLICE_S, deadline - time.monotonic())))
                self._count()
            if time.monotonic() >= deadline:
                break
        return tuple(filter(None, (text.removeprefix(self._prefix).removesuffix(self._suffix) for text in texts)))

    def close(self) -> None:
        self._closing = True
        with self._lock:
            self._release()

    def _count(self) -> None:
        self.dropped = sum(decoder.dropped for decoder in self._decoders)

    def _add(self, path: str, decoder: KeyDecoder, *, is_own: bool) -> None:
        """Open a node and grab it. Raises DriverError, but not for another node than its own that cannot be grabbed."""
        try:
            device = self._open_node(path)
            if device is None:
                fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
                self._nodes.append(_Node(path, fd, decoder))
                return
        except OSError as error:
            self._release()
            raise device_failure(path, error) from error
        node = _Node(path, device.fd, decoder, device)
        try:
            if self._grab:
                device.grab()
            decoder.reset(caps_lamp=LED_CAPSL in device.leds())
        except OSError as error:
            node.close()
            failure = device_failure(path, error)
            if isinstance(failure, DeviceForbidden):
                failure = DeviceForbidden(f"{path}: {error.strerror}; it was opened, and may not be grabbed")
            if not is_own and isinstance(failure, DeviceBusy | DeviceForbidden):
                self._loose[path] = str(failure)
                return
            self._release()
            raise failure from error
        self._loose.pop(path, None)
        self._nodes.append(node)

    def _grab_again(self) -> None:
        if not self._loose or time.monotonic() - self._tried_s < GRAB_AGAIN_S:
            return
        self._tried_s = time.monotonic()
        for path in tuple(self._loose):
            used = [node.decoder for node in self._nodes]
            self._add(path, next(each for each in self._decoders if each not in used), is_own=False)
        self._tell()

    def _tell(self) -> None:
        self.loose = tuple(self._loose.values())
        grabbed = self._grab and any(node.device is not None for node in self._nodes)
        self.note = ", ".join(node.path for node in self._nodes) if grabbed else ""

    def _release(self) -> None:
        for node in self._nodes:
            node.close()
        self._nodes = []
        self._loose = {}
        self.loose = ()

    def _read_once(self, wait_s: float) -> list[str]:
        """Return the texts of what arrives within the time. Raises DriverError when the device is gone."""
        pending = [node for node in self._nodes if node.decoder.pending] if self._idle_s else []
        for node in pending:
            wait_s = min(wait_s, max(0.0, node.last_data_s + self._idle_s - time.monotonic()))
        poll = select.poll()
        for node in self._nodes:
            poll.register(node.fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(wait_s * 1000)}
        if not ready:
            # A pipe that nobody has written to yet does not say that it was taken away.
            self._miss(node for node in self._nodes if node.device is None)
            for node in self._nodes:
                self._fall_silent(node, wait_s)
        texts: list[str] = []
        for node in [node for node in self._nodes if node.fd in ready]:
            data = self._take(node, wait_s)
            if data:
                self.heard(data)
                node.last_data_s = time.monotonic()
                node.silent_s = node.slept_s = 0.0
                texts += node.decoder.feed(_records(node, data))
        for node in pending:
            if node.decoder.pending and time.monotonic() >= node.last_data_s + self._idle_s:
                texts += [text for text in (node.decoder.end(),) if text]
        return texts

    def _take(self, node: _Node, wait_s: float) -> bytes:
        try:
            data = os.read(node.fd, RECORD.size * READ_RECORDS)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._release()
            raise device_failure(node.path, error) from error
        if not data:
            # Nobody holds the other end of the pipe, which polls as ready all the time.
            node.torn = b""
            self._miss((node,))
            self._fall_silent(node, node.slept_s)
            time.sleep(wait_s)
            node.slept_s = wait_s
        return data

    def _fall_silent(self, node: _Node, waited_s: float) -> None:
        """Note a wait without data; long enough, it ends a text that was cut short, lest the next is glued to it."""
        node.silent_s += waited_s
        if self._drops_stale and node.silent_s >= STALE_S:
            node.decoder.drop()

    def _miss(self, nodes: Iterable[_Node]) -> None:
        for node in nodes:
            if not _is_still_there(node):
                self._release()
                raise DeviceMissing(f"{node.path}: {os.strerror(errno.ENODEV)}")


def _is_still_there(node: _Node) -> bool:
    try:
        return os.path.samestat(Path(node.path).stat(), os.fstat(node.fd))
    except OSError:
        return False


def _records(node: _Node, data: bytes) -> list[KeyEvent]:
    data = node.torn + data
    whole = len(data) - len(data) % RECORD.size
    node.torn = data[whole:]
    return [
        KeyEvent(seconds * 1000 + micros // 1000, kind, code, value)
        for seconds, micros, kind, code, value in RECORD.iter_unpack(data[:whole])
    ]
