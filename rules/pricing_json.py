"""A basket to try the rules on, as JSON, and the quote for it; both forms are described in docs/pricing.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import msgspec

from rules.basket import LINES_MAX, PIECES_MAX, QUANTITY_MAX, WEIGHT_MAX_G, Basket, Item, Line, Names
from rules.conditions import LocalMoment
from rules.loyalty import Birthday, Member
from rules.money import AMOUNT_MAX, BASIS_POINTS
from rules.promotion_kinds import AmountOrZero
from rules.promotions import FILE_KEYS, RuleSet, read_rules
from rules.quote import Quote
from rules.table_reader import Problem, read_table, unknown_keys

REQUEST_MAX = 4_000_000
"""Longest request that is read, in characters."""
_RULE_KEYS = FILE_KEYS
FindItem = Callable[[str], Item | None]


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """What `price` is to be asked."""

    basket: Basket
    member: Member | None
    now_local: LocalMoment
    rules: RuleSet | None
    """The rules in the request, or else those that were given to `parse_request`; None where there are neither."""


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class _LineForm(_Form, frozen=True):
    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    id: str = ""
    name: str = ""
    price: AmountOrZero | None = None
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    weight_g: Annotated[int, msgspec.Meta(ge=1, le=WEIGHT_MAX_G)] | None = None
    label_amount: AmountOrZero | None = None
    open_price: AmountOrZero | None = None
    category: str = ""
    brand: str = ""
    tags: frozenset[str] = frozenset()
    tier_prices: dict[str, AmountOrZero] = {}
    tax_bp: Annotated[int, msgspec.Meta(ge=0, le=BASIS_POINTS)] = 0
    unit: str = ""


class _BirthdayForm(_Form, frozen=True):
    month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    day: Annotated[int, msgspec.Meta(ge=1, le=31)]
    lunar: bool = False
    year: int | None = None


class _MemberForm(_Form, frozen=True):
    member_id: str = "member"
    tier_id: str = ""
    birthday: _BirthdayForm | None = None
    joined_local: date | None = None
    tags: frozenset[str] = frozenset()
    visits: Annotated[int, msgspec.Meta(ge=0)] = 0
    points: int = 0


class _RequestForm(_Form, frozen=True):
    now: LocalMoment
    lines: Annotated[list[Any], msgspec.Meta(max_length=LINES_MAX)]
    codes: tuple[str, ...] = ()
    lane: Annotated[int, msgspec.Meta(ge=1)] = 1
    channel: str = "store"
    points_to_redeem: Annotated[int, msgspec.Meta(ge=0)] = 0
    gift_choices: dict[str, str] = {}
    member: Any = None


def parse_request(
    text: str, *, rules: RuleSet | None = None, find_item: FindItem | None = None
) -> PriceRequest | tuple[Problem, ...]:
    """Return the request that a JSON text holds, or every problem in it.

    Args:
        text: at most REQUEST_MAX characters.
        rules: the shop's own, for a request that brings none.
        find_item: looks up the item of a line that gives no price of its own; None asks every line for its price.
    """
    if len(text) > REQUEST_MAX:
        return (Problem("file", "", f"longer than {REQUEST_MAX} characters"),)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return (Problem("file", "", f"not JSON: {error}"),)
    if not isinstance(data, Mapping):
        return (Problem("file", "", f"expected a table, found {type(data).__name__}"),)
    rules_data = {key: value for key, value in data.items() if key in _RULE_KEYS}
    own = {key: value for key, value in data.items() if key not in _RULE_KEYS}
    fields = [field.name for field in msgspec.structs.fields(_RequestForm)]
    problems = unknown_keys(own, (*fields, *_RULE_KEYS), where="file")
    known = {key: _with_seconds(value) if key == "now" else value for key, value in own.items() if key in fields}
    form = read_table(_RequestForm, known, problems, where="file")
    own_rules = read_rules(rules_data) if rules_data else rules
    if isinstance(own_rules, tuple):
        problems += own_rules
    elif rules_data and "promotions" not in rules_data:
        problems.append(Problem("file", "promotions", "missing beside tiers, points or version"))
    member_data = data.get("member")
    member = None if member_data is None else _read_member(member_data, problems)
    lines = _read_lines(form.lines if form else [], find_item, problems)
    basket = Basket("trial", lines, member_id=member.member_id if member else None)
    if basket.item_count > PIECES_MAX:
        problems.append(Problem("file", "lines", f"{basket.item_count} pieces together, more than {PIECES_MAX}"))
    elif basket.gross > AMOUNT_MAX:
        problems.append(Problem("file", "lines", f"cost {basket.gross} together, more than {AMOUNT_MAX}"))
    if problems:
        return tuple(problems)
    assert form is not None and not isinstance(own_rules, tuple)
    basket = Basket(
        basket.sale_id,
        lines,
        member_id=basket.member_id,
        codes=form.codes,
        lane=form.lane,
        channel=form.channel,
        points_to_redeem=form.points_to_redeem,
        gift_choices=tuple(sorted(form.gift_choices.items())),
    )
    return PriceRequest(basket, member, form.now, own_rules)


def quote_json(quote: Quote) -> bytes:
    """Return the quote as indented JSON with a newline at its end: the same bytes for the same quote."""
    return msgspec.json.format(msgspec.json.encode(quote), indent=2) + b"\n"


def _with_seconds(moment: object) -> object:
    if isinstance(moment, str) and len(moment) == len("2026-11-22T18:30"):
        return f"{moment}:00"
    return moment


def _read_member(data: object, problems: list[Problem]) -> Member | None:
    form = read_table(_MemberForm, data, problems, where="member")
    if form is None:
        return None
    birthday = None
    if form.birthday is not None:
        if form.birthday.lunar and form.birthday.day > 30:
            problems.append(Problem("member", "birthday.day", "a lunar month has at most 30 days"))
            return None
        birthday = Birthday(form.birthday.month, form.birthday.day, form.birthday.lunar, form.birthday.year)
    return Member(
        form.member_id, form.tier_id, birthday, form.joined_local, form.tags, visits=form.visits, points=form.points
    )


def _read_lines(rows: list[Any], find_item: FindItem | None, problems: list[Problem]) -> tuple[Line, ...]:
    lines: dict[str, Line] = {}
    for row, raw in enumerate(rows):
        where = f"line[{row}]"
        form = read_table(_LineForm, raw, problems, where=where)
        if form is None:
            continue
        line_id = form.id or str(row + 1)
        item = _item_of(form, find_item)
        if item is None:
            found = f"no item has the SKU {form.sku}" if find_item else "missing"
            problems.append(Problem(where, "sku" if find_item else "price", found))
        elif line_id in lines:
            problems.append(Problem(where, "id", f"{line_id} is already used"))
        elif form.quantity > 1 and (form.weight_g is not None or form.label_amount is not None):
            problems.append(Problem(where, "quantity", "a weighed or labelled portion is one unit"))
        elif form.quantity * (item.price if form.open_price is None else form.open_price) > AMOUNT_MAX:
            problems.append(Problem(where, "price", f"costs more than {AMOUNT_MAX}"))
        else:
            lines[line_id] = Line(line_id, item, form.quantity, form.weight_g, form.label_amount, form.open_price)
    return tuple(lines.values())


def _item_of(form: _LineForm, find_item: FindItem | None) -> Item | None:
    if form.price is None and form.open_price is None and find_item is not None:
        return find_item(form.sku)
    price = form.open_price if form.price is None else form.price
    if price is None:
        return None
    return Item(
        form.sku,
        Names(en=form.name or form.sku),
        price,
        category=form.category,
        brand=form.brand,
        tags=form.tags,
        is_weighed=form.weight_g is not None,
        is_open_price=form.open_price is not None,
        tier_prices=form.tier_prices,
        tax_bp=form.tax_bp,
        unit=form.unit,
    )
