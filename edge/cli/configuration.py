"""taptill check, taptill config."""

from __future__ import annotations

from pathlib import Path

import click

from edge import config_help
from edge.card_keys import read_card_key
from edge.cli.options import become_owner, config_option, echo_problems, loaded_or_exit
from edge.clock import Clock
from edge.config_file import (
    Loaded,
    Promotions,
    SecretError,
    find_secret,
    load_config,
    load_promotions,
    read_secret,
    secret_exposure,
)
from edge.config_walk import Problem
from edge.display_slides import look_at
from edge.rulebook import item_problems
from edge.store.database import Store, StoreError

PNG_START = b"\x89PNG\r\n\x1a\n"


@click.command(short_help="Check configuration and promotions.")
@config_option
def check(config_path: Path) -> None:
    """Check the configuration, the promotions and every file that they name; show all problems at once."""
    found = load_config(config_path)
    if not isinstance(found, Loaded):
        echo_problems(found)
        click.echo(_count(len(found)), err=True)
        raise click.exceptions.Exit(1)
    promotions = load_promotions(found)
    problems = promotions if isinstance(promotions, tuple) else check_items(found, promotions)
    wrong_files, exposed = check_files(found)
    problems += wrong_files
    echo_problems(problems)
    for warning in (*found.warnings, *exposed):
        click.echo(f"note: {warning}", err=True)
    if problems:
        click.echo(_count(len(problems)), err=True)
        raise click.exceptions.Exit(1)
    assert not isinstance(promotions, tuple)
    config = found.config
    click.echo(f"{found.path}: fine")
    click.echo(f"store {config.store.id}, lanes: {len(config.lane)}, devices: {len(config.device)}")
    click.echo(f"promotions: {len(promotions.rules.promotions)}, tiers: {len(promotions.rules.tiers)}")
    click.echo(f"head office: {config.broker.host if config.broker else 'none'}")


def check_items(loaded: Loaded, promotions: Promotions) -> tuple[Problem, ...]:
    """Return what the promotions say beside the items of the store and their prices, where it has a database."""
    if not loaded.database.is_file():
        return ()
    become_owner(loaded.database)
    store = Store(loaded.database)
    try:
        now_ms = Clock(loaded.config.store.timezone).now_ms()
        found = item_problems(store.reads, promotions.rules, now_ms=now_ms)
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    file = str(loaded.resolve(loaded.config.rules.promotions))
    return tuple(
        Problem(
            file,
            f"{each.where}.{each.key}",
            each.what,
            "less than it costs" if each.key in ("price", "off") else "an item of the catalogue",
        )
        for each in found
    )


def check_files(loaded: Loaded) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return what is wrong with the files that the configuration names, and which secrets are too open."""
    problems: list[Problem] = []
    exposed: list[Problem] = []
    broker = loaded.config.broker
    file = str(loaded.path)
    if loaded.data_dir.exists() and not loaded.data_dir.is_dir():
        problems.append(Problem(file, "store.data_dir", f"{loaded.data_dir}, which is no folder", "a folder"))
    logo = loaded.config.store.logo
    if logo and not _is_png(loaded.resolve(logo)):
        problems.append(Problem(file, "store.logo", f"no PNG picture {logo}", "a PNG picture that can be read"))
    problems += _check_slides(loaded, file)
    try:
        read_card_key(loaded)
    except SecretError as error:
        problems.append(Problem(file, "cards.key_file", str(error), "one line of 32 hex digits"))
    exposed += _exposed(file, "cards.key_file", loaded.config.cards.key_file, loaded)
    if broker is None:
        return tuple(problems), tuple(exposed)
    for name in ("tls_ca", "tls_cert", "tls_key"):
        value = getattr(broker, name)
        if value and not find_secret(value, base_dir=loaded.base_dir).is_file():
            problems.append(Problem(file, f"broker.{name}", f"no file {value}", "a file that can be read"))
    if broker.password_file:
        try:
            read_secret(broker.password_file, base_dir=loaded.base_dir)
        except SecretError as error:
            problems.append(Problem(file, "broker.password_file", str(error), "one line with the password"))
    for name in ("password_file", "tls_key"):
        exposed += _exposed(file, f"broker.{name}", getattr(broker, name), loaded)
    return tuple(problems), tuple(exposed)


def _check_slides(loaded: Loaded, file: str) -> list[Problem]:
    """Return each file of the slides' folder that customers will not see."""
    name = loaded.config.display.slides
    if not name:
        return []
    folder = loaded.resolve(name)
    try:
        wrong = look_at(folder)[1]
    except OSError:
        return [Problem(file, "display.slides", f"no folder {name}", "a folder that can be read")]
    return [Problem(file, "display.slides", f"{each.name}: {each.why}", each.expected) for each in wrong]


def _exposed(file: str, key: str, value: str, loaded: Loaded) -> list[Problem]:
    path = find_secret(value, base_dir=loaded.base_dir)
    why = secret_exposure(path) if value and path.is_file() else ""
    return [Problem(file, key, str(path), "a file of the daemon's own", why)] if why else []


def _is_png(path: Path) -> bool:
    try:
        with path.open("rb") as picture:
            return picture.read(len(PNG_START)) == PNG_START
    except OSError:
        return False


def _count(number: int) -> str:
    return "1 problem" if number == 1 else f"{number} problems"


@click.command(short_help="Explain or show the configuration.")
@click.option("--explain", is_flag=True, help="Explain every key: type, bounds, default, meaning.")
@click.option("--markdown", is_flag=True, help="With --explain: as the tables of docs/configuration.md.")
@click.option("--show", is_flag=True, help="Show the configuration in force, defaults included.")
@config_option
def config(config_path: Path, *, explain: bool, markdown: bool, show: bool) -> None:
    """Explain the configuration's keys, or show a configuration with all its defaults."""
    if explain == show:
        raise click.UsageError("say --explain or --show")
    if explain:
        lines = config_help.markdown() if markdown else config_help.explain()
    else:
        lines = config_help.show(loaded_or_exit(config_path).config)
    click.echo("\n".join(lines).rstrip())
