"""taptill cards: list, block, and the keys of cards that prove themselves."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

import click

from edge.card_keys import read_card_key
from edge.cli.options import config_option, existing_store, loaded_or_exit
from edge.clock import Clock
from edge.config_file import Loaded, SecretError
from edge.store import audit
from edge.store import cards as stored
from edge.store.database import StoreError
from rules.cards import mask_uid
from rules.sun import (
    FILE_KEY,
    KEY_BYTES,
    KEY_NUMBERS,
    META_KEY,
    UID_BYTES,
    card_key,
    check_sun,
    keys_of,
    read_file,
    read_sun,
)

REASONS = ("lost", "stolen", "damaged", "other")
KEY_USES = {
    0: "application master key",
    META_KEY: "SDMMetaRead, the same for all cards",
    FILE_KEY: "SDMFileRead",
    3: "not used",
    4: "not used",
}


@click.group(short_help="List and block cards; keys of cards that prove themselves.")
def cards() -> None:
    """Members' cards."""


@cards.command("list")
@config_option
@click.option("--member", "member_id", default="", help="Only the cards of the member with this id.")
def list_cards(config_path: Path, member_id: str) -> None:
    """List cards: UID, member's id, state, since when, and the counter of those that prove themselves."""
    loaded = loaded_or_exit(config_path)
    clock, store = Clock(loaded.config.store.timezone), existing_store(loaded)
    try:
        found = stored.cards_of(store.reads, member_id) if member_id else stored.all_cards(store.reads)
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    for card in found:
        state = (card.reason or "blocked") if card.is_blocked else "good"
        counter = str(card.counter) if card.counter >= 0 else "-"
        click.echo(f"{card.uid:14}  {card.member_id:20}  {state:8}  {clock.local(card.since_ms):%Y-%m-%d}  {counter}")
    if len(found) == stored.LISTED_MAX:
        click.echo(f"only the first {stored.LISTED_MAX} are shown; --member shows those of one member", err=True)


@cards.command()
@config_option
@click.argument("uid")
@click.option("--reason", type=click.Choice(REASONS), default="lost", show_default=True)
def block(config_path: Path, uid: str, reason: str) -> None:
    """Block a card: it brings up nobody any more, from now on."""
    loaded = loaded_or_exit(config_path)
    uid = _uid(uid, whole=False)
    clock, store = Clock(loaded.config.store.timezone), existing_store(loaded)
    try:
        card = stored.card(store.reads, uid)
        if card is None or card.is_blocked:
            raise click.ClickException("this card is blocked already" if card else "no member has this card")
        with store.transaction():
            stored.block(store.db, uid, reason=reason, at_ms=clock.now_ms())
            audit.note(
                store.db, at_ms=clock.now_ms(), staff_id="", lane=0, action="card_blocked", subject=card.member_id,
                detail={"card": mask_uid(uid), "reason": reason},
            )  # fmt: skip
    except StoreError as error:
        raise click.ClickException(f"{loaded.database}: {error}") from None
    finally:
        store.close()
    click.echo(f"card {mask_uid(uid)} is blocked")


@cards.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def make_key(file: Path) -> None:
    """Make a master key in a new file that its owner alone may read. Every card depends on it: keep a copy safe."""
    _write_new(file, secrets.token_hex(KEY_BYTES) + "\n")
    click.echo(f"{file}: a new master key; name it as key_file in [cards], and keep a copy in a safe place")


@cards.command()
@config_option
@click.argument("uid")
@click.option("--keys-to", type=click.Path(path_type=Path), help="New file, mode 600, that the card's keys go to.")
def issue(config_path: Path, uid: str, keys_to: Path | None) -> None:
    """Say how an NTAG 424 DNA card is to be set up. Its keys are shown nowhere; --keys-to writes them into a file."""
    loaded = loaded_or_exit(config_path)
    master, uid = _master(loaded), _uid(uid, whole=True)
    if keys_to is not None:
        lines = [f"# card {uid}; delete this file once the card is written"]
        lines += [
            f"key{number} = {card_key(master, uid, number).hex()}  # {KEY_USES[number]}" for number in KEY_NUMBERS
        ]
        _write_new(keys_to, "\n".join(lines) + "\n")
        store, clock = existing_store(loaded), Clock(loaded.config.store.timezone)
        try:
            with store.transaction():
                audit.note(
                    store.db, at_ms=clock.now_ms(), staff_id="", lane=0, action="card_keys_shown",
                    subject=mask_uid(uid),
                )  # fmt: skip
        finally:
            store.close()
    click.echo(f"card {mask_uid(uid)}, file 2 (NDEF), after any address of your own:")
    click.echo(f"  ?picc_data={'0' * 32}&cmac={'0' * 16}")
    click.echo("  SDM on, AES mode; UID and counter mirrored, enciphered into the zeros behind picc_data=")
    click.echo("  SDMMetaRead: key 1; SDMFileRead: key 2; SDMCtrRet: none")
    click.echo("  MAC input offset = MAC offset = first zero behind cmac=")
    click.echo("  no limit of the counter; write access of the file: key 0")
    click.echo(f"keys: in {keys_to}" if keys_to else "keys: not shown; --keys-to FILE writes them into a file")


@cards.command()
@config_option
@click.argument("text")
def check(config_path: Path, text: str) -> None:
    """Say whether the address that a card shows is genuine. Its counter is not used up by it."""
    loaded = loaded_or_exit(config_path)
    master, message = _master(loaded), read_sun(text)
    if message is None:
        raise click.ClickException("this is no address of a card that proves itself")
    keys = keys_of(master, message)
    proof = check_sun(message, keys)
    if proof is None:
        raise click.ClickException("forged, or of a card with other keys")
    store = existing_store(loaded)
    try:
        counted = stored.counter(store.reads, proof.uid)
    finally:
        store.close()
    state = "new" if proof.counter > counted else f"shown before: {counted} was taken already"
    click.echo(f"genuine: card {proof.uid}, counter {proof.counter}, {state}")
    if message.file:
        click.echo(f"file: {read_file(message, proof, keys.file)!r}")


def _master(loaded: Loaded) -> bytes:
    try:
        master = read_card_key(loaded)
    except SecretError as error:
        raise click.ClickException(str(error)) from None
    if master is None:
        raise click.ClickException("the configuration names no key_file in [cards]; 'taptill cards key FILE' makes one")
    return master


def _uid(text: str, *, whole: bool) -> str:
    uid = re.sub(r"[\s:-]", "", text).lower()
    size = f"{{{UID_BYTES}}}" if whole else "{4}|([0-9a-f]{2}){7}"
    if not re.fullmatch(rf"([0-9a-f]{{2}}){size}", uid):
        wanted = "14" if whole else "8 or 14"
        raise click.UsageError(f"a card's UID is {wanted} hex digits, such as 04c43bc21c2680")
    return uid


def _write_new(file: Path, text: str) -> None:
    """Write a file that must not be there yet, for its owner alone from the first byte on."""
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    with os.fdopen(fd, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
