"""taptill user add; and what `init` needs for its first manager."""

from __future__ import annotations

import re
from pathlib import Path

import click

from edge.cli.options import config_option, existing_store, loaded_or_exit
from edge.clock import Clock
from edge.config_file import SecretError, read_secret
from edge.store import audit, staff
from edge.store.database import Database, Store, StoreError, rows

NAME_MAX = 40


@click.group(short_help="Add staff.")
def user() -> None:
    """Staff: who may sign in at a till."""


@user.command()
@config_option
@click.option("--name", required=True, help="What the person is called on screens and receipts.")
@click.option("--role", type=click.Choice(["cashier", "manager"]), required=True)
@click.option("--pin-file", type=click.Path(path_type=Path), help="File that holds the PIN; without it you are asked.")
@click.option("--pin-prompt", is_flag=True, help="Ask for the PIN, twice, without showing it; so it is by default.")
@click.option("--badge", help="UID of the person's badge in hex, as the card reader gives it.")
def add(config_path: Path, name: str, role: str, pin_file: Path | None, *, pin_prompt: bool, badge: str | None) -> None:
    """Add a member of staff."""
    if pin_prompt and pin_file:
        raise click.UsageError("say --pin-file or --pin-prompt, not both")
    loaded = loaded_or_exit(config_path)
    name, badge = checked_name(name), badge_uid(badge)
    pin = asked_pin(pin_file)
    store = existing_store(loaded)
    try:
        staff_id = add_person(store, Clock(loaded.config.store.timezone), name=name, role=role, pin=pin, badge=badge)
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    click.echo(f"{role} {name} is added as {staff_id}")


def add_person(store: Store, clock: Clock, *, name: str, role: str, pin: str, badge: str | None) -> str:
    """Add a person with the next free number, and a link in the chain, in one transaction. Return the staff id."""
    with store.transaction():
        if badge and staff.by_badge(store.db, badge):
            raise click.ClickException("this badge belongs to somebody else already")
        staff_id = next_staff_id(store.db)
        staff.add(store.db, staff_id=staff_id, name=name, role=role, pin=pin, badge_uid=badge)
        audit.note(
            store.db, at_ms=clock.now_ms(), staff_id="", lane=0, action="staff_added", subject=staff_id,
            detail={"role": role},
        )  # fmt: skip
    return staff_id


def next_staff_id(db: Database) -> str:
    """Return the number after the highest one; people who left keep theirs, since old receipts name them."""
    known = (staff_id for (staff_id,) in rows(db, "SELECT staff_id FROM staff"))
    taken = [int(staff_id) for staff_id in known if re.fullmatch("[0-9]+", staff_id)]
    return f"{max(taken, default=0) + 1:02d}"


def checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise click.UsageError(f"a name has 1 to {NAME_MAX} characters that can be printed")
    return name


def badge_uid(text: str | None) -> str | None:
    """Return a UID as the store keeps it: lower-case hex without separators."""
    if text is None:
        return None
    uid = re.sub(r"[\s:-]", "", text).lower()
    if not re.fullmatch(r"([0-9a-f]{2}){4,10}", uid):
        raise click.UsageError("a badge's UID is 8 to 20 hex digits, such as 04c43bc21c2680")
    return uid


def asked_pin(pin_file: Path | None) -> str:
    """Return the PIN from a file, or typed twice without being shown."""
    if pin_file is None:
        pin = str(click.prompt("PIN (4 to 8 digits)", hide_input=True, confirmation_prompt=True))
    else:
        try:
            pin = read_secret(str(pin_file), base_dir=Path.cwd())
        except SecretError as error:
            raise click.ClickException(str(error)) from None
    if not staff.is_pin(pin):
        raise click.UsageError("a PIN has 4 to 8 digits")
    return pin
