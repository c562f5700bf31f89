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
from edge.store.database import Store, StoreError
from edge.texts import Texts
from rules.code_report import describe
from rules.codes import Code, CodeSettings, Step, classify
from rules.promotions import RuleSet

REQUEST_MAX_BYTES = 4 * 1024 * 1024
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
    """Quote the basket in FILE (JSON: basket, member, moment, codes, promotions; "-" reads it from the input) as JSON.

    The shop's own promotions and tiers apply where the file has none and --config is given. docs/pricing.md describes
    the file.
    """
    from rules.pricing_json import parse_request, quote_json

    request = parse_request(_read(file), rules=_shop_rules(config_path))
    if isinstance(request, tuple):
        for problem in request:
            click.echo(f"{file}: {problem}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(quote_json(request))


def _shop_rules(config_path: Path | None) -> RuleSet | None:
    if config_path is None:
        return None
    found = load_promotions(loaded_or_exit(config_path))
    if isinstance(found, tuple):
        echo_problems(found)
        raise click.exceptions.Exit(1)
    return found.rules


def _read(file: Path) -> str:
    try:
        with click.open_file(str(file), "rb") as stream:
            data = stream.read(REQUEST_MAX_BYTES + 1)
            text = data.decode("utf-8-sig")
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not UTF-8 at byte {error.start}") from None
    if len(data) > REQUEST_MAX_BYTES:
        raise click.ClickException(f"{file}: more than {REQUEST_MAX_BYTES} bytes")
    return text
