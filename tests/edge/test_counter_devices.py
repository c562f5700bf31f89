"""Threads of scales and pole displays: what reaches the lane, what health says, and what stops nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.fake_pole import WiredPole
from drivers.fake_scale import WiredScale
from drivers.pole_frames import PoleFace
from drivers.scale_frames import SCALES
from edge import weighing
from edge.config import DeviceConfig
from edge.counter_devices import LIVE_S, SILENT_S, make_pole, make_scale
from edge.screen import Stage
from edge.till import Till
from edge.weights import WeightState
from tests.shops import CONFIG, COUNTER, TestShop

LED = """
[[device]]
name = "pole-2"
kind = "fake_pole_display"
lane = 2
protocol = "led8"
"""


def until(holds: Callable[[], bool], wait_s: float = 6.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@contextmanager
def shop_with(folder: Path, more: str) -> Iterator[TestShop]:
    with TestShop(folder / "shop", config=CONFIG + more) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield shop
        assert not shop.crashes


def state_of(shop: TestShop, device: str) -> str:
    found = shop.parts.health.device(device)
    return found.state if found else ""


@pytest.mark.parametrize(
    ("kind", "protocol", "scale", "pole"),
    [
        ("serial_scale", "toledo_8217", "SerialScale", "NoneType"),
        ("serial_scale", "cas", "SerialScale", "NoneType"),
        ("fake_scale", "", "WiredScale", "NoneType"),
        ("pole_display", "led8", "NoneType", "SerialPole"),
        ("fake_pole_display", "", "NoneType", "WiredPole"),
        ("serial_scanner", "", "NoneType", "NoneType"),
    ],
)
def test_each_kind_has_its_driver(kind: str, protocol: str, scale: str, pole: str) -> None:
    device = DeviceConfig(name="d", kind=kind, path="/dev/ttyUSB9", protocol=protocol)  # type: ignore[arg-type]
    assert (type(make_scale(device)).__name__, type(make_pole(device)).__name__) == (scale, pole)


@pytest.mark.parametrize("protocol", SCALES)
def test_what_lies_on_the_scale_reaches_its_lane(tmp_path: Path, protocol: str) -> None:
    with shop_with(tmp_path, COUNTER.replace('"st_gs"', f'"{protocol}"')) as shop:
        shop.scale().put(532)
        weights = shop.parts.shop.weights
        assert until(lambda: (weights.live(1).state, weights.live(1).net_g) == (WeightState.READY, 532))
        assert state_of(shop, "scale-1") == "ok"


def test_fault_44_a_scale_that_is_silent_garbled_or_gone_is_said_once_and_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="edge.health"), shop_with(tmp_path, COUNTER) as shop:
        scale, live = shop.scale(), shop.parts.shop.weights.live
        assert until(lambda: state_of(shop, "scale-1") == "ok")
        for trouble, said, state in (
            ("silent", "silent", WeightState.SILENT),
            ("garbage", "garbled", WeightState.SILENT),
            ("unplug", "gone", WeightState.GONE),
        ):
            scale.be(trouble)
            assert until(lambda said=said: state_of(shop, "scale-1") == said, SILENT_S + 3), trouble
            assert live(1).state is state
            time.sleep(0.7)  # it is looked at several times meanwhile
            scale.plug()
            scale.be("")
            assert until(lambda: state_of(shop, "scale-1") == "ok"), trouble
        said = [record.getMessage().split()[2] for record in caplog.records if "scale-1" in record.getMessage()]
    assert [each for each in said if each not in ("opening", "ok")] == ["silent", "garbled", "gone"]


def test_an_overloaded_scale_is_a_sound_device(tmp_path: Path) -> None:
    with shop_with(tmp_path, COUNTER) as shop:
        shop.scale().be("overload")
        assert until(lambda: shop.parts.shop.weights.live(1).state is WeightState.OVER)
        time.sleep(SILENT_S + 0.5)
        assert state_of(shop, "scale-1") == "ok"


def test_a_scale_fills_no_inbox_and_paints_no_view(tmp_path: Path) -> None:
    with shop_with(tmp_path, COUNTER) as shop:
        shop.scale().put(532)
        number = shop.view().number
        time.sleep(1.0)
        assert shop.view().number == number


def test_a_pole_display_follows_its_lane(tmp_path: Path) -> None:
    with shop_with(tmp_path, COUNTER + LED) as shop:
        assert until(lambda: shop.pole().picture().upper.strip() == "街角便利店")
        shop.ask(1, Till.add_item, sku="cola")
        assert until(lambda: shop.pole().picture().lower.split() == ["合计", "3.50"])
        shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        shop.ask(2, Till.add_item, sku="cola")
        digits = shop.pole("pole-2").picture
        assert until(lambda: (digits().upper, digits().lamp) == ("3.50", 1))  # 单价
        assert until(lambda: digits().lamp == 2)  # 总计 a while later
        shop.ask(2, Till.to_pay)
        shop.ask(2, Till.pay, sale_id=shop.view(2).sale_id, kind="cash", given=1_000)
        assert until(lambda: (digits().upper, digits().lamp) == ("10.00", 3))  # 收款
        assert until(lambda: (digits().upper, digits().lamp) == ("6.50", 4))  # 找零
        assert shop.pole().screen.unknown == shop.pole("pole-2").screen.unknown == 0


def test_a_pole_display_follows_the_scale(tmp_path: Path) -> None:
    led = LED.replace("lane = 2", "lane = 1")
    with shop_with(tmp_path, COUNTER + led) as shop:
        shown, figures = shop.pole().picture, shop.pole("pole-2").picture
        shop.ask(1, Till.add_item, sku="apple")
        assert until(lambda: (shown().upper.split(), shown().lower.split()) == (["红富士苹果", "12.80"], ["每千克"]))
        assert until(lambda: (figures().upper, figures().lamp) == ("12.80", 1))  # 单价
        for grams, worth in ((532, "6.81"), (1_230, "15.74")):
            shop.scale().put(grams)
            weight = f"{grams // 1000}.{grams % 1000}"
            assert until(lambda: shown().lower.split() == [f"{weight}kg", worth]), (shown(), grams)  # noqa: B023
            assert shown().upper.split() == ["红富士苹果", "12.80/kg"]
            assert until(lambda: (figures().upper, figures().lamp) == (weight, 0)), figures()  # noqa: B023
        assert until(lambda: shop.parts.shop.weights.live(1).state is WeightState.READY)
        assert shop.ask(1, weighing.take_weight, sku="apple", weight_g=1_230) is None
        assert until(lambda: shown().lower.split() == ["合计", "15.74"])
        assert shop.pole().screen.unknown == shop.pole("pole-2").screen.unknown == 0


def test_a_scale_that_never_rests_does_not_flood_a_display(tmp_path: Path) -> None:
    """At 2400 baud two lines take a quarter of a second; a display that is written to faster falls behind."""
    with shop_with(tmp_path, COUNTER) as shop:
        shop.scale().put(532)
        shop.scale().be("unstable")
        shop.ask(1, Till.add_item, sku="apple")
        pole, shows = shop.pole(), []
        assert until(lambda: "红富士苹果" in pole.picture().upper)
        driver = pole._driver

        class Counting:
            def show(self, face: PoleFace) -> None:
                shows.append(time.monotonic())
                driver.show(face)

            def __getattr__(self, name: str) -> object:
                return getattr(driver, name)

        pole._driver = Counting()  # type: ignore[assignment]
        assert until(lambda: len(shows) >= 5)
        assert min(after - before for before, after in pairwise(shows)) >= LIVE_S - 0.01


def test_fault_38_a_display_unplugged_while_it_is_written_to_shows_what_is_due_when_it_is_back(tmp_path: Path) -> None:
    with shop_with(tmp_path, COUNTER) as shop:
        assert until(lambda: state_of(shop, "pole-1") == "ok")
        for times, position in enumerate(range(0, 48, 6), 1):
            shop.pole().wire.cut_after = position
            shop.ask(1, Till.add_item, sku="cola")
            assert until(lambda: state_of(shop, "pole-1") == "gone"), position
            assert not shop.pole().plugged
            shop.pole().plug()
            assert until(lambda: state_of(shop, "pole-1") == "ok"), position
            due = f"{3.50 * times:.2f}"
            assert until(lambda due=due: shop.pole().picture().lower.split() == ["合计", due]), position
        assert shop.pole().screen.unknown == 0


def test_fault_43_a_stuck_display_stops_no_sale(tmp_path: Path) -> None:
    with shop_with(tmp_path, COUNTER) as shop:
        assert until(lambda: state_of(shop, "pole-1") == "ok")
        shop.pole().be("stuck")
        worst = 0.0
        for _ in range(30):
            began = time.monotonic()
            shop.ask(1, Till.add_item, sku="pen")
            worst = max(worst, time.monotonic() - began)
        shop.ask(1, Till.to_pay)
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=100_000)
        assert shop.view().stage is Stage.DONE
        # Each press answered long before the display's second was over.
        assert worst < 0.9
        assert until(lambda: state_of(shop, "pole-1") == "problem")
        shop.pole().be("")
        assert until(lambda: state_of(shop, "pole-1") == "ok")
        assert until(lambda: "找零" in shop.pole().picture().lower)


def test_fault_38_a_display_that_comes_back_shows_what_is_due(tmp_path: Path) -> None:
    with shop_with(tmp_path, COUNTER) as shop:
        assert until(lambda: state_of(shop, "pole-1") == "ok")
        shop.pole().unplug()
        assert until(lambda: state_of(shop, "pole-1") == "gone")
        shop.ask(1, Till.add_item, sku="cola")
        shop.pole().plug()
        assert until(lambda: "3.50" in shop.pole().picture().lower)


def test_the_threads_end_at_once(tmp_path: Path) -> None:
    shop = TestShop(tmp_path / "shop", config=CONFIG + COUNTER)
    shop.start()
    assert isinstance(shop.scale(), WiredScale) and isinstance(shop.pole(), WiredPole)
    began = time.monotonic()
    shop.stop()
    assert time.monotonic() - began < 4


def test_a_mistake_in_a_scales_driver_takes_its_own_device_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop_with(tmp_path, COUNTER) as shop:
        assert until(lambda: state_of(shop, "scale-1") == "ok")

        def mistake(_: object, __: float) -> None:
            raise RuntimeError("a mistake of ours")

        with monkeypatch.context() as patched:
            patched.setattr(WiredScale, "read", mistake)
            assert until(lambda: state_of(shop, "scale-1") == "problem")
        assert until(lambda: state_of(shop, "scale-1") == "ok")
