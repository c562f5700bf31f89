"""The command of head office: `python -m hq run --config FILE`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from drivers import systemd
from drivers.base import DriverError
from hq.app import Office
from hq.config import ConfigError, load
from hq.store.database import DatabaseDown

log = logging.getLogger("hq")

EXIT_CONFIG = 78
"""EX_CONFIG of sysexits.h: a restart will not help."""
BEAT_S = 1.0
"""How often the service manager is told that the receiver answers."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m hq", description="TapTill's head office.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="receive the stores' messages and serve the wall")
    run.add_argument("--config", type=Path, required=True, metavar="FILE", help="head office's TOML file")
    check = commands.add_parser("check", help="read the configuration and say what is wrong with it")
    check.add_argument("--config", type=Path, required=True, metavar="FILE", help="head office's TOML file")
    chosen = parser.parse_args(arguments)
    try:
        config = load(chosen.config)
        if chosen.command == "check":
            print(f"{chosen.config}: good")
            return 0
        office = Office(config, folder=chosen.config.resolve().parent)
    except (ConfigError, ValueError) as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIG
    except (DatabaseDown, OSError) as error:
        print(f"database: {error}", file=sys.stderr)
        return 1
    return serve(office)


def serve(office: Office) -> int:
    """Run until SIGTERM or SIGINT; end within two seconds of it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        office.start()
    except OSError as error:
        print(f"wall: {error}", file=sys.stderr)
        return 1
    print(f"wall: http://{office.host}:{office.port}/", flush=True)
    tell("READY=1")
    while office.receiver.is_running() and not ended.wait(BEAT_S):
        if office.receiver.is_answering():
            tell("WATCHDOG=1")
    tell("STOPPING=1")
    office.stop()
    # A receiver that ended by a mistake of ours would be missed by nobody: whoever started us starts us again.
    return 0 if ended.is_set() else 1


def tell(state: str) -> None:
    try:
        systemd.notify(state)
    except DriverError as error:
        log.warning("service manager: %s", error)


if __name__ == "__main__":
    sys.exit(main())
