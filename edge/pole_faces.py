"""What a lane's pole display shows of its view: the newest item with its price, what is due, the change."""

from __future__ import annotations

from drivers.pole_frames import COLUMNS, Lamp, PoleFace
from edge.display_asked import DisplayAsked, asked_of
from edge.screen import LineView, Stage, TillView
from edge.store.pinyin import is_chinese, spellings
from edge.texts import Texts
from edge.weights import LiveWeight
from rules.exchange import EXCHANGE
from rules.money import Minor
from rules.tender import ROUNDING

LINES = "//"
"""Divides the two lines of an idle text."""


def idle_face(text: str) -> PoleFace:
    """Return what stands between two customers, in the middle of each line.

    >>> idle_face("Corner Shop // Welcome!").upper[0]
    '    Corner Shop'
    """
    upper, _, lower = text.partition(LINES)
    return PoleFace((_middle(upper.strip()), ""), (_middle(lower.strip()), ""))


def faces(
    view: TillView,
    texts: Texts,
    *,
    idle: PoleFace,
    has_text: bool = True,
    is_plain: bool = False,
    live: LiveWeight | None = None,
) -> tuple[PoleFace, ...]:
    """Return what is shown of a view, one after the other; the last one stays.

    Args:
        has_text: the display has two lines; one of digits shows price and total in turn.
        is_plain: its font has no Chinese characters: a name that is not in English is spelled in pinyin.
        live: what the lane's scale says; None where it has none.
    """
    # What is practised is nobody's purchase.
    if view.is_training:
        return (idle,)
    owed = view.total - view.back_amount
    if owed < 0 and view.stage in (Stage.SELLING, Stage.PAYING):
        back = texts.amount(-owed)
        return (PoleFace((texts.t("To give back"), back)) if has_text else PoleFace(amount=back, lamp=Lamp.CHANGE),)
    if view.stage is Stage.DONE and view.done is not None and view.done.back.paid_back:
        back = texts.amount(sum(amount for _, amount in view.done.back.paid_back))
        return (PoleFace((texts.t("Give back"), back)) if has_text else PoleFace(amount=back, lamp=Lamp.CHANGE),)
    if view.stage is Stage.DONE and view.done is not None:
        # What cash was rounded by, and what came back, nobody handed over.
        given = sum(tender.given for tender in view.done.tenders if tender.kind not in (ROUNDING, EXCHANGE))
        paid = _face(texts, texts.t("Paid"), given, texts.t("Change"), view.done.change)
        change = PoleFace(amount=texts.amount(view.done.change), lamp=Lamp.CHANGE)
        return (paid,) if has_text else (PoleFace(amount=texts.amount(given), lamp=Lamp.PAID), change)
    if view.stage is Stage.PAYING:
        given = sum(tender.given for tender in view.tenders)
        if has_text and not view.tenders:
            return (PoleFace((texts.t("Total"), texts.amount(owed))),)
        if has_text:
            return (_face(texts, texts.t("Paid"), given, texts.t("Still due"), view.due),)
        due = PoleFace(amount=texts.amount(view.due), lamp=Lamp.TOTAL)
        return (PoleFace(amount=texts.amount(given), lamp=Lamp.PAID), due) if view.tenders else (due,)
    asked = asked_of(view, live)
    if asked is not None:
        return (_asked_face(asked, texts, has_text=has_text, is_plain=is_plain),)
    if view.stage is not Stage.SELLING or not (view.lines or view.back):
        return (idle,)
    line = next((each for each in view.lines if each.is_newest), None)
    total = PoleFace(amount=texts.amount(owed), lamp=Lamp.TOTAL)
    if line is None:
        return (PoleFace((texts.t("Total"), texts.amount(owed))) if has_text else total,)
    if has_text:
        return (_face(texts, _called(line, texts, is_plain=is_plain), line.net, texts.t("Total"), owed),)
    return (PoleFace(amount=texts.amount(line.unit_price), lamp=Lamp.PRICE), total)


def _asked_face(asked: DisplayAsked, texts: Texts, *, has_text: bool, is_plain: bool) -> PoleFace:
    """Return the price of an item that is looked at or weighed, a piece or a kilogram, with what the scale shows."""
    price, weight = texts.amount(asked.price), texts.weight(asked.net_g).replace(" ", "") if asked.net_g else ""
    if not has_text:
        # No lamp stands for a weight; its three places tell it from a price.
        return PoleFace(amount=weight) if weight else PoleFace(amount=price, lamp=Lamp.PRICE)
    name = asked.names.of(texts.language)
    name = plain(name) if is_plain and not name.isascii() else name
    if weight:
        worth = "" if asked.amount is None else texts.amount(asked.amount)
        # Half a figure would be a wrong one: what does not fit beside the weight is left to the till's screen.
        return PoleFace((name, f"{price}/kg"), (weight, worth if len(weight) + len(worth) < COLUMNS else ""))
    upper = (name, price)
    if asked.member_price is not None:
        return PoleFace(upper, (texts.t("Members"), texts.amount(asked.member_price)))
    return PoleFace(upper, (texts.t("A kilogram") if asked.is_weighed else "", ""))


def _face(texts: Texts, upper: str, figure: Minor, lower: str, second: Minor) -> PoleFace:
    return PoleFace((upper, texts.amount(figure)), (lower, texts.amount(second)))


def plain(name: str) -> str:
    """Return a name with its Chinese characters spelled.

    >>> plain("可乐 330ml")
    'Kele 330ml'
    """
    return "".join(_spelled(each) if is_chinese(each) else each for each in name).strip().capitalize()


def _spelled(character: str) -> str:
    readings = spellings(character)
    return readings[0][0] if readings else ""


def _called(line: LineView, texts: Texts, *, is_plain: bool) -> str:
    """Return how many of what; the weight comes first, where the end of a long name cannot push it out."""
    name = line.names.of(texts.language)
    name = plain(name) if is_plain and not name.isascii() else name
    if line.weight_g is not None:
        return f"{texts.weight(line.weight_g).replace(' ', '')} {name}"
    return f"{line.quantity}x{name}" if line.quantity > 1 else name


def _middle(text: str) -> str:
    width = len(text.encode("gb18030", "replace"))
    return " " * max((COLUMNS - width) // 2, 0) + text
