"""taptill audit, taptill backup."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from edge.cli.options import config_option, existing_store, loaded_or_exit
from edge.clock import Clock
from edge.store import database
from edge.store.auditing import check


@click.command(short_help="Check that everything adds up.")
@config_option
def audit(config_path: Path) -> None:
    """Recompute the chain of what was done, every balance, lot and sale, and name what disagrees."""
    loaded = loaded_or_exit(config_path)
    store = existing_store(loaded)
    try:
        report = check(store.reads, progress=lambda what: click.echo(f"checking {what} …", err=True))
    except database.StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    for problem in report.problems:
        click.echo(f"wrong: {problem}", err=True)
    click.echo(f"{report.sales} sales, {report.transfers} transfers, {report.audit_rows} rows in the chain")
    click.echo(f"{loaded.database}: " + ("does not agree" if report.problems else "everything agrees"))
    raise click.exceptions.Exit(1 if report.problems else 0)


@click.command(short_help="Copy the database while it is in use.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@config_option
def backup(folder: Path, config_path: Path) -> None:
    """Copy the store's database to a new file in FOLDER while the store goes on selling, and check the copy."""
    loaded = loaded_or_exit(config_path)
    moment = Clock(loaded.config.store.timezone).now_local()
    target = folder.absolute() / f"taptill-{loaded.config.store.id}-{moment:%Y%m%d-%H%M%S}.db"
    _prepare(folder, owner=loaded.database)
    with _for_its_owner_alone():
        store = existing_store(loaded)
        if not os.access(folder, os.W_OK):
            raise click.ClickException(
                f"{folder}: the owner of {loaded.database} may not write there; give it the folder"
            )
        try:
            with click.progressbar(length=1, label="copying", show_pos=False) as bar:
                database.backup(store, target, progress=_advance(bar))
                bar.update(bar.length - bar.pos)  # type: ignore[operator]
        except OSError as error:
            raise click.ClickException(f"{error.filename or target}: {error.strerror or error}") from None
        except (sqlite3.Error, database.StoreError) as error:
            raise click.ClickException(f"{loaded.database}: {error}") from None
        finally:
            store.close()
    click.echo(f"{target}: {target.stat().st_size // 1024} KiB, checked and sound")


@contextmanager
def _for_its_owner_alone() -> Iterator[None]:
    """Make what is made in here for its owner alone from the first byte on: a copy holds members' data."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _prepare(folder: Path, *, owner: Path) -> None:
    """Make the folder, for the owner of the database, who writes the copy even when root asked for it."""
    if folder.exists():
        return
    try:
        folder.mkdir(parents=True)
        if os.geteuid() == 0 and owner.exists():
            os.chown(folder, owner.stat().st_uid, owner.stat().st_gid)
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror or error}") from None


def _advance(bar: object) -> Callable[[int, int], None]:
    def report(left: int, whole: int) -> None:
        bar.length = max(whole, 1)  # type: ignore[attr-defined]
        bar.update(whole - left - bar.pos)  # type: ignore[attr-defined]

    return report
