"""A daemon in a process of its own, as in a shop, so that it shares no interpreter with what measures it."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from edge import app
from edge.config_file import load_or_last_good
from edge.till import Till

START_S = 30.0
END_S = 10.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that runs, with a cashier at lane 1."""

    url: str
    _line: Connection

    def scan(self, text: str) -> None:
        """Do what a scanner's code does, and return once the till has answered."""
        self._line.send(text)
        self._line.recv()


@contextmanager
def running(config: Path, *, staff_id: str, pin: str) -> Iterator[Daemon]:
    """Run the daemon of a configuration on a free port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(config, staff_id, pin, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(START_S), "the daemon did not start"
        yield Daemon(ours.recv(), ours)
    finally:
        ours.close()  # ends it
        process.join(END_S)


def _serve(config: Path, staff_id: str, pin: str, line: Connection) -> None:
    found, problems = load_or_last_good(config)
    assert found is not None, problems
    screen = msgspec.structs.replace(found.config.screen, port=0)
    loaded = replace(found, config=msgspec.structs.replace(found.config, screen=screen))
    with ExitStack() as stack:
        parts = app.start(loaded, stack=stack, on_crash=lambda error: sys.exit(repr(error)))
        app.settle()
        parts.loop.ask(1, Till.sign_in, staff_id=staff_id, pin=pin)
        line.send(parts.url)
        while True:
            try:
                text = line.recv()
            except EOFError:
                return
            parts.loop.ask(1, Till.scan, text=text)
            line.send(None)
