"""The threads that call the gateways of payment codes: followers of what is on the disk; the till never waits for them.

Each call is written before it is made, and what came of it is taken in on the till's thread. A charge is sent by the
process that was handed its code, once; whoever comes after can only ask.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from drivers.fake_gateway import FakeGateway
from drivers.pay_gateway import Back, Gateway, GatewayError, GatewayUnreachable, Order, RefundReply, Reply
from edge import charging_replies
from edge.charger_paces import Job, Paces, id_of
from edge.charging_replies import begin_paying, forget, line_changed, take_reply
from edge.clock import Clock, monotonic_s
from edge.health import Health
from edge.loop import TillBusyError
from edge.screen import Refusal
from edge.store import charges
from edge.store.charges import Charge, Refund
from edge.store.database import Store, StoreError
from rules.charge_refunds import RefundDeed, RefundTold
from rules.charges import RUNNING, ChargeState, Deed, Patience, Told

log = logging.getLogger(__name__)

THREADS_MAX = 8
LOOK_S = 1.0
"""How often the disk is looked at when nobody wakes us."""
PROBE_MS = 15_000
"""How often a gateway that was not reached is tried with something harmless."""
STALE_MS = 30_000
"""A gateway that was not heard of for so long is tried when somebody goes to the tenders."""
BUSY_MS = 1_000
"""Pause after a till that did not answer, before the gateway is asked once more."""
STOP_S = 3.0
"""Longest wait for a call under way when the daemon stops: what it was about is asked at the next start."""
CODES_MAX = 100
"""Codes handed over and not sent yet; each lane has one at most."""


def monotonic_ms() -> int:
    return int(monotonic_s() * 1_000)


PATIENCE = Patience()
Ask = Callable[..., Any]
"""`Loop.ask`: a lane, a method and its arguments."""
Write = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True, slots=True)
class Charging:
    """Whom to call, and how patiently."""

    gateways: Mapping[str, Gateway]
    """By the channel whose codes each takes."""
    now_ms: Callable[[], int] = monotonic_ms
    """What waits are measured with: it only ever rises."""
    patience: Patience = PATIENCE


class Charger:
    """Calls the gateways; also the `edge.charging_door.ChargeDoor` of the tills."""

    def __init__(
        self,
        charging: Charging,
        *,
        store: Store,
        clock: Clock,
        health: Health,
    ) -> None:
        self.gateways = dict(charging.gateways)
        self._store = store
        self._clock = clock
        self._health = health
        self._now_ms = charging.now_ms
        self._ask: Ask | None = None
        self._write: Write | None = None
        self._lanes: frozenset[int] = frozenset()
        self._changed = threading.Condition()
        self._codes: dict[str, str] = {}
        self._paces = Paces(charging.patience, wall_ms=clock.now_ms, now_ms=charging.now_ms)
        self._asked_for: set[str] = set()
        self._claimed: set[str] = set()
        self._line: dict[str, bool] = {}
        self._probed_ms: dict[str, int] = {}
        self._heard_ms: dict[str, int] = {}
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def simulator(self) -> FakeGateway | None:
        """Return the simulated gateway, where there is one."""
        return next((each for each in self.gateways.values() if isinstance(each, FakeGateway)), None)

    # ------------------------------------------------------------ what tills ask

    def takes(self, channel: str) -> bool:
        return channel in self.gateways

    def is_reachable(self, channel: str) -> bool:
        gateway = self.gateways.get(channel)
        if gateway is None:
            return False
        with self._changed:
            if self._now_ms() - self._heard_ms.get(gateway.kind, 0) > STALE_MS and self._line.get(gateway.kind):
                # Somebody is about to pay, and it was not called for long: it is tried while the customer looks.
                del self._line[gateway.kind]
                self._changed.notify_all()
            return self._line.get(gateway.kind, True)

    def hand_over(self, charge_id: str, code: str) -> None:
        with self._changed:
            assert len(self._codes) < CODES_MAX
            self._codes[charge_id] = code
            self._changed.notify_all()

    def ask_now(self, charge_id: str) -> None:
        with self._changed:
            self._asked_for.add(charge_id)
            self._changed.notify_all()

    def wake(self) -> None:
        """Say that something may have been written."""
        with self._changed:
            self._changed.notify_all()

    # ---------------------------------------------------------------- its threads

    def connect(self, ask: Ask, write: Write, *, lanes: frozenset[int]) -> None:
        """Take the till's thread to run changes on; what lanes that are no more left behind is to be undone."""
        self._ask, self._write, self._lanes = ask, write, lanes
        now_ms = self._clock.now_ms()
        for charge in charges.open_charges(self._store.reads):
            if charge.lane not in lanes:
                write(partial(charging_replies.orphan, self._store.db, charge.charge_id, at_ms=now_ms))
        for kind in {gateway.kind for gateway in self.gateways.values()}:
            self._health.report(f"gateway-{kind}", "gateway", "opening")

    def start(self, on_crash: Callable[[BaseException], None]) -> None:
        if not self.gateways and not charges.open_charges(self._store.reads):
            return
        count = min(THREADS_MAX, len(self._lanes) + 1)
        for number in range(1, count + 1):
            thread = threading.Thread(target=self._run, args=(on_crash,), name=f"charger:{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        ends_s = monotonic_s() + STOP_S
        for thread in self._threads:
            thread.join(max(ends_s - monotonic_s(), 0.05))

    def is_resting(self) -> bool:
        """Tell whether no call is under way and none is due at this moment."""
        with self._changed:
            job = self._next()
            return not self._claimed and (job is None or job.wait_ms > 0)

    def _run(self, on_crash: Callable[[BaseException], None]) -> None:
        try:
            while not self._stopping:
                self.turn()
        except BaseException as error:
            log.critical("a thread of the gateways ended", exc_info=error)
            on_crash(error)
        finally:
            self._store.close_thread()

    def turn(self) -> bool:
        """Do what is due next, or wait for it a while; tell whether anything was done."""
        job = self._take()
        if job is None:
            return self._probe()
        subject = id_of(job.subject)
        try:
            if isinstance(job.subject, Charge):
                self._charge(job.subject, job)
            else:
                self._refund(job.subject, job)
        except (TillBusyError, StoreError) as error:
            # Nothing was lost: what the gateway did is there, and is asked about.
            log.warning("payment %s waits for the till: %s", subject, error)
            self._note(subject, BUSY_MS)
        finally:
            with self._changed:
                self._claimed.discard(subject)
                self._changed.notify_all()
        return True

    # ----------------------------------------------------------------- what is due

    def _take(self) -> Job | None:
        """Claim the job that is due now; where none is, wait for the next one, and return None."""
        with self._changed:
            job = self._next()
            if job is not None and job.wait_ms == 0:
                subject = id_of(job.subject)
                self._claimed.add(subject)
                self._asked_for.discard(subject)
                return job
            if not self._stopping:
                self._changed.wait(min(job.wait_ms / 1_000, LOOK_S) if job else LOOK_S)
            return None

    def _next(self) -> Job | None:
        """Return the job that comes next. One thread at least is kept for what lanes wait for."""
        found: list[Job] = []
        subjects = [*charges.open_charges(self._store.reads), *charges.open_refunds(self._store.reads), *self._stuck()]
        self._forget({id_of(each) for each in subjects})
        awaited = {id_of(each) for each in subjects if _is_awaited(each)}
        is_busy = bool(self._claimed - awaited)
        for each in subjects:
            job = (
                None
                if id_of(each) in self._claimed
                else self._paces.due(each, is_asked_for=id_of(each) in self._asked_for)
            )
            if job is not None and not (is_busy and not _is_awaited(each)):
                found.append(job)
        return min(found, key=lambda job: (job.wait_ms, not _is_awaited(job.subject)), default=None)

    def _stuck(self) -> list[Charge | Refund]:
        """Return what is over, and a person wants to be asked about all the same."""
        found = (charges.charge_of(self._store.reads, each) for each in self._asked_for)
        return [each for each in found if each is not None and each.state is ChargeState.STUCK]

    def _forget(self, still_open: set[str]) -> None:
        self._paces.forget(still_open | self._claimed)
        for gone in self._codes.keys() - still_open:
            del self._codes[gone]
        self._asked_for &= still_open

    def _note(self, subject: str, wait_ms: int = 0) -> None:
        with self._changed:
            self._paces.note(subject, wait_ms)

    def _note_sent(self, subject: str) -> None:
        with self._changed:
            self._paces.note_sent(subject)

    # ---------------------------------------------------------------------- calls

    def _charge(self, charge: Charge, job: Job) -> None:
        gateway = self.gateways.get(charge.kind)
        order = Order(charge.order_no, charge.amount, charge.lane)
        if charge.state is ChargeState.CREATED:
            code = self._code_of(charge.charge_id)
            if code is None or gateway is None:
                self._at_lane(charge.lane, forget, charge_id=charge.charge_id)
                return
            if self._at_lane(charge.lane, begin_paying, charge_id=charge.charge_id) is not True:
                return
            self._note_sent(charge.charge_id)
            job = Job(charge, Deed.CHARGE, 0)
            reply = gateway.charge(order, code)
            self._note_sent(charge.charge_id)
        elif gateway is None:
            reply = Reply(Told.NOT_SENT, detail="no such gateway in the configuration")
        else:
            reply = gateway.ask(order) if job.deed is Deed.ASK else gateway.reverse(order)
        log.info("payment %s: %s: %s %s", charge.charge_id, job.deed, reply.told, reply.reason)
        assert isinstance(job.deed, Deed)
        if job.deed is not Deed.CHARGE:
            self._note(charge.charge_id)
        if charge.lane in self._lanes:
            self._at_lane(charge.lane, take_reply, charge_id=charge.charge_id, deed=job.deed, reply=reply,
                          is_late=job.is_late)  # fmt: skip
        else:
            self._in_store(charging_replies.take_reply_of_nobody, charge.charge_id, deed=job.deed, reply=reply)
        if gateway is not None:
            self._heard(gateway.kind, reply.told is not Told.NOT_SENT, reply)

    def _code_of(self, charge_id: str) -> str | None:
        """Take the code of a charge; None where it was handed to a process that is no more."""
        with self._changed:
            code = self._codes.pop(charge_id, None)
        if code is None and self._write is not None:
            # A till hands a code over behind its charge: we may have seen that first, so what it is at is waited for.
            self._write(lambda: None)
            with self._changed:
                code = self._codes.pop(charge_id, None)
        return code

    def _refund(self, refund: Refund, job: Job) -> None:
        charge = charges.charge_of(self._store.reads, refund.charge_id)
        assert charge is not None, f"refund {refund.refund_id} of no charge"
        gateway = self.gateways.get(charge.kind)
        order, back = Order(charge.order_no, charge.amount, charge.lane), Back(refund.refund_id, refund.amount)
        assert isinstance(job.deed, RefundDeed)
        if gateway is None:
            self._note(refund.refund_id)
            return
        if job.deed is RefundDeed.REFUND:
            if not self._in_store(charging_replies.begin_refund, refund.refund_id):
                return
            reply = gateway.refund(order, back)
        else:
            reply = gateway.ask_refund(order, back)
        log.info("refund %s: %s: %s %s", refund.refund_id, job.deed, reply.told, reply.reason)
        self._in_store(charging_replies.take_refund_reply, refund.refund_id, deed=job.deed, reply=reply)
        self._note(refund.refund_id)
        self._heard(gateway.kind, reply.told is not RefundTold.NOT_SENT, reply)

    def _at_lane(self, lane: int, method: Callable[..., Any], **arguments: Any) -> Any:
        assert self._ask is not None
        answer = self._ask(lane, method, **arguments)
        if isinstance(answer, Refusal):
            # The store could not be written: nothing has changed, and what the gateway did is asked about.
            raise TillBusyError(answer.code)
        return answer

    def _in_store(self, change: Callable[..., Any], subject: str, **arguments: Any) -> Any:
        assert self._write is not None
        return self._write(partial(change, self._store.db, subject, at_ms=self._clock.now_ms(), **arguments))

    # ----------------------------------------------------------------------- line

    def _probe(self) -> bool:
        """Try a gateway that was not reached, or not called yet."""
        now_ms = self._now_ms()
        for gateway in set(self.gateways.values()):
            with self._changed:
                is_due = now_ms - self._probed_ms.get(gateway.kind, -PROBE_MS) >= PROBE_MS
                if self._stopping or not is_due or self._line.get(gateway.kind):
                    continue
                self._probed_ms[gateway.kind] = now_ms
            try:
                gateway.check()
            except GatewayUnreachable as error:
                self._heard(gateway.kind, False, Reply(Told.NOT_SENT, detail=str(error)))
            except GatewayError as error:
                self._heard(gateway.kind, True, Reply(Told.UNCLEAR, detail=str(error)))
            else:
                self._heard(gateway.kind, True, None)
            return True
        return False

    def _heard(self, kind: str, is_reached: bool, reply: Reply | RefundReply | None) -> None:  # noqa: FBT001
        told = reply.told if reply else None
        is_odd = told in (Told.UNCLEAR, RefundTold.UNCLEAR)
        state = "no_line" if not is_reached else "problem" if is_odd else "ok"
        self._health.report(f"gateway-{kind}", "gateway", state, reply.detail if reply and state != "ok" else "")
        with self._changed:
            was, self._line[kind] = self._line.get(kind, True), is_reached
            self._heard_ms[kind] = self._now_ms()
        if was is is_reached or self._ask is None:
            return
        for lane in self._lanes:
            try:
                self._ask(lane, line_changed)
            except TillBusyError:
                log.info("lane %d is busy; it hears of the line later", lane)


def _is_awaited(subject: Charge | Refund) -> bool:
    return isinstance(subject, Charge) and subject.state in RUNNING
