"""A promotion as the values of a form, and back: what was typed is kept as it was typed, and every slip is named.

Names in the form are the key's path. A rate stands as `off_bp@zhe` (8.5 of ten is paid) or `off_bp@off` (15 % off),
a moment as `…@day` and `…@time`, a row as `steps[0].spend`. Lists are one value each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from edge.rule_fields import LISTS, Field, Widget, fields_of, scope_is_asked, tag_of
from edge.rule_reading import Reading, Slip, Values, chosen_in, lines_in, numbers_in, order_in, words_of
from rules.money import BASIS_POINTS, parse_amount

SCALED_MAX = 10**9
"""Largest figure of a rate before its own bounds are asked."""
LANGUAGE_KEYS = ("zh_hans", "zh_hant", "en")


def read_form(kind: type[Any], values: Values, *, decimals: int = 2) -> tuple[dict[str, Any], dict[str, Slip]]:
    """Return the promotion's table as it stands in a file, and what cannot be read by the path of its key."""
    reading = Reading(values, decimals)
    raw: dict[str, Any] = {"kind": tag_of(kind), "id": reading.one("id")}
    raw |= read_fields(fields_of(kind), "", reading)
    if not scope_is_asked(kind) and not raw["scope"]:
        del raw["scope"]
    return raw, reading.slips


def read_fields(fields: Sequence[Field], prefix: str, reading: Reading) -> dict[str, Any]:
    """Return the table of some keys, whose names in the form begin with the prefix."""
    raw: dict[str, Any] = {}
    parts = {
        field.path: bool(reading.one(prefix + field.path)) and _is_asked(field, fields, prefix, reading)
        for field in fields
        if field.widget is Widget.PART
    }
    for field in fields:
        if any(not is_on and field.path.startswith(f"{part}.") for part, is_on in parts.items()):
            continue
        if not field.is_kept and not _is_asked(field, fields, prefix, reading):
            continue
        if field.widget is Widget.PART:
            if parts[field.path]:
                _put(raw, field.path, {})
            continue
        name = prefix + field.path
        value = _value(field, name, reading)
        if value is None and field.widget in LISTS and field.default and not field.least:
            value = []  # Nothing is something else than what is left out.
        if value is None:
            is_needed = field.required or (field.widget in LISTS and field.default)
            if is_needed and field.widget not in (Widget.NAMES, Widget.HIDDEN) and name not in reading.slips:
                reading.slip(name, "missing")
        elif value != field.default:
            _put(raw, field.path, value)
    if any(field.path.startswith("scope.") for field in fields) and "scope" not in parts:
        raw.setdefault("scope", {})
    return raw


def _is_asked(field: Field, fields: Sequence[Field], prefix: str, reading: Reading) -> bool:
    if not field.only:
        return True
    beside = next(each for each in fields if each.path == field.only)
    return (reading.one(prefix + field.only) or str(beside.default)) in field.only_where


def _put(raw: dict[str, Any], path: str, value: Any) -> None:
    *tables, key = path.split(".")
    for table in tables:
        raw = raw.setdefault(table, {})
    if not (isinstance(value, dict) and key in raw):
        raw[key] = value


def _value(field: Field, name: str, reading: Reading) -> Any:  # noqa: C901, PLR0912 - one row for each widget
    text = reading.one(name)
    match field.widget:
        case Widget.NAMES:
            return {key: reading.one(f"{name}.{key}") for key in LANGUAGE_KEYS if reading.one(f"{name}.{key}")}
        case Widget.FLAG:
            # A box that is ticked from the beginning says so beside it: without that nobody was asked.
            return bool(text) or (bool(field.default) and not reading.one(f"{name}@asked"))
        case Widget.MONEY:
            return _money(name, text, reading)
        case Widget.COUNT:
            return _count(field, name, text, reading)
        case Widget.RATE:
            return _rate(name, reading)
        case Widget.TIMES:
            return _scaled(name, text, BASIS_POINTS, reading)
        case Widget.SHARE:
            return _share(name, text.removesuffix("%").strip(), reading)
        case Widget.RATES:
            rates = [_rate(f"{name}[{row}]", reading) for row in reading.rows(name)]
            return _without_end([rate or 0 for rate in rates]) or None
        case Widget.CHOICE:
            return text or None
        case Widget.CHOICES | Widget.PICK:
            return chosen_in(field, name, reading)
        case Widget.ORDER:
            return order_in(name, reading)
        case Widget.LINES:
            return lines_in(name, reading)
        case Widget.WORDS:
            return words_of(text) or None
        case Widget.NUMBERS:
            return numbers_in(name, text, reading)
        case Widget.MOMENT:
            return _moment(name, reading)
        case Widget.TIME:
            return _time(name, text, reading)
        case Widget.ROWS:
            return read_rows(field, name, reading)
        case _:
            return text or None


