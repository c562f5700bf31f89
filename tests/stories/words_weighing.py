"""Words of the scale and the pole display."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from edge import weighing
from edge.screen import Refusal
from edge.weights import WeightState


def put(player: Any, weight_g: str) -> None:
    player.shop.scale().put(int(weight_g))


def be(player: Any, trouble: str) -> None:
    scale = player.shop.scale()
    if trouble == "plug":
        scale.plug()
    else:
        scale.be("" if trouble == "sound" else trouble)


def take(player: Any) -> Refusal | None:
    live = player.shop.parts.shop.weights.live
    assert player.until(lambda: live(player.lane).state is WeightState.READY), live(player.lane)
    answer = press(player, str(Decimal(live(player.lane).net_g) / 1_000))
    # What waited behind the banner is worked off in the till's next turns.
    player.shop.ask(player.lane, lambda _till: None)
    return answer


def press(player: Any, kilograms: str) -> Refusal | None:
    item = player.view.weighing
    sku = item.sku if item else "nothing"
    return player.ask(weighing.take_weight, sku=sku, weight_g=int(Decimal(kilograms) * 1_000))


def type_weight(player: Any, kilograms: str) -> Refusal | None:
    return player.ask(weighing.type_weight, sku=player.view.weighing.sku, weight_g=int(Decimal(kilograms) * 1_000))


def tare(player: Any, weight_g: str) -> Refusal | None:
    return player.ask(weighing.set_tare, tare_g=int(weight_g))


def tare_now(player: Any) -> Refusal | None:
    live = player.shop.parts.shop.weights.live
    assert player.until(lambda: live(player.lane).state is WeightState.READY), live(player.lane)
    return player.ask(weighing.set_tare, tare_g=weighing.TARE_OF_SCALE)


def expect_weighing(player: Any, sku: str) -> None:
    player.equal(player.view.weighing.sku if player.view.weighing else "nothing", sku)


def expect_scale(player: Any, state: str, weight_g: str) -> None:
    def found() -> tuple[str, int | None]:
        live = player.shop.parts.shop.weights.live(player.lane)
        return live.state.value, live.net_g if weight_g else None

    expected = (state, int(weight_g) if weight_g else None)
    player.until(lambda: found() == expected)
    player.equal(found(), expected)


def expect_pole(player: Any, upper: str, lower: str) -> None:
    def found() -> tuple[str, str]:
        picture = player.shop.pole().picture()
        return " ".join(picture.upper.split()), " ".join(picture.lower.split())

    player.until(lambda: found() == (upper, lower))
    player.equal(found(), (upper, lower))


WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"put (\d+) g on the scale", put),
    (r"the scale is (\w+)", be),
    (r"take the weight", take),
    (r"press for ([\d.]+) kg", press),
    (r"type ([\d.]+) kg", type_weight),
    (r"tare (\d+) g", tare),
    (r"tare what is on it", tare_now),
    (r"expect weighing (\w+)", expect_weighing),
    (r"expect scale (\w+)(?: (-?\d+))?", expect_scale),
    (r"expect pole (.*) /(?: (.+))?", expect_pole),
)
