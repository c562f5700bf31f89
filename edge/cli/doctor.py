"""taptill doctor."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from drivers.pay_gateway import GatewayError, GatewayUnreachable
from edge.cli.device_checks import Finding, Holder, Verdict, check_device, check_path, daemon_of, holders
from edge.cli.device_listening import listen
from edge.cli.found_devices import found_devices
from edge.cli.options import become_owner, config_option, loaded_or_exit
from edge.cli.paper_check import print_speeds, print_test
from edge.clock import Clock
from edge.config import BrokerConfig, DeviceConfig
from edge.config_file import (
    Loaded,
    SecretError,
    find_secret,
    load_promotions,
    read_key,
    read_secret,
    secret_exposure,
)
from edge.device_paths import device_path, shared
from edge.gateways import make_gateway
from edge.health import DISK_LOW_BYTES, DISK_REFUSE_BYTES
from edge.store.database import Store, StoreError, rows
from edge.store.people import key_problem

BROKER_TIMEOUT_S = 5.0
MEBIBYTE = 1024 * 1024
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches it whenever it has set the clock."""
UNIT_GROUPS = ("dialout", "lp")
"""Groups that systemd/taptill.service gives the daemon beside its own."""


@click.command(short_help="Look at devices, database, disk, clock, broker.")
@config_option
@click.option("--print", "printer", metavar="PRINTER", help="Print a test page on this printer, and nothing else.")
@click.option("--listen", "reader", metavar="READER", help="Scan with this reader to see whether its settings fit.")
@click.option("--speeds", "line", metavar="PRINTER", help="Print each speed's figure on this serial printer.")
def doctor(config_path: Path, printer: str | None, reader: str | None, line: str | None) -> None:
    """Look at everything that the store needs: devices, database, disk, clock, head office; say what to do."""
    loaded = loaded_or_exit(config_path)
    if printer is not None or reader is not None or line is not None:
        asked = [print_test(loaded, _named(loaded, printer))] if printer is not None else []
        asked += [listen(_named(loaded, reader))] if reader is not None else []
        asked += [print_speeds(_named(loaded, line), daemon=daemon_of(_held(loaded)))] if line is not None else []
        raise click.exceptions.Exit(0 if _tell(asked) else 1)
    # Only root sees who holds a device; after that we are the daemon's user, who must be able to open it.
    held = _held(loaded)
    if loaded.database.exists():
        become_owner(loaded.database, groups=UNIT_GROUPS)
    raise click.exceptions.Exit(0 if _tell(_findings(loaded, held)) else 1)


def _held(loaded: Loaded) -> Mapping[str, Holder]:
    """Return who has the devices open, and the database, which a running daemon always has."""
    paths = (path for device in loaded.config.device if (path := device_path(device)))
    return holders((loaded.database, *paths))


def _tell(findings: Iterable[Finding]) -> bool:
    """Write what was found, and return whether nothing is bad."""
    is_fine = True
    for finding in findings:
        click.echo(f"{finding.verdict.value:<5} {finding.name:<14} {finding.found}")
        if finding.advice:
            click.echo(f"{'':<21}→ {finding.advice}")
        is_fine = is_fine and finding.verdict is not Verdict.BAD
    return is_fine