def _money(name: str, text: str, reading: Reading) -> int | None:
    if not text:
        return None
    amount = parse_amount(text.lstrip("¥￥"), decimals=reading.decimals)
    if amount is None:
        reading.slip(name, "not_money", text)
    return amount


def _count(field: Field, name: str, text: str, reading: Reading) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        reading.slip(name, "not_count", text)
        return None
    if not field.least <= int(text) <= field.most:
        reading.slip(name, "count_range", f"{field.least}–{field.most}")
        return None
    return int(text)


def _scaled(name: str, text: str, factor: int, reading: Reading) -> int | None:
    """Return a decimal figure times the factor; it must come out whole."""
    if not text:
        return None
    try:
        scaled = Decimal(text.replace("，", ".").replace(",", ".")) * factor
    except InvalidOperation:
        scaled = Decimal(-1)
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or not 0 <= scaled <= SCALED_MAX:
        reading.slip(name, "not_rate", text)
        return None
    return int(scaled)


def _rate(name: str, reading: Reading) -> int | None:
    zhe = reading.one(f"{name}@zhe").removesuffix("折").strip()
    off = reading.one(f"{name}@off").removesuffix("%").strip()
    rate = _scaled(name, off, 100, reading) if off else None
    if zhe:
        paid = _scaled(name, zhe, 1_000, reading)
        rate = None if paid is None else BASIS_POINTS - paid
    if rate is not None and not 0 <= rate <= BASIS_POINTS:
        reading.slip(name, "not_rate", zhe or off)
        return None
    return rate


def _share(name: str, text: str, reading: Reading) -> int | None:
    share = _scaled(name, text, 100, reading)
    if share is not None and not 0 < share <= BASIS_POINTS:
        reading.slip(name, "not_share", text)
        return None
    return share


def _without_end(rates: list[int]) -> list[int]:
    while rates and not rates[-1]:
        rates.pop()
    return rates


def _moment(name: str, reading: Reading) -> str | None:
    day_text, time_text = reading.one(f"{name}@day"), reading.one(f"{name}@time")
    if not day_text:
        if time_text:
            reading.slip(name, "no_day", time_text)
        return None
    try:
        day = date.fromisoformat(day_text)
        at = time.fromisoformat(time_text) if time_text else None
        if at is None and name.endswith("ends_local"):
            # People name the last day; the file names the first moment that is too late.
            day += timedelta(days=1)
        return datetime.combine(day, (at or time()).replace(tzinfo=None)).isoformat()
    except (ValueError, OverflowError):
        reading.slip(name, "not_day", f"{day_text} {time_text}")
        return None


def _time(name: str, text: str, reading: Reading) -> str | None:
    if not text:
        return None
    try:
        return time.fromisoformat("00:00" if text == "24:00" else text).replace(tzinfo=None).isoformat()
    except ValueError:
        reading.slip(name, "not_time", text)
        return None


def read_rows(field: Field, name: str, reading: Reading) -> list[dict[str, Any]] | None:
    """Return the tables of the rows in which something was typed; None for none."""
    chosen = (Widget.HIDDEN, Widget.COLOUR)
    typed = tuple(
        each.path
        for each in field.columns
        if (each.widget not in chosen or each.is_kept) and not _stands_at_a_word(each)
    )
    # A choice stands at its first word in an empty row too, one inside another.
    inner = {f".{each.path}" for column in field.columns for each in column.columns if _stands_at_a_word(each)}
    found, kept = [], reading.kept.setdefault(name, [])
    for row in reading.rows(name):
        prefix = f"{name}[{row}]."
        names = tuple(prefix + path for path in typed)
        keys = [
            key for key in reading.under(f"{name}[{row}]") if key.startswith(names) and not key.endswith(tuple(inner))
        ]
        if not any(value.strip() for key in keys for value in reading.values[key]):
            continue
        found.append(read_fields(field.columns, prefix, reading))
        kept.append(row)
    return found or None


def _stands_at_a_word(field: Field) -> bool:
    """Tell whether a key says something although nobody chose: a choice without an empty word, a box that is ticked."""
    if field.widget is Widget.FLAG:
        return bool(field.default)
    return field.widget is Widget.CHOICE and field.choices[:1] != ("",)


# ------------------------------------------------------------------------------------------- and back


def fill_form(kind: type[Any], raw: Mapping[str, Any], *, decimals: int = 2, zhe: bool) -> dict[str, list[str]]:
    """Return the values of the form that shows a promotion's table.

    Args:
        raw: as it stands in a file; keys that are missing or wrong are left empty.
        zhe: rates as what is paid of ten, as Chinese shops say, and not as a percentage off.
    """
    values: dict[str, list[str]] = {"id": [str(raw.get("id", ""))], "kind": [tag_of(kind)]}
    fill_fields(fields_of(kind), raw, "", values, decimals=decimals, zhe=zhe)
    return values


