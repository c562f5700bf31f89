"""taptill init."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import click

from edge.cli.options import echo_problems
from edge.cli.people import add_person, asked_pin, checked_name
from edge.clock import Clock
from edge.config_file import Loaded, parse_config, write_whole
from edge.config_help import written
from edge.store.database import StoreError, StoreNewerError, open_store


@click.command(short_help="Make a new store.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--store-id", prompt="Short id of the store, such as S001", help="Id; it stands in receipt numbers.")
@click.option("--name", prompt="Name of the shop", help="Name of the shop, as on the receipt.")
@click.option("--manager", default="店长", show_default=True, help="Name of the first manager.")
@click.option("--pin-file", type=click.Path(path_type=Path), help="File that holds the first manager's PIN.")
def init(folder: Path, store_id: str, name: str, manager: str, pin_file: Path | None) -> None:
    """Make a new store in FOLDER: a commented configuration, promotions, the database, and the first manager."""
    path = folder.absolute() / "taptill.toml"
    if path.exists():
        raise click.ClickException(f"{path} is there already; a store is made only once")
    text = filled(_template("taptill.toml"), store_id=store_id, name=name)
    loaded = parse_config(text, path=path, base_dir=path.parent)
    if not isinstance(loaded, Loaded):
        echo_problems(loaded)
        raise click.exceptions.Exit(2)
    if loaded.database.exists():
        raise click.ClickException(f"{loaded.database} is there already, without a configuration beside it")
    manager, pin = checked_name(manager), asked_pin(pin_file)
    try:
        loaded.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        click.echo(f"making {loaded.database} …")
        store = open_store(loaded.database)
        try:
            clock = Clock(loaded.config.store.timezone)
            staff_id = add_person(store, clock, name=manager, role="manager", pin=pin, badge=None)
        finally:
            store.close()
        if not (folder / "promotions.toml").exists():
            write_whole(folder / "promotions.toml", _template("promotions.toml"), mode=0o644)
        # The configuration comes last: with it the store is there, and without it init can be run again.
        write_whole(path, text, mode=0o644)
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror or error}") from None
    except (StoreError, StoreNewerError) as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    click.echo(f"manager {manager} is added as {staff_id}")
    click.echo(f"{path} is written: name your devices there, then")
    click.echo(f"  taptill check --config {path}")
    click.echo(f"  taptill run --config {path}")


def filled(template: str, *, store_id: str, name: str) -> str:
    """Return the template with the store's id and name."""
    text = re.sub(r"(?m)^id = .*$", lambda _: f"id = {written(store_id)}", template, count=1)
    return re.sub(r"(?m)^name_zh_hans = .*$", lambda _: f"name_zh_hans = {written(name)}", text, count=1)


def _template(name: str) -> str:
    # In the repository the files lie beside the packages; an installed package has put them under share.
    for root in (Path(__file__).resolve().parents[2], Path(sysconfig.get_path("data")) / "share" / "taptill"):
        path = root / "config" / "new" / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise click.ClickException(f"config/new/{name}: neither beside the packages nor under share/taptill")
