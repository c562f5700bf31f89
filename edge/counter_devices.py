"""Scales and pole displays of the lanes: a thread for each, which opens it again when it comes back."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from drivers.base import DriverError, PoleDisplay, Scale
from drivers.pole_frames import POLES, PoleFace
from drivers.scale_frames import Reading
from edge.clock import monotonic_s
from edge.config import Config, DeviceConfig
from edge.device_loan import Loan
from edge.devices import READ_S, REOPEN_MAX_S, REOPEN_MIN_S, state_of
from edge.health import Health
from edge.pole_faces import faces, idle_face, plain
from edge.screen import TillView
from edge.screens import Screens
from edge.shop import Shop
from edge.texts import Texts
from edge.weights import LiveWeight, Weights

log = logging.getLogger(__name__)

CounterDevice = Scale | PoleDisplay

SILENT_S = 3.0
"""A scale of which nothing could be read for so long is told of."""
STEP_S = 2.0
"""So long a display of digits shows a price before it shows the total."""
LOOK_S = 0.5
"""How often an idle display's line is looked at."""
LIVE_S = 0.3
"""Least time between two weights on a display: it takes a quarter of a second for two lines at 2400 baud."""


def make_scale(device: DeviceConfig) -> Scale | None:
    """Return the driver of a scale; None for a device of another kind."""
    if device.kind == "serial_scale":
        from drivers.scale import SerialScale

        return SerialScale(device.name, device.path, protocol=device.protocol, baud=device.baud)
    if device.kind == "fake_scale":
        from drivers.fake_scale import WiredScale

        return WiredScale(device.name, device.protocol or "st_gs", faults=device.faults)
    return None


def make_pole(device: DeviceConfig) -> PoleDisplay | None:
    """Return the driver of a pole display; None for a device of another kind."""
    if device.kind == "pole_display":
        from drivers.pole_display import SerialPole

        return SerialPole(
            device.name, device.path, protocol=device.protocol, baud=device.baud, encoding=device.pole_encoding
        )
    if device.kind == "fake_pole_display":
        from drivers.fake_pole import WiredPole

        return WiredPole(device.name, device.protocol or "cd5220", encoding=device.pole_encoding, faults=device.faults)
    return None


def weights_of(config: Config, screens: Screens) -> Weights:
    """Return the place where the readings of a shop's scales lie."""
    scales = {
        device.lane: (device.max_weight_g, device.tares_g) for device in config.device if device.kind.endswith("_scale")
    }
    return Weights(scales, changed=screens.wake)


def make_counter(shop: Shop, loan: Loan) -> tuple[dict[str, CounterDevice], list[CounterThread]]:
    """Return the scales and pole displays of the lanes by name, with the threads that serve them."""
    made: dict[str, CounterDevice] = {}
    threads: list[CounterThread] = []
    for device in shop.config.device:
        scale, pole = make_scale(device), make_pole(device)
        if scale is not None:
            made[device.name] = scale
            threads.append(ScaleThread(device, scale, shop.weights, shop.health, loan))
        if pole is not None:
            made[device.name] = pole
            threads.append(_pole_thread(device, pole, shop, loan))
        if scale is not None or pole is not None:
            shop.health.report(device.name, device.kind, "opening")
    return made, threads


def _pole_thread(device: DeviceConfig, pole: PoleDisplay, shop: Shop, loan: Loan) -> PoleThread:
    return PoleThread(device, pole, shop.screens, shop.config, shop.health, loan=loan, weights=shop.weights)


