"""Starting the demo: its store, a private broker, head office and the till, and the words that greet the newcomer."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from edge.demo.folder import FolderError, Ports, make_where_missing, open_folder, write_configuration
from edge.demo.people import STAFF
from edge.demo.processes import (
    Child,
    Program,
    StartError,
    Stopped,
    find_mosquitto,
    free_port,
    listens,
    python,
    serves,
    start,
    stop,
)

TILL_PORT: Final = 8480
WALL_PORT: Final = 8490
WATCH_S: Final = 0.25
EXIT_FINE, EXIT_FAILED = 0, 1


def main(folder: Path, *, reset: bool, till_port: int = TILL_PORT, wall_port: int = WALL_PORT) -> int:
    """Make the demo store or find it, run everything until SIGINT, SIGTERM or SIGHUP, and return the exit code.

    Args:
        folder: holds the whole demo; made when missing.
        reset: throw what is in the folder away first, if our marker is in it.
        till_port: first port to try for the till; 0 is any.
        wall_port: first port to try for head office's wall; 0 is any.
    """
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    children: list[Child] = []
    held = -1
    try:
        held = open_folder(folder, reset=reset)
        ports = Ports(broker=free_port(0), till=free_port(till_port), wall=free_port(wall_port))
        write_configuration(folder, ports)
        make_where_missing(folder, look=lambda: _look(ending), say=say)
        for program in _programs(folder, ports):
            children.append(start(program, logs=folder / "logs", wait=ending.wait))
        _greet(folder, ports, till_port=till_port, wall_port=wall_port)
        return _watch(children, ending)
    except (FolderError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    except Stopped:
        return EXIT_FINE
    finally:
        killed = stop(children)
        if killed:
            sys.stderr.write(f"killed, because it did not end by itself: {', '.join(killed)}\n")
        if held >= 0:
            os.close(held)


def _look(ending: threading.Event) -> None:
    if ending.is_set():
        raise Stopped


def _programs(folder: Path, ports: Ports) -> tuple[Program, ...]:
    place = folder.resolve()
    return (
        Program("broker", (find_mosquitto(), "-c", str(place / "broker.conf")), lambda: listens(ports.broker)),
        Program("hq", python("hq", "run", "--config", str(place / "hq.toml")), lambda: serves(ports.wall)),
        Program("till", python("edge", "run", "--config", str(place / "taptill.toml")), lambda: serves(ports.till)),
    )


def _watch(children: list[Child], ending: threading.Event) -> int:
    """Wait for the end, or for a program that ends by itself."""
    while not ending.wait(WATCH_S):
        for child in children:
            if child.process.poll() is not None:
                sys.stderr.write(
                    f"{child.name} 意外退出 / ended by itself with {child.process.returncode}:\n{child.tail()}\n"
                )
                return EXIT_FAILED
    say("\n正在停止 … / stopping …")
    return EXIT_FINE


def _greet(folder: Path, ports: Ports, *, till_port: int, wall_port: int) -> None:
    till, wall = f"http://127.0.0.1:{ports.till}", f"http://127.0.0.1:{ports.wall}"
    moved = [
        f"  端口 {wanted} 已被占用，改用 {got} / port {wanted} is taken, {got} is used instead"
        for wanted, got in ((till_port, ports.till), (wall_port, ports.wall))
        if wanted and wanted != got
    ]
    pins = " · ".join(f"{person.name} {person.pin}" for person in STAFF)
    lines = (
        "━" * 72,
        "  TapTill 演示店已开门 / the demo store is open",
        *moved,
        "",
        f"  设备模拟台 Device bench   {till}/bench",
        f"  收款台     Till           {till}/lane/1   {till}/lane/2",
        f"  客显       Display        {till}/display/1   {till}/display/2",
        f"  总部       Head office    {wall}/",
        f"  PIN                       {pins}",
        "",
        "  先试：打开设备模拟台，点「打开收款台」，按员工牌、按一件商品、按会员卡，再收款。",
        "  First: open the device bench, open the till from there, tap a staff badge,",
        "         press an item, tap a member's card, then press PAY in the till.",
        "",
        f"  日志 Logs: {folder / 'logs'}      Ctrl-C 停止 / stops everything",
        "━" * 72,
    )
    say("\n".join(lines))


def say(text: str) -> None:
    """Show a line, whatever the terminal can show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()
