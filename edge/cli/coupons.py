"""taptill coupons: batches of issued coupons and their codes, from the command line."""

from __future__ import annotations

import csv
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click

from edge.cli.options import config_option, loaded_or_exit, opened_store
from edge.clock import Clock
from edge.config_file import Loaded
from edge.coupon_desk import ISSUE_MAX
from edge.rulebook import newest_readable
from edge.store import audit
from edge.store import coupons as issued
from edge.store.coupon_batches import NAME_MAX, Batch, find_batch, put_batch
from edge.store.coupon_reports import BatchReport, reports
from edge.store.database import Store
from rules.basket import Names
from rules.coupon_codes import shown_code


@click.group(short_help="Issued coupons: batches, their reports and codes.")
def coupons() -> None:
    """Coupons that the shop issued. Segments of members are issued to in the back office of a till."""


@coupons.command("list")
@config_option
def list_batches(config_path: Path) -> None:
    """List the batches with what became of their coupons, newest first."""
    loaded = loaded_or_exit(config_path)
    with opened_store(loaded) as store:
        found = reports(store.db, now_ms=_clock(loaded).now_ms())
    for each in found:
        click.echo(_said(each))
    if not found:
        click.echo("no coupons were issued yet")


def _said(each: BatchReport) -> str:
    batch = each.batch
    name = batch.names.of("en")
    marks = [mark for mark, holds in (("void", batch.is_void), ("by itself", bool(batch.rule_id))) if holds]
    return (
        f"{batch.batch_id:>5}  {name}  {batch.promotion_id}{'  ' + ', '.join(marks) if marks else ''}: "
        f"{each.issued} issued, {each.open} open, {each.used} used, {each.expired} expired, {each.void} void;"
        f" {each.sales} sales, takings {each.takings}, discount {each.discount}"
    )


@coupons.command()
@click.option("--name", required=True, help="What the batch is called.")
@click.option("--promotion", required=True, help="Id of a promotion with issued = true.")
@click.option("--count", type=click.IntRange(1, ISSUE_MAX), required=True, help="How many codes are made.")
@click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day on which they hold.")
@click.option("--keep-when-returned", is_flag=True, help="A return does not give the coupon back.")
@config_option
def new(
    config_path: Path, name: str, promotion: str, count: int, last_day: datetime, *, keep_when_returned: bool
) -> None:
    """Make a batch of codes for whoever has them; they hold from now on."""
    loaded = loaded_or_exit(config_path)
    name, clock = name.strip(), _clock(loaded)
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise click.UsageError(f"a name has 1 to {NAME_MAX} characters that can be printed")
    now_ms = clock.now_ms()
    until_ms = _day_ms(clock, last_day.date() + timedelta(days=1))
    if until_ms <= now_ms:
        raise click.UsageError(f"{last_day.date()} is over")
    with opened_store(loaded) as store:
        current = newest_readable(store.db)
        wanted = current.rules.promotion(promotion) if current else None
        if wanted is None or not wanted.issued:
            raise click.ClickException(f"no promotion {promotion} in force asks for an issued coupon")
        with store.transaction():
            batch = put_batch(
                store.db,
                Batch(
                    batch_id=0, names=Names(name), promotion_id=promotion, rule_id="", is_bearer=True,
                    is_revived=not keep_when_returned, most=count, valid_from_ms=now_ms, valid_until_ms=until_ms,
                    valid_days=0, is_void=False, created_ms=now_ms, staff_id="",
                ),
            )  # fmt: skip
            issued.issue(
                store.db, batch.batch_id, [None] * count, at_ms=now_ms, valid_from_ms=now_ms, valid_until_ms=until_ms
            )
            _note(store, "coupons_issued", batch.batch_id, count, now_ms)
    click.echo(f"batch {batch.batch_id}: {count} codes; `taptill coupons codes {batch.batch_id}` lists them")


@coupons.command()
@click.argument("batch_id", type=int)
@config_option
def codes(batch_id: int, config_path: Path) -> None:
    """Write the codes of a batch as CSV: code, state, member, last moment."""
    loaded = loaded_or_exit(config_path)
    clock = _clock(loaded)
    with opened_store(loaded) as store:
        _known(store, batch_id)
        sheet = csv.writer(sys.stdout, lineterminator="\n")
        sheet.writerow(("code", "state", "member", "valid_until"))
        for each in issued.batch_coupons(store.db, batch_id):
            until = (
                "" if each.valid_until_ms >= issued.FOREVER_MS else f"{clock.local(each.valid_until_ms):%Y-%m-%d %H:%M}"
            )
            sheet.writerow((shown_code(each.code), each.state, each.member_id or "", until))


@coupons.command()
@click.argument("batch_id", type=int)
@config_option
def void(batch_id: int, config_path: Path) -> None:
    """Void a batch and its open coupons; what was used stays used."""
    loaded = loaded_or_exit(config_path)
    with opened_store(loaded) as store:
        _known(store, batch_id)
        with store.transaction():
            count = issued.void_batch(store.db, batch_id)
            _note(store, "coupons_void", batch_id, count, _clock(loaded).now_ms())
    click.echo(f"batch {batch_id} is void: {count} open coupons")


def _known(store: Store, batch_id: int) -> None:
    if find_batch(store.db, batch_id) is None:
        raise click.ClickException(f"there is no batch {batch_id}")


def _note(store: Store, action: str, batch_id: int, count: int, at_ms: int) -> None:
    audit.note(
        store.db, at_ms=at_ms, staff_id="", lane=0, action=action, subject=str(batch_id), detail={"count": count}
    )


def _clock(loaded: Loaded) -> Clock:
    return Clock(loaded.config.store.timezone)


def _day_ms(clock: Clock, day: date) -> int:
    return clock.at_ms(datetime.combine(day, time(0)))
