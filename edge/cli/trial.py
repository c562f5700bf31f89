"""taptill price, taptill scan: a shop tries its rules and its codes before it opens."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.cli.options import become_owner, echo_problems, loaded_or_exit
from edge.clock import Clock
from edge.config_codes import code_settings
from edge.config_file import Loaded, load_promotions
from edge.finding import Found, find_item
from edge.rulebook import newest_readable
from edge.store import catalog
from edge.store.database import Store, StoreError
from edge.texts import Texts
from rules.basket import Item
from rules.code_report import describe
from rules.codes import Code, CodeSettings, Step, classify
from rules.pricing import price as price_basket
from rules.pricing_json import PriceRequest, parse_request, quote_json
from rules.promotions import NO_RULES, RuleSet
from rules.table_reader import Problem

REQUEST_MAX_BYTES = 4 * 1024 * 1024
"""Largest file of a basket."""
optional_config = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="The store's configuration file; may be left out."
)


@click.command(short_help="Tell how a scanned text is understood.")
@click.argument("text")
@click.option("--step", type=click.Choice([step.value for step in Step]), default="item", show_default=True)
@optional_config
def scan(text: str, step: str, config_path: Path | None) -> None:
    """Tell how a scanned TEXT is understood while the till waits for an item, a payment or a member; JSON.

    With --config the shop's own scale codes count, and the item is looked up where the store has a database.
    """
    if config_path is None:
        code = classify(text, step=Step(step), settings=CodeSettings())
        answer = describe(code)
    else:
        loaded = loaded_or_exit(config_path)
        clock = Clock(loaded.config.store.timezone)
        code = classify(text, step=Step(step), settings=code_settings(loaded.config, now_local=clock.now_local()))
        answer = {**describe(code), **(look_up(loaded, clock, code) if step == "item" else {})}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def look_up(loaded: Loaded, clock: Clock, code: Code) -> dict[str, object]:
    """Return what a sale of the code would add, or why it would be refused; nothing where there is no database."""
    if not loaded.database.is_file():
        return {}
    become_owner(loaded.database)
    store = Store(loaded.database)
    try:
        found = find_item(store.reads, code, now_ms=clock.now_ms())
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    if not isinstance(found, Found):
        texts = Texts("en", loaded.config.store.currency)
        return {"refused": found.code, "reason": texts.refusal(found.code, found.params)}
    names = found.item.names
    facts = {
        "sku": found.item.sku,
        "names": {"zh-Hans": names.zh_hans, "zh-Hant": names.zh_hant, "en": names.en},
        "price_minor": found.item.price,
        "quantity": found.quantity,
        "weight_g": found.weight_g,
        "label_amount_minor": found.label_amount,
    }
    return {"item": {name: value for name, value in facts.items() if value is not None}}


@click.command(short_help="Quote a basket given as JSON.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@optional_config
def price(file: Path, config_path: Path | None) -> None:
    """Quote the basket in FILE as JSON ("-" reads it from the input): lines, member, moment, codes, promotions.

    With --config, lines without a price are looked up in the store's catalogue, and the version of the rules that is
    in force applies where the file has none; without a database, the promotions file. docs/pricing.md describes the
    file and the answer.
    """
    text = _read(file)
    loaded = loaded_or_exit(config_path) if config_path else None
    request = _request(text, loaded)
    if isinstance(request, tuple):
        for problem in request:
            click.echo(f"{file}: {problem}", err=True)
        raise click.exceptions.Exit(1)
    rules = _shop_rules(loaded) if request.rules is None else request.rules
    quote = price_basket(request.basket, rules, request.member, request.now_local)
    click.echo(quote_json(quote).decode(), nl=False)


def _request(text: str, loaded: Loaded | None) -> PriceRequest | tuple[Problem, ...]:
    """Return the request, its items looked up in the catalogue of a store that has one."""
    if loaded is None or not loaded.database.is_file():
        return parse_request(text)
    become_owner(loaded.database)
    store = Store(loaded.database)
    now_ms = Clock(loaded.config.store.timezone).now_ms()

    def find_item(sku: str) -> Item | None:
        found = catalog.item(store.reads, sku, now_ms=now_ms)
        return found[0] if found and found[0].price >= 0 else None

    try:
        return parse_request(text, find_item=find_item)
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()


def _shop_rules(loaded: Loaded | None) -> RuleSet:
    if loaded is None:
        return NO_RULES
    in_force = _in_force(loaded)
    if in_force is not None:
        return in_force
    found = load_promotions(loaded)
    if isinstance(found, tuple):
        echo_problems(found)
        raise click.exceptions.Exit(1)
    return found.rules


def _in_force(loaded: Loaded) -> RuleSet | None:
    """Return the version in force; None where the daemon has not taken the promotions file yet."""
    if not loaded.database.is_file():
        return None
    become_owner(loaded.database)
    store = Store(loaded.database)
    try:
        current = newest_readable(store.reads)
    except StoreError:
        return None  # The store is older than versions are.
    finally:
        store.close()
    return current.rules if current else None


def _read(file: Path) -> str:
    try:
        with click.open_file(str(file), "rb") as stream:
            data = bytes(stream.read(REQUEST_MAX_BYTES + 1))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None
    if len(data) > REQUEST_MAX_BYTES:
        raise click.ClickException(f"{file}: more than {REQUEST_MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not UTF-8 at byte {error.start}") from None