class CounterThread(ABC):
    """One device that is opened, used, and opened again after it was gone."""

    def __init__(self, device: DeviceConfig, health: Health, loan: Loan) -> None:
        self._device = device
        self._loan = loan
        self._health = health
        self._said = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"counter:{device.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout_s: float = 2.0) -> None:
        self._stopping.set()
        self._close()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s = REOPEN_MIN_S
        while not self._stopping.is_set():
            try:
                self._open()
                pause_s = REOPEN_MIN_S
                while not self._stopping.is_set() and not self._loan.is_asked_for(self._device.name):
                    self._turn()
            except DriverError as error:
                if self._stopping.is_set():
                    break
                self._report(state_of(error), str(error))
                self._lost()
            except Exception as error:
                # A driver's mistake takes its own device away and nobody else's.
                if self._said != "problem":
                    log.exception("%s: its driver failed", self._device.name)
                self._report("problem", repr(error))
                self._lost()
            finally:
                self._close()
            self._loan.lend(self._device.name, self._stopping, lambda: self._report("trying"))
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, REOPEN_MAX_S)

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _turn(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...

    def _lost(self) -> None:  # noqa: B027 - nobody else needs to know of a display
        """Tell whoever relies on the device that it is gone."""

    def _report(self, state: str, detail: str = "") -> None:
        """Tell health of a change; the same trouble in other words, at the next try to open it, is none."""
        if state == self._said:
            return
        self._said = state
        self._health.report(self._device.name, self._device.kind, state, detail)


class ScaleThread(CounterThread):
    """One scale: its readings take the place of one another in the lane's weight."""

    def __init__(self, device: DeviceConfig, scale: Scale, weights: Weights, health: Health, loan: Loan) -> None:
        super().__init__(device, health, loan)
        self._scale = scale
        self._weights = weights
        self._heard_s = 0.0
        self._broken = 0

    def _open(self) -> None:
        self._scale.open()
        self._heard_s, self._broken = monotonic_s(), self._scale.broken

    def _close(self) -> None:
        self._scale.close()

    def _turn(self) -> None:
        reading: Reading | None = self._scale.read(READ_S)
        now_s = monotonic_s()
        if reading is not None:
            self._heard_s, self._broken = now_s, self._scale.broken
            self._weights.put(self._device.lane, reading)
            self._report("ok")
        elif now_s - self._heard_s >= SILENT_S:
            is_garbled = self._scale.broken > self._broken
            self._report("garbled" if is_garbled else "silent", f"protocol {self._device.protocol}")

    def _lost(self) -> None:
        self._weights.lose(self._device.lane)


class PoleThread(CounterThread):
    """One pole display: it follows its lane's newest view, so that it is never behind and never in the way."""

    def __init__(
        self,
        device: DeviceConfig,
        display: PoleDisplay,
        screens: Screens,
        config: Config,
        health: Health,
        *,
        loan: Loan,
        weights: Weights,
    ) -> None:
        super().__init__(device, health, loan)
        self._display = display
        self._screens = screens
        self._weights = weights
        # A font without Chinese characters shows English names, and spells the others.
        self._is_plain = device.pole_encoding == "ascii"
        language = "en" if self._is_plain else device.language or config.store.language
        self._texts = Texts(language, config.store.currency)
        idle = device.idle_text or _store_name(config, language)
        self._idle = idle_face(plain(idle) if self._is_plain and not idle.isascii() else idle)
        self._has_text = POLES[device.protocol or "cd5220"].has_text
        self._view: TillView | None = None
        self._live: LiveWeight | None = None
        """What the scale said when the view was shown; None where nothing is weighed."""
        self._coming: list[PoleFace] = []
        self._shown: PoleFace | None = None
        self._shown_s = 0.0

    def _open(self) -> None:
        self._display.open()
        self._view = self._live = self._shown = None
        self._report("ok")

    def _close(self) -> None:
        self._display.close()

    def _turn(self) -> None:
        if self._screens.closed:
            self._stopping.wait(LOOK_S)
            return
        view = self._screens.wait(
            self._device.lane,
            after=self._view.number if self._view else -1,
            timeout_s=LOOK_S if self._live is None else LIVE_S,
            or_when=self._has_other_weight,
        )
        if view is not None or self._has_other_weight():
            self._see(view or self._view)
        elif self._coming and monotonic_s() - self._shown_s >= STEP_S:
            self._show()
        else:
            self._display.check()
        self._report("ok")

    def _has_other_weight(self) -> bool:
        if self._live is None or monotonic_s() - self._shown_s < LIVE_S:
            return False
        return self._weights.live(self._device.lane) != self._live

    def _see(self, view: TillView | None) -> None:
        assert view is not None, "a weight is shown with its view"
        self._view = view
        self._live = self._weights.live(self._device.lane) if view.weighing else None
        shown = faces(
            view, self._texts, idle=self._idle, has_text=self._has_text, is_plain=self._is_plain, live=self._live
        )
        self._coming = list(shown)
        if self._coming[-1] == self._shown:
            # Something that the customer does not see has changed.
            self._coming = []
        else:
            self._show()

    def _show(self) -> None:
        face = self._coming.pop(0)
        if face != self._shown:
            self._display.show(face)
        self._shown, self._shown_s = face, monotonic_s()


def _store_name(config: Config, language: str) -> str:
    store = config.store
    return {"zh-Hant": store.name_zh_hant, "en": store.name_en}.get(language, "") or store.name_zh_hans
