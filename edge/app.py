"""All wiring of the store's daemon: what is started here in order is stopped in the opposite one."""

from __future__ import annotations

import errno
import logging
import secrets
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from drivers import systemd
from drivers.base import DriverError, LineReader, Printer
from edge.bench import Bench
from edge.card_keys import read_card_key
from edge.clock import Clock
from edge.config import Config
from edge.config_codes import code_settings
from edge.config_file import Loaded, SecretError, keep_last_good, read_key, write_whole
from edge.config_walk import Problem
from edge.counter_devices import CounterDevice, make_counter, weights_of
from edge.devices import ReaderThread, make_printer, make_reader
from edge.health import Health, free_bytes
from edge.identify import Identify
from edge.importing import ImportRoom
from edge.jobs import Jobs
from edge.loop import Loop, TillBusyError
from edge.member_passes import Passes
from edge.member_room import open_member_room
from edge.papers import Papers
from edge.printing import PrinterThread, PrintRoom
from edge.relay import Relay
from edge.rule_room import RuleRoom
from edge.rulebook import open_rulebook
from edge.screens import Screens
from edge.shop import Shop
from edge.store import cards, printjobs
from edge.store.database import (
    Store,
    StoreError,
    StoreInUseError,
    StoreNewerError,
    is_damaged,
    is_full,
    open_store,
)
from edge.store.people import unlock
from edge.store.reads import StoreReads
from edge.till import Till
from edge.uplink import make_relay, report
from edge.web.house import House
from rules.loyalty import Tier

log = logging.getLogger(__name__)

EXIT_FINE, EXIT_FAILED = 0, 1
KEY_BYTES = 32
LONG_WRITE_S = 600.0
"""Longest that an import waits for its one large change."""
BEAT_S = 1.0
"""How often the main thread looks at the till and the relay, and feeds the watchdog."""

NO_ROOM = "there is no room left in {}: make room, and it starts by itself"


@dataclass(frozen=True, slots=True)
class Core:
    """What devices and relay stand on."""

    config: Config
    clock: Clock
    store: Store
    health: Health
    loop: Loop
    identify: Identify


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running daemon is made of; tests and benchmarks use it to look inside."""

    config: Config
    store: Store
    screens: Screens
    health: Health
    loop: Loop
    reads: StoreReads
    url: str
    readers: Mapping[str, LineReader]
    printers: Mapping[str, Printer]
    relay: Relay | None
    jobs: Jobs
    imports: ImportRoom
    shop: Shop
    counter: Mapping[str, CounterDevice]
    """Scales and pole displays."""

    def beat(self) -> None:
        """Do what is due every second: tell the service manager that the till is alive, and health how the line is."""
        if self.loop.is_alive():
            tell_manager("WATCHDOG=1")
        report(self.relay, self.store, self.health)


def run(loaded: Loaded, problems: Sequence[Problem] = ()) -> int:
    """Run the store's daemon until SIGTERM or SIGINT, and return its exit code."""
    stopping = threading.Event()
    failed = threading.Event()

    def crash(error: BaseException) -> None:
        del error  # It is in the log already.
        failed.set()
        stopping.set()

    def thread_ended(args: threading.ExceptHookArgs) -> None:
        log.critical("thread %s ended", args.thread.name if args.thread else "?", exc_info=args.exc_value)
        crash(RuntimeError("a thread ended"))

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(threadName)s %(name)s: %(message)s")
    # A thread that ends by a mistake of ours is missed by nobody but the customers: stop, and be started again.
    threading.excepthook = thread_ended
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    is_started = False
    try:
        with ExitStack() as stack:
            parts = start(loaded, problems, stack=stack, on_crash=crash)
            is_started = True
            tell_manager(f"READY=1\nSTATUS=serving {parts.url}")
            log.info("ready: %s", parts.url)
            _keep(loaded, parts.health)
            while not stopping.wait(BEAT_S):
                parts.beat()
            tell_manager("STOPPING=1")
    except (StoreInUseError, StoreNewerError, StoreError, TillBusyError, OSError) as error:
        # It is for the person who started the daemon, which is tried again every second: a page of stack each time
        # would bury the sentence.
        log.critical("cannot %s: %s", "go on" if is_started else "start", why_not(error, loaded))
        return EXIT_FAILED
    return EXIT_FAILED if failed.is_set() else EXIT_FINE


