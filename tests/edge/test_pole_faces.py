"""What the customer reads on a pole display, by what the lane shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.pole_frames import COLUMNS, Lamp, PoleFace, digits, line
from edge.check_view import CheckView
from edge.pole_faces import faces, idle_face
from edge.screen import DoneView, LineView, Stage, TenderView, TillView
from edge.screen_back import BackLineView, DoneBackView
from edge.texts import Texts
from edge.weights import LiveWeight, WeightState, WeighView
from rules.basket import WEIGHT_MAX_G, Names

IDLE = idle_face("街角便利店 // 欢迎光临")
COLA = LineView("1", "cola", Names("可乐", "可樂", "Cola"), "瓶", 2, None, 350, 700, 700, is_newest=True)
APPLES = LineView("2", "apple", Names("苹果", "", "Apples"), "kg", 1, 532, 1_280, 681, 681, is_newest=True)
CASH = TenderView("cash", 2_000, 2_000)
DONE = DoneView("s", "0001", 4_550, 450, 0, None, (TenderView("cash", 4_550, 5_000),))

ROUNDED = replace(DONE, tenders=(TenderView("rounding", 5, 5), TenderView("cash", 4_550, 5_000)))
TEA = CheckView("tea", Names("龙井", "龍井", "Longjing tea"), "盒", 12_800, 11_800, False, False, True, None, 0)
GONE = replace(TEA, is_sold=False)
PEARS = WeighView("pear", Names("梨", "", "Pears"), 980)
PEN_BACK = BackLineView("b", Names("水笔"), "支", 1, None, 250, "0001", is_restocked=True)


def view(stage: Stage, *lines: LineView, **changes: object) -> TillView:
    return TillView(lane=1, stage=stage, lines=lines, total=4_550, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "upper", "lower"),
    [
        (view(Stage.LOCKED), IDLE.upper, IDLE.lower),
        (view(Stage.SELLING), IDLE.upper, IDLE.lower),
        (view(Stage.SELLING, COLA), ("2x可乐", "7.00"), ("合计", "45.50")),
        (view(Stage.SELLING, APPLES), ("0.532kg 苹果", "6.81"), ("合计", "45.50")),
        (view(Stage.PAYING, COLA, due=4_550), ("合计", "45.50"), ("", "")),
        (view(Stage.PAYING, COLA, due=2_550, tenders=(CASH,)), ("已收款", "20.00"), ("还需收", "25.50")),
        (view(Stage.DONE, done=DONE), ("已收款", "50.00"), ("找零", "4.50")),
        # Rounded by 0.05 and paid with a fifty: the fifty is what was handed over.
        (view(Stage.DONE, done=ROUNDED), ("已收款", "50.00"), ("找零", "4.50")),
        # In an exchange only the rest is due.
        (view(Stage.SELLING, COLA, back=(PEN_BACK,), back_amount=250), ("2x可乐", "7.00"), ("合计", "43.00")),
        (view(Stage.PAYING, COLA, due=4_300, back=(PEN_BACK,), back_amount=250), ("合计", "43.00"), ("", "")),
        (view(Stage.PAYING, COLA, due=-450, back=(PEN_BACK,), back_amount=5_000), ("应退", "4.50"), ("", "")),
        (
            view(Stage.DONE, done=replace(DONE, back=DoneBackView(5_000, paid_back=(("cash", 450),)))),
            ("退给顾客", "4.50"),
            ("", ""),
        ),
        # A price check, and an item that waits for its weight.
        (view(Stage.SELLING, COLA, is_checking=True, checked=TEA), ("龙井", "128.00"), ("会员", "118.00")),
        (view(Stage.SELLING, COLA, weighing=PEARS), ("梨", "9.80"), ("每千克", "")),
        (view(Stage.SELLING, COLA, is_checking=True, checked=GONE), ("2x可乐", "7.00"), ("合计", "45.50")),
        # What is practised is nobody's purchase.
        (view(Stage.SELLING, COLA, is_training=True), IDLE.upper, IDLE.lower),
    ],
)
def test_two_lines(shown: TillView, upper: tuple[str, str], lower: tuple[str, str]) -> None:
    (face,) = faces(shown, Texts("zh-Hans"), idle=IDLE, has_text=True)
    assert (face.upper, face.lower) == (upper, lower)


@pytest.mark.parametrize(
    ("shown", "steps"),
    [
        (view(Stage.SELLING), [("", Lamp.NONE)]),
        (view(Stage.SELLING, COLA), [("3.50", Lamp.PRICE), ("45.50", Lamp.TOTAL)]),
        (view(Stage.SELLING, COLA, is_checking=True, checked=TEA), [("128.00", Lamp.PRICE)]),
        (view(Stage.PAYING, COLA, due=4_550), [("45.50", Lamp.TOTAL)]),
        (view(Stage.PAYING, COLA, due=2_550, tenders=(CASH,)), [("20.00", Lamp.PAID), ("25.50", Lamp.TOTAL)]),
        (view(Stage.DONE, done=DONE), [("50.00", Lamp.PAID), ("4.50", Lamp.CHANGE)]),
    ],
)
def test_eight_digits_and_a_lamp(shown: TillView, steps: list[tuple[str, Lamp]]) -> None:
    found = faces(shown, Texts("en"), idle=IDLE, has_text=False)
    assert [(face.amount, face.lamp) for face in found] == steps


WEIGHED = view(Stage.SELLING, COLA, weighing=PEARS)


@pytest.mark.parametrize(
    ("live", "upper", "lower", "led"),
    [
        (LiveWeight(WeightState.READY, 532), ("梨", "9.80/kg"), ("0.532kg", "5.21"), ("0.532kg", Lamp.NONE)),
        # The tare is taken off, as on the till.
        (LiveWeight(WeightState.READY, 552, 20), ("梨", "9.80/kg"), ("0.532kg", "5.21"), ("0.532kg", Lamp.NONE)),
        (LiveWeight(WeightState.SOLD, 532), ("梨", "9.80/kg"), ("0.532kg", "5.21"), ("0.532kg", Lamp.NONE)),
        # No price before it rests.
        (LiveWeight(WeightState.MOVING, 530), ("梨", "9.80/kg"), ("0.530kg", ""), ("0.530kg", Lamp.NONE)),
        # Nothing that could be read.
        (LiveWeight(WeightState.EMPTY, 0), ("梨", "9.80"), ("每千克", ""), ("9.80", Lamp.PRICE)),
        (LiveWeight(WeightState.UNDER, 5, 20), ("梨", "9.80"), ("每千克", ""), ("9.80", Lamp.PRICE)),
        (LiveWeight(WeightState.GONE), ("梨", "9.80"), ("每千克", ""), ("9.80", Lamp.PRICE)),
        (LiveWeight(WeightState.SILENT), ("梨", "9.80"), ("每千克", ""), ("9.80", Lamp.PRICE)),
        (LiveWeight(WeightState.OVER), ("梨", "9.80"), ("每千克", ""), ("9.80", Lamp.PRICE)),
    ],
)
def test_what_lies_on_the_scale(
    live: LiveWeight, upper: tuple[str, str], lower: tuple[str, str], led: tuple[str, Lamp]
) -> None:
    (face,) = faces(WEIGHED, Texts("zh-Hans"), idle=IDLE, live=live)
    assert (face.upper, face.lower) == (upper, lower)
    (face,) = faces(WEIGHED, Texts("zh-Hans"), idle=IDLE, has_text=False, live=live)
    assert (face.amount, face.lamp) == led


@pytest.mark.parametrize(
    ("price", "weight_g", "worth"),
    [
        (1_280, 1, "0.01"),
        (1_280, 15_000, "192.00"),
        (1_280, WEIGHT_MAX_G, "12,799.99"),
        (999_999, 15_000, "149,999.85"),
        (99_999_999, 15_000, ""),  # no room beside the weight
    ],
)
def test_no_weight_and_no_price_loses_a_digit(price: int, weight_g: int, worth: str) -> None:
    gold = replace(WEIGHED, weighing=WeighView("gold", Names("足金", "", "Gold 24 carat bar"), price))
    live = LiveWeight(WeightState.READY, weight_g)
    (face,) = faces(gold, Texts("en"), idle=IDLE, live=live)
    weight = f"{weight_g / 1000:.3f}"
    assert line(*face.lower, "ascii").decode().split() == [each for each in (f"{weight}kg", worth) if each]
    assert line(*face.upper, "ascii").endswith(b"/kg")
    (face,) = faces(gold, Texts("en"), idle=IDLE, has_text=False, live=live)
    assert digits(face.amount) == weight


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (Names("可乐 330ml", "", "Cola"), "2xCola"),
        (Names("可乐 330ml"), "2xKele 330ml"),  # nobody has translated it
        (Names("Coca Cola"), "2xCoca Cola"),
    ],
)
def test_a_font_without_chinese_characters_spells_them(names: Names, shown: str) -> None:
    item = replace(COLA, names=names)
    (face,) = faces(view(Stage.SELLING, item), Texts("en"), idle=IDLE, is_plain=True)
    assert face.upper == (shown, "7.00")


def test_the_idle_text_stands_in_the_middle() -> None:
    assert PoleFace(("     街角便利店", ""), ("      欢迎光临", "")) == IDLE
    assert len(IDLE.upper[0].encode("gbk")) <= COLUMNS
    assert idle_face("x" * 60).upper[0] == "x" * 60  # what is too long is cut by the driver
