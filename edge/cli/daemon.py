"""taptill run, taptill demo."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from edge.cli.options import config_option, echo_problems
from edge.config_file import load_or_last_good


@click.command(short_help="Run the store.")
@config_option
def run(config_path: Path) -> None:
    """Run the store: tills, devices, screens and the line to head office.

    A configuration with problems gives way to the last one that the store started with, and a promotions file with
    problems to the last good promotions; the screens say so until it is mended.
    """
    log_to_stderr()
    loaded, problems = load_or_last_good(config_path)
    echo_problems(problems)
    if loaded is None:
        raise click.ClickException("there is no configuration to start with, and no good one is kept from before")
    if loaded.path != config_path.absolute():
        click.echo(f"starting with the last good configuration, {loaded.path}", err=True)
    from edge.app import run as run_store

    raise click.exceptions.Exit(run_store(loaded, problems))


def log_to_stderr() -> None:
    """Let log lines go to stderr, with the moment where no journal adds it. Codes, cards and PINs are never logged."""
    moment = "" if os.environ.get("JOURNAL_STREAM") else "%(asctime)s "
    logging.basicConfig(level=logging.INFO, format=f"{moment}%(levelname)s %(name)s: %(message)s")


@click.command(short_help="Make and open a demo store.")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Its folder.")
@click.option("--reset", is_flag=True, help="Throw the folder's demo store away and make a new one.")
def demo(folder: Path, *, reset: bool) -> None:
    """Make a demo store, or find the one made before, and open it: broker, head office, till and simulated devices."""
    from edge.demo import main as run_demo

    raise click.exceptions.Exit(run_demo(folder, reset=reset))
