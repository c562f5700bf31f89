"""What passes between us and a printer: kept with its times, and played again to the same driver.

What is played answers each question as the printer did, so that the driver and its status parser run over a field's
bytes as they ran there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Protocol

from drivers.base import DeviceMissing, DriverError, PrinterError, PrinterState
from drivers.escpos_transport import Transport
from drivers.glyphs import Encoding
from drivers.recording import PieceKind, Recorder, Recording

EVERY_S = 0.5
"""Between two questions while a printer is recorded."""


class AskedByWire(Protocol):
    """A printer that is asked through bytes of ours."""

    transport: Transport

    def state(self) -> PrinterState: ...

    def encoding(self) -> Encoding | None: ...


class RecordedTransport:
    """A way to a printer that keeps what passes through it."""

    def __init__(self, way: Transport, recorder: Recorder) -> None:
        self.can_answer = way.can_answer
        self._way, self._recorder = way, recorder

    def open(self) -> None:
        try:
            self._way.open()
        except DriverError as error:
            self._recorder.keep("absent", str(error).encode())
            raise
        self.can_answer = self._way.can_answer
        self._recorder.keep("opened", bytes((self.can_answer,)))

    def write_some(self, data: bytes, timeout_s: float) -> int:
        try:
            taken = self._way.write_some(data, timeout_s)
        except PrinterError as error:
            self._recorder.keep("broken", str(error).encode())
            raise
        self._recorder.keep("sent", data[:taken])
        return taken

    def read(self, timeout_s: float) -> bytes:
        try:
            data = self._way.read(timeout_s)
        except PrinterError as error:
            self._recorder.keep("broken", str(error).encode())
            raise
        self._recorder.keep("hex", data)
        return data

    def line_status(self) -> int | None:
        status = self._way.line_status()
        self._recorder.keep("port", b"" if status is None else bytes((status,)))
        return status

    def close(self) -> None:
        self._way.close()


class PlayedTransport:
    """A way to a printer that is not there: it says what was recorded, in its order, to whatever it is asked."""

    def __init__(self, recording: Recording) -> None:
        self.can_answer = False
        self._pieces = recording.pieces
        self._at = 0

    def open(self) -> None:
        """Go on to where the way was opened next. Raises DeviceMissing where it was not, or the recording is over."""
        while self._at < len(self._pieces) and self._pieces[self._at].kind not in ("opened", "absent"):
            self._at += 1
        kind, data = self._next("opened", "absent") or ("absent", b"the recording is over")
        if kind == "absent":
            raise DeviceMissing(data.decode(errors="replace"))
        self.can_answer = data != b"\x00"

    def write_some(self, data: bytes, timeout_s: float) -> int:
        del timeout_s
        self._raise_broken()
        # What the printer said and nobody read before this question, nobody reads after it.
        while self._kind() in ("hex", "port"):
            self._at += 1
        self._next("sent")
        return len(data)

    def read(self, timeout_s: float) -> bytes:
        self._raise_broken()
        found = self._next("hex")
        if found is None:
            time.sleep(max(timeout_s, 0.0))
        return found[1] if found else b""

    def line_status(self) -> int | None:
        found = self._next("port")
        return found[1][0] if found else None

    def close(self) -> None:
        """Nothing is held."""

    def _kind(self) -> PieceKind | None:
        return self._pieces[self._at].kind if self._at < len(self._pieces) else None

    def _next(self, *kinds: PieceKind) -> tuple[PieceKind, bytes] | None:
        if self._kind() not in kinds:
            return None
        piece = self._pieces[self._at]
        self._at += 1
        return piece.kind, piece.data

    def _raise_broken(self) -> None:
        found = self._next("broken")
        if found:
            raise PrinterError(found[1].decode(errors="replace"))


def record_printer(printer: AskedByWire, kind: str, *, seconds: float, tell: Callable[[str], None]) -> Recording:
    """Return what passes while a printer is asked, again and again, for its font and how it is. Nothing is printed.

    Args:
        tell: is given each state that differs from the one before.
    """
    recorder = Recorder(kind)
    printer.transport = RecordedTransport(printer.transport, recorder)
    end, said = time.monotonic() + seconds, ""
    with contextlib.suppress(KeyboardInterrupt):
        printer.encoding()
        while (left := end - time.monotonic()) > 0 and not recorder.is_full:
            state = printer.state().value
            if state != said:
                said = state
                tell(state)
            time.sleep(min(left, EVERY_S))
    return recorder.recording