def _named(loaded: Loaded, name: str | None) -> DeviceConfig:
    found = next((each for each in loaded.config.device if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in loaded.config.device) or "none"
        raise click.ClickException(f"{name}: no device of that name; there are: {names}")
    return found


def _findings(loaded: Loaded, held: Mapping[str, Holder]) -> Iterator[Finding]:
    for warning in loaded.warnings:
        yield Finding("configuration", Verdict.NOTE, str(warning))
    yield check_promotions(loaded)
    twice = shared(loaded.config.device)
    for device in loaded.config.device:
        yield check_device(device, held)
        wrong = check_path(device, twice)
        if wrong is not None:
            yield wrong
    yield from found_devices(loaded.config.device)
    yield check_database(loaded.database)
    yield check_privacy(loaded)
    yield from check_gateways(loaded)
    yield check_disk(loaded.data_dir)
    yield check_clock(Clock(loaded.config.store.timezone), synchronised=SYNCHRONISED)
    if loaded.config.broker is None:
        yield Finding("head office", Verdict.OK, "none is configured; what it would be told is kept")
    else:
        yield check_broker(loaded.config.broker, base_dir=loaded.base_dir)


def check_promotions(loaded: Loaded) -> Finding:
    found = load_promotions(loaded)
    if isinstance(found, tuple):
        return Finding("promotions", Verdict.BAD, f"problems: {len(found)}", "see taptill check")
    return Finding("promotions", Verdict.OK, f"{len(found.rules.promotions)} in version {found.rules.version}")


def check_database(path: Path) -> Finding:
    """Return how the database is: SQLite's quick check of every page, and how large it is."""
    if not path.is_file():
        return Finding("database", Verdict.NOTE, f"{path} is not there yet", "taptill init or run makes it")
    if not os.access(path, os.R_OK | os.W_OK):
        return Finding("database", Verdict.BAD, f"{path} may not be opened by this user", "sudo taptill doctor")
    store = Store(path)
    try:
        verdict = "; ".join(str(row[0]) for row in rows(store.reads, "PRAGMA quick_check(3)"))
    except StoreError as error:
        verdict = str(error)
    finally:
        store.close()
    if verdict != "ok":
        advice = "stop the daemon, keep the whole data folder, and go back to the newest backup that is sound"
        return Finding("database", Verdict.BAD, f"{path}: {verdict}", advice)
    return Finding("database", Verdict.OK, f"{path}: {path.stat().st_size // 1024} KiB, sound")


def check_privacy(loaded: Loaded) -> Finding:
    """Return whether members' data is sealed, and with the key that is there."""
    name = "members' data"
    key_file = loaded.config.privacy.key_file
    try:
        key = read_key(key_file, base_dir=loaded.base_dir)
    except SecretError as error:
        return Finding(name, Verdict.BAD, str(error), "put the key there, chmod 600; a new store: taptill keys make")
    exposed = secret_exposure(find_secret(key_file, base_dir=loaded.base_dir)) if key else ""
    if exposed:
        return Finding(name, Verdict.BAD, exposed)
    if not loaded.database.is_file() or not os.access(loaded.database, os.R_OK):
        return Finding(name, Verdict.NOTE, "sealed from the start" if key else "in clear: privacy.key_file is empty")
    store = Store(loaded.database)
    try:
        problem = key_problem(store.reads, key)
    except StoreError as error:
        problem = str(error)
    finally:
        store.close()
    if problem:
        return Finding(name, Verdict.BAD, problem)
    if key is None:
        advice = "taptill keys make FILE, name it in privacy.key_file, then taptill keys apply"
        return Finding(name, Verdict.NOTE, "in clear in the database and in every copy of it", advice)
    return Finding(name, Verdict.OK, "sealed")


def check_gateways(loaded: Loaded) -> Iterator[Finding]:
    """Ask each gateway of payment codes something harmless: whether line, keys and clock are right."""
    clock = Clock(loaded.config.store.timezone)
    for each in loaded.config.gateway:
        name = f"codes {each.kind}"
        try:
            gateway = make_gateway(each, base_dir=loaded.base_dir, clock=clock, subject="")
            gateway.check()
        except SecretError as error:
            yield Finding(name, Verdict.BAD, str(error), "put the file there, chmod 600")
        except GatewayUnreachable as error:
            advice = "check the internet; the shop sells on without payment codes"
            yield Finding(name, Verdict.BAD, f"not reached: {error}", advice)
        except GatewayError as error:
            advice = "compare ids and key files with the merchant's page, and the clock with the time"
            yield Finding(name, Verdict.BAD, str(error), advice)
        else:
            is_real = each.kind != "simulator"
            found = "answers, and believes our signature" if is_real else "simulated: nobody pays anything"
            yield Finding(name, Verdict.OK if is_real else Verdict.NOTE, found)


def check_disk(folder: Path) -> Finding:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free // MEBIBYTE} MiB free at {folder}"
    if free < DISK_REFUSE_BYTES:
        return Finding("disk", Verdict.BAD, found, "make room now: sales are refused")
    if free < DISK_LOW_BYTES:
        return Finding("disk", Verdict.NOTE, found, "make room soon")
    return Finding("disk", Verdict.OK, found)


def check_clock(clock: Clock, *, synchronised: Path) -> Finding:
    found = f"{clock.now_local():%Y-%m-%d %H:%M} in {clock.timezone}"
    if not clock.is_sane():
        return Finding("clock", Verdict.BAD, found, "set it: sudo timedatectl set-ntp true, or a battery for the box")
    if synchronised.exists():
        return Finding("clock", Verdict.OK, f"{found}, set by a time server")
    return Finding("clock", Verdict.NOTE, f"{found}; no word of a time server", "timedatectl status shows more")


def check_broker(broker: BrokerConfig, *, base_dir: Path) -> Finding:
    """Return whether the broker takes a connection and, with TLS, is who it says it is; nothing is published."""
    where = f"{broker.host}:{broker.port}"
    try:
        if broker.password_file:
            read_secret(broker.password_file, base_dir=base_dir)
        with socket.create_connection((broker.host, broker.port), BROKER_TIMEOUT_S) as plain:
            if broker.tls_ca:
                context = ssl.create_default_context(cafile=find_secret(broker.tls_ca, base_dir=base_dir))
                if broker.tls_cert:
                    context.load_cert_chain(
                        find_secret(broker.tls_cert, base_dir=base_dir), find_secret(broker.tls_key, base_dir=base_dir)
                    )
                context.wrap_socket(plain, server_hostname=broker.host).close()
    except SecretError as error:
        return Finding("head office", Verdict.BAD, str(error), "put the broker's password there, chmod 600")
    except ssl.SSLCertVerificationError as error:
        advice = "broker.tls_ca must be the authority that signed the broker's certificate"
        return Finding("head office", Verdict.BAD, f"{where}: {error.verify_message}", advice)
    except OSError as error:
        advice = "check the network and the broker; the store sells on and keeps what it has to tell"
        return Finding("head office", Verdict.BAD, f"{where}: {error.strerror or error}", advice)
    return Finding("head office", Verdict.OK, f"{where} takes connections{' with TLS' if broker.tls_ca else ''}")
