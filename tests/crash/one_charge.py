"""Payment codes at a till over a real store, killed where it is told to be; run as a program by test_charge_crash.py.

`one_charge.py SCENARIO DIR` starts the payment services as a process of their own, which outlives every kill, and speaks
with them over TLS by the shop's own adapter. It kills a child before every SQL statement of the scenario and on both
sides of every call of the gateway, one child a place, and prints a line of JSON for each with what was found afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from drivers.pay_gateway import Gateway
from edge import charging
from edge.charger import Charger, Charging
from edge.clock import Clock
from edge.config import Config, DeviceConfig, LaneConfig, StoreConfig
from edge.health import Health
from edge.returning import WantedBack, give_back
from edge.rulebook import fixed
from edge.screen import Refusal, Stage
from edge.screens import Screens
from edge.shop import Shop
from edge.store import auditing, catalog, charges, staff
from edge.store.database import Store, open_store, rows, scalar
from edge.till import Till
from rules.basket import Item, Names
from rules.codes import CodeSettings
from rules.promotions import NO_RULES
from tests.charging_by_turns import ByTurns
from tests.pay_services import PayServices, make_services

ITEM_CODE = "06901234567892"
TOTAL = 350
PART = 100
CODE = "134567890123456789"
PIN = "1234"
KILLS_MAX = 600
CONFIG = Config(
    store=StoreConfig(id="S001", name_zh_hans="店"),
    lane=(LaneConfig(number=1, printer="paper"),),
    device=(DeviceConfig(name="paper", kind="fake_printer"),),
)


class Watched:
    """The shop's adapter, with a step before and after each call."""

    kind, channels = "wechat", frozenset({"wechat"})

    def __init__(self, gateway: Gateway, step: Callable[[], None]) -> None:
        self._gateway, self._step = gateway, step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._gateway, name)

        def call(*arguments: Any) -> Any:
            self._step()
            answer = method(*arguments)
            self._step()
            return answer

        return call


class Place(ByTurns):
    """A till with its charger on one thread, and a hand that moves the time."""

    def __init__(self, folder: Path, gateway: Gateway, step: Callable[[], None] = lambda: None) -> None:
        clock = Clock()
        # A process that is killed loses nothing that it has written; the disk's own delay is another test's.
        self.store: Store = open_store(folder / "taptill.db", synchronous="OFF")
        self.screens = Screens()
        self.at_ms = 10**12
        health = Health(clock=clock, data_dir=folder)
        watched = Watched(gateway, step)
        self.charger = Charger(
            Charging({"wechat": watched}, lambda: self.at_ms), store=self.store, clock=clock, health=health
        )
        shop = Shop(
            config=CONFIG, clock=clock, store=self.store, rulebook=fixed(NO_RULES), codes=CodeSettings(),
            screens=self.screens, health=health, committed=lambda: None, charges=self.charger,
        )  # fmt: skip
        self.till = Till(CONFIG.lane[0], shop)
        self.connect()

    def is_quiet(self) -> bool:
        return not charges.open_charges(self.store.reads) and not charges.open_refunds(self.store.reads)

    def decided(self) -> bool:
        return charges.running(self.store.db, 1) is None

    @property
    def view(self) -> Any:
        return self.screens.newest(1)


def make_store(folder: Path) -> None:
    store = open_store(folder / "taptill.db")
    with store.transaction():
        catalog.put_item(store.db, Item(ITEM_CODE, Names("货"), 0, unit="件"))
        catalog.put_code(store.db, ITEM_CODE, ITEM_CODE)
        catalog.put_price(store.db, ITEM_CODE, TOTAL, effective_from_ms=0)
        staff.add(store.db, staff_id="zhang", name="张", role="manager", pin=PIN)
    store.close()


def fill_basket(place: Place) -> None:
    assert place.view.stage is Stage.SELLING
    assert place.till.scan(ITEM_CODE) is None
    assert place.till.to_pay() is None


# --- what is done, and killed --------------------------------------------------------------------------------------


def pays(place: Place) -> None:
    place.till.scan(CODE)
    place.work(place.decided)


def cancels(place: Place) -> None:
    """The customer would rather pay in cash while the password is asked for."""
    place.till.scan(CODE)
    place.work(lambda: place.view.charge is None or place.view.charge.state == "user_paying")
    if place.view.charge is not None:
        charging.cancel_charge(place.till, charge_id=place.view.charge.charge_id)
    place.work(place.is_quiet)


def abandons(place: Place) -> None:
    """A part is paid by code and a part in cash; then all of it is taken back."""
    charging.charge_next(place.till, amount=PART)
    place.till.scan(CODE)
    place.work(place.decided)
    place.till.pay(place.view.sale_id, "cash", PART)
    assert charging.undo_tenders(place.till) is None
    place.work(place.is_quiet)


def gives_back(place: Place) -> None:
    """It is paid, and comes back: the refund goes to the code."""
    pays(place)
    sale_id = str(scalar(place.store.db, "SELECT sale_id FROM sale"))
    wanted = (WantedBack(0, 1),)
    give_back(place.till, return_id="01RETURN000000000000000001", sale_id=sale_id, wanted=wanted, reason="broken")
    place.work(place.is_quiet)


