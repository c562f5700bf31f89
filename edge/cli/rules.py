"""taptill rules: the versions of promotions and tiers, from the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from edge.cli.options import config_option, loaded_or_exit, opened_store
from edge.clock import Clock
from edge.config_file import FILE_MAX_BYTES, Loaded
from edge.rulebook import publish as put_in_force
from edge.rulebook import read_text
from edge.store import rulebook as versions
from edge.store.database import Store
from edge.store.list_prices import priced_items
from edge.store.rulebook import NOTE_MAX, Entry
from rules.basket import Item
from rules.promotions import RuleSet, load_rules
from rules.table_reader import Problem

note_option = click.option("--note", default="", help="Why; stands in the history.")


@click.group(short_help="Versions of the promotions: list, show, publish, roll back.")
def rules() -> None:
    """Versions of promotions and tiers. The newest is in force; a running till follows within a second."""


@rules.command("list")
@config_option
def list_versions(config_path: Path) -> None:
    """List the versions, newest first; the one in force has a star."""
    loaded = loaded_or_exit(config_path)
    clock = Clock(loaded.config.store.timezone)
    with opened_store(loaded) as store:
        entries = versions.entries(store.db)
    for place, entry in enumerate(entries):
        click.echo(_row(entry, clock, is_in_force=place == 0))
    if not entries:
        click.echo("no version yet: the daemon takes the promotions file as the first one when it starts")


def _row(entry: Entry, clock: Clock, *, is_in_force: bool) -> str:
    source = f"rollback to {entry.based_on}" if entry.source == "rollback" else entry.source
    since = f"{clock.local(entry.at_ms):%Y-%m-%d %H:%M}"
    words = (
        f"{entry.number:>4}",
        "*" if is_in_force else " ",
        since,
        entry.version,
        source,
        entry.staff_name,
        entry.note,
    )
    return "  ".join(word for word in words if word).rstrip()


@rules.command()
@click.argument("number", type=int, required=False)
@config_option
def show(number: int | None, config_path: Path) -> None:
    """Print a version as a JSON rules file; without NUMBER the one in force."""
    loaded = loaded_or_exit(config_path)
    with opened_store(loaded) as store:
        found = versions.text(store.db, versions.newest_number(store.db) if number is None else number)
    if found is None:
        raise click.ClickException(f"there is no version {number}" if number is not None else "there is no version yet")
    click.echo(json.dumps(json.loads(found.body), ensure_ascii=False, indent=2))


@rules.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@note_option
@config_option
def publish(file: Path, note: str, config_path: Path) -> None:
    """Put the rules in FILE (TOML, or JSON by its ending) in force, or show every problem in it."""
    loaded = loaded_or_exit(config_path)
    with opened_store(loaded) as store:
        now_ms = Clock(loaded.config.store.timezone).now_ms()
        items = priced_items(store.db, now_ms=now_ms)
        found = _read(file, versions.known_skus(store.db) or None, items)
        _put(store, loaded, found, source="command", note=note)


@rules.command()
@click.argument("number", type=int)
@note_option
@config_option
def rollback(number: int, note: str, config_path: Path) -> None:
    """Put version NUMBER in force again, as a new version."""
    loaded = loaded_or_exit(config_path)
    with opened_store(loaded) as store:
        text = versions.text(store.db, number)
        if text is None:
            raise click.ClickException(f"there is no version {number}")
        if number == versions.newest_number(store.db):
            raise click.ClickException(f"version {number} is in force already")
        found = read_text(text.body, known_skus=versions.known_skus(store.db) or None)
        _put(store, loaded, _good(found, f"version {number}"), source="rollback", note=note, based_on=number)


def _put(
    store: Store,
    loaded: Loaded,
    found: RuleSet,
    *,
    source: Literal["command", "rollback"],
    note: str,
    based_on: int | None = None,
) -> None:
    if len(note) > NOTE_MAX:
        raise click.UsageError(f"a note has at most {NOTE_MAX} characters")
    shelved = "[]"
    current = versions.text(store.db, versions.newest_number(store.db) if based_on is None else based_on)
    if current is not None:
        shelved = current.shelved
    with store.transaction():
        number = put_in_force(
            store.db, found, source=source, at_ms=Clock(loaded.config.store.timezone).now_ms(), shelved=shelved,
            note=note, based_on=based_on,
        )  # fmt: skip
        entry = versions.entry(store.db, number)
    assert entry is not None
    click.echo(f"version {number} ({entry.version}) is in force: {len(found.promotions)} promotions")


def _read(file: Path, known_skus: frozenset[str] | None, known_items: Sequence[Item]) -> RuleSet:
    data = file.read_bytes()
    if len(data) > FILE_MAX_BYTES:
        raise click.ClickException(f"{file}: more than {FILE_MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not UTF-8 at byte {error.start}") from None
    form: Literal["json", "toml"] = "json" if file.suffix == ".json" else "toml"
    return _good(load_rules(text, format=form, known_skus=known_skus, known_items=known_items), str(file))


def _good(found: RuleSet | tuple[Problem, ...], where: str) -> RuleSet:
    if isinstance(found, RuleSet):
        return found
    for problem in found:
        click.echo(f"{where}: {problem}", err=True)
    click.echo("nothing was published; the version in force stays", err=True)
    raise click.exceptions.Exit(1)
