"""At which speed a receipt printer at a serial line listens: asked where it answers, shown on paper where it does not.

All that is sent at a speed which may be wrong stands here. Heard at whichever other usual speed, it holds no command of
a printer, so that none is left waiting for the rest of one and none feeds without end: the worst is a line feed. Heard
at an odd one, the last byte may begin a command, and the NUL before what comes next ends it.
DLE EOT is the question that is so; GS I is heard as the beginning of another command at a third of its speed.
"""

from __future__ import annotations

import time

from drivers.base import PrinterError
from drivers.escpos_status import ASK_ONLINE, is_realtime
from drivers.escpos_transport import Transport, transport_for

SWALLOWED = b"\0"
"""Stands before a command, or half a character that was heard last would take its first byte."""
INITIALISE = SWALLOWED + b"\x1b@"
"""Forgets what was not printed yet, which may be rubbish of another speed."""
QUESTION = SWALLOWED + ASK_ONLINE
FEED = b"\n" * 6
"""So far that what was printed is seen past the edge on which paper is torn."""
FLOW = b"\x11\x13"
ANSWER_S = 0.5
QUIET_S = 0.05
"""An answer is one byte; who says more within so long of it says something else."""
ANSWERS_LEAST, QUESTIONS_MAX = 2, 4
"""Good answers that tell a printer from noise, and questions for them: a word of its own may come between."""
PRINTS_S = 1.0
"""So long the line rests after a figure, for it to be printed before something comes at another speed."""
TAKEN_S = 2.0
STALE_READS_MAX = 16


def answers(url: str) -> bool:
    """Tell whether a receipt printer at an address understands us, and we it. Raises DriverError."""
    way, good = transport_for(url), 0
    way.open()
    try:
        for _ in range(QUESTIONS_MAX):
            answer = _ask(way)
            if not answer:
                return False
            good += len(answer) == 1 and is_realtime(answer[0])
            if good == ANSWERS_LEAST:
                return True
    finally:
        way.close()
    return False


def show_speed(url: str, baud: int) -> None:
    """Print the figure of a speed, at the address that has that speed. Raises DriverError."""
    send(url, speed_line(baud), rest_s=PRINTS_S)


def speed_line(baud: int) -> bytes:
    return INITIALISE + str(baud).encode() + FEED


def send(url: str, data: bytes, *, rest_s: float = 0.0) -> None:
    """Hand over a few bytes. Raises DriverError."""
    way = transport_for(url)
    way.open()
    try:
        _write(way, data)
        time.sleep(rest_s)
    finally:
        way.close()


def _ask(way: Transport) -> bytes:
    """Return what came back, without flow control."""
    for _ in range(STALE_READS_MAX):
        if not way.read(0):
            break
    _write(way, QUESTION)
    deadline, answer = time.monotonic() + ANSWER_S, b""
    while not answer and (left := deadline - time.monotonic()) > 0:
        answer = way.read(left).translate(None, FLOW)
    return answer + way.read(QUIET_S).translate(None, FLOW) if answer else b""


def _write(way: Transport, data: bytes) -> None:
    rest, given_up_s = data, time.monotonic() + TAKEN_S
    while rest:
        rest = rest[way.write_some(rest, TAKEN_S) :]
        if rest and time.monotonic() >= given_up_s:
            raise PrinterError(f"sending: {len(rest)} bytes not taken within {TAKEN_S:g} s")
