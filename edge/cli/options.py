"""What several commands share: which configuration, its problems on the terminal, its database."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from edge.config_file import Loaded, load_config
from edge.config_walk import Problem
from edge.store.database import Store, StoreError, pending_migrations

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default="taptill.toml",
    show_default=True,
    help="The store's configuration file.",
)


def echo_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(str(problem), err=True)


def loaded_or_exit(config_path: Path) -> Loaded:
    """Return the configuration, or print its problems and end the command with 1."""
    found = load_config(config_path)
    if isinstance(found, Loaded):
        return found
    echo_problems(found)
    raise click.exceptions.Exit(1)


def existing_store(loaded: Loaded) -> Store:
    """Return the store's database as it stands: only `init` and the daemon make it or bring it up to date."""
    if not loaded.database.is_file():
        raise click.ClickException(f"{loaded.database}: there is no database yet; 'taptill init' or 'run' makes it")
    become_owner(loaded.database)
    if not os.access(loaded.database, os.R_OK | os.W_OK):
        raise click.ClickException(f"{loaded.database}: this user may not open it; use sudo")
    store = Store(loaded.database)
    try:
        pending = pending_migrations(store)
    except StoreError as error:
        store.close()
        raise click.ClickException(f"{loaded.database}: {error}") from None
    if pending:
        store.close()
        raise click.ClickException(
            f"{loaded.database}: it was written by an older version ({', '.join(pending)} missing);"
            " start the daemon once, it brings it up to date"
        )
    return store


def become_owner(path: Path, *, groups: Sequence[str] = ()) -> None:
    """Let root go on as the owner of a file, so that what SQLite puts beside it stays the daemon's own.

    Args:
        groups: further groups to keep, by name, as far as this machine has them.
    """
    owner = path.stat().st_uid
    if os.geteuid() != 0 or owner == 0:
        return
    try:
        person = pwd.getpwuid(owner)
    except KeyError:
        raise click.ClickException(f"{path}: its owner {owner} is no user of this machine") from None
    further = [group.gr_gid for group in grp.getgrall() if group.gr_name in groups]
    os.setgroups([*os.getgrouplist(person.pw_name, person.pw_gid), *further])
    os.setgid(person.pw_gid)
    os.setuid(owner)
