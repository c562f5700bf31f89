"""What a form of a promotion is made of, read off the promotion's own type: a new kind or key appears by itself."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from rules.basket import Names
from rules.money import AMOUNT_MAX
from rules.promotion_kinds import PromotionBase
from rules.promotions import KINDS

COUNT_MAX = 1_000_000
"""Largest figure of a key that names no bound of its own."""


class Widget(StrEnum):
    """How a key is filled in."""

    NAMES = "names"
    TEXT = "text"
    WORDS = "words"
    NUMBERS = "numbers"
    MONEY = "money"
    RATE = "rate"
    RATES = "rates"
    TIMES = "times"
    SHARE = "share"
    """A percentage as it is: half is 50."""
    COUNT = "count"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    ORDER = "order"
    """Words that come one after the other, each in a place of its own."""
    LINES = "lines"
    """Texts of any kind, one in each line."""
    PICK = "pick"
    PICK_ONE = "pick_one"
    MOMENT = "moment"
    TIME = "time"
    DAY = "day"
    COLOUR = "colour"
    HIDDEN = "hidden"
    """Kept as it is: nobody types it."""
    ROWS = "rows"
    PART = "part"
    """Whether a part of its own is there; its keys follow."""


LISTS = frozenset((Widget.ROWS, Widget.ORDER, Widget.LINES, Widget.CHOICES, Widget.PICK))
"""What may stand there from the beginning, and be taken out."""


class Section(StrEnum):
    """Where in the form a key stands, in this order."""

    GIVES = "gives"
    ITEMS = "items"
    WHEN = "when"
    WHO = "who"
    LIMITS = "limits"
    NAME = "name"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a promotion as it stands in a form."""

    path: str
    """`when.from_time`; of a row's column without the row: `spend`."""
    widget: Widget
    section: Section
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    picks: str = ""
    """What is picked: item, category, brand, tag, tier, member_tag or promotion."""
    columns: tuple[Field, ...] = ()
    least: int = 0
    most: int = COUNT_MAX
    is_ordered: bool = False
    """Of a list: its order is kept."""
    only: str = ""
    """The key beside it that decides whether it is asked for; empty: it always is."""
    only_where: tuple[str, ...] = ()
    """What is chosen there when it is."""
    is_kept: bool = False
    """What stands there stays where it is not asked for; of an id, its row stays though nothing else stands in it."""
    at: str = ""
    """Of a column, the path of its list: `packages/parts`."""

    @property
    def key(self) -> str:
        """The last word of the path."""
        return self.path.rpartition(".")[2]


PICKS = {
    "skus": "item", "exclude_skus": "item", "sku": "item", "categories": "category", "exclude_categories": "category",
    "brands": "brand", "exclude_brands": "brand", "tags": "tag", "exclude_tags": "tag", "tiers": "tier",
    "combines_with": "promotion", "excludes": "promotion", "price_tier": "tier",
    "tier": "tier",
}  # fmt: skip
"""What is picked for a key; other lists of texts are typed."""
SECTIONS = {
    "names": Section.NAME, "scope": Section.ITEMS, "when": Section.WHEN, "who": Section.WHO, "code": Section.LIMITS,
    "single_use": Section.LIMITS, "issued": Section.LIMITS, "uses": Section.LIMITS, "lanes": Section.LIMITS,
    "min_quantity": Section.ITEMS, "min_amount": Section.ITEMS,
}  # fmt: skip
"""Section of the keys that all kinds share; those that are not named stand under MORE, a kind's own under GIVES."""
CHOICES_OF = {"alike": ("", "sku", "category", "brand")}
"""Words that a key takes although its type says no more than text."""
COUNTED = ("points_up_to", "times_up_to")
"""Figures as large as money that are none."""
_BASE = frozenset(field.name for field in msgspec.structs.fields(PromotionBase))


def kind_named(tag: str) -> type[Any] | None:
    """Return the type of a kind by its name in the file."""
    return next((kind for kind in KINDS if kind.__struct_config__.tag == tag), None)


def tag_of(kind: type[Any]) -> str:
    return str(kind.__struct_config__.tag)


def fields_of(kind: type[Any]) -> tuple[Field, ...]:
    """Return every key of a kind in the order of the form."""
    order, own = list(Section), frozenset(kind.__annotations__)
    found = [field for field in _fields(kind, "", None) if field.path != "id"]
    if not scope_is_asked(kind):
        found = [replace(each, section=Section.MORE) if each.path.startswith("scope.") else each for each in found]
    # What a kind says of its own comes before what it shares with its like, and what must be filled in before the rest.
    return tuple(
        sorted(
            found,
            key=lambda each: (
                order.index(each.section),
                each.section is Section.GIVES and not each.required,
                each.section is Section.GIVES and each.path.partition(".")[0] not in own,
            ),
        )
    )


@cache
def fields_in(struct: type[Any]) -> tuple[Field, ...]:
    """Return every key of a part of the rules that is no promotion, in the order of its type."""
    return tuple(_fields(struct, "", Section.GIVES))


