"""taptill keys: the key that seals members' personal data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from edge.cli.options import become_owner, config_option, loaded_or_exit
from edge.clock import Clock
from edge.config_file import Loaded, SecretError, read_key
from edge.store import audit
from edge.store.database import Store, StoreError, StoreInUseError, execute, open_store, scalar
from edge.store.people import fitting_vault, index_all, seal_all
from edge.store.vault import Vault, new_key

KEY_MODE = 0o600


@click.group(short_help="Seal members' data, change the key.")
def keys() -> None:
    """The key that seals members' names, phones, birthdays and profiles in the database."""


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def make(file: Path) -> None:
    """Make a new key in FILE, for its owner alone. Keep a copy elsewhere: without it nobody reads the names again."""
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, KEY_MODE)
        with os.fdopen(fd, "w", encoding="ascii") as out:
            out.write(new_key().hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None
    click.echo(f"{file} holds the key {_read(str(file), Path.cwd()).key_id}; keep a copy of it outside this machine")


@keys.command("apply")
@config_option
def apply_key(config_path: Path) -> None:
    """Seal members' data that stands in clear with the key of privacy.key_file. The daemon must not run."""
    loaded = loaded_or_exit(config_path)
    new = _read(loaded.config.privacy.key_file, loaded.base_dir)
    if not new.key_id:
        raise click.ClickException("privacy.key_file is empty: name the file of the key there")
    _change(loaded, Vault(), new)


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@config_option
def rotate(file: Path, config_path: Path) -> None:
    """Seal members' data with the new key in FILE instead of the one that privacy.key_file names.

    The daemon must not run. Afterwards put the new key in the place of the old one.
    """
    loaded = loaded_or_exit(config_path)
    old = _read(loaded.config.privacy.key_file, loaded.base_dir)
    new = _read(str(file), Path.cwd())
    _change(loaded, old, new)
    click.echo(f"now put {file} where privacy.key_file points: {loaded.config.privacy.key_file or 'nowhere yet'}")


@keys.command()
@config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(config_path: Path, *, yes: bool) -> None:
    """Write members' data in clear again. The daemon must not run."""
    loaded = loaded_or_exit(config_path)
    old = _read(loaded.config.privacy.key_file, loaded.base_dir)
    if not yes:
        click.confirm("Names and phone numbers will stand in clear in the database. Go on?", abort=True)
    _change(loaded, old, Vault())


def _read(name: str, base_dir: Path) -> Vault:
    try:
        return Vault(read_key(name, base_dir=base_dir))
    except SecretError as error:
        raise click.ClickException(str(error)) from None


def _change(loaded: Loaded, old: Vault, new: Vault) -> None:
    if not loaded.database.is_file():
        raise click.ClickException(f"{loaded.database}: there is no database yet; it takes its key when it is made")
    become_owner(loaded.database)
    try:
        store = open_store(loaded.database, hold=True)
    except StoreInUseError as error:
        raise click.ClickException(f"{error}: stop it first") from None
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    try:
        count = _seal(store, old, new, Clock(loaded.config.store.timezone))
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    click.echo(f"{count} members are sealed with the key {new.key_id}" if new.key_id else f"{count} members: in clear")


def _seal(store: Store, old: Vault, new: Vault, clock: Clock) -> int:
    """Change the key in one transaction, then leave nothing of the old texts in the file's free pages."""
    stands = str(scalar(store.db, "SELECT value FROM meta WHERE key = 'people_key'") or "")
    if stands == new.key_id:
        return 0
    if stands != old.key_id:
        _, problem = fitting_vault(store.db, None)
        raise click.ClickException(problem or f"members' data is sealed with the key {stands or 'none'}")
    total = int(scalar(store.db, "SELECT count(*) FROM person"))
    with click.progressbar(length=2 * max(total, 1), label="sealing", show_pos=True) as bar, store.transaction():
        count = seal_all(store.db, old, new, progress=_forward(bar, 0))
        store.db.vault = new
        index_all(store.db, progress=_forward(bar, total))
        audit.note(
            store.db, at_ms=clock.now_ms(), staff_id="", lane=0, action="people_key_changed",
            detail={"from": old.key_id, "to": new.key_id},
        )  # fmt: skip
    execute(store.db, "VACUUM")
    execute(store.db, "PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return count


def _forward(bar: object, before: int) -> Callable[[int], None]:
    return lambda done: bar.update(before + done - bar.pos)  # type: ignore[attr-defined]
