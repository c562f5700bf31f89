"""The demo's programs: each started and seen to be ready, watched, and stopped in reverse."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.clock import monotonic_s

READY_S: Final = 30.0
"""Longest that a program may take until it answers."""
LOOK_S: Final = 0.05
"""How often it is asked."""
STOP_S: Final = 4.0
"""Longest that all programs together may take to end; what is left then is killed."""
TAIL_LINES: Final = 15
ANSWER_S: Final = 1.0
PORTS_TRIED: Final = 10


class StartError(Exception):
    """A program did not come up; the message says which, with the end of its log."""


class Stopped(Exception):
    """Somebody asked the demo to end while it was starting."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be started."""

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Child:
    """What runs."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def tail(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])


def start(program: Program, *, logs: Path, wait: Callable[[float], bool]) -> Child:
    """Start a program and return once it is ready. Raises StartError, and Stopped when `wait` says so.

    Args:
        wait: waits so many seconds and tells whether the demo is to end.
    """
    log = logs / f"{program.name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.before"))
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(path for path in (root, os.environ.get("PYTHONPATH", "")) if path)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            _with_parent(program.command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C is for the demo, which then stops its programs in order.
            start_new_session=True,
        )
    child = Child(program.name, process, log)
    give_up_at_s = monotonic_s() + READY_S
    is_up = False
    try:
        while not is_up:
            is_up = program.is_ready()
            if process.poll() is not None:
                raise StartError(f"{program.name} ended with {process.returncode} instead of starting:\n{child.tail()}")
            if not is_up and monotonic_s() > give_up_at_s:
                raise StartError(f"{program.name} did not answer within {READY_S:.0f} s:\n{child.tail()}")
            if wait(0.0 if is_up else LOOK_S):
                raise Stopped
    finally:
        if not is_up:
            stop([child])
    return child


def stop(children: Sequence[Child]) -> tuple[str, ...]:
    """End the programs, the last one started first, and return the names of those that had to be killed."""
    give_up_at_s = monotonic_s() + STOP_S
    killed = []
    for child in reversed(children):
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
        try:
            child.process.wait(max(0.1, give_up_at_s - monotonic_s()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
            killed.append(child.name)
    return tuple(killed)


def _with_parent(command: tuple[str, ...]) -> tuple[str, ...]:
    # Whatever becomes of the demo, even kill -9, its programs go with it; setpriv is part of every Linux system.
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command


def find_mosquitto() -> str:
    """Return the path of the broker. Raises StartError."""
    found = shutil.which(
        "mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    )
    if found is None:
        raise StartError("mosquitto is not installed; on Debian: apt-get install mosquitto")
    return found


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs one of our modules with this Python."""
    return (sys.executable, "-m", *arguments)


def listens(port: int) -> bool:
    """Tell whether somebody takes connections at a port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWER_S):
            return True
    except OSError:
        return False


def serves(port: int) -> bool:
    """Tell whether a page is served at a port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port(first: int) -> int:
    """Return the first free port of this machine from one on, or any free one; 0 takes any at once."""
    for port in (*range(first, first + PORTS_TRIED), 0) if first else (0,):
        with socket.socket() as probe:
            # A port that was just given up is free, as the servers see it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartError("this machine has no free port")