SCENARIOS: dict[str, tuple[Callable[[Place], None], dict[str, str]]] = {
    "pays": (pays, {"charge": "pays"}),
    "password": (pays, {"charge": "password_then_pays"}),
    "silence_paid": (pays, {"charge": "silence_paid"}),
    "error_not_paid": (pays, {"charge": "error_not_paid"}),
    "not_enough": (pays, {"charge": "not_enough"}),
    "wrong_amount": (pays, {"charge": "wrong_amount"}),
    "cancels": (cancels, {"charge": "password_then_pays", "reverse": "silence_done"}),
    "abandons": (abandons, {"reverse": "again"}),
    "gives_back": (gives_back, {"refund": "silence_done"}),
    "gives_back_later": (gives_back, {"refund": "error_not_done"}),
}


def run_and_die(folder: Path, gateway: Gateway, scenario: str, kill_at: int) -> None:
    steps = count(1)
    is_counting = False

    def step(_statement: str = "") -> None:
        if is_counting and next(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    place = Place(folder, gateway, step)
    fill_basket(place)
    place.store.db.connection().set_trace_callback(step)
    is_counting = True
    SCENARIOS[scenario][0](place)
    os._exit(0)


# --- what is found -------------------------------------------------------------------------------------------------


def examine(folder: Path, gateway: Gateway, world: Connection) -> dict[str, object]:
    """Start again, let everything come to its end, finish the sale if it is not, and say what is there."""
    place = Place(folder, gateway)
    found: dict[str, object] = {"at_start": [state for (state,) in rows(place.store.db, "SELECT state FROM charge")]}
    place.work(place.is_quiet)
    found["audit"] = list(auditing.check(place.store.db).problems)
    found["world"] = ask_world(world)
    found["paid"] = _paid(place.store)
    found["sales"] = scalar(place.store.db, "SELECT count(*) FROM sale")
    found["refunded"] = scalar(
        place.store.db, "SELECT coalesce(sum(amount), 0) FROM charge_refund WHERE state = 'refunded'"
    )
    found["states"] = sorted({state for (state,) in rows(place.store.db, "SELECT state FROM charge")})
    if not found["sales"]:
        # Nothing goes wrong any more.
        ask_world(world, {"calm": "yes"})
        _finish(place)
    found["audit_after"] = list(auditing.check(place.store.db).problems)
    found["sales_after"] = scalar(place.store.db, "SELECT count(*) FROM sale")
    found["paid_after"] = _paid(place.store)
    found["world_after"] = ask_world(world)
    found["tenders_after"] = rows(place.store.db, "SELECT kind, sum(amount) FROM sale_tender GROUP BY kind")
    place.store.close()
    return found


def _paid(store: Store) -> int:
    return int(scalar(store.db, "SELECT coalesce(sum(amount), 0) FROM charge WHERE state = 'paid'"))


def _finish(place: Place) -> None:
    """Pay what is still due by a new code, as a cashier would who sees the basket again."""
    if place.view.stage is Stage.LOCKED:
        assert place.till.sign_in("zhang", PIN) is None
    if place.view.stage is Stage.SELLING:
        assert place.till.to_pay() is None
    assert place.view.charge is None
    if place.view.due:
        answer = place.till.scan(CODE)
        assert not isinstance(answer, Refusal), answer
        place.work(place.decided)
    else:
        assert place.till.pay(place.view.sale_id, "cash", 0) is None


# --- the services --------------------------------------------------------------------------------------------------


def serve(services: PayServices, line: Connection) -> None:
    """Be the payment services, until nobody is there any more."""
    services.server.start()
    line.send(services.server.address)
    while True:
        try:
            wanted = line.recv()
        except EOFError:
            os._exit(0)
        if wanted is not None:
            if "calm" not in wanted:
                services.gateway.orders.clear()
            services.gateway.next_charge(wanted.get("charge", "pays"))
            services.gateway.next_reversal(wanted.get("reverse", "done"))
            services.gateway.next_refund(wanted.get("refund", "done"))
        orders = services.gateway.orders.values()
        line.send(
            {
                "kept": services.gateway.kept(),
                "most_charges": max((order.charges for order in orders), default=0),
                "most_paid": max((order.times_paid for order in orders), default=0),
                "most_refunds": max((len(order.refunds) for order in orders), default=0),
            }
        )


def ask_world(world: Connection, wanted: dict[str, str] | None = None) -> Any:
    world.send(wanted)
    return world.recv()


def main(scenario: str, folder: Path) -> None:
    services = make_services(folder / "pay")
    ours, theirs = Pipe()
    server = os.fork()
    if server == 0:
        ours.close()
        serve(services, theirs)
    theirs.close()
    gateway = services.adapter("wechat", address=ours.recv())
    template = folder / "template"
    make_store(template)
    # A PIN takes a tenth of a second by intention: it is typed once, and the lane stays open over every kill.
    opened = Place(template, gateway)
    assert opened.till.sign_in("zhang", PIN) is None
    opened.store.close()
    try:
        for kill_at in range(1, KILLS_MAX):
            copy = folder / f"killed-{kill_at}"
            shutil.copytree(template, copy)
            ask_world(ours, SCENARIOS[scenario][1])
            child = os.fork()
            if child == 0:
                run_and_die(copy, gateway, scenario, kill_at)
            _, status = os.waitpid(child, 0)
            was_killed = os.WIFSIGNALED(status)
            assert was_killed or os.WEXITSTATUS(status) == 0, status
            print(
                json.dumps({"kill_at": kill_at, "was_killed": was_killed, **examine(copy, gateway, ours)}), flush=True
            )
            shutil.rmtree(copy)
            if not was_killed:
                return
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    raise AssertionError("the scenario never came to its end")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