def scope_is_asked(kind: type[Any]) -> bool:
    """Tell whether a kind has no items of its own unless some are named."""
    return any(each.required for each in msgspec.structs.fields(kind) if each.name == "scope")


def _fields(struct: type[Any], prefix: str, section: Section | None) -> Iterator[Field]:
    hints = get_type_hints(struct, include_extras=True)
    for each in msgspec.structs.fields(struct):
        own = section or SECTIONS.get(each.name) or (Section.MORE if each.name in _BASE else Section.GIVES)
        default = None if each.default is msgspec.NODEFAULT else each.default
        if each.default_factory is not msgspec.NODEFAULT:
            default = each.default_factory()
        default = msgspec.json.decode(msgspec.json.encode(default))  # as it stands in a file
        shape = Field(f"{prefix}{each.name}", Widget.TEXT, own, required=each.required, default=default)
        yield from _field(shape, hints[each.name])


def _field(field: Field, hint: Any) -> Iterator[Field]:
    bounds: dict[str, int] = {}
    if get_origin(hint) is Annotated:
        hint, *metas = get_args(hint)
        for meta in metas:
            bounds |= {
                key: getattr(meta, key)
                for key in ("ge", "le", "min_length", "max_length")
                if getattr(meta, key) is not None
            }
    if get_origin(hint) in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
        yield from _optional(field, inner)
        return
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield from _fields(hint, f"{field.path}.", field.section)
        return
    yield _plain(field, hint, bounds)


def _optional(field: Field, hint: Any) -> Iterator[Field]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield replace(field, widget=Widget.PART, default=False)
        yield from _fields(hint, f"{field.path}.", field.section)
    else:
        yield from _field(field, hint)


def _plain(field: Field, hint: Any, bounds: dict[str, int]) -> Field:
    origin, parts = get_origin(hint), get_args(hint)
    if field.key in CHOICES_OF:
        return replace(field, widget=Widget.CHOICE, choices=CHOICES_OF[field.key])
    if hint is Names:
        return replace(field, widget=Widget.NAMES, default=None if field.required else {})
    if hint is bool:
        return replace(field, widget=Widget.FLAG, default=field.default is True)
    if words := _words(hint):
        return replace(field, widget=Widget.CHOICE, choices=words)
    if hint is datetime:
        return replace(field, widget=Widget.MOMENT)
    if hint is date:
        return replace(field, widget=Widget.DAY)
    if hint is time:
        return replace(field, widget=Widget.TIME)
    if hint is int:
        return _figure(field, bounds)
    if origin is frozenset:
        return _set(field, parts[0])
    if origin is tuple:
        return _rows(field, parts[0], bounds)
    if field.key in PICKS:
        return replace(field, widget=Widget.PICK_ONE, picks=PICKS[field.key])
    if field.path in ("id", "colour"):
        return replace(field, widget=Widget.HIDDEN if field.path == "id" else Widget.COLOUR)
    return replace(field, most=bounds.get("max_length", 60))


def _words(hint: Any) -> tuple[str, ...]:
    """Return the words that a type allows; none for one that is no choice."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return tuple(each.value for each in hint)
    return get_args(hint) if get_origin(hint) is Literal else ()


def _figure(field: Field, bounds: dict[str, int]) -> Field:
    field = replace(field, least=bounds.get("ge", -COUNT_MAX), most=bounds.get("le", COUNT_MAX))
    if field.key.endswith(("multiplier_bp", "per_yuan_bp")):
        return replace(field, widget=Widget.TIMES)
    if field.key == "most_bp":
        return replace(field, widget=Widget.SHARE)
    if field.key.endswith("_bp"):
        return replace(field, widget=Widget.RATE)
    is_money = field.most == AMOUNT_MAX and field.key not in COUNTED
    return replace(field, widget=Widget.MONEY if is_money else Widget.COUNT)


def _set(field: Field, hint: Any) -> Field:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        return replace(field, widget=Widget.CHOICES, choices=get_args(hint))
    if hint is int:
        return replace(field, widget=Widget.NUMBERS)
    picks = "member_tag" if field.path == "who.tags" else PICKS.get(field.key, "")
    return replace(field, widget=Widget.PICK if picks else Widget.WORDS, picks=picks)


def _rows(field: Field, hint: Any, bounds: dict[str, int]) -> Field:
    least, field = bounds.get("min_length", 0), replace(field, most=bounds.get("max_length", 20))
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if words := _words(hint):
        widget = Widget.ORDER if get_origin(hint) is Literal else Widget.CHOICES
        return replace(field, widget=widget, choices=words, least=least, is_ordered=True)
    if hint is str:
        picks = PICKS.get(field.key, "")
        widget = Widget.PICK if picks else Widget.LINES
        return replace(field, widget=widget, picks=picks, least=least, is_ordered=True)
    field = replace(field, least=max(least, 1))
    if hint is int:
        return replace(field, widget=Widget.RATES)
    return replace(field, widget=Widget.ROWS, columns=tuple(_fields(hint, "", field.section)))
