"""What a device sent, byte by byte with its times, in a file that a test or the bench can play again."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from drivers.base import LineReader

PieceKind = Literal["hex", "sent", "opened", "absent", "broken", "port"]

BYTES_MAX = 4 * 1024 * 1024
"""Bytes of the longest recording: hours of scanning, or a few minutes of noise."""
VERSION = 1
KINDS: tuple[PieceKind, ...] = get_args(PieceKind)
"""What a piece is, by its name in the file: bytes that the device sent; bytes that it was sent; the way to it opened
(01 where it can answer), not opened, broken meanwhile (why, in UTF-8); the status byte of the printer's port."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that arrived at once."""

    at_ms: int
    """Since the recording began."""
    data: bytes
    kind: PieceKind = "hex"


@dataclass(frozen=True, slots=True)
class Recording:
    kind: str
    """The device's kind in the configuration, which says whose bytes they are."""
    pieces: tuple[Piece, ...]

    @property
    def data(self) -> bytes:
        """What the device sent."""
        return b"".join(piece.data for piece in self.pieces if piece.kind == "hex")


class Recorder:
    """Takes the bytes that a driver hears; give its `hear` to the driver."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._began_s = time.monotonic()
        self._pieces: list[Piece] = []
        self._size = 0

    @property
    def is_full(self) -> bool:
        return self._size >= BYTES_MAX

    def hear(self, data: bytes) -> None:
        self.keep("hex", data)

    def keep(self, kind: PieceKind, data: bytes) -> None:
        data = data[: BYTES_MAX - self._size]
        if data:
            self._size += len(data)
            self._pieces.append(Piece(int((time.monotonic() - self._began_s) * 1000), data, kind))

    @property
    def recording(self) -> Recording:
        return Recording(self._kind, tuple(self._pieces))


def record(reader: LineReader, kind: str, *, seconds: float, tell: Callable[[Sequence[str]], None]) -> Recording:
    """Return what an opened reader's device sends within the time. Raises DriverError, and ValueError for a driver
    whose bytes are not its own, such as a PC/SC reader.

    Args:
        tell: is given the texts that were read out of it.
    """
    if not hasattr(reader, "heard"):
        raise ValueError(f"{kind}: its bytes do not pass through us")
    recorder = Recorder(kind)
    reader.heard = recorder.hear
    end = time.monotonic() + seconds
    # Who has seen enough presses Ctrl-C, and keeps what came.
    with contextlib.suppress(KeyboardInterrupt):
        while (left := end - time.monotonic()) > 0 and not recorder.is_full:
            texts = reader.read(min(left, 0.5))
            if texts:
                tell(texts)
    return recorder.recording


def written(recording: Recording) -> str:
    """Return a recording as it stands in a file."""
    lines = [json.dumps({"taptill_recording": VERSION, "kind": recording.kind})]
    lines += [json.dumps({"at_ms": piece.at_ms, piece.kind: piece.data.hex()}) for piece in recording.pieces]
    return "\n".join(lines) + "\n"


def save(recording: Recording, path: Path) -> None:
    """Write a recording, readable by its owner alone: codes and cards are in it. Raises OSError."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(written(recording), encoding="ascii")


def load(path: Path) -> Recording:
    """Read a recording. Raises OSError, and ValueError which says in which line it is none."""
    with path.open(encoding="utf-8") as file:
        lines = _lines(file)
        number, head = next(lines, (1, {}))
        if head.get("taptill_recording") != VERSION or not isinstance(head.get("kind"), str):
            raise ValueError(f"{path}:{number}: expected a recording of version {VERSION}")
        pieces, size = [], 0
        for number, line in lines:
            at_ms, kind = line.get("at_ms"), next((kind for kind in KINDS if kind in line), KINDS[0])
            data = line.get(kind)
            if type(at_ms) is not int or not isinstance(data, str):
                raise ValueError(f'{path}:{number}: expected {{"at_ms": …, "hex": …}}')
            try:
                pieces.append(Piece(at_ms, bytes.fromhex(data), kind))
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from error
            size += len(pieces[-1].data)
            if size > BYTES_MAX:
                raise ValueError(f"{path}:{number}: longer than {BYTES_MAX} bytes")
    return Recording(str(head["kind"]), tuple(pieces))


def _lines(file: Iterator[str]) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(file, 1):
        try:
            found = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"line {number}: expected an object")  # noqa: TRY004 - the file is wrong, not the caller
        yield number, found
