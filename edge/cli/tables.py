"""taptill import, taptill export: tables in and out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from edge.cli.options import become_owner, config_option, echo_problems, existing_store, loaded_or_exit
from edge.clock import Clock
from edge.config_codes import code_settings
from edge.config_file import Loaded, SecretError, load_promotions, read_key
from edge.exporting import export_all
from edge.health import Health, free_bytes
from edge.import_apply import Author, Stale, apply
from edge.import_plans import Plan, write_bad_rows
from edge.import_sheets import SheetError, open_sheet
from edge.import_words import sheet_words, slip_words
from edge.importing import KINDS
from edge.rulebook import open_rulebook
from edge.screens import Screens
from edge.shop import Shop
from edge.store import audit
from edge.store.database import Store, StoreError, StoreInUseError, open_store
from edge.store.people import unlock
from edge.store.vault import vault_of
from edge.texts import Texts

SHOWN_MAX = 20
"""Bad rows that are shown on the terminal; the file has all."""


@click.command("import", short_help="Bring in members, cards, balances or items.")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--bad", type=click.Path(path_type=Path, dir_okay=False), help="Where bad rows go; default: FILE.bad.csv")
def import_table(kind: str, file: Path, config_path: Path, *, dry_run: bool, bad: Path | None) -> None:
    """Bring in a table, Excel or CSV. All of it or nothing: one bad row, and nothing is written.

    The daemon must not run; while it runs, bring tables in at the back office of a lane.
    """
    loaded = loaded_or_exit(config_path)
    texts = Texts("en", loaded.config.store.currency)
    data = file.absolute()
    store = _held(loaded)
    try:
        shop = _shop(loaded, store)
        plan = _planned(shop, kind, data, texts)
        _report(plan, bad or data.with_name(f"{data.name}.bad.csv"), texts)
        if dry_run:
            click.echo("dry run: nothing was written")
            return
        _carry_out(shop, plan)
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}; nothing was written") from None
    finally:
        store.close()
    click.echo(f"done: {plan.new} new, {plan.changed} changed")


def _held(loaded: Loaded) -> Store:
    if not loaded.database.is_file():
        raise click.ClickException(f"{loaded.database}: there is no database yet; 'taptill init' or 'run' makes it")
    become_owner(loaded.database)
    try:
        store = open_store(loaded.database, hold=True)
    except StoreInUseError as error:
        raise click.ClickException(f"{error}: bring it in at the back office, or stop the daemon first") from None
    _unlock(loaded, store)
    return store


def _unlock(loaded: Loaded, store: Store) -> None:
    try:
        problem = unlock(store, read_key(loaded.config.privacy.key_file, base_dir=loaded.base_dir))
    except SecretError as error:
        store.close()
        raise click.ClickException(str(error)) from None
    if vault_of(store.db).is_locked:
        store.close()
        raise click.ClickException(problem)


def _shop(loaded: Loaded, store: Store) -> Shop:
    """Return the shop without its tills."""
    config = loaded.config
    clock = Clock(config.store.timezone, config.store.day_starts_hour)
    promotions = load_promotions(loaded)
    if isinstance(promotions, tuple):
        echo_problems(promotions)
        raise click.exceptions.Exit(1)
    health = Health(clock=clock, data_dir=loaded.data_dir, problems=(), disk_free=free_bytes)
    rulebook = open_rulebook(store, promotions, clock, lambda problem: click.echo(problem, err=True))
    return Shop(
        config=config, clock=clock, store=store, rulebook=rulebook, screens=Screens(),
        codes=code_settings(config, now_local=clock.now_local()), health=health, committed=lambda: None,
    )  # fmt: skip


def _planned(shop: Shop, kind: str, file: Path, texts: Texts) -> Plan:
    try:
        sheet = open_sheet(file)
        with click.progressbar(length=_lines(file), label="reading", show_pos=True) as bar:
            return KINDS[kind](shop, sheet.rows(), progress=lambda done: _to(bar, done))
    except SheetError as error:
        raise click.ClickException(f"{file}: {sheet_words(error.code, texts)}") from None


def _lines(file: Path) -> int:
    """Return about how many rows a file has, for the bar."""
    if file.read_bytes()[:2] == b"PK":
        return 50_000
    with file.open("rb") as lines:
        return max(sum(1 for _ in lines) - 1, 1)


def _to(bar: Any, done: int) -> None:
    bar.length = max(bar.length, done)
    bar.update(done - bar.pos)


def _report(plan: Plan, bad: Path, texts: Texts) -> None:
    click.echo(f"{plan.total} rows: {plan.new} new, {plan.changed} changed, {plan.same} the same, {len(plan.bad)} bad")
    if plan.unknown:
        click.echo(f"columns left out: {', '.join(plan.unknown)}")
    if not plan.bad:
        if not plan.total:
            raise click.ClickException("there is no row in it")
        return
    for number, _, slips in plan.bad[:SHOWN_MAX]:
        for slip in slips:
            click.echo(f"row {number}: {slip.column + ': ' if slip.column else ''}{slip_words(slip, texts)}", err=True)
    try:
        # It holds people's data.
        os.close(os.open(bad, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        write_bad_rows(plan, bad, lambda slip: slip_words(slip, texts), reason="what is wrong")
    except OSError as error:
        raise click.ClickException(f"{bad}: {error.strerror or error}") from None
    click.echo(f"{bad}: every bad row, with what is wrong; nothing was written", err=True)
    raise click.exceptions.Exit(1)


def _carry_out(shop: Shop, plan: Plan) -> None:
    def write(change: Any) -> Any:
        with shop.store.transaction():
            return change()

    with click.progressbar(length=1, label="writing", show_pos=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        answer = apply(shop, plan, Author(), write=write, progress=progress)
    if isinstance(answer, Stale):
        raise click.ClickException("something changed meanwhile; nothing was written. Run it once more.")


@click.command("export", short_help="Write everything as tables, in a zip.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def export_tables(file: Path, config_path: Path) -> None:
    """Write members, cards, balances, sales, items and the journal to FILE as CSV tables in a zip, names in clear."""
    loaded = loaded_or_exit(config_path)
    target = file.absolute()
    store = existing_store(loaded)
    try:
        _unlock(loaded, store)
        clock = Clock(loaded.config.store.timezone)
        with store.transaction():
            audit.note(store.db, at_ms=clock.now_ms(), staff_id="", lane=0, action="exported_all")
        count = export_all(store.reads, target, clock, progress=lambda name: click.echo(f"{name} …", err=True))
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror or error}") from None
    finally:
        store.close()
    click.echo(
        f"{target}: {count} rows, {target.stat().st_size // 1024} KiB; it holds names and phone numbers in clear"
    )