def fill_fields(
    fields: Sequence[Field],
    raw: Mapping[str, Any],
    prefix: str,
    values: dict[str, list[str]],
    *,
    decimals: int,
    zhe: bool,
) -> None:
    """Add the values of some keys, whose names in the form begin with the prefix, to those of a form."""
    for field in fields:
        value = _get(raw, field.path)
        name = prefix + field.path
        if field.default and (field.widget in LISTS or (field.widget is Widget.FLAG and field.default is True)):
            # What stands there from the beginning is shown, so that it can be taken out.
            value = field.default if value is None else value
            values |= {f"{name}@asked": ["1"]} if field.widget is Widget.FLAG else {}
            _fill(field, name, value, values, decimals=decimals, zhe=zhe)
            continue
        # A rate of points is shown as it is; what is left out elsewhere reads as it stands in the help.
        if value is None or (value == field.default and field.widget not in (Widget.FLAG, Widget.TIMES)):
            continue
        _fill(field, name, value, values, decimals=decimals, zhe=zhe)


def _fill(field: Field, name: str, value: Any, values: dict[str, list[str]], *, decimals: int, zhe: bool) -> None:
    match field.widget:
        case Widget.ROWS:
            for row, each in enumerate(value):
                fill_fields(field.columns, each, f"{name}[{row}].", values, decimals=decimals, zhe=zhe)
        case Widget.RATES:
            for row, rate in enumerate(value):
                _show_rate(values, f"{name}[{row}]", rate, zhe=zhe)
        case Widget.RATE:
            _show_rate(values, name, value, zhe=zhe)
        case Widget.NAMES:
            values |= {f"{name}.{key}": [str(value[key])] for key in LANGUAGE_KEYS if value.get(key)}
        case Widget.MOMENT:
            _show_moment(values, name, str(value))
        case Widget.ORDER:
            values |= {f"{name}[{place}]": [str(word)] for place, word in enumerate(value)}
        case Widget.CHOICES | Widget.PICK if field.is_ordered:
            values |= {name: [str(each) for each in value], f"{name}@order": [str(each) for each in value]}
        case _:
            values[name] = _shown(field.widget, value, decimals)


def _get(raw: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(key)
    return raw


def _shown(widget: Widget, value: Any, decimals: int) -> list[str]:
    match widget:
        case Widget.MONEY:
            return [plain(Decimal(value).scaleb(-decimals), places=decimals)]
        case Widget.TIMES:
            return [plain(Decimal(value) / BASIS_POINTS)]
        case Widget.SHARE:
            return [plain(Decimal(value) / 100)]
        case Widget.FLAG | Widget.PART:
            return ["1"] if value or widget is Widget.PART else []
        case Widget.CHOICES | Widget.PICK:
            return sorted(str(each) for each in value)
        case Widget.WORDS | Widget.NUMBERS:
            return [", ".join(str(each) for each in sorted(value))]
        case Widget.LINES:
            return ["\n".join(str(each) for each in value)]
        case Widget.TIME:
            return [str(value)[:5]]
        case _:
            return [str(value)]


def _show_rate(values: dict[str, list[str]], name: str, off_bp: int, *, zhe: bool) -> None:
    figure = Decimal(BASIS_POINTS - off_bp) / 1_000 if zhe else Decimal(off_bp) / 100
    values[f"{name}@{'zhe' if zhe else 'off'}"] = [plain(figure)]


def _show_moment(values: dict[str, list[str]], name: str, text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    if moment.time() == time() and name.endswith("ends_local"):
        values[f"{name}@day"] = [(moment.date() - timedelta(days=1)).isoformat()]
        return
    values[f"{name}@day"] = [moment.date().isoformat()]
    if moment.time() != time():
        values[f"{name}@time"] = [f"{moment:%H:%M}"]


def plain(figure: Decimal, *, places: int = 0) -> str:
    """Return a figure without exponent and needless zeros, but with at least so many places where it has any.

    >>> plain(Decimal("8.50")), plain(Decimal("12.50"), places=2), plain(Decimal("10"), places=2)
    ('8.5', '12.50', '10')
    """
    if figure == figure.to_integral_value():
        return f"{figure:.0f}"
    text = f"{figure:f}".rstrip("0")
    return text + "0" * max(places - len(text.partition(".")[2]), 0)


def raw_of(promotion: Any) -> dict[str, Any]:
    """Return a promotion's table as it stands in a JSON file."""
    raw: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(promotion, order="deterministic"))
    return raw