def why_not(error: Exception, loaded: Loaded) -> str:
    """Return what keeps the daemon from working, in one sentence that says what to do where that is known."""
    if not isinstance(error, StoreError):
        has_room = not isinstance(error, OSError) or error.errno != errno.ENOSPC
        return str(error) if has_room else NO_ROOM.format(loaded.data_dir)
    if is_full(error):
        return NO_ROOM.format(loaded.data_dir)
    advice = "taptill doctor says more"
    if is_damaged(error):
        advice = f"keep a copy of {loaded.data_dir}, then put the newest sound backup in its place; {advice}"
    return f"{loaded.database}: {error}; {advice}"


def start(
    loaded: Loaded,
    problems: Sequence[Problem] = (),
    *,
    stack: ExitStack,
    on_crash: Callable[[BaseException], None],
    clock: Clock | None = None,
    disk_free: Callable[[Path], int] = free_bytes,
) -> Parts:
    """Start every part; leaving the stack stops them in the opposite order.

    Raises StoreInUseError, StoreNewerError, StoreError, TillBusyError, OSError.

    Args:
        clock: another one than the shop's own: a demo's or a test's.
        disk_free: what to ask for the room that is left, with the data folder.
    """
    config = loaded.config
    assert loaded.promotions is not None, "load_or_last_good always gives promotions"
    clock = clock or Clock(config.store.timezone, config.store.day_starts_hour)
    store = open_store(loaded.database, hold=True)
    stack.callback(store.close)
    health = Health(clock=clock, data_dir=loaded.data_dir, problems=tuple(map(str, problems)), disk_free=disk_free)
    _unlock(loaded, store, health)
    rulebook = open_rulebook(store, loaded.promotions, clock, health.add_problem)
    papers = Papers(store, config, rulebook, clock, Passes(secret_key(loaded.data_dir)))
    reads = StoreReads(store, clock, tier_names=rulebook.tier_names, receipts=papers)

    followers: list[Callable[[], None]] = []
    screens = Screens()
    stack.callback(screens.close)
    shop = Shop(
        config=config, clock=clock, store=store, rulebook=rulebook, screens=screens,
        codes=code_settings(config, now_local=clock.now_local()), health=health, committed=lambda: _wake(followers),
        card_key=_card_key(loaded, health), weights=weights_of(config, screens),
    )  # fmt: skip
    loop = Loop(
        store=store, on_crash=on_crash, make_tills=lambda: {lane.number: Till(lane, shop) for lane in config.lane}
    )
    stack.callback(loop.stop)
    loop.start()
    jobs = Jobs(shop, loop)
    stack.callback(jobs.stop)
    loop.write(partial(printjobs.doubt_the_sending, store.db, at_ms=clock.now_ms()))

    core = Core(config, clock, store, health, loop, Identify())
    stack.callback(core.identify.stop)
    logos = _logos(loaded, health)
    readers, printers, threads = _make_devices(core, papers, logos, followers)
    counter, counter_threads = make_counter(shop)
    relay = _start_relay(core, loaded, followers, stack)
    report(relay, store, health)
    room = open_member_room(shop)
    imports = ImportRoom(room.shop, shop, loaded.data_dir / "import", write=_long_write(loop), breathe=loop.breathe)
    imports.clear_files()
    house = House(
        config=config, clock=clock, screens=screens, health=health, reads=reads, ask=loop.ask,
        secret_key=secret_key(loaded.data_dir), version=installed_version("taptill"),
        rules=RuleRoom(store, clock, rulebook), members=room, imports=imports, data_dir=loaded.data_dir,
        identify=core.identify, weights=shop.weights,
        slide_folder=loaded.resolve(config.display.slides) if config.display.slides else None,
        bench=_bench(config, store, clock, {**readers, **printers, **counter}, tiers=rulebook.rules.tiers,
                     card_key=shop.card_key),
    )  # fmt: skip
    url = _start_web(house, stack)
    # Last, so that a printer's backlog does not keep the screens waiting.
    for thread in (*threads, *counter_threads):
        stack.callback(thread.stop)
        thread.start()
    stack.callback(_end_soon, threads)
    jobs.start()
    return Parts(
        config, store, screens, health, loop, reads, url, readers, printers, relay, jobs, imports, shop, counter
    )


def _keep(loaded: Loaded, health: Health) -> None:
    try:
        keep_last_good(loaded)
    except OSError as error:
        health.add_problem(f"the last good configuration was not kept: {error}")


def _unlock(loaded: Loaded, store: Store, health: Health) -> None:
    """Let members be read with the shop's key. Without the right one the shop sells on, and says so."""
    try:
        problem = unlock(store, read_key(loaded.config.privacy.key_file, base_dir=loaded.base_dir))
    except SecretError as error:
        problem = f"privacy.key_file: {error}"
        unlock(store, None)
    if problem:
        health.add_problem(problem)


