"""All wiring of the store's daemon: what is started here in order is stopped in the opposite one."""

from __future__ import annotations

import errno
import gc
import logging
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
from edge.app_files import card_key, keep_config, logos, secret_key, unlock_members
from edge.bench import Bench
from edge.charger import Charger, Charging
from edge.clock import Clock
from edge.config import Config
from edge.config_codes import code_settings
from edge.config_file import Loaded, SecretError
from edge.config_walk import Problem
from edge.counter_devices import CounterDevice, CounterThread, make_counter, weights_of
from edge.device_loan import Loan
from edge.device_tries import DeviceTries
from edge.devices import ReaderThread, make_printer, make_reader
from edge.gateways import make_gateways
from edge.health import Health, free_bytes
from edge.identify import Identify
from edge.importing import ImportRoom
from edge.jobs import Jobs
from edge.listening import Ears
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
from edge.store import cards, item_search, printjobs
from edge.store.database import (
    Store,
    StoreError,
    StoreInUseError,
    StoreNewerError,
    is_damaged,
    is_full,
    open_store,
)
from edge.store.reads import StoreReads
from edge.till import Till
from edge.training import TrainingRoom
from edge.uplink import make_relay, report
from edge.web.house import House
from rules.loyalty import Tier

log = logging.getLogger(__name__)

EXIT_FINE, EXIT_FAILED = 0, 1
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
    ears: Ears
    tries: DeviceTries

    def is_claimed(self, device: str) -> bool:
        """Tell whether what a device has just read is not for the till: somebody tells scanners apart, or listens."""
        return self.identify.take(device) or self.ears.take(device)


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
    tries: DeviceTries
    charger: Charger
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
            settle()
            tell_manager(f"READY=1\nSTATUS=serving {parts.url}")
            log.info("ready: %s", parts.url)
            keep_config(loaded, parts.health)
            while not stopping.wait(BEAT_S):
                parts.beat()
            tell_manager("STOPPING=1")
    except (StoreInUseError, StoreNewerError, StoreError, TillBusyError, OSError) as error:
        # It is for the person who started the daemon, which is tried again every second: a page of stack each time
        # would bury the sentence.
        log.critical("cannot %s: %s", "go on" if is_started else "start", why_not(error, loaded))
        return EXIT_FAILED
    return EXIT_FAILED if failed.is_set() else EXIT_FINE


def settle() -> None:
    """Look no more for garbage in what is there now: a cashier would wait for it, 40 to 90 ms each time."""
    gc.collect()
    gc.freeze()


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
    charging: Charging | None = None,
) -> Parts:
    """Start every part; leaving the stack stops them in the opposite order.

    Raises StoreInUseError, StoreNewerError, StoreError, TillBusyError, OSError.

    Args:
        clock: another one than the shop's own: a demo's or a test's.
        disk_free: what to ask for the room that is left, with the data folder.
        charging: gateways of payment codes, and a clock for their waits, in the place of the configuration's.
    """
    config = loaded.config
    assert loaded.promotions is not None, "load_or_last_good always gives promotions"
    clock = clock or Clock(config.store.timezone, config.store.day_starts_hour)
    store = open_store(loaded.database, hold=True)
    stack.callback(store.close)
    health = Health(clock=clock, data_dir=loaded.data_dir, problems=tuple(map(str, problems)), disk_free=disk_free)
    unlock_members(loaded, store, health)
    with store.transaction():
        item_search.index_all(store.db)
    rulebook = open_rulebook(store, loaded.promotions, clock, health.add_problem)
    papers = Papers(store, config, rulebook, clock, Passes(secret_key(loaded.data_dir)))
    reads = StoreReads(store, clock, tier_names=rulebook.tier_names, receipts=papers)

    followers: list[Callable[[], None]] = []
    screens = Screens()
    stack.callback(screens.close)
    charger = Charger(
        charging or Charging(make_gateways(loaded, clock=clock, health=health)), store=store, clock=clock, health=health
    )
    # The loop is not there yet: it makes the tills, and those need the shop.
    practice = TrainingRoom(loaded.data_dir / "practice", lambda lane, till: loop.swap(lane, till))  # noqa: PLW0108
    shop = Shop(
        config=config, clock=clock, store=store, rulebook=rulebook, screens=screens,
        codes=code_settings(config, now_local=clock.now_local()), health=health, committed=lambda: _wake(followers),
        card_key=card_key(loaded, health), charges=charger if charger.gateways else None, practice=practice,
        weights=weights_of(config, screens),
    )  # fmt: skip
    loop = Loop(
        store=store, on_crash=on_crash, make_tills=lambda: {lane.number: Till(lane, shop) for lane in config.lane}
    )
    stack.callback(loop.stop)
    loop.start()
    jobs = Jobs(shop, loop)
    stack.callback(jobs.stop)
    charger.connect(loop.ask, loop.write, lanes=frozenset(lane.number for lane in config.lane))
    charger.start(on_crash)
    followers.append(charger.wake)
    stack.callback(charger.stop)
    loop.write(partial(printjobs.doubt_the_sending, store.db, at_ms=clock.now_ms()))

    core = Core(config, clock, store, health, loop, Identify(), Ears(), DeviceTries(Loan()))
    stack.callback(core.identify.stop)
    stack.callback(core.tries.stop)
    readers, printers, threads = _make_devices(core, papers, logos(loaded, health), followers)
    counter, counter_threads = _make_counter(core, shop)
    relay = _start_relay(core, loaded, followers, stack)
    report(relay, store, health)
    room = open_member_room(shop)
    imports = ImportRoom(room.shop, shop, loaded.data_dir / "import", write=_long_write(loop), breathe=loop.breathe)
    imports.clear_files()
    house = House(
        config=config, clock=clock, screens=screens, health=health, reads=reads, ask=loop.ask,
        secret_key=secret_key(loaded.data_dir), version=installed_version("taptill"),
        rules=RuleRoom(store, clock, rulebook), members=room, imports=imports, data_dir=loaded.data_dir,
        identify=core.identify, ears=core.ears, tries=core.tries, weights=shop.weights, practice=practice,
        prepare_practice=partial(practice.prepare, shop),
        slide_folder=loaded.resolve(config.display.slides) if config.display.slides else None,
        bench=_bench(config, store, clock, {**readers, **printers, **counter}, tiers=rulebook.rules.tiers,
                     card_key=shop.card_key, charger=charger),
    )  # fmt: skip
    url = _start_web(house, stack)
    # Last, so that a printer's backlog does not keep the screens waiting.
    _start_threads((*threads, *counter_threads), stack)
    jobs.start()
    return Parts(
        config, store, screens, health, loop, reads, url, readers, printers,
        relay, jobs, imports, shop, core.tries, charger, counter,
    )  # fmt: skip