def _long_write(loop: Loop) -> Callable[[Callable[[], Any]], Any]:
    """Return what runs a change that may take its time; one that was not done in time is the store's failure."""

    def write(change: Callable[[], Any]) -> Any:
        try:
            return loop.write(change, timeout_s=LONG_WRITE_S)
        except TillBusyError as error:
            raise StoreError(str(error)) from None

    return write


def _logos(loaded: Loaded, health: Health) -> dict[str, bytes]:
    name = loaded.config.store.logo
    if not name:
        return {}
    try:
        return {"receipt": loaded.resolve(name).read_bytes()}
    except OSError as error:
        health.add_problem(f"store.logo: {error}")
        return {}


def _card_key(loaded: Loaded, health: Health) -> bytes | None:
    try:
        return read_card_key(loaded)
    except SecretError as error:
        # Cards tell their number all the same; what needs proof asks for another one.
        health.add_problem(f"cards.key_file: {error}")
        return None


def _wake(followers: Sequence[Callable[[], None]]) -> None:
    for wake in followers:
        wake()


def _make_devices(
    core: Core, papers: Papers, logos: Mapping[str, bytes], followers: list[Callable[[], None]]
) -> tuple[dict[str, LineReader], dict[str, Printer], list[ReaderThread | PrinterThread]]:
    threads: list[ReaderThread | PrinterThread] = []
    readers: dict[str, LineReader] = {}
    printers: dict[str, Printer] = {}
    room = PrintRoom(
        store=core.store, loop=core.loop, health=core.health, clock=core.clock, document_of=papers.of_job, logos=logos
    )
    for device in core.config.device:
        core.health.report(device.name, device.kind, "opening")
        reader, printer = make_reader(device), make_printer(device)
        if reader is not None:
            readers[device.name] = reader
            reading = ReaderThread(
                device, reader, post=core.loop.post, health=core.health, is_claimed=core.identify.take
            )
            threads.append(reading)
        if printer is not None:
            printers[device.name] = printer
            printing = PrinterThread(device, printer, room)
            threads.append(printing)
            followers.append(printing.wake)
    return readers, printers, threads


def _end_soon(threads: Sequence[ReaderThread | PrinterThread]) -> None:
    """Let the printers finish side by side: each may be in the middle of a paper, and the waits would add up."""
    for thread in threads:
        if isinstance(thread, PrinterThread):
            thread.end_soon()


def _start_relay(core: Core, loaded: Loaded, followers: list[Callable[[], None]], stack: ExitStack) -> Relay | None:
    broker = loaded.config.broker
    if broker is None:
        return None
    try:
        relay = make_relay(loaded, broker, store=core.store, loop=core.loop, health=core.health, clock=core.clock)
        relay.start()
    except (SecretError, DriverError, OSError) as error:
        # Without its secrets the line stays down and the outbox keeps everything; the shop sells on.
        core.health.add_problem(f"broker: {error}")
        return None
    stack.callback(relay.stop)
    followers.append(relay.wake)
    return relay


def _bench(
    config: Config,
    store: Store,
    clock: Clock,
    made: Mapping[str, LineReader | Printer | CounterDevice],
    *,
    tiers: tuple[Tier, ...],
    card_key: bytes | None,
) -> Bench | None:
    if not config.screen.bench:
        return None
    from edge.store.shelf import shelf

    devices: dict[str, Any] = {each.name: made[each.name] for each in config.device if each.kind.startswith("fake_")}
    return Bench(
        devices, lambda: shelf(store.reads, now_ms=clock.now_ms()), tiers=tiers, card_key=card_key,
        counter_of=partial(cards.counter, store.reads),
    )  # fmt: skip


def _start_web(house: House, stack: ExitStack) -> str:
    from edge.web.server import WebServer, create_app

    screen = house.config.screen
    server = WebServer(create_app(house), screen.host, screen.port, screen.threads)
    stack.callback(server.stop)
    server.start()
    return f"http://{screen.host}:{server.port}/"


def tell_manager(state: str) -> None:
    """Tell the service manager. One that is gone is no reason to stop selling; a live one misses the beat and acts."""
    try:
        systemd.notify(state)
    except DriverError as error:
        log.warning("the service manager does not listen: %s", error)


def secret_key(data_dir: Path) -> bytes:
    """Return the key that signs sessions, made at the first start and readable by the daemon alone.

    A power cut may have left an empty file, with which no page opens and anybody could sign: it is made anew.
    """
    path = data_dir / "session.key"
    if not path.exists() or path.stat().st_size < KEY_BYTES:
        write_whole(path, secrets.token_hex(KEY_BYTES))
    return path.read_bytes()