def _long_write(loop: Loop) -> Callable[[Callable[[], Any]], Any]:
    """Return what runs a change that may take its time; one that was not done in time is the store's failure."""

    def write(change: Callable[[], Any]) -> Any:
        try:
            return loop.write(change, timeout_s=LONG_WRITE_S)
        except TillBusyError as error:
            raise StoreError(str(error)) from None

    return write


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
        store=core.store,
        loop=core.loop,
        health=core.health,
        clock=core.clock,
        document_of=papers.of_job,
        logos=logos,
        loan=core.tries.loan,
    )
    for device in core.config.device:
        core.health.report(device.name, device.kind, "opening")
        core.tries.attach(device)
        reader, printer = make_reader(device), make_printer(device)
        if reader is not None:
            readers[device.name] = reader
            core.ears.attach(device.name, device.kind, reader)
            reading = ReaderThread(
                device,
                reader,
                post=core.loop.post,
                health=core.health,
                is_claimed=core.is_claimed,
                loan=core.tries.loan,
            )
            threads.append(reading)
        if printer is not None:
            printers[device.name] = printer
            printing = PrinterThread(device, printer, room)
            threads.append(printing)
            followers.append(printing.wake)
    return readers, printers, threads


def _make_counter(core: Core, shop: Shop) -> tuple[dict[str, CounterDevice], list[CounterThread]]:
    made, threads = make_counter(shop, core.tries.loan)
    for name, device in made.items():
        core.ears.attach(name, next(each.kind for each in core.config.device if each.name == name), device)
    return made, threads


def _start_threads(threads: Sequence[ReaderThread | PrinterThread | CounterThread], stack: ExitStack) -> None:
    for thread in threads:
        stack.callback(thread.stop)
        thread.start()
    stack.callback(_end_soon, threads)


def _end_soon(threads: Sequence[ReaderThread | PrinterThread | CounterThread]) -> None:
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
    charger: Charger,
) -> Bench | None:
    if not config.screen.bench:
        return None
    from edge.store.shelf import shelf

    devices: dict[str, Any] = {each.name: made[each.name] for each in config.device if each.kind.startswith("fake_")}
    return Bench(
        devices, lambda: shelf(store.reads, now_ms=clock.now_ms()), tiers=tiers, card_key=card_key,
        counter_of=partial(cards.counter, store.reads), gateway=charger.simulator(),
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
